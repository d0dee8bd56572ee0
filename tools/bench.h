/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_BENCH_H
#define SRFPGA_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sensors.h"

#define BENCH_MAX_DEVICES	8
#define BENCH_MAX_LIST		12
#define BENCH_MAX_POINTS	(BENCH_MAX_LIST * BENCH_MAX_LIST)

/** struct bench_list - the values of --batch or --depth */
struct bench_list {
	uint32_t value[BENCH_MAX_LIST];
	uint32_t count;
};

/**
 * struct bench_request - what to measure
 * @height: of pictures where a model leaves it open
 * @width: likewise
 * @time_ns: length of one measurement
 */
struct bench_request {
	const char *device[BENCH_MAX_DEVICES];
	uint32_t devices;
	struct bench_list batch;
	struct bench_list depth;
	uint32_t height;
	uint32_t width;
	uint64_t time_ns;
	uint64_t timeout_ns;
};

/**
 * struct bench_point - one measurement
 * @batch: frames of a job
 * @depth: jobs in flight
 * @p50_ms: half of the jobs took less from submission to their end
 * @fps: frames a second
 * @cpu_ms: CPU time of this process a frame, user and system
 * @power_w: mean while it ran; negative without a sensor
 */
struct bench_point {
	uint32_t batch;
	uint32_t depth;
	uint64_t jobs;
	double min_ms;
	double p50_ms;
	double p90_ms;
	double p99_ms;
	double max_ms;
	double fps;
	double cpu_ms;
	double power_w;
};

/**
 * struct bench_device - all measurements of one device
 * @idle_w: mean power before; negative without a sensor
 * @memory_mib: largest resident size of this process, and of hardware's
 *	buffers, which do not count to it
 */
struct bench_device {
	char name[256];
	bool software;
	double idle_w;
	double memory_mib;
	struct bench_point point[BENCH_MAX_POINTS];
	uint32_t points;
};

/** bench_measure() - all points of one device */
int bench_measure(const struct bench_request *req, const char *name,
		  const struct power_meter *meter, struct bench_device *dev);

/** bench_latency() - the point that a single frame's latency is taken from */
const struct bench_point *bench_latency(const struct bench_device *dev);

/** bench_fastest() - the point of most frames a second */
const struct bench_point *bench_fastest(const struct bench_device *dev);

void bench_print_text(const struct bench_device *dev, uint32_t count);
void bench_print_markdown(const struct bench_device *dev, uint32_t count);
void bench_print_csv(const struct bench_device *dev, uint32_t count);
void bench_print_json(const struct bench_device *dev, uint32_t count);

/** bench_plot() - latency against throughput as an SVG picture */
void bench_plot(FILE *f, const struct bench_device *dev, uint32_t count);

#endif /* SRFPGA_BENCH_H */
