// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The hardware description (.hwh, XML) of a FINN build: addresses, interrupts,
 * clock and reset of its DMAs. Must not know what the frames hold.
 */
#include "dtgen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>

#include "tool.h"

#define MIN_WINDOW	0x1000
/* A block design has a handful of nested elements; more is not one. */
#define PATH_MAX_LEN	4096

struct hwh {
	const char *path;
	xmlDoc *doc;
	xmlNode *modules;
};

static int fail_node(const struct hwh *h, const xmlNode *node, const char *why,
		     ...)
{
	char what[PATH_MAX_LEN], text[512];
	va_list ap;

	va_start(ap, why);
	vsnprintf(text, sizeof(text), why, ap);
	va_end(ap);
	snprintf(what, sizeof(what), "%s:%ld", h->path, xmlGetLineNo(node));
	return tool_fail(what, "%s", text);
}

static const char *attr(const xmlNode *node, const char *name)
{
	xmlAttr *a;

	for (a = node->properties; a; a = a->next)
		if (!strcmp((const char *)a->name, name) && a->children)
			return (const char *)a->children->content;
	return "";
}

/* The next sibling (@node included) that is an element called @name. */
static xmlNode *element(xmlNode *node, const char *name)
{
	for (; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE &&
		    !strcmp((const char *)node->name, name))
			return node;
	return NULL;
}

static xmlNode *child(const xmlNode *node, const char *name)
{
	return element(node->children, name);
}

static xmlNode *find_module(const struct hwh *h, const char *instance)
{
	xmlNode *m;

	for (m = child(h->modules, "MODULE"); m; m = element(m->next, "MODULE"))
		if (!strcmp(attr(m, "INSTANCE"), instance))
			return m;
	return NULL;
}

static xmlNode *find_processor(const struct hwh *h)
{
	xmlNode *m;

	for (m = child(h->modules, "MODULE"); m; m = element(m->next, "MODULE"))
		if (!strcmp(attr(m, "MODCLASS"), "PROCESSOR") ||
		    strstr(attr(m, "MODTYPE"), "zynq_ultra_ps") ||
		    strstr(attr(m, "MODTYPE"), "processing_system7"))
			return m;
	return NULL;
}

static xmlNode *find_port(xmlNode *module, const char *name)
{
	xmlNode *ports = child(module, "PORTS");
	xmlNode *p = ports ? child(ports, "PORT") : NULL;

	for (; p; p = element(p->next, "PORT"))
		if (!strcmp(attr(p, "NAME"), name))
			return p;
	return NULL;
}

/* The first path component of a block: "/idma0/inner" is idma0's. */
static void top_name(const struct hwh *h, const char *instance, char *name)
{
	xmlNode *m = find_module(h, instance);
	const char *full = m ? attr(m, "FULLNAME") : "";
	size_t len;

	if (*full == '/')
		full++;
	if (!*full)
		full = instance;
	len = strcspn(full, "/");
	if (len >= DTGEN_NAME)
		len = DTGEN_NAME - 1;
	memcpy(name, full, len);
	name[len] = '\0';
}

/* Of the blocks in a DMA's hierarchy, the one that is clocked as such. */
static xmlNode *find_dma(const struct hwh *h, const char *name)
{
	char top[DTGEN_NAME];
	xmlNode *m;

	for (m = child(h->modules, "MODULE"); m; m = element(m->next, "MODULE")) {
		top_name(h, attr(m, "INSTANCE"), top);
		if (!strcmp(top, name) && find_port(m, "ap_clk"))
			return m;
	}
	return NULL;
}

static bool is_dma(const char *name)
{
	size_t n;

	if (strncmp(name, "idma", 4) && strncmp(name, "odma", 4) &&
	    strncmp(name, "wdma", 4))
		return false;
	n = strspn(name + 4, "0123456789");
	return n && !name[4 + n];
}

static bool parse_hex(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return *text && !*end && !errno;
}

static struct dtgen_port *port_by_name(struct dtgen_build *b, const char *name)
{
	unsigned int i;

