// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga bench: runs jobs and takes the time.
 * Must not know how results are shown.
 */
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "flow.h"
#include "frames.h"
#include "progress.h"
#include "target.h"
#include "tensor.h"
#include "tool.h"

/* Jobs of one measurement: enough for a percentile, few enough to keep. */
#define MIN_JOBS	10
#define MAX_JOBS	100000
#define POWER_EVERY_NS	100000000u

/** struct power_mean - samples of the meter while something runs */
struct power_mean {
	const struct power_meter *meter;
	uint64_t next_ns;
	double sum;
	uint32_t count;
};

/** struct measurement - one point under way */
struct measurement {
	struct flow flow;
	uint64_t *latency_ns;
	uint64_t jobs;
	struct power_mean power;
};

static void sample_power(struct power_mean *p)
{
	uint64_t now = tool_now_ns();
	double w;

	if (now < p->next_ns)
		return;
	p->next_ns = now + POWER_EVERY_NS;
	w = power_meter_read(p->meter);
	if (w < 0)
		return;
	p->sum += w;
	p->count++;
}

static double mean_power(const struct power_mean *p)
{
	return p->count ? p->sum / p->count : -1;
}

static double measure_idle(const struct power_meter *meter)
{
	struct power_mean p = { .meter = meter };
	int i;

	if (power_meter_read(meter) < 0)
		return -1;
	for (i = 0; i < 10; i++) {
		sample_power(&p);
		usleep(POWER_EVERY_NS / 1000);
	}
	return mean_power(&p);
}

static uint64_t cpu_ns(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return ((uint64_t)u.ru_utime.tv_sec + (uint64_t)u.ru_stime.tv_sec) *
	       1000000000u +
	       ((uint64_t)u.ru_utime.tv_usec + (uint64_t)u.ru_stime.tv_usec) *
	       1000u;
}

/* Start the kernel's peak of the resident size anew. */
static void reset_peak(void)
{
	FILE *f = fopen("/proc/self/clear_refs", "we");

	if (!f)
		return;
	fputs("5", f);
	fclose(f);
}

static double peak_mib(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %lu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return (double)kib / 1024;
}

static int fill_inputs(struct flow *flow, struct flow_slot *slot,
		       uint32_t batch)
{
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < flow->info->num_ports; i++) {
		const struct srfpga_port *port =
			srfpga_device_get_port(flow->dev, i);
		uint32_t n = port->role == SRFPGA_PORT_WEIGHTS ? 1 : batch;
		void *tensor;

		if (port->role == SRFPGA_PORT_OUTPUT)
			continue;
		tensor = tensor_alloc(port, n);
		if (!tensor)
			return -ENOMEM;
		frames_random(port, i + 1, tensor, n);
		err = srfpga_layout_pack(&port->layout, port->elem, tensor, n,
					 slot->addr[i], NULL);
		free(tensor);
	}
	return err;
}

/* Submit in every free slot; the first round of slots gets its pixels. */
static int push(struct measurement *m, uint32_t batch, bool fill)
{
	struct flow_slot *slot;
	int ret = flow_begin(&m->flow, &slot);

	if (ret)
		return ret;
	if (fill && fill_inputs(&m->flow, slot, batch))
		return tool_fail_errno(m->flow.info->path, ENOMEM);
	return flow_submit(&m->flow, slot, batch);
}

static int pop(struct measurement *m, bool record)
{
	struct flow_slot *slot;
	int ret = flow_wait(&m->flow, &slot);

	if (ret)
		return ret;
	if (record && m->jobs < MAX_JOBS)
		m->latency_ns[m->jobs++] = slot->event.finished_ns -
					   slot->submitted_ns;
	return flow_end(&m->flow, slot);
}

static int warm_up(struct measurement *m, uint32_t batch)
{
	uint32_t i;
	int ret = TOOL_OK;

	for (i = 0; !ret && i < m->flow.depth; i++)
		ret = push(m, batch, true);
	while (!ret && flow_in_flight(&m->flow))
		ret = pop(m, false);
	return ret;
}

