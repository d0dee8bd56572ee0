// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga monitor: what the devices do right now.
 * Must not know how the kernel tells.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attributes.h"
#include "clients.h"
#include "json.h"
#include "sensors.h"
#include "tool.h"

/* So many the driver makes. */
#define MAX_DEVICES	256
#define MAX_CLIENTS	256

static const char help[] =
#include "help/monitor.inc"
	;

enum { OPT_INTERVAL = 256, OPT_COUNT, OPT_JSON };

static const struct option options[] = {
	TOOL_OPTIONS,
	{ "interval", required_argument, NULL, OPT_INTERVAL },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "json", no_argument, NULL, OPT_JSON },
	{ 0 },
};

/** struct counters - what the driver has counted since it was loaded */
struct counters {
	char path[ATTRIBUTES_PATH_LEN];
	char label[64];
	char state[16];
	uint64_t jobs;
	uint64_t frames;
	uint64_t failed;
	uint64_t busy_ns;
};

/** struct snapshot - everything at one moment */
struct snapshot {
	uint64_t at_ns;
	uint32_t devices;
	struct counters device[MAX_DEVICES];
	size_t clients;
	struct client client[MAX_CLIENTS];
	double power_w;
};

static void take_attribute(void *data, const char *name, const char *value)
{
	struct counters *c = data;

	if (!strcmp(name, "label"))
		snprintf(c->label, sizeof(c->label), "%s", value);
	else if (!strcmp(name, "state"))
		snprintf(c->state, sizeof(c->state), "%s", value);
	else if (!strcmp(name, "jobs"))
		c->jobs = strtoull(value, NULL, 10);
	else if (!strcmp(name, "frames"))
		c->frames = strtoull(value, NULL, 10);
	else if (!strcmp(name, "failed"))
		c->failed = strtoull(value, NULL, 10);
	else if (!strcmp(name, "busy_ns"))
		c->busy_ns = strtoull(value, NULL, 10);
}

static void take_snapshot(struct snapshot *s, const struct power_meter *meter)
{
	char paths[MAX_DEVICES][ATTRIBUTES_PATH_LEN];
	uint32_t i;

	*s = (struct snapshot){ .at_ns = tool_now_ns() };
	s->devices = attributes_devices(paths, MAX_DEVICES);
	for (i = 0; i < s->devices; i++) {
		struct counters *c = &s->device[i];

		memcpy(c->path, paths[i], sizeof(c->path));
		attributes_each(c->path, take_attribute, c);
	}
	s->clients = clients_read(s->client, MAX_CLIENTS);
	s->power_w = power_meter_read(meter);
}

/** struct rates - what happened on a device between two snapshots */
struct rates {
	double jobs;
	double frames;
	double load;
	uint32_t queued;
	uint32_t clients;
};

static const struct counters *find_device(const struct snapshot *s,
					  const char *path)
{
	uint32_t i;

	for (i = 0; i < s->devices; i++)
		if (!strcmp(s->device[i].path, path))
			return &s->device[i];
	return NULL;
}

static const struct client *find_client(const struct snapshot *s, uint64_t id)
{
	size_t i;

	for (i = 0; i < s->clients; i++)
		if (s->client[i].id == id)
			return &s->client[i];
	return NULL;
}

static double seconds(const struct snapshot *before, const struct snapshot *now)
{
	return (double)(now->at_ns - before->at_ns) / 1e9;
}

static struct rates get_rates(const struct snapshot *before,
			      const struct snapshot *now, uint32_t index)
{
	const struct counters *c = &now->device[index];
	const struct counters *old = find_device(before, c->path);
	uint32_t number = (uint32_t)strtoul(c->path + strlen("/dev/srfpga"),
					    NULL, 10);
	double t = seconds(before, now);
	struct rates r = { 0 };
	size_t i;

	/* A device that was replugged counts from zero again. */
	if (old && old->jobs <= c->jobs && old->busy_ns <= c->busy_ns) {
		r.jobs = (double)(c->jobs - old->jobs) / t;
		r.frames = (double)(c->frames - old->frames) / t;
		r.load = (double)(c->busy_ns - old->busy_ns) / 1e9 / t;
	}
	for (i = 0; i < now->clients; i++)
		if (now->client[i].device == number) {
			r.clients++;
			r.queued += now->client[i].queued;
		}
	return r;
}

static double client_load(const struct snapshot *before,
			  const struct snapshot *now, const struct client *c)
{
	const struct client *old = find_client(before, c->id);

	return old && old->busy_ns <= c->busy_ns ?
	       (double)(c->busy_ns - old->busy_ns) / 1e9 / seconds(before, now) :
	       0;
}