	for (i = 0; i < b->num_ports; i++)
		if (!strcmp(b->ports[i].name, name))
			return &b->ports[i];
	return NULL;
}

/* A DMA that driver.py does not name brings weights; its shape comes later. */
static struct dtgen_port *add_weights(struct dtgen_build *b, const char *name)
{
	struct dtgen_port *port;

	if (b->num_ports == DTGEN_MAX_PORTS)
		return NULL;
	port = &b->ports[b->num_ports++];
	*port = (struct dtgen_port){ .role = DTGEN_WEIGHTS, .dtype = "UINT8",
				     .bits = 8, .irq = -1 };
	memcpy(port->name, name, DTGEN_NAME);
	return port;
}

static int check_overlap(const struct hwh *h, const struct dtgen_build *b,
			 const struct dtgen_port *port, const xmlNode *node)
{
	unsigned int i;

	for (i = 0; i < b->num_ports; i++) {
		const struct dtgen_port *o = &b->ports[i];

		if (o != port && o->size && o->base < port->base + port->size &&
		    port->base < o->base + o->size)
			return fail_node(h, node, "the windows of %s and %s overlap",
					 o->name, port->name);
	}
	return TOOL_OK;
}

static int add_range(const struct hwh *h, struct dtgen_build *b,
		     const xmlNode *node)
{
	struct dtgen_port *port;
	char name[DTGEN_NAME];
	uint64_t base, high;

	top_name(h, attr(node, "INSTANCE"), name);
	if (!is_dma(name))
		return TOOL_OK;
	if (!parse_hex(attr(node, "BASEVALUE"), &base) ||
	    !parse_hex(attr(node, "HIGHVALUE"), &high) || high < base)
		return fail_node(h, node, "%s has no valid address range", name);
	port = port_by_name(b, name);
	if (!port)
		port = add_weights(b, name);
	if (!port)
		return fail_node(h, node, "more than %d DMAs", DTGEN_MAX_PORTS);
	if (port->size && port->base == base)
		return TOOL_OK;	/* seen from another master */
	if (port->size)
		return fail_node(h, node, "%s stands at two addresses", name);
	port->base = base;
	port->size = high - base + 1;
	if (port->size < MIN_WINDOW || base % MIN_WINDOW ||
	    (b->zynq7 && high > UINT32_MAX))
		return fail_node(h, node,
				 "%s: a window is at least 4 KiB, page aligned and below the end of the bus",
				 name);
	return check_overlap(h, b, port, node);
}

static int read_ranges(const struct hwh *h, struct dtgen_build *b,
		       xmlNode *processor)
{
	xmlNode *map = child(processor, "MEMORYMAP");
	xmlNode *r;
	int ret;

	if (!map)
		return fail_node(h, processor, "the processor has no MEMORYMAP");
	for (r = child(map, "MEMRANGE"); r; r = element(r->next, "MEMRANGE")) {
		ret = add_range(h, b, r);
		if (ret)
			return ret;
	}
	return TOOL_OK;
}

/* Calls of this on the connections of one pin until one of them fits. */
typedef bool (*visit_fn)(const struct hwh *h, const xmlNode *processor,
			 const char *instance, const char *pin, void *data);

static bool visit_pin(const struct hwh *h, const xmlNode *processor,
		      xmlNode *pin, visit_fn visit, void *data)
{
	xmlNode *list = pin ? child(pin, "CONNECTIONS") : NULL;
	xmlNode *c = list ? child(list, "CONNECTION") : NULL;

	for (; c; c = element(c->next, "CONNECTION"))
		if (visit(h, processor, attr(c, "INSTANCE"), attr(c, "PORT"),
			  data))
			return true;
	return false;
}

/* The processor's interrupt inputs as numbers of lines: irq1 starts at 8. */
static int processor_line(const char *pin)
{
	if (!strcasecmp(pin, "pl_ps_irq0") || !strcasecmp(pin, "IRQ_F2P"))
		return 0;
	if (!strcasecmp(pin, "pl_ps_irq1"))
		return 8;
	return -1;
}

