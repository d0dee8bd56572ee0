/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A FINN build as the devicetree needs it: what driver.py says of the frames
 * and the .hwh file of the hardware.
 */
#ifndef SRFPGA_DTGEN_H
#define SRFPGA_DTGEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define DTGEN_MAX_PORTS	16
#define DTGEN_MAX_RANK	8
#define DTGEN_NAME	64

/** struct dtgen_shape - a shape without its batch dimension, elements */
struct dtgen_shape {
	uint32_t rank;
	uint32_t dim[DTGEN_MAX_RANK];
};

/** enum dtgen_role - as srfpga,direction */
enum dtgen_role { DTGEN_INPUT, DTGEN_OUTPUT, DTGEN_WEIGHTS };

/**
 * struct dtgen_port - one DMA
 * @name: what the build calls it: "idma0"
 * @role: which way it goes
 * @dtype: FINN's name: "UINT8"
 * @bits: of an element
 * @normal: normal shape
 * @folded: folded shape
 * @packed: packed shape, bytes
 * @line: of driver.py, for messages; 0 if it is not from there
 * @base: AXI-Lite address
 * @size: of the window, bytes; 0 until the .hwh file was read
 * @irq: number of the line from the fabric, -1 if not wired
 */
struct dtgen_port {
	char name[DTGEN_NAME];
	enum dtgen_role role;
	char dtype[16];
	uint32_t bits;
	struct dtgen_shape normal;
	struct dtgen_shape folded;
	struct dtgen_shape packed;
	unsigned int line;
	uint64_t base;
	uint64_t size;
	int irq;
};

/**
 * struct dtgen_build - all that an overlay needs
 * @driver: path of driver.py
 * @hwh: path of the .hwh file
 * @zynq7: Zynq-7000, otherwise ZynqMP
 * @clock: which of the four fabric clocks drives the DMAs
 * @reset: which of the four reset lines resets them all, -1 if none does
 * @weights: number_of_external_weights of driver.py
 */
struct dtgen_build {
	char *driver;
	char *hwh;
	bool zynq7;
	unsigned int clock;
	int reset;
	unsigned int weights;
	unsigned int num_ports;
	struct dtgen_port ports[DTGEN_MAX_PORTS];
};

/** dtgen_shape_product() - elements, or 0 beyond 32 bits */
uint64_t dtgen_shape_product(const struct dtgen_shape *shape);

/** dtgen_frame_bytes() - of one frame as FINN packs it */
uint64_t dtgen_frame_bytes(const struct dtgen_port *port);

/** dtgen_dtype_bits() - of FINN's type name, or 0 for an unknown one */
uint32_t dtgen_dtype_bits(const char *name);

/**
 * dtgen_read_driver() - fill @build with the data ports of @build->driver
 *
 * io_shape_dict is parsed as data; nothing of the file is executed.
 * Return: an exit code; the message names file and line.
 */
int dtgen_read_driver(struct dtgen_build *build);

/**
 * dtgen_read_hwh() - add addresses, wires and external weights
 *
 * Every DMA of the hardware must be a port and the other way round. A DMA that
 * driver.py does not name is one of its external weights.
 */
int dtgen_read_hwh(struct dtgen_build *build);

/** dtgen_write() - the overlay as devicetree source */
int dtgen_write(const struct dtgen_build *build, const char *firmware,
		const char *label, FILE *out);

#endif /* SRFPGA_DTGEN_H */
