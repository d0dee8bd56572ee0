// SPDX-License-Identifier: GPL-2.0
/*
 * The FPGA model with several inputs and outputs and a weight DMA, as the second
 * of two accelerators side by side.
 * Expects instance 1 with idma0 of 96 bytes, idma1 of 64, wdma0 of 32 bytes that
 * streams them 3 times a frame, odma0 of 96, odma1 of 48; instance 0 as
 * fpga_smoke does.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "fpga_guest.h"

enum { IDMA0, IDMA1, WDMA, ODMA0, ODMA1, PORTS };

#define KEY		0x5a
#define WDMA_REPS	3
#define PORT_SPAN	(16 << 10)	/* memory of a port */
#define OTHER_AT	(128 << 10)	/* memory of the other accelerator */

static const uint32_t bytes[PORTS] = { 96, 64, 32, 96, 48 };
static struct fpga fpga, other;
static uint8_t *memory;
static uint64_t physical;

static uint64_t address(unsigned int port)
{
	return physical + port * PORT_SPAN;
}

static void fresh(void)
{
	fpga_fresh(&fpga);
	for (int i = 0; i < ODMA0 * PORT_SPAN; i++)
		memory[i] = i * 11 + (i >> 7) * 3;
	memset(memory + ODMA0 * PORT_SPAN, 0, 2 * PORT_SPAN);
}

static void start(unsigned int port, uint32_t frames)
{
	fpga_start(&fpga, port, address(port),
		   port == WDMA ? frames * WDMA_REPS : frames);
}

static uint8_t rotate(uint8_t byte, unsigned int by)
{
	return byte << by | byte >> (8 - by);
}

/* Every frame has its own inputs, but all have the same weights. */
static bool frame_right(unsigned int output, unsigned int frame)
{
	unsigned int port = ODMA0 + output;
	const uint8_t *in0 = memory + frame * bytes[IDMA0];
	const uint8_t *in1 = memory + PORT_SPAN + frame * bytes[IDMA1];
	const uint8_t *weights = memory + WDMA * PORT_SPAN;
	const uint8_t *out = memory + port * PORT_SPAN + frame * bytes[port];

	for (unsigned int i = 0; i < bytes[port]; i++) {
		uint8_t want = KEY ^ output ^ in0[i % bytes[IDMA0]] ^
			       rotate(in1[i % bytes[IDMA1]], 1) ^
			       rotate(weights[i % bytes[WDMA]], 2);

		if (out[i] != want)
			return false;
	}
	return true;
}

static void test_all_ports(void)
{
	fresh();
	check(rd(fpga.ctl, FPGA_CTL_NUM_PORTS) == PORTS, "five ports");
	for (int port = PORTS - 1; port >= 0; port--)
		start(port, 4);
	check(fpga_wait_dones(&fpga, ODMA0, 1) &&
	      fpga_wait_dones(&fpga, ODMA1, 1), "four frames");
	check(frame_right(0, 0) && frame_right(0, 3), "data of odma0");
	check(frame_right(1, 0) && frame_right(1, 3), "data of odma1");
	check(fpga_wait_dones(&fpga, WDMA, 1), "the weight DMA ends too");
	check(rd64(fpga.ctl, FPGA_CTL_PORT(WDMA) + FPGA_PORT_BYTES_LO) ==
	      4 * WDMA_REPS * bytes[WDMA], "it read its buffer 12 times");
	check(rd(fpga.ctl, FPGA_CTL_VIOLATIONS) == 0, "no violation");
}

static void test_inputs_meet(void)
{
	fresh();
	start(ODMA0, 1);
	start(ODMA1, 1);
	start(WDMA, 1);
	start(IDMA0, 1);
	check(fpga_wait_idle(&fpga, IDMA0, WAIT_MS) &&
	      !fpga_wait_idle(&fpga, ODMA0, QUIET_MS),
	      "nothing comes out before the last input");
	start(IDMA1, 1);
	check(fpga_wait_dones(&fpga, ODMA0, 1) && frame_right(0, 0),
	      "then it does");
}

static void test_weight_repetitions(void)
{
	fresh();
	start(ODMA0, 2);
	start(ODMA1, 2);
	fpga_start(&fpga, WDMA, address(WDMA), 2 * WDMA_REPS - 1);
	start(IDMA0, 2);
	start(IDMA1, 2);
	check(fpga_wait_idle(&fpga, WDMA, WAIT_MS) &&
	      !fpga_wait_idle(&fpga, ODMA0, QUIET_MS) &&
	      fpga_frames(&fpga, ODMA0) == 1,
	      "a frame waits for all repetitions of the weights");
	fpga_start(&fpga, WDMA, address(WDMA), 1);
	check(fpga_wait_dones(&fpga, ODMA0, 1) && frame_right(0, 1),
	      "and comes with the last of them");
}

static void test_outputs_apart(void)
{
	fresh();
	fpga_timing(&fpga, 0, 0, 2);
	for (int port = ODMA0; port >= 0; port--)
		start(port, 4);
	usleep(QUIET_MS * 1000);
	check(fpga_frames(&fpga, ODMA0) == 2,
	      "one output goes ahead of the other as far as the depth");
	start(ODMA1, 4);
	check(fpga_wait_dones(&fpga, ODMA0, 1) &&
	      fpga_wait_dones(&fpga, ODMA1, 1) && frame_right(1, 3),
	      "and on with it");
}

static void test_side_by_side(void)
{
	uint8_t *in = memory + OTHER_AT, *out = in + PORT_SPAN;
	bool good = true;

	fresh();
	fpga_fresh(&other);
	fpga_timing(&fpga, 20 * MS, 20 * MS, 0);
	fpga_timing(&other, 20 * MS, 20 * MS, 0);
	memset(in, 0x11, 1000);
	for (int port = PORTS - 1; port >= 0; port--)
		start(port, 1);
	fpga_start(&other, 1, physical + OTHER_AT + PORT_SPAN, 1);
	fpga_start(&other, 0, physical + OTHER_AT, 1);
	check(fpga_wait_dones(&other, 1, 1) &&
	      fpga_wait_dones(&fpga, ODMA0, 1), "two accelerators at once");
	for (int i = 0; i < 600; i++)
		good &= out[i] == (0x11 ^ KEY);
	check(good && frame_right(0, 0) && frame_right(1, 0),
	      "each with its own data");
}

int main(void)
{
	printf("TAP version 13\n");
	need(fpga_open(&other, 0));
	need(fpga_open(&fpga, 1));
	memory = fpga_memory(&physical);
	need(memory ? NULL : "no contiguous memory");
	test_all_ports();
	test_inputs_meet();
	test_weight_repetitions();
	test_outputs_apart();
	test_side_by_side();
	return finish();
}
