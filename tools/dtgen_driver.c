// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * io_shape_dict of a FINN build's driver.py, read as data.
 * Knows the few literals of Python that FINN writes; executes nothing.
 */
#include "dtgen.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "infile.h"
#include "tool.h"

/* Lists of lists of shapes are as deep as it gets. */
#define MAX_DEPTH	8
#define MAX_ITEMS	64

enum kind { NUMBER, STRING, SEQUENCE, OTHER };

/* A value of the dictionary; a sequence (list or tuple) owns its items. */
struct value {
	enum kind kind;
	unsigned int line;
	uint64_t number;
	char text[DTGEN_NAME];
	unsigned int num_items;
	struct value *items;
};

struct parser {
	const char *path;
	const char *at;
	const char *end;
	unsigned int line;
	bool failed;
};

static int fail_line(const char *path, unsigned int line, const char *why, ...)
{
	char what[4096 + 16], text[256];
	va_list ap;

	va_start(ap, why);
	vsnprintf(text, sizeof(text), why, ap);
	va_end(ap);
	snprintf(what, sizeof(what), "%s:%u", path, line);
	return tool_fail(what, "%s", text);
}

static void fail(struct parser *p, const char *why)
{
	if (!p->failed)
		fail_line(p->path, p->line, "%s", why);
	p->failed = true;
}

static void skip_space(struct parser *p)
{
	for (; p->at < p->end; p->at++) {
		if (*p->at == '#')
			while (p->at < p->end && *p->at != '\n')
				p->at++;
		if (p->at == p->end)
			return;
		if (*p->at == '\n')
			p->line++;
		else if (!isspace((unsigned char)*p->at) && *p->at != '\\')
			return;
	}
}

