// SPDX-License-Identifier: GPL-2.0
/*
 * What goes wrong: the hardware's lies, one after the other at random, and the
 * driver unbound and bound under its users. Heals what cannot heal itself.
 */
#include <stdio.h>

#include "soak.h"

#define NS_PER_MS	1000000u

/** How often each act comes, of all. */
static const unsigned int weight[SOAK_NUM_ACTS] = {
	[ACT_HANG] = 2,
	[ACT_LATE] = 8,
	[ACT_TOO_LATE] = 1,
	[ACT_LOST_IRQ] = 8,
	[ACT_SPURIOUS] = 10,
	[ACT_AXI] = 2,
	[ACT_SHORT] = 4,
	[ACT_DEAD_RESET] = 1,
	[ACT_TIMING] = 4,
	[ACT_REBIND] = 1,
};

static enum soak_act choose(struct test_rand *rand)
{
	unsigned int act, sum = 0, at;

	for (act = 0; act < SOAK_NUM_ACTS; act++)
		sum += weight[act];
	at = rand_below(rand, sum);
	for (act = 0; at >= weight[act]; act++)
		at -= weight[act];
	return act;
}

/**
 * Unbind, wait a little, bind: counts what fails. Busy hardware that cannot be
 * reset is rightly not bound: then it is made to listen to its reset again.
 */
static void rebind(struct soak *soak, struct soak_chaos *chaos,
		   unsigned int device)
{
	if (bed_unbind(device)) {
		chaos->failed++;
		return;
	}
	sleep_ms(rand_below(&chaos->rand, 30));
	if (!bed_bind(device))
		return;
	chaos->refused++;
	model_fault(&soak->bed[device].model, FPGA_FAULT_DEAD_RESET, 0, 0, 0);
	if (bed_bind(device)) {
		printf("# device %u cannot be bound again\n", device);
		chaos->failed++;
	}
}

/** What hung and could not be reset needs what only the next probe can do. */
static void heal(struct soak *soak, struct soak_chaos *chaos,
		 unsigned int device)
{
	if (bed_state(device) != SRFPGA_STATE_WEDGED)
		return;
	model_fault(&soak->bed[device].model, FPGA_FAULT_DEAD_RESET, 0, 0, 0);
	rebind(soak, chaos, device);
	chaos->healed++;
}

static void strike(struct soak *soak, struct soak_chaos *chaos,
		   enum soak_act act, unsigned int device)
{
	struct test_model *model = &soak->bed[device].model;
	struct test_rand *r = &chaos->rand;
	unsigned int us;

	switch (act) {
	case ACT_HANG:
		model_fault(model, FPGA_FAULT_HANG, 1, 0, 0);
		break;
	case ACT_LATE:
		model_fault(model, FPGA_FAULT_LATE, 1 + rand_below(r, 3),
			    rand_below(r, 40) * NS_PER_MS, 0);
		break;
	case ACT_TOO_LATE:
		model_fault(model, FPGA_FAULT_LATE, 1, 3000 * NS_PER_MS, 0);
		break;
	case ACT_LOST_IRQ:
		model_fault(model, FPGA_FAULT_LOST_IRQ, 1 + rand_below(r, 4), 0,
			    0);
		break;
	case ACT_SPURIOUS:
		model_fault(model, FPGA_FAULT_SPURIOUS, 1, 0,
			    1u << rand_below(r, 2));
		break;
	case ACT_AXI:
		model_fault(model, FPGA_FAULT_AXI, 1, 0, 0);
		break;
	case ACT_SHORT:
		model_fault(model, FPGA_FAULT_SHORT, 1, 0, 0);
		break;
	case ACT_DEAD_RESET:
		model_fault(model, FPGA_FAULT_DEAD_RESET, 1000, 0, 0);
		model_fault(model, FPGA_FAULT_HANG, 1, 0, 0);
		break;
	case ACT_TIMING:
		us = 50 + rand_below(r, 2000);
		bed_timing(&soak->bed[device], us + rand_below(r, 4000), us);
		break;
	default:
		rebind(soak, chaos, device);
	}
}

void chaos_run(struct soak *soak, struct soak_chaos *chaos, uint64_t end)
{
	unsigned int device, d;
	enum soak_act act;

	while (now_ns() < end) {
		device = rand_below(&chaos->rand, soak->devices);
		act = choose(&chaos->rand);
		strike(soak, chaos, act, device);
		chaos->acts[act]++;
		sleep_ms(10 + rand_below(&chaos->rand, 250));
		for (d = 0; d < soak->devices; d++)
			heal(soak, chaos, d);
	}
}

void chaos_calm(struct soak *soak, struct soak_chaos *chaos)
{
	unsigned int d, f;

	for (d = 0; d < soak->devices; d++) {
		struct test_model *model = &soak->bed[d].model;

		heal(soak, chaos, d);
		for (f = 0; f < FPGA_NUM_FAULTS; f++)
			chaos->hits[f] += model_hits(model, f);
		chaos->violations += model_violations(model);
		model_calm(model);
		bed_timing(&soak->bed[d], 400, 100);
	}
}
