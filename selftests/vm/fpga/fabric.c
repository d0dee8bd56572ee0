// SPDX-License-Identifier: GPL-2.0
/*
 * The fabric that tests of a driver use: cheap, any frame sizes, and every output
 * byte tells which inputs it came from.
 */
#include "fpga.h"

static bool xor_open(struct fpga_device *dev, Error **errp)
{
	dev->key = 0x5a;
	return true;
}

static uint8_t rotate(uint8_t byte, unsigned int by)
{
	by %= 8;
	return by ? byte << by | byte >> (8 - by) : byte;
}

/*
 * Output k, byte i = key ^ k ^ all j: rotate_left(input j, byte i mod its length,
 * by j); inputs, outputs and weights each numbered in port order, weights after
 * the inputs.
 */
static void xor_compute(struct fpga_device *dev, struct fpga_frame *frame)
{
	unsigned int outputs = 0, inputs = 0;

	for (unsigned int k = 0; k < dev->num_ports; k++) {
		const struct fpga_port_info *out = &dev->dma[k].info;

		if (out->direction != FPGA_OUTPUT)
			continue;
		memset(frame->buf[k], dev->key ^ outputs++, out->frame_bytes);
	}
	for (int pass = 0; pass < 2 * (int)dev->num_ports; pass++) {
		unsigned int j = pass % dev->num_ports;
		const struct fpga_port_info *in = &dev->dma[j].info;
		bool weights = pass >= (int)dev->num_ports;

		if (in->direction != (weights ? FPGA_WEIGHTS : FPGA_INPUT))
			continue;
		for (unsigned int k = 0; k < dev->num_ports; k++) {
			const struct fpga_port_info *out = &dev->dma[k].info;

			if (out->direction != FPGA_OUTPUT)
				continue;
			for (uint32_t i = 0; i < out->frame_bytes; i++)
				frame->buf[k][i] ^= rotate(
					frame->buf[j][i % in->frame_bytes],
					inputs);
		}
		inputs++;
	}
}

static const struct fpga_fabric fabric_xor = {
	.name = "xor",
	.open = xor_open,
	.compute = xor_compute,
};

static const struct fpga_fabric *const fabrics[] = {
	&fabric_xor,
	&fpga_fabric_soft,
};

const struct fpga_fabric *fpga_fabric_find(const char *name, Error **errp)
{
	for (size_t i = 0; i < ARRAY_SIZE(fabrics); i++)
		if (!strcmp(fabrics[i]->name, name))
			return fabrics[i];
	error_setg(errp, "fabric=%s: soft or xor", name);
	return NULL;
}