static int run_jobs(struct measurement *m, uint32_t batch, uint64_t time_ns)
{
	uint64_t end = tool_now_ns() + time_ns;
	int ret = TOOL_OK;

	while (!ret && (tool_now_ns() < end || m->jobs < MIN_JOBS)) {
		while (!ret && !flow_is_full(&m->flow))
			ret = push(m, batch, false);
		if (!ret)
			ret = pop(m, true);
		sample_power(&m->power);
	}
	while (!ret && flow_in_flight(&m->flow))
		ret = pop(m, true);
	return ret;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The smallest latency that the given share of the jobs does not exceed. */
static double percentile(const struct measurement *m, unsigned int percent)
{
	uint64_t rank = (m->jobs * percent + 99) / 100;

	return (double)m->latency_ns[rank ? rank - 1 : 0] / 1e6;
}

static void evaluate(struct measurement *m, struct bench_point *p,
		     uint64_t wall_ns, uint64_t busy_ns)
{
	double frames = (double)m->flow.stats.frames -
			(double)p->depth * p->batch;

	qsort(m->latency_ns, m->jobs, sizeof(*m->latency_ns), by_size);
	p->jobs = m->jobs;
	p->min_ms = percentile(m, 0);
	p->p50_ms = percentile(m, 50);
	p->p90_ms = percentile(m, 90);
	p->p99_ms = percentile(m, 99);
	p->max_ms = percentile(m, 100);
	p->fps = frames * 1e9 / (double)wall_ns;
	p->cpu_ms = (double)busy_ns / 1e6 / frames;
	p->power_w = mean_power(&m->power);
}

static int measure_point(const struct bench_request *req,
			 struct srfpga_device *dev,
			 const struct power_meter *meter, struct bench_point *p)
{
	struct measurement m = { .power = { .meter = meter } };
	uint64_t wall, busy;
	int ret = flow_init(&m.flow, dev, p->depth, p->batch, req->timeout_ns);

	if (ret)
		return ret;
	p->depth = m.flow.depth;
	m.latency_ns = malloc(MAX_JOBS * sizeof(*m.latency_ns));
	ret = m.latency_ns ? warm_up(&m, p->batch) :
			     tool_fail_errno("memory", ENOMEM);
	wall = tool_now_ns();
	busy = cpu_ns();
	if (!ret)
		ret = run_jobs(&m, p->batch, req->time_ns);
	if (!ret)
		evaluate(&m, p, tool_now_ns() - wall, cpu_ns() - busy);
	free(m.latency_ns);
	flow_free(&m.flow);
	return ret;
}

static uint64_t buffer_bytes(const struct srfpga_device *dev,
			     const struct bench_point *p)
{
	uint64_t bytes = 0;
	uint32_t i;

	for (i = 0; i < srfpga_device_get_info(dev)->num_ports; i++)
		bytes += srfpga_device_get_port(dev, i)->frame_bytes;
	return bytes * p->batch * p->depth;
}

static int sweep(const struct bench_request *req, struct srfpga_device *dev,
		 const struct power_meter *meter, struct bench_device *result)
{
	uint32_t total = req->batch.count * req->depth.count;
	struct progress progress;
	uint64_t largest = 0;
	int ret = TOOL_OK;

	progress_start(&progress, "bench", total);
	reset_peak();
	while (!ret && result->points < total) {
		struct bench_point *p = &result->point[result->points];
		uint64_t bytes;

		p->batch = req->batch.value[result->points / req->depth.count];
		p->depth = req->depth.value[result->points % req->depth.count];
		ret = measure_point(req, dev, meter, p);
		result->points++;
		bytes = buffer_bytes(dev, p);
		largest = bytes > largest ? bytes : largest;
		progress_set(&progress, result->points);
	}
	progress_end(&progress);
	result->memory_mib = peak_mib();
	if (!result->software)
		result->memory_mib += (double)largest / (1 << 20);
	return ret;
}

int bench_measure(const struct bench_request *req, const char *name,
		  const struct power_meter *meter, struct bench_device *result)
{
	struct target_wish wish = { .device = name, .height = req->height,
				    .width = req->width };
	const struct srfpga_device_info *info;
	struct srfpga_device *dev;
	int ret = target_open(&wish, &dev);

	if (ret)
		return ret;
	info = srfpga_device_get_info(dev);
	snprintf(result->name, sizeof(result->name), "%s", info->path);
	result->software = info->is_soft;
	result->idle_w = measure_idle(meter);
	ret = sweep(req, dev, meter, result);
	srfpga_device_close(dev);
	return ret;
}
