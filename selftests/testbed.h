/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device with the FPGA model behind it: what most fixtures start from and
 * what they must leave behind.
 */
#ifndef SELFTESTS_TESTBED_H
#define SELFTESTS_TESTBED_H

#include "testdev.h"
#include "testmodel.h"

/** struct test_bed - one open file of a device and the model behind it */
struct test_bed {
	unsigned int index;
	struct test_dev dev;
	struct test_model model;
};

/** Open both, the model without faults; a wedged device is rebound first.
 * -ENOENT: no device, or no model behind it.
 */
int bed_open(struct test_bed *bed, unsigned int index, int flags);
/** Close both. Returns how much is wrong: violations, a device that does not
 * take jobs any more; each is named on stderr.
 */
int bed_close(struct test_bed *bed);

/** Name of the device of @index on its bus, also while it is not bound. */
const char *bed_bus_name(unsigned int index);
/** Unbind the driver from the device of @index, without waiting for users. */
int bed_unbind(unsigned int index);
int bed_bind(unsigned int index);
/** SRFPGA_STATE_* of a device, through a file of its own; or -errno. */
int bed_state(unsigned int index);

/** Interrupts that the driver was asked about so far, on all processors. */
long long bed_interrupts(unsigned int index);
/** Of some jobs and something spurious; a line that storms asks far more. */
#define FEW_INTERRUPTS	100

/** True if every output of @job holds what the fabric makes of its inputs. */
bool bed_job_right(struct test_bed *bed, struct test_job *job);
/** The same for @frames frames of it, from frame @first on. */
bool bed_frames_right(struct test_bed *bed, struct test_job *job,
		      unsigned int first, unsigned int frames);
/** Bytes of frame @frame of output port @p that are right up to the first wrong
 * one: the port's frame_bytes if all are.
 */
size_t bed_output_begins_right(struct test_bed *bed, struct test_job *job,
			       unsigned int p, unsigned int frame);

/** Jobs that run for a known time: @interval and @latency of a frame, us. */
void bed_timing(struct test_bed *bed, unsigned int latency_us,
		unsigned int interval_us);

/** Fixtures' first and last lines. */
#define BED_SETUP(bed, index, flags) do {				\
	int bed_ret = bed_open(bed, index, flags);			\
									\
	if (bed_ret == -ENOENT)						\
		SKIP(return, "no FPGA model behind %s",			\
		     dev_path(index));					\
	ASSERT_EQ(0, bed_ret);						\
} while (0)

#define BED_TEARDOWN(bed) EXPECT_EQ(0, bed_close(bed))

#endif /* SELFTESTS_TESTBED_H */
