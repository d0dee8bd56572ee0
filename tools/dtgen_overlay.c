// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The model of a FINN build behind srfpga dtgen: sizes of its frames, and the
 * overlay that describes it. Must not know where the facts came from.
 */
#include "dtgen.h"

#include <ctype.h>
#include <string.h>

#include "tool.h"

uint64_t dtgen_shape_product(const struct dtgen_shape *shape)
{
	uint64_t n = 1;
	uint32_t i;

	for (i = 0; i < shape->rank; i++) {
		n *= shape->dim[i];
		if (n > UINT32_MAX)
			return 0;
	}
	return n;
}

/* FINN pads each innermost row to whole bytes (finn.md, frames). */
uint64_t dtgen_frame_bytes(const struct dtgen_port *port)
{
	uint64_t row = port->folded.dim[port->folded.rank - 1];

	return dtgen_shape_product(&port->folded) / row *
	       ((row * port->bits + 7) / 8);
}

uint32_t dtgen_dtype_bits(const char *name)
{
	const char *digits = name + (*name == 'U');
	unsigned int bits = 0;
	int n = 0;

	if (!strcmp(name, "BINARY") || !strcmp(name, "BIPOLAR"))
		return 1;
	if (!strcmp(name, "TERNARY"))
		return 2;
	if (!strcmp(name, "FLOAT32"))
		return 32;
	if (strncmp(digits, "INT", 3) || !isdigit((unsigned char)digits[3]) ||
	    digits[3] == '0' || sscanf(digits + 3, "%2u%n", &bits, &n) != 1 ||
	    digits[3 + n] || bits > 32)
		return 0;
	return bits;
}

static void write_shape(FILE *out, const char *property,
			const struct dtgen_shape *s)
{
	uint32_t i;

	fprintf(out, "\t\t\t%s = <", property);
	for (i = 0; i < s->rank; i++)
		fprintf(out, "%s%u", i ? " " : "", s->dim[i]);
	fputs(">;\n", out);
}

static void write_port(FILE *out, const struct dtgen_port *p)
{
	static const char *const directions[] = { "input", "output", "weights" };

	fprintf(out, "\n\t\t%s {\n\t\t\tsrfpga,direction = \"%s\";\n"
		"\t\t\tsrfpga,data-type = \"%s\";\n", p->name,
		directions[p->role], p->dtype);
	write_shape(out, "srfpga,shape", &p->normal);
	write_shape(out, "srfpga,folded-shape", &p->folded);
	fprintf(out, "\t\t\tsrfpga,frame-bytes = <%llu>;\n\t\t};\n",
		(unsigned long long)dtgen_frame_bytes(p));
}

/*
 * Interrupts from the fabric, as numbers of shared peripheral interrupts:
 * ZynqMP 89-96 and 104-111, Zynq-7000 29-36 and 52-59 (TRM, system interrupts).
 */
static int spi(const struct dtgen_build *b, int line)
{
	if (b->zynq7)
		return line < 8 ? 29 + line : 52 + line - 8;
	return line < 8 ? 89 + line : 104 + line - 8;
}

static void write_interrupts(const struct dtgen_build *b, FILE *out)
{
	const char *sep = "";
	unsigned int i, n = 0;

	for (i = 0; i < b->num_ports; i++)
		n += b->ports[i].irq >= 0;
	if (!n)
		return;
	fprintf(out, "\t\tinterrupt-parent = <&%s>;\n\t\tinterrupts = ",
		b->zynq7 ? "intc" : "gic");
	for (i = 0; i < b->num_ports; i++)
		if (b->ports[i].irq >= 0) {
			fprintf(out, "%s<0 %d 4>", sep,
				spi(b, b->ports[i].irq));
			sep = ", ";
		}
	fputs(";\n\t\tinterrupt-names = ", out);
	for (i = 0, sep = ""; i < b->num_ports; i++)
		if (b->ports[i].irq >= 0) {
			fprintf(out, "%s\"%s\"", sep, b->ports[i].name);
			sep = ", ";
		}
	fputs(";\n", out);
}

static void write_windows(const struct dtgen_build *b, FILE *out)
{
	unsigned int i;

	for (i = 0; i < b->num_ports; i++) {
		const struct dtgen_port *p = &b->ports[i];

		fputs(i ? ",\n\t\t      " : "\t\treg = ", out);
		if (b->zynq7)
			fprintf(out, "<0x%llx 0x%llx>",
				(unsigned long long)p->base,
				(unsigned long long)p->size);
		else
			fprintf(out, "<0x%llx 0x%llx 0x%llx 0x%llx>",
				(unsigned long long)p->base >> 32,
				(unsigned long long)p->base & UINT32_MAX,
				(unsigned long long)p->size >> 32,
				(unsigned long long)p->size & UINT32_MAX);
	}
	fputs(";\n\t\treg-names = ", out);
	for (i = 0; i < b->num_ports; i++)
		fprintf(out, "%s\"%s\"", i ? ", " : "", b->ports[i].name);
	fputs(";\n", out);
}

/* Numbers of dt-bindings/clock and /reset: the fabric's clocks, its resets. */
static void write_clock_and_reset(const struct dtgen_build *b, FILE *out)
{
	fprintf(out, "\t\tclocks = <&%s %u>;\n\t\tclock-names = \"axi\";\n",
		b->zynq7 ? "clkc" : "zynqmp_clk",
		(b->zynq7 ? 15 : 71) + b->clock);
	if (b->reset >= 0)
		fprintf(out, "\t\tresets = <&%s %d>;\n",
			b->zynq7 ? "rstc" : "zynqmp_reset",
			(b->zynq7 ? 512 : 116) + b->reset);
	else
		fputs("\t\t/*\n"
		      "\t\t * No resets: the build does not lead one of the processor's\n"
		      "\t\t * lines to every DMA. After a hang, bind the device anew.\n"
		      "\t\t */\n", out);
}

int dtgen_write(const struct dtgen_build *b, const char *firmware,
		const char *label, FILE *out)
{
	unsigned int i;
	int cells = b->zynq7 ? 1 : 2;

	fprintf(out, "// SPDX-License-Identifier: (GPL-2.0-only OR MIT)\n"
		"/* Written by srfpga dtgen from a FINN build. */\n"
		"/dts-v1/;\n/plugin/;\n\n"
		"&fpga_full {\n\tfirmware-name = \"%s\";\n};\n\n"
		"&amba {\n\t#address-cells = <%d>;\n\t#size-cells = <%d>;\n\n"
		"\taccelerator@%llx {\n\t\tcompatible = \"srfpga,finn\";\n",
		firmware, cells, cells, (unsigned long long)b->ports[0].base);
	write_windows(b, out);
	write_interrupts(b, out);
	write_clock_and_reset(b, out);
	fprintf(out, "\t\tlabel = \"%s\";\n", label);
	for (i = 0; i < b->num_ports; i++)
		write_port(out, &b->ports[i]);
	fputs("\t};\n};\n", out);
	return TOOL_OK;
}