static bool accept(struct parser *p, char c)
{
	skip_space(p);
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

static void expect(struct parser *p, char c)
{
	char why[] = "expected 'x'";

	if (p->failed || accept(p, c))
		return;
	why[10] = c;
	fail(p, p->at == p->end ? "the file ends inside io_shape_dict" : why);
}

static void parse_string(struct parser *p, char *out)
{
	char quote = *p->at++;
	size_t n = 0;

	while (p->at < p->end && *p->at != quote) {
		if (*p->at == '\n' || *p->at == '\\' || n + 1 >= DTGEN_NAME) {
			fail(p, "a string that is not a plain short name");
			return;
		}
		out[n++] = *p->at++;
	}
	if (p->at == p->end) {
		fail(p, "the file ends inside a string");
		return;
	}
	out[n] = '\0';
	p->at++;
}

static void parse_word(struct parser *p, char *out)
{
	size_t n = 0;

	while (p->at < p->end && (isalnum((unsigned char)*p->at) ||
				  *p->at == '_')) {
		if (n + 1 >= DTGEN_NAME) {
			fail(p, "a name that is too long");
			return;
		}
		out[n++] = *p->at++;
	}
	out[n] = '\0';
}

static void parse_number(struct parser *p, struct value *v)
{
	v->kind = NUMBER;
	while (p->at < p->end && isdigit((unsigned char)*p->at)) {
		v->number = v->number * 10 + (uint64_t)(*p->at++ - '0');
		if (v->number > UINT32_MAX) {
			fail(p, "a number beyond 32 bits");
			return;
		}
	}
}

/* DataType["UINT8"] or DataType.UINT8 is its name; None, True, False too. */
static void parse_name(struct parser *p, struct value *v)
{
	parse_word(p, v->text);
	if (strcmp(v->text, "DataType")) {
		v->kind = OTHER;
		if (strcmp(v->text, "None") && strcmp(v->text, "True") &&
		    strcmp(v->text, "False"))
			fail(p, "only literals and DataType are understood");
		return;
	}
	v->kind = STRING;
	if (accept(p, '.')) {
		parse_word(p, v->text);
		return;
	}
	expect(p, '[');
	skip_space(p);
	if (p->at < p->end && (*p->at == '"' || *p->at == '\''))
		parse_string(p, v->text);
	else
		fail(p, "expected the name of a DataType");
	expect(p, ']');
}

static void parse_value(struct parser *p, struct value *v, int depth);

static void parse_sequence(struct parser *p, struct value *v, char close,
			   int depth)
{
	bool comma = true;

	v->kind = SEQUENCE;
	v->items = calloc(MAX_ITEMS, sizeof(*v->items));
	if (!v->items) {
		fail(p, "out of memory");
		return;
	}
	while (!p->failed && !accept(p, close)) {
		if (!comma || v->num_items == MAX_ITEMS || depth > MAX_DEPTH) {
			fail(p, comma ? "too large or too deep" :
				"expected ',' or the end of a list");
			return;
		}
		parse_value(p, &v->items[v->num_items++], depth + 1);
		comma = accept(p, ',');
	}
}

static void parse_value(struct parser *p, struct value *v, int depth)
{
	char c;

	skip_space(p);
	v->line = p->line;
	if (p->at == p->end) {
		fail(p, "the file ends inside io_shape_dict");
		return;
	}
	c = *p->at;
	if (c == '"' || c == '\'') {
		v->kind = STRING;
		parse_string(p, v->text);
	} else if (isdigit((unsigned char)c)) {
		parse_number(p, v);
	} else if (isalpha((unsigned char)c) || c == '_') {
		parse_name(p, v);
	} else if (c == '[' || c == '(') {
		p->at++;
		parse_sequence(p, v, c == '[' ? ']' : ')', depth);
	} else {
		fail(p, c == '-' ? "a negative number" :
			"only literals and DataType are understood");
	}
}

static void free_value(struct value *v)
{
	unsigned int i;

	for (i = 0; i < v->num_items; i++)
		free_value(&v->items[i]);
	free(v->items);
}

/* The dictionary's entries that matter here, in the order of enum key. */
enum key { IDT, ODT, INORMAL, ONORMAL, IFOLDED, OFOLDED, IPACKED, OPACKED,
	   INAME, ONAME, NWEIGHTS, NUM_KEYS };

static const char *const keys[NUM_KEYS] = {
	"idt", "odt", "ishape_normal", "oshape_normal", "ishape_folded",
	"oshape_folded", "ishape_packed", "oshape_packed", "input_dma_name",
	"output_dma_name", "number_of_external_weights",
};

struct dict {
	unsigned int line;
	struct value entries[NUM_KEYS];
	bool present[NUM_KEYS];
};

static void keep_entry(struct parser *p, struct dict *d, const char *name,
		       struct value *v)
{
	unsigned int i;

	for (i = 0; i < NUM_KEYS; i++) {
		if (strcmp(name, keys[i]))
			continue;
		if (d->present[i]) {
			fail(p, "an entry that was already there");
			break;
		}
		d->entries[i] = *v;
		d->present[i] = true;
		return;
	}
	free_value(v);
}

static void parse_dict(struct parser *p, struct dict *d)
{
	bool comma = true;

	while (!p->failed && !accept(p, '}')) {
		struct value v = { 0 };
		char name[DTGEN_NAME];

		if (!comma || p->at == p->end ||
		    (*p->at != '"' && *p->at != '\'')) {
			fail(p, p->at == p->end ?
				"the file ends inside io_shape_dict" :
				"expected an entry's name or '}'");
			return;
		}
		parse_string(p, name);
		expect(p, ':');
		if (!p->failed)
			parse_value(p, &v, 0);
		keep_entry(p, d, name, &v);
		comma = accept(p, ',');
	}
}

/* The assignment must stand at the start of a line: not a comment, not a use. */
static bool find_dict(struct parser *p)
{
	static const char name[] = "io_shape_dict";
	const size_t len = sizeof(name) - 1;

	while (p->at < p->end) {
		const char *nl = memchr(p->at, '\n', (size_t)(p->end - p->at));

		if ((size_t)(p->end - p->at) > len &&
		    !memcmp(p->at, name, len)) {
			struct parser probe = *p;

			probe.at += len;
			if (accept(&probe, '=') && accept(&probe, '{')) {
				*p = probe;
				return true;
			}
		}
		if (!nl)
			return false;
		p->at = nl + 1;
		p->line++;
	}
	return false;
}

static int to_shape(const struct dtgen_build *b, const struct value *v,
		    struct dtgen_shape *shape)
{
	unsigned int i;

	if (v->kind != SEQUENCE || v->num_items < 2 ||
	    v->num_items > DTGEN_MAX_RANK + 1)
		return fail_line(b->driver, v->line,
				 "a shape is a tuple of 2 to %d numbers",
				 DTGEN_MAX_RANK + 1);
	for (i = 0; i < v->num_items; i++)
		if (v->items[i].kind != NUMBER || !v->items[i].number)
			return fail_line(b->driver, v->items[i].line,
					 "a dimension is a number above 0");
	if (v->items[0].number != 1)
		return fail_line(b->driver, v->line,
				 "the batch dimension must be 1");
	shape->rank = v->num_items - 1;
	for (i = 0; i < shape->rank; i++)
		shape->dim[i] = (uint32_t)v->items[i + 1].number;
	if (!dtgen_shape_product(shape))
		return fail_line(b->driver, v->line,
				 "a shape of more than 2^32 elements");
	return TOOL_OK;
}

/* Old builds have one tensor and no list around it. */
static const struct value *item(const struct dict *d, enum key k,
				unsigned int i, bool shape)
{
	const struct value *v = &d->entries[k];
	bool list = v->kind == SEQUENCE &&
		(!shape || !v->num_items || v->items[0].kind == SEQUENCE);

	if (!list)
		return i == 0 ? v : NULL;
	return i < v->num_items ? &v->items[i] : NULL;
}

static int check_name(const struct dtgen_build *b, const struct dtgen_port *port)
{
	unsigned int i;

	for (i = 0; i < b->num_ports; i++)
		if (!strcmp(b->ports[i].name, port->name))
			return fail_line(b->driver, port->line,
					 "two tensors have a DMA called %s",
					 port->name);
	return TOOL_OK;
}

static int port_name(const struct dtgen_build *b, const struct dict *d,
		     enum key k, unsigned int i, struct dtgen_port *port)
{
	const struct value *v = d->present[k] ? item(d, k, i, false) : NULL;

	if (!d->present[k]) {
		snprintf(port->name, sizeof(port->name), "%cdma%u",
			 port->role == DTGEN_INPUT ? 'i' : 'o', i);
		return TOOL_OK;
	}
	if (!v || v->kind != STRING)
		return fail_line(b->driver, d->entries[k].line,
				 "%s has no name for tensor %u", keys[k], i);
	memcpy(port->name, v->text, sizeof(port->name));
	return TOOL_OK;
}

static int check_port(const struct dtgen_build *b, const struct dtgen_port *port)
{
	const char *what = port->role == DTGEN_INPUT ? "input" : "output";
	uint64_t bytes = dtgen_frame_bytes(port);

	if (dtgen_shape_product(&port->normal) !=
	    dtgen_shape_product(&port->folded))
		return fail_line(b->driver, port->line,
				 "%s %s: normal and folded shape hold different numbers of elements",
				 what, port->name);
	if (bytes != dtgen_shape_product(&port->packed))
		return fail_line(b->driver, port->line,
				 "%s %s: the packed shape is %llu bytes, but the folded shape of %s packs to %llu",
				 what, port->name,
				 (unsigned long long)
				 dtgen_shape_product(&port->packed),
				 port->dtype, (unsigned long long)bytes);
	return TOOL_OK;
}

static int add_port(struct dtgen_build *b, const struct dict *d, bool output,
		    unsigned int i)
{
	const struct value *dtype = item(d, IDT + output, i, false);
	const struct value *shapes[3];
	struct dtgen_port *port;
	struct dtgen_shape *to[3];
	unsigned int s;
	int ret;

	if (b->num_ports == DTGEN_MAX_PORTS)
		return fail_line(b->driver, d->line, "more than %d DMAs",
				 DTGEN_MAX_PORTS);
	port = &b->ports[b->num_ports];
	*port = (struct dtgen_port){
		.role = output ? DTGEN_OUTPUT : DTGEN_INPUT,
		.line = dtype->line, .irq = -1,
	};
	port->bits = dtype->kind == STRING ? dtgen_dtype_bits(dtype->text) : 0;
	if (!port->bits)
		return fail_line(b->driver, dtype->line,
				 "%s is not a data type that can be streamed",
				 dtype->kind == STRING ? dtype->text : "this");
	snprintf(port->dtype, sizeof(port->dtype), "%.15s", dtype->text);
	to[0] = &port->normal;
	to[1] = &port->folded;
	to[2] = &port->packed;
	for (s = 0; s < 3; s++) {
		enum key k = INORMAL + 2 * s + output;

		shapes[s] = item(d, k, i, true);
		if (!shapes[s])
			return fail_line(b->driver, d->entries[k].line,
					 "%s has no shape for tensor %u",
					 keys[k], i);
		ret = to_shape(b, shapes[s], to[s]);
		if (ret)
			return ret;
	}
	ret = port_name(b, d, INAME + output, i, port);
	if (!ret)
		ret = check_name(b, port);
	if (!ret)
		ret = check_port(b, port);
	if (!ret)
		b->num_ports++;
	return ret;
}

/* No list may say more than there are tensors of that direction. */
static int check_lengths(const struct dtgen_build *b, const struct dict *d,
			 bool output, unsigned int tensors)
{
	enum key k;

	for (k = INORMAL + output; k <= ONAME; k += 2)
		if (d->present[k] && item(d, k, tensors, k < INAME))
			return fail_line(b->driver, d->entries[k].line,
					 "%s has more entries than %s",
					 keys[k], keys[IDT + output]);
	return TOOL_OK;
}

static int to_build(struct dtgen_build *b, const struct dict *d)
{
	unsigned int i;
	int output, ret;

	for (i = 0; i < INAME; i++)
		if (!d->present[i])
			return fail_line(b->driver, d->line,
					 "io_shape_dict has no %s", keys[i]);
	for (output = 0; output < 2; output++) {
		for (i = 0; item(d, IDT + output, i, false); i++) {
			ret = add_port(b, d, output, i);
			if (ret)
				return ret;
		}
		if (!i)
			return fail_line(b->driver, d->line, "no %s",
					 output ? "outputs" : "inputs");
		ret = check_lengths(b, d, output, i);
		if (ret)
			return ret;
	}
	if (d->present[NWEIGHTS] && d->entries[NWEIGHTS].kind == NUMBER)
		b->weights = (unsigned int)d->entries[NWEIGHTS].number;
	return TOOL_OK;
}

int dtgen_read_driver(struct dtgen_build *build)
{
	struct infile in = { 0 };
	struct dict d = { 0 };
	struct parser p;
	uint8_t *data = NULL;
	size_t len = 0;
	unsigned int i;
	int ret;

	ret = infile_open(&in, build->driver);
	if (ret)
		return ret;
	ret = infile_slurp(&in, &data, &len);
	infile_close(&in);
	if (ret)
		return ret;
	p = (struct parser){ .path = build->driver, .at = (const char *)data,
			     .end = (const char *)data + len, .line = 1 };
	if (find_dict(&p)) {
		d.line = p.line;
		parse_dict(&p, &d);
		ret = p.failed ? TOOL_FAILURE : to_build(build, &d);
	} else {
		ret = tool_fail(build->driver, "holds no io_shape_dict");
	}
	for (i = 0; i < NUM_KEYS; i++)
		if (d.present[i])
			free_value(&d.entries[i]);
	free(data);
	return ret;
}
