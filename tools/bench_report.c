// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga bench: the measurements as text, Markdown, CSV and JSON.
 * Must not know how they were made.
 */
#include "bench.h"

#include <inttypes.h>
#include <math.h>

#include "json.h"

#define CELL	32

const struct bench_point *bench_latency(const struct bench_device *dev)
{
	const struct bench_point *best = &dev->point[0];
	uint32_t i;

	/* The smallest batch, then the smallest depth: one frame alone. */
	for (i = 1; i < dev->points; i++) {
		const struct bench_point *p = &dev->point[i];

		if (p->batch < best->batch ||
		    (p->batch == best->batch && p->depth < best->depth))
			best = p;
	}
	return best;
}

const struct bench_point *bench_fastest(const struct bench_device *dev)
{
	const struct bench_point *best = &dev->point[0];
	uint32_t i;

	for (i = 1; i < dev->points; i++)
		if (dev->point[i].fps > best->fps)
			best = &dev->point[i];
	return best;
}

/* Watts for a table; what no sensor measured is n/a. */
static const char *watts(double w, char cell[CELL])
{
	if (w < 0)
		snprintf(cell, CELL, "n/a");
	else
		snprintf(cell, CELL, "%.3f", w);
	return cell;
}

static const char *delta(const struct bench_device *dev, char cell[CELL])
{
	double w = bench_fastest(dev)->power_w;

	if (w < 0 || dev->idle_w < 0)
		snprintf(cell, CELL, "n/a");
	else
		snprintf(cell, CELL, "%+.3f", w - dev->idle_w);
	return cell;
}

/* A device's name between bars: a bar in it would end the cell. */
static void print_cell(const char *name)
{
	fputs("| ", stdout);
	for (; *name; name++)
		printf(*name == '|' ? "\\|" : "%c", *name);
}

/* RFC 4180: a quote within quotes is two. */
static void print_quoted(const char *name)
{
	putchar('"');
	for (; *name; name++)
		printf(*name == '"' ? "\"\"" : "%c", *name);
	putchar('"');
}

static void print_summary(const struct bench_device *dev, uint32_t count)
{
	char idle[CELL], running[CELL], more[CELL];
	uint32_t i;

	printf("| device | latency ms | throughput FPS | power W (idle, delta) "
	       "| memory MiB |\n|---|---|---|---|---|\n");
	for (i = 0; i < count; i++) {
		print_cell(dev[i].name);
		printf(" | %.3f | %.3f | %s (%s, %s) | %.1f |\n",
		       bench_latency(&dev[i])->p50_ms,
		       bench_fastest(&dev[i])->fps,
		       watts(bench_fastest(&dev[i])->power_w, running),
		       watts(dev[i].idle_w, idle), delta(&dev[i], more),
		       dev[i].memory_mib);
	}
}

void bench_print_markdown(const struct bench_device *dev, uint32_t count)
{
	char cell[CELL];
	uint32_t i, k;

	print_summary(dev, count);
	printf("\n| device | batch | depth | p50 ms | p90 ms | p99 ms | max ms "
	       "| FPS | CPU ms a frame | power W |\n"
	       "|---|---|---|---|---|---|---|---|---|---|\n");
	for (i = 0; i < count; i++)
		for (k = 0; k < dev[i].points; k++) {
			const struct bench_point *p = &dev[i].point[k];

			print_cell(dev[i].name);
			printf(" | %u | %u | %.3f | %.3f | %.3f | %.3f | "
			       "%.3f | %.3f | %s |\n", p->batch, p->depth,
			       p->p50_ms, p->p90_ms, p->p99_ms, p->max_ms,
			       p->fps, p->cpu_ms, watts(p->power_w, cell));
		}
}