static bool visit_irq_processor(const struct hwh *h, const xmlNode *processor,
				const char *instance, const char *pin,
				void *data)
{
	int line = processor_line(pin);

	if (strcmp(instance, attr(processor, "INSTANCE")) || line < 0)
		return false;
	*(int *)data = line;
	return true;
}

/* The bits below input @k of a concatenation. */
static unsigned int bits_below(xmlNode *concat, unsigned int k)
{
	xmlNode *list = child(concat, "PARAMETERS");
	xmlNode *p = list ? child(list, "PARAMETER") : NULL;
	unsigned int sum = k, input, width;

	for (; p; p = element(p->next, "PARAMETER"))
		if (sscanf(attr(p, "NAME"), "IN%u_WIDTH", &input) == 1 &&
		    input < k && sscanf(attr(p, "VALUE"), "%u", &width) == 1)
			sum += width - 1;
	return sum;
}

static bool visit_irq(const struct hwh *h, const xmlNode *processor,
		      const char *instance, const char *pin, void *data)
{
	xmlNode *concat;
	unsigned int k;
	int line;

	if (visit_irq_processor(h, processor, instance, pin, data))
		return true;
	concat = find_module(h, instance);
	if (!concat || sscanf(pin, "In%u", &k) != 1 ||
	    !visit_pin(h, processor, find_port(concat, "dout"),
		       visit_irq_processor, &line))
		return false;
	*(int *)data = line + (int)bits_below(concat, k);
	return true;
}

static bool visit_clock(const struct hwh *h, const xmlNode *processor,
			const char *instance, const char *pin, void *data)
{
	if (strcmp(instance, attr(processor, "INSTANCE")))
		return false;
	return sscanf(pin, "pl_clk%u", (unsigned int *)data) == 1 ||
	       sscanf(pin, "FCLK_CLK%u", (unsigned int *)data) == 1;
}

static bool visit_reset_processor(const struct hwh *h, const xmlNode *processor,
				  const char *instance, const char *pin,
				  void *data)
{
	if (strcmp(instance, attr(processor, "INSTANCE")))
		return false;
	return sscanf(pin, "pl_resetn%d", (int *)data) == 1 ||
	       sscanf(pin, "FCLK_RESET%d_N", (int *)data) == 1;
}

/* The processor's line comes straight, or through a block that times it. */
static bool visit_reset(const struct hwh *h, const xmlNode *processor,
			const char *instance, const char *pin, void *data)
{
	xmlNode *block = find_module(h, instance);

	if (visit_reset_processor(h, processor, instance, pin, data))
		return true;
	return block && !strcmp(attr(block, "MODTYPE"), "proc_sys_reset") &&
	       visit_pin(h, processor, find_port(block, "ext_reset_in"),
			 visit_reset_processor, data);
}

/* One line has to reset all of the accelerator, or none is named. */
static void read_reset(const struct hwh *h, struct dtgen_build *b,
		       const struct dtgen_port *port, xmlNode *dma,
		       xmlNode *processor)
{
	int line = -1;

	if (!visit_pin(h, processor, find_port(dma, "ap_rst_n"), visit_reset,
		       &line) || line > 3)
		line = -1;
	if (port == b->ports)
		b->reset = line;
	else if (line != b->reset)
		b->reset = -1;
}

static int read_wires(const struct hwh *h, struct dtgen_build *b,
		      struct dtgen_port *port, xmlNode *processor)
{
	xmlNode *m = find_dma(h, port->name);
	unsigned int clock;

	if (!m)
		return fail_node(h, h->modules, "no module %s with an ap_clk",
				 port->name);
	visit_pin(h, processor, find_port(m, "interrupt"), visit_irq,
		  &port->irq);
	if (port->irq > 15)
		return fail_node(h, m, "%s: interrupt line %d does not exist",
				 port->name, port->irq);
	if (!visit_pin(h, processor, find_port(m, "ap_clk"), visit_clock,
		       &clock) || clock > 3)
		return fail_node(h, m,
				 "%s: ap_clk is not one of the processor's four fabric clocks",
				 port->name);
	if (port != b->ports && clock != b->clock)
		return fail_node(h, m, "%s and %s have different clocks",
				 b->ports[0].name, port->name);
	b->clock = clock;
	read_reset(h, b, port, m, processor);
	return TOOL_OK;
}

