// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to the device while it is called: the hardware's lies, unbind,
 * bind. Heals what cannot heal itself. Must not know who calls.
 */
#include <stdio.h>

#include "fuzz.h"

#define LATE_NS		50000000
#define RECOVER_MS	15000
/* The driver tries more than once. */
#define DEAD		1000

/** Bind again; busy hardware that cannot be reset is rightly not bound. */
static int rebind(struct test_bed *bed, unsigned int ms)
{
	int ret = bed_unbind(0);

	if (ret)
		return ret;
	sleep_ms(ms);
	if (!bed_bind(0))
		return 0;
	model_fault(&bed->model, FPGA_FAULT_DEAD_RESET, 0, 0, 0);
	return bed_bind(0);
}

/** A wedged device refuses all until its reset works: true if it does. */
static bool heal(struct test_bed *bed)
{
	if (bed_state(0) != SRFPGA_STATE_WEDGED)
		return true;
	model_fault(&bed->model, FPGA_FAULT_DEAD_RESET, 0, 0, 0);
	return !rebind(bed, 0);
}

static void dead_reset(struct test_bed *bed)
{
	model_fault(&bed->model, FPGA_FAULT_DEAD_RESET, DEAD, 0, 0);
	model_fault(&bed->model, FPGA_FAULT_HANG, 1, 0, 0);
}

bool harm_once(struct test_bed *bed, struct test_rand *r)
{
	struct test_model *model = &bed->model;

	if (!heal(bed))
		return false;
	switch (rand_below(r, 32)) {
	case 0:
		model_fault(model, FPGA_FAULT_HANG, 1, 0, 0);
		break;
	case 1:
		model_fault(model, FPGA_FAULT_AXI, 1, 0, 0);
		break;
	case 2 ... 5:
		model_fault(model, FPGA_FAULT_SPURIOUS, 1, 0, 1);
		break;
	case 6 ... 9:
		model_fault(model, FPGA_FAULT_LOST_IRQ, 2, 0, 0);
		break;
	case 10 ... 12:
		model_fault(model, FPGA_FAULT_LATE, 1, rand_below(r, LATE_NS),
			    0);
		break;
	case 13:
		return !rebind(bed, rand_below(r, 20));
	case 14:
		dead_reset(bed);
		break;
	case 15 ... 16:
		model_fault(model, FPGA_FAULT_SHORT, 1, 0, 0);
		break;
	}
	return true;
}

bool harm_end(struct test_bed *bed)
{
	uint64_t end = now_ns() + RECOVER_MS * 1000000ull;
	bool there = true;

	model_fault(&bed->model, FPGA_FAULT_DEAD_RESET, 0, 0, 0);
	/* what was begun may still wedge it, and it holds the driver then */
	while (there && file_number(MODULE_REFS) > 0 && now_ns() < end) {
		sleep_ms(20);
		there = heal(bed);
	}
	return there && heal(bed);
}

void harm_print(const struct test_bed *bed)
{
	unsigned int f;

	printf("# faults that struck\n");
	for (f = 0; f < FPGA_NUM_FAULTS; f++)
		if (model_hits(&bed->model, f))
			report_figure(model_fault_name(f),
				      model_hits(&bed->model, f));
}
