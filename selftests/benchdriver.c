// SPDX-License-Identifier: GPL-2.0
/*
 * Measures in the guest what "make bench-driver" reports: "key value" lines. Not
 * a test: it judges nothing. Wants counted instructions (boot.sh -i 0), where a
 * nanosecond of the guest is one instruction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testload.h"

#define ROUNDS	101

static int fail(const char *what, int ret)
{
	fprintf(stderr, "benchdriver: %s: %s\n", what, strerror(-ret));
	return 1;
}

static int measure_driver(struct test_bed *bed, const char *key,
			  unsigned int frames, unsigned int interval_ns)
{
	struct test_load load = {
		.frames = frames, .depth = 32, .interval_ns = interval_ns,
	};
	int ret = load_driver(bed, &load);

	if (ret)
		return fail(key, ret);
	printf("%s %.5f\n", key, load.busy);
	return 0;
}

static int measure_userspace(struct test_model *model, const char *key,
			     unsigned int frames, unsigned int interval_ns)
{
	struct test_load load = {
		.frames = frames, .interval_ns = interval_ns,
	};
	int ret = load_userspace(model, &load);

	if (ret)
		return fail(key, ret);
	printf("%s %.5f\n", key, load.busy);
	return 0;
}

/* Through the driver: how busy, and what it costs to get there. */
static int with_driver(void)
{
	struct test_bed bed;
	uint64_t ns;
	int ret, bad;

	ret = bed_open(&bed, 0, 0);
	if (ret)
		return fail(dev_path(0), ret);
	bad = measure_driver(&bed, "busy_1ms", 2000, 1000000);
	bad |= measure_driver(&bed, "busy_100us", 5000, 100000);
	model_timing(&bed.model, LOAD_LATENCY * 1000, 1000);
	ret = load_overhead(&bed, ROUNDS, &ns);
	if (ret)
		return fail("submit_to_event", ret);
	printf("submit_to_event_instructions %llu\n", (unsigned long long)ns);
	return bed_close(&bed) ? 1 : bad;
}

/* The same accelerator once more, without a driver and without a clock gate. */
static int without_driver(void)
{
	struct test_bed bed;
	int ret, bad;

	ret = bed_open(&bed, 1, 0);
	if (ret)
		return fail(dev_path(1), ret);
	dev_close(&bed.dev);
	ret = bed_unbind(1);
	if (ret)
		return fail("unbind", ret);
	bad = measure_userspace(&bed.model, "userspace_busy_1ms", 100, 1000000);
	bad |= measure_userspace(&bed.model, "userspace_busy_100us", 500,
				 100000);
	model_close(&bed.model);
	ret = bed_bind(1);
	return ret ? fail("bind", ret) : bad;
}

int main(void)
{
	int bad = with_driver();

	return without_driver() || bad;
}
