// SPDX-License-Identifier: GPL-2.0
/*
 * Port descriptions: the text of the ports= property, sizes of FINN's element
 * types. Must not know registers or time.
 *
 * ports=NAME:DIRECTION:TYPE:SHAPE[@FOLDED][:reps=N][:label=TEXT]/NAME:…
 * for example idma0:in:UINT8:32x32x3/odma0:out:INT4:10@2x5
 */
#include "fpga.h"

#define ZYNQMP_AXI_BITS 128

/* Bits of an element of FINN type @type, or 0 if there is no such type. */
static uint32_t type_bits(const char *type)
{
	const char *digits = NULL;
	char *end;
	unsigned long bits;

	if (!strcmp(type, "BIPOLAR") || !strcmp(type, "BINARY"))
		return 1;
	if (!strcmp(type, "TERNARY"))
		return 2;
	if (!strcmp(type, "FLOAT32"))
		return 32;
	if (g_str_has_prefix(type, "UINT"))
		digits = type + strlen("UINT");
	else if (g_str_has_prefix(type, "INT"))
		digits = type + strlen("INT");
	if (!digits || !g_ascii_isdigit(*digits))
		return 0;
	bits = strtoul(digits, &end, 10);
	return *end || bits > 32 ? 0 : bits;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* "540x960x3" into @shape; returns the rank, 0 if malformed. */
static uint32_t parse_shape(const char *text, uint32_t *shape)
{
	g_auto(GStrv) parts = g_strsplit(text, "x", -1);
	uint32_t rank = g_strv_length(parts);

	if (rank > FPGA_MAX_RANK)
		return 0;
	for (uint32_t i = 0; i < rank; i++) {
		char *end;
		unsigned long n = strtoul(parts[i], &end, 10);

		if (*end || end == parts[i] || !n || n > UINT32_MAX)
			return 0;
		shape[i] = n;
	}
	return rank;
}

static bool parse_direction(const char *text, enum fpga_direction *direction)
{
	if (!strcmp(text, "in"))
		*direction = FPGA_INPUT;
	else if (!strcmp(text, "out"))
		*direction = FPGA_OUTPUT;
	else if (!strcmp(text, "weights"))
		*direction = FPGA_WEIGHTS;
	else
		return false;
	return true;
}

/*
 * Fills in what follows from type and shapes: every row of the innermost
 * dimension is packed and padded to whole bytes.
 */
bool fpga_port_finish(struct fpga_port_info *port, Error **errp)
{
	uint64_t outer = 1, row, normal = 1, bytes;

	port->bits = type_bits(port->type);
	if (!port->bits) {
		error_setg(errp, "port %s: no FINN type %s", port->name,
			   port->type);
		return false;
	}
	for (uint32_t i = 0; i < port->rank; i++)
		normal *= port->shape[i];
	for (uint32_t i = 0; i + 1 < port->folded_rank; i++)
		outer *= port->folded[i];
	row = port->folded[port->folded_rank - 1];
	if (outer * row != normal) {
		error_setg(errp, "port %s: the shapes differ in size",
			   port->name);
		return false;
	}
	bytes = outer * DIV_ROUND_UP(row * port->bits, 8);
	if (bytes > 256 * MiB) {
		error_setg(errp, "port %s: frame of more than 256 MiB",
			   port->name);
		return false;
	}
	port->frame_bytes = bytes;
	port->align = MAX(gcd(bytes * 8, ZYNQMP_AXI_BITS) / 8, 1);
	if (!port->reps_per_frame)
		port->reps_per_frame = 1;
	return true;
}

static bool parse_option(struct fpga_port_info *port, const char *text)
{
	char *end;

	if (g_str_has_prefix(text, "label=")) {
		g_strlcpy(port->label, text + strlen("label="),
			  sizeof(port->label));
		return true;
	}
	if (!g_str_has_prefix(text, "reps="))
		return false;
	port->reps_per_frame = strtoul(text + strlen("reps="), &end, 10);
	return !*end && port->reps_per_frame &&
	       port->direction == FPGA_WEIGHTS;
}

static bool parse_port(struct fpga_port_info *port, const char *text)
{
	g_auto(GStrv) field = g_strsplit(text, ":", -1);
	g_auto(GStrv) shapes = NULL;
	guint fields = g_strv_length(field);

	if (fields < 4 || !*field[0])
		return false;
	g_strlcpy(port->name, field[0], sizeof(port->name));
	g_strlcpy(port->type, field[2], sizeof(port->type));
	if (!parse_direction(field[1], &port->direction))
		return false;
	shapes = g_strsplit(field[3], "@", 2);
	port->rank = parse_shape(shapes[0], port->shape);
	port->folded_rank = parse_shape(shapes[1] ?: shapes[0], port->folded);
	if (!port->rank || !port->folded_rank)
		return false;
	for (guint i = 4; i < fields; i++)
		if (!parse_option(port, field[i]))
			return false;
	return true;
}

bool fpga_ports_parse(struct fpga_device *dev, const char *text, Error **errp)
{
	g_auto(GStrv) ports = g_strsplit(text, "/", -1);
	guint n = g_strv_length(ports);

	if (!n || n > FPGA_MAX_PORTS) {
		error_setg(errp, "ports=: 1 to %d ports", FPGA_MAX_PORTS);
		return false;
	}
	for (guint i = 0; i < n; i++) {
		struct fpga_port_info *port = &dev->dma[i].info;

		if (!parse_port(port, ports[i])) {
			error_setg(errp, "ports=: '%s' is not NAME:in|out|"
				   "weights:TYPE:SHAPE[@FOLDED][:reps=N]"
				   "[:label=TEXT]", ports[i]);
			return false;
		}
		if (!fpga_port_finish(port, errp))
			return false;
	}
	dev->num_ports = n;
	return true;
}

static struct fpga_port_info *find_port(struct fpga_device *dev,
					const char *name)
{
	for (unsigned int i = 0; i < dev->num_ports; i++)
		if (!strcmp(dev->dma[i].info.name, name))
			return &dev->dma[i].info;
	return NULL;
}

/* interrupt=on (every output) | off | all | NAME+NAME */
bool fpga_ports_wire(struct fpga_device *dev, const char *text, Error **errp)
{
	g_auto(GStrv) names = NULL;

	if (!strcmp(text, "off"))
		return true;
	for (unsigned int i = 0; i < dev->num_ports; i++) {
		struct fpga_port_info *port = &dev->dma[i].info;

		if (!strcmp(text, "all") ||
		    (!strcmp(text, "on") && port->direction == FPGA_OUTPUT))
			port->wired = true;
	}
	if (!strcmp(text, "all") || !strcmp(text, "on"))
		return true;
	names = g_strsplit(text, "+", -1);
	for (guint i = 0; names[i]; i++) {
		struct fpga_port_info *port = find_port(dev, names[i]);

		if (!port) {
			error_setg(errp, "interrupt=: no port %s", names[i]);
			return false;
		}
		port->wired = true;
	}
	return true;
}
