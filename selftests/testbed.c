// SPDX-License-Identifier: GPL-2.0
/*
 * A device with the FPGA model behind it: what most fixtures start from and
 * what they must leave behind. Knows the function of the model's "xor" fabric:
 * output k, byte i = key ^ k ^ all j: rotate_left(source j, byte i mod its
 * length, by j); inputs are the first sources and weights the next ones.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testbed.h"

#define DRIVER	"/sys/bus/platform/drivers/srfpga"

/** The platform device's name, remembered: the link goes with the binding. */
const char *bed_bus_name(unsigned int index)
{
	static char name[2][64];
	char path[128], target[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/srfpga/%s/device",
		 dev_name(index));
	n = readlink(path, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		snprintf(name[index], sizeof(name[index]), "%s",
			 strrchr(target, '/') + 1);
	}
	return name[index];
}

/** Number of the model behind a device: its address is in the bus's name. */
static unsigned int model_instance(unsigned int index)
{
	return (strtoul(bed_bus_name(index), NULL, 16) - FPGA_BASE(0)) / FPGA_SPAN;
}

int bed_unbind(unsigned int index)
{
	return file_write(DRIVER "/unbind", bed_bus_name(index));
}

int bed_bind(unsigned int index)
{
	return file_write(DRIVER "/bind", bed_bus_name(index));
}

int bed_state(unsigned int index)
{
	struct test_dev dev;
	int ret = dev_open(&dev, index, 0);

	if (ret)
		return ret;
	dev_close(&dev);
	return dev.info.state;
}

/* "23:  17  0  GICv2  80 Level  b010000.accelerator" */
long long bed_interrupts(unsigned int index)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[1024], *at, *end;
	long long n, sum = 0;

	while (file && fgets(line, sizeof(line), file)) {
		at = strchr(line, ':');
		if (!at++ || !strstr(at, bed_bus_name(index)))
			continue;
		while (n = strtoll(at, &end, 10), end != at && *end == ' ') {
			sum += n;
			at = end;
		}
	}
	if (file)
		fclose(file);
	return sum;
}

static int bed_heal(unsigned int index)
{
	int ret = bed_unbind(index);

	return ret ? ret : bed_bind(index);
}

int bed_open(struct test_bed *bed, unsigned int index, int flags)
{
	int ret;

	bed->index = index;
	ret = model_open(&bed->model, model_instance(index));
	if (ret)
		return ret;
	model_calm(&bed->model);
	if (bed_state(index) == SRFPGA_STATE_WEDGED)
		ret = bed_heal(index);
	if (!ret)
		ret = dev_open(&bed->dev, index, flags);
	if (ret)
		model_close(&bed->model);
	return ret;
}

/** A job of one frame on a file of its own, with the right result. */
static int bed_sick(struct test_bed *bed)
{
	struct test_dev dev;
	struct test_job job;
	int ret = dev_open(&dev, bed->index, 0);

	if (ret)
		return ret;
	ret = job_init(&job, &dev, 1, 4711);
	if (!ret) {
		ret = job_run(&job, 1);
		if (!ret && !bed_job_right(bed, &job))
			ret = -EBADMSG;
		job_free(&job);
	}
	dev_close(&dev);
	return ret;
}

int bed_close(struct test_bed *bed)
{
	int wrong = model_violations(&bed->model);
	int ret;

	dev_close(&bed->dev);
	model_calm(&bed->model);
	model_timing(&bed->model, bed->model.latency, bed->model.interval);
	ret = bed_sick(bed);
	if (ret) {
		fprintf(stderr, "# %s: no healthy job afterwards: %d\n",
			dev_path(bed->index), ret);
		wrong++;
	}
	wrong += model_violations(&bed->model);
	model_close(&bed->model);
	return wrong;
}

static uint8_t rotate(uint8_t byte, unsigned int by)
{
	by %= 8;
	return by ? byte << by | byte >> (8 - by) : byte;
}

/** What the fabric reads of port @p for frame @frame. */
static const uint8_t *source(struct test_job *job, unsigned int p,
			     unsigned int frame)
{
	const struct srfpga_get_port *port = &job->dev->port[p];
	const uint8_t *start = job->buf[p].map + job->jb[p].offset;

	return port->role == SRFPGA_PORT_WEIGHTS ?
	       start : start + frame * port->frame_bytes;
}

/** Xor @into with every port of @role; @n counts the sources so far. */
static void mix(struct test_job *job, uint32_t role, unsigned int frame,
		uint8_t *into, size_t len, unsigned int *n)
{
	unsigned int p;
	size_t i;

	for (p = 0; p < job->dev->info.num_ports; p++) {
		const struct srfpga_get_port *port = &job->dev->port[p];
		const uint8_t *from = source(job, p, frame);

		if (port->role != role)
			continue;
		for (i = 0; i < len; i++)
			into[i] ^= rotate(from[i % port->frame_bytes], *n);
		(*n)++;
	}
}

size_t bed_output_begins_right(struct test_bed *bed, struct test_job *job,
			       unsigned int p, unsigned int frame)
{
	size_t i, len = job->dev->port[p].frame_bytes;
	const uint8_t *got = source(job, p, frame);
	uint8_t *want = malloc(len);
	unsigned int n = 0;

	if (!want)
		return 0;
	for (i = 0; i < p; i++)
		n += job->dev->port[i].role == SRFPGA_PORT_OUTPUT;
	memset(want, model_read(&bed->model, FPGA_CTL_KEY) ^ n, len);
	n = 0;
	mix(job, SRFPGA_PORT_INPUT, frame, want, len, &n);
	mix(job, SRFPGA_PORT_WEIGHTS, frame, want, len, &n);
	buf_sync(&job->buf[p], true, false);
	i = memcmp(want, got, len) ? 0 : len;
	while (i < len && want[i] == got[i])
		i++;
	buf_sync(&job->buf[p], false, false);
	free(want);
	return i;
}

bool bed_frames_right(struct test_bed *bed, struct test_job *job,
		      unsigned int first, unsigned int frames)
{
	unsigned int p, f;

	for (p = 0; p < job->dev->info.num_ports; p++) {
		if (job->dev->port[p].role != SRFPGA_PORT_OUTPUT)
			continue;
		for (f = first; f < first + frames; f++)
			if (bed_output_begins_right(bed, job, p, f) !=
			    job->dev->port[p].frame_bytes)
				return false;
	}
	return true;
}

bool bed_job_right(struct test_bed *bed, struct test_job *job)
{
	return bed_frames_right(bed, job, 0, job->job.frames);
}

void bed_timing(struct test_bed *bed, unsigned int latency_us,
		unsigned int interval_us)
{
	model_timing(&bed->model, latency_us * 1000ull, interval_us * 1000ull);
}