static int read_arch(const struct hwh *h, struct dtgen_build *b, xmlNode *root)
{
	xmlNode *info = child(root, "SYSTEMINFO");
	const char *arch = info ? attr(info, "ARCH") : "";

	if (!strcmp(arch, "zynq") || !strcmp(arch, "zynquplus")) {
		b->zynq7 = !arch[4];
		return TOOL_OK;
	}
	return fail_node(h, info ? info : root,
			 "SYSTEMINFO names neither zynq nor zynquplus");
}

static int read_design(struct hwh *h, struct dtgen_build *b)
{
	xmlNode *root = xmlDocGetRootElement(h->doc);
	unsigned int i, weights = 0;
	xmlNode *processor;
	int ret;

	if (!root || strcmp((const char *)root->name, "EDKSYSTEM"))
		return tool_fail(h->path, "is not a hardware description (EDKSYSTEM)");
	ret = read_arch(h, b, root);
	if (ret)
		return ret;
	h->modules = child(root, "MODULES");
	processor = h->modules ? find_processor(h) : NULL;
	if (!processor)
		return fail_node(h, root, "holds no Zynq processor");
	ret = read_ranges(h, b, processor);
	for (i = 0; !ret && i < b->num_ports; i++) {
		struct dtgen_port *port = &b->ports[i];

		if (!port->size)
			return fail_node(h, processor,
					 "no address for %s of %s:%u",
					 port->name, b->driver, port->line);
		weights += port->role == DTGEN_WEIGHTS;
		ret = read_wires(h, b, port, processor);
	}
	if (!ret && weights != b->weights)
		return fail_node(h, processor,
				 "%u DMAs that %s does not name, which says it has %u external weights",
				 weights, b->driver, b->weights);
	return ret;
}

/*
 * What the parser meets: a document type would bring entities, which hide what
 * stands in the file. No hardware description has one.
 */
static void stop_at_doctype(void *context, const xmlChar *name,
			    const xmlChar *id, const xmlChar *uri)
{
	xmlParserCtxt *parser = context;
	int *line = parser->_private;

	*line = xmlSAX2GetLineNumber(parser);
	xmlStopParser(parser);
}

static int fail_xml(const struct hwh *h, xmlParserCtxt *parser, int doctype)
{
	const xmlError *e = xmlCtxtGetLastError(parser);
	char what[PATH_MAX_LEN];
	int len;

	snprintf(what, sizeof(what), "%s:%d", h->path,
		 doctype ? doctype : e ? e->line : 0);
	if (doctype)
		return tool_fail(what, "declares a document type (DOCTYPE)");
	len = e && e->message ? (int)strcspn(e->message, "\n") : 0;
	return tool_fail(what, "is not XML: %.*s", len, len ? e->message : "");
}

/* No network: the file may come from anybody. */
static int load(struct hwh *h)
{
	xmlParserCtxt *parser = xmlNewParserCtxt();
	int doctype = 0, ret = TOOL_OK;

	if (!parser)
		return tool_fail_errno(h->path, ENOMEM);
	parser->sax->internalSubset = stop_at_doctype;
	parser->_private = &doctype;
	h->doc = xmlCtxtReadFile(parser, h->path, NULL, XML_PARSE_NONET |
				 XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
				 XML_PARSE_BIG_LINES);
	if (!h->doc || doctype)
		ret = fail_xml(h, parser, doctype);
	xmlFreeParserCtxt(parser);
	return ret;
}

int dtgen_read_hwh(struct dtgen_build *build)
{
	struct hwh h = { .path = build->hwh };
	int ret;

	ret = load(&h);
	if (!ret)
		ret = read_design(&h, build);
	xmlFreeDoc(h.doc);
	xmlCleanupParser();
	return ret;
}