void bench_print_text(const struct bench_device *dev, uint32_t count)
{
	char idle[CELL], running[CELL], more[CELL];
	uint32_t i, k;

	for (i = 0; i < count; i++) {
		printf("%s\n  %5s %5s %9s %9s %9s %9s %10s %9s\n", dev[i].name,
		       "batch", "depth", "p50 ms", "p90 ms", "p99 ms",
		       "max ms", "frames/s", "CPU ms/f");
		for (k = 0; k < dev[i].points; k++) {
			const struct bench_point *p = &dev[i].point[k];

			printf("  %5u %5u %9.3f %9.3f %9.3f %9.3f %10.3f "
			       "%9.3f\n", p->batch, p->depth, p->p50_ms,
			       p->p90_ms, p->p99_ms, p->max_ms, p->fps,
			       p->cpu_ms);
		}
		printf("  latency %.3f ms, throughput %.3f FPS, power %s W "
		       "(idle %s, delta %s), memory %.1f MiB\n",
		       bench_latency(&dev[i])->p50_ms,
		       bench_fastest(&dev[i])->fps,
		       watts(bench_fastest(&dev[i])->power_w, running),
		       watts(dev[i].idle_w, idle), delta(&dev[i], more),
		       dev[i].memory_mib);
	}
}

void bench_print_csv(const struct bench_device *dev, uint32_t count)
{
	uint32_t i, k;

	printf("device,batch,depth,jobs,min_ms,p50_ms,p90_ms,p99_ms,max_ms,"
	       "fps,cpu_ms,power_w,idle_w,memory_mib\n");
	for (i = 0; i < count; i++)
		for (k = 0; k < dev[i].points; k++) {
			const struct bench_point *p = &dev[i].point[k];

			print_quoted(dev[i].name);
			printf(",%u,%u,%" PRIu64 ",%.6f,%.6f,%.6f,%.6f,"
			       "%.6f,%.6f,%.6f,", p->batch, p->depth, p->jobs,
			       p->min_ms, p->p50_ms, p->p90_ms, p->p99_ms,
			       p->max_ms, p->fps, p->cpu_ms);
			if (p->power_w >= 0)
				printf("%.6f", p->power_w);
			putchar(',');
			if (dev[i].idle_w >= 0)
				printf("%.6f", dev[i].idle_w);
			printf(",%.3f\n", dev[i].memory_mib);
		}
}

static void json_point(struct json *j, const struct bench_point *p)
{
	json_object(j, NULL);
	json_uint(j, "batch", p->batch);
	json_uint(j, "depth", p->depth);
	json_uint(j, "jobs", p->jobs);
	json_real(j, "min_ms", p->min_ms);
	json_real(j, "p50_ms", p->p50_ms);
	json_real(j, "p90_ms", p->p90_ms);
	json_real(j, "p99_ms", p->p99_ms);
	json_real(j, "max_ms", p->max_ms);
	json_real(j, "fps", p->fps);
	json_real(j, "cpu_ms", p->cpu_ms);
	json_real(j, "power_w", p->power_w < 0 ? NAN : p->power_w);
	json_end(j);
}

static void json_device(struct json *j, const struct bench_device *dev)
{
	const struct bench_point *fast = bench_fastest(dev);
	bool known = dev->idle_w >= 0 && fast->power_w >= 0;
	uint32_t k;

	json_object(j, NULL);
	json_string(j, "device", dev->name);
	json_bool(j, "software", dev->software);
	json_real(j, "latency_ms", bench_latency(dev)->p50_ms);
	json_real(j, "throughput_fps", fast->fps);
	json_real(j, "power_w", known ? fast->power_w : NAN);
	json_real(j, "power_idle_w", known ? dev->idle_w : NAN);
	json_real(j, "power_delta_w", known ? fast->power_w - dev->idle_w :
					      NAN);
	json_real(j, "memory_mib", dev->memory_mib);
	json_array(j, "points");
	for (k = 0; k < dev->points; k++)
		json_point(j, &dev->point[k]);
	json_end(j);
	json_end(j);
}

void bench_print_json(const struct bench_device *dev, uint32_t count)
{
	struct json j;
	uint32_t i;

	json_start(&j, stdout);
	json_array(&j, NULL);
	for (i = 0; i < count; i++)
		json_device(&j, &dev[i]);
	json_end(&j);
}
