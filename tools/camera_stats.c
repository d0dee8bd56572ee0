// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera: the figures of a run. Must not know how they came about.
 */
#include "camera.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "json.h"

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t samples(const struct camera_stats *s)
{
	return s->out < CAMERA_SAMPLES ? s->out : CAMERA_SAMPLES;
}

static double percentile_ms(const struct camera_stats *s, unsigned int percent)
{
	uint64_t n = samples(s);

	return n ? (double)s->latency_ns[(n - 1) * percent / 100] / 1e6 : 0;
}

static double seconds(const struct camera_stats *s)
{
	return s->ended_ns > s->begun_ns ?
		(double)(s->ended_ns - s->begun_ns) / 1e9 : 0;
}

static double rate(const struct camera_stats *s)
{
	return seconds(s) > 0 ? (double)s->out / seconds(s) : 0;
}

static void print_json(FILE *to, const struct camera_stats *s, double load)
{
	struct json j;

	json_start(&j, to);
	json_object(&j, NULL);
	json_uint(&j, "frames_in", s->in);
	json_uint(&j, "frames_out", s->out);
	json_uint(&j, "frames_missed", s->missed);
	json_uint(&j, "frames_dropped", s->dropped);
	json_uint(&j, "frames_failed", s->failed);
	json_real(&j, "seconds", seconds(s));
	json_real(&j, "fps", rate(s));
	json_real(&j, "latency_ms_p50", percentile_ms(s, 50));
	json_real(&j, "latency_ms_p95", percentile_ms(s, 95));
	json_real(&j, "latency_ms_p99", percentile_ms(s, 99));
	json_real(&j, "longest_gap_ms", (double)s->gap_ns / 1e6);
	json_uint(&j, "cpu_bytes_copied", s->copied_bytes);
	json_real(&j, "convert_ms", (double)s->convert_ns / 1e6);
	json_real(&j, "cache_upkeep_ms", (double)s->upkeep_ns / 1e6);
	json_real(&j, "engine_load", load);
	json_end(&j);
}

static void print_text(FILE *to, const struct camera_stats *s, double load)
{
	fprintf(to, "frames in, out         %" PRIu64 ", %" PRIu64 "\n", s->in,
		s->out);
	fprintf(to, "missed, dropped        %" PRIu64 ", %" PRIu64 "\n",
		s->missed, s->dropped);
	fprintf(to, "failed                 %" PRIu64 "\n", s->failed);
	fprintf(to, "rate                   %.2f frames/s, longest gap %.2f ms\n",
		rate(s), (double)s->gap_ns / 1e6);
	fprintf(to, "latency p50, p95, p99  %.2f, %.2f, %.2f ms\n",
		percentile_ms(s, 50), percentile_ms(s, 95),
		percentile_ms(s, 99));
	fprintf(to, "CPU bytes copied       %" PRIu64
		" (%.2f ms of conversion, %.2f ms of cache upkeep)\n",
		s->copied_bytes, (double)s->convert_ns / 1e6,
		(double)s->upkeep_ns / 1e6);
	if (isnan(load))
		fprintf(to, "engine load            unknown\n");
	else
		fprintf(to, "engine load            %.1f %%\n", load * 100);
}

void camera_print(struct camera *c, double load)
{
	struct camera_stats *s = &c->stats;
	/* Where the video itself goes to standard output, it is alone there. */
	const bool video = c->opt->encode && c->opt->encode[0] == '-' &&
		!c->opt->encode[1];
	FILE *to = video ? stderr : stdout;

	qsort(s->latency_ns, samples(s), sizeof(*s->latency_ns), compare_u64);
	if (c->opt->json)
		print_json(to, s, load);
	else
		print_text(to, s, load);
}