static void print_text(const struct snapshot *before,
		       const struct snapshot *now)
{
	size_t i;

	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout);
	printf("%-14s %-16s %-7s %9s %9s %6s %6s %7s %8s\n", "device", "label",
	       "state", "jobs/s", "frames/s", "load", "queued", "clients",
	       "failed");
	for (i = 0; i < now->devices; i++) {
		const struct counters *c = &now->device[i];
		struct rates r = get_rates(before, now, (uint32_t)i);

		printf("%-14s %-16s %-7s %9.1f %9.1f %5.0f%% %6u %7u %8"
		       PRIu64 "\n", c->path, c->label, c->state, r.jobs,
		       r.frames, 100 * r.load, r.queued, r.clients, c->failed);
	}
	if (now->clients)
		printf("\n%8s %-16s %-14s %6s %6s %10s %10s\n", "pid", "client",
		       "device", "load", "queued", "jobs", "memory KiB");
	for (i = 0; i < now->clients; i++) {
		const struct client *c = &now->client[i];

		printf("%8u %-16s /dev/srfpga%-3u %5.0f%% %6u %10" PRIu64
		       " %10" PRIu64 "\n", c->pid, c->name, c->device,
		       100 * client_load(before, now, c), c->queued, c->jobs,
		       c->memory_kib);
	}
	if (now->power_w >= 0)
		printf("\npower %.3f W\n", now->power_w);
	fflush(stdout);
}

static void print_json(const struct snapshot *before,
		       const struct snapshot *now)
{
	struct json j;
	size_t i;

	json_start(&j, stdout);
	json_object(&j, NULL);
	json_array(&j, "devices");
	for (i = 0; i < now->devices; i++) {
		const struct counters *c = &now->device[i];
		struct rates r = get_rates(before, now, (uint32_t)i);

		json_object(&j, NULL);
		json_string(&j, "device", c->path);
		json_string(&j, "label", c->label);
		json_string(&j, "state", c->state);
		json_real(&j, "jobs_per_s", r.jobs);
		json_real(&j, "frames_per_s", r.frames);
		json_real(&j, "load", r.load);
		json_uint(&j, "queued", r.queued);
		json_uint(&j, "clients", r.clients);
		json_uint(&j, "failed", c->failed);
		json_end(&j);
	}
	json_end(&j);
	json_array(&j, "clients");
	for (i = 0; i < now->clients; i++) {
		const struct client *c = &now->client[i];

		json_object(&j, NULL);
		json_uint(&j, "pid", c->pid);
		json_string(&j, "name", c->name);
		json_uint(&j, "device", c->device);
		json_real(&j, "load", client_load(before, now, c));
		json_uint(&j, "queued", c->queued);
		json_uint(&j, "jobs", c->jobs);
		json_uint(&j, "memory_kib", c->memory_kib);
		json_end(&j);
	}
	json_end(&j);
	if (now->power_w >= 0)
		json_real(&j, "power_w", now->power_w);
	else
		json_null(&j, "power_w");
	json_end(&j);
	fflush(stdout);
}

static void sleep_ns(uint64_t ns)
{
	struct timespec ts = { .tv_sec = (time_t)(ns / 1000000000u),
			       .tv_nsec = (long)(ns % 1000000000u) };

	nanosleep(&ts, NULL);
}

static int watch(uint64_t interval_ns, uint64_t count, bool as_json)
{
	static struct snapshot snapshots[2];
	struct power_meter meter;
	uint64_t i;

	power_meter_find(&meter, NULL);
	take_snapshot(&snapshots[0], &meter);
	if (!snapshots[0].devices) {
		tool_fail("device", "there is no /dev/srfpga*");
		return TOOL_NO_DEVICE;
	}
	for (i = 0; i < count || !count; i++) {
		const struct snapshot *before = &snapshots[i % 2];
		struct snapshot *now = &snapshots[(i + 1) % 2];

		sleep_ns(interval_ns);
		take_snapshot(now, &meter);
		(as_json ? print_json : print_text)(before, now);
		if (ferror(stdout))
			return tool_fail("standard output",
					 "cannot be written");
	}
	return TOOL_OK;
}

static int run(int argc, char **argv)
{
	uint64_t interval_ns = 1000000000;
	uint64_t count = 0;
	bool as_json = false;
	int c, ret = TOOL_OK;

	while (!ret && (c = tool_getopt(&monitor_command, argc, argv,
					TOOL_SHORT, options)) != -1) {
		if (c == OPT_INTERVAL)
			ret = tool_parse_time("--interval", optarg,
					      &interval_ns);
		else if (c == OPT_COUNT)
			ret = tool_parse_uint("--count", optarg, 1, UINT32_MAX,
					      &count);
		else
			as_json = true;
	}
	if (!ret && optind < argc)
		ret = tool_usage("monitor", "unexpected argument %s",
				 argv[optind]);
	return ret ? ret : watch(interval_ns, count, as_json);
}

const struct tool_command monitor_command = {
	.name = "monitor", .help = help, .run = run,
};
