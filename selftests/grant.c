// SPDX-License-Identifier: GPL-2.0
/*
 * No byte outside of what a job was given is read or written by the hardware.
 * The model is told the ranges of the job's buffers and rejects the rest. Their
 * addresses are no part of the interface: a hang's core dump tells them.
 */
#include <errno.h>
#include <fcntl.h>

#include "../kselftest_harness.h"
#include "testbed.h"

#define MS	1000000ull
#define FRAMES	4

FIXTURE(grant) {
	struct test_bed bed;
	struct test_job job;
	uint64_t addr[SRFPGA_MAX_PORTS];
	int in, out;
};

/** Let the job hang and look up where its buffers lie: 0 or -errno. */
static int locate(struct test_bed *bed, struct test_job *job, uint64_t *addr)
{
	char *text = malloc(65536), key[SRFPGA_NAME_LEN + 16], *at;
	unsigned int p;
	int ret;

	if (!text)
		return -ENOMEM;
	coredump_take(text, 65536, 0);
	model_fault(&bed->model, FPGA_FAULT_HANG, 1, 0, 0);
	job->sub.timeout_ns = 50 * MS;
	ret = job_run(job, 1);
	ret = ret == -ETIMEDOUT ? coredump_take(text, 65536, 1000) : -EPROTO;
	at = ret > 0 ? strstr(text, "\njob ") : NULL;
	for (p = 0; at && p < job->dev->info.num_ports; p++) {
		snprintf(key, sizeof(key), "\n  %s:", job->dev->port[p].name);
		addr[p] = text_number(at, key);
	}
	job->sub.timeout_ns = 0;
	free(text);
	return at ? 0 : ret < 0 ? ret : -EPROTO;
}

FIXTURE_SETUP(grant)
{
	int ret;

	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	ASSERT_EQ(0, job_init(&self->job, &self->bed.dev, FRAMES, 1));
	self->in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	self->out = dev_port(&self->bed.dev, SRFPGA_PORT_OUTPUT);
	model_write(&self->bed.model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_CLEAR);
	if (!(self->bed.dev.info.caps & SRFPGA_CAP_RESET))
		SKIP(return, "no reset line");
	ret = locate(&self->bed, &self->job, self->addr);
	if (ret == -ENOTSUP)
		SKIP(return, "no devcoredump in this kernel");
	ASSERT_EQ(0, ret);
}

FIXTURE_TEARDOWN(grant)
{
	model_write(&self->bed.model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_IGNORE);
	model_write(&self->bed.model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_CLEAR);
	job_free(&self->job);
	BED_TEARDOWN(&self->bed);
}

static void grant(struct test_bed *bed, uint64_t addr, size_t len)
{
	model_write64(&bed->model, FPGA_CTL_GRANT_ADDR_LO, addr);
	model_write64(&bed->model, FPGA_CTL_GRANT_LEN_LO, len);
	model_write(&bed->model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_ADD);
}

/** Grant what the job names, and nothing else. */
static void grant_job(FIXTURE_DATA(grant) *self)
{
	struct test_job *job = &self->job;
	unsigned int p;

	for (p = 0; p < job->dev->info.num_ports; p++)
		grant(&self->bed, self->addr[p] + job->jb[p].offset,
		      dev_port_bytes(job->dev, p, job->job.frames));
	model_write(&self->bed.model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_ENFORCE);
}

/** Grant the buffers up to the end of their last page. */
static void grant_whole(FIXTURE_DATA(grant) *self)
{
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned int p;

	for (p = 0; p < self->bed.dev.info.num_ports; p++)
		grant(&self->bed, self->addr[p],
		      (self->job.buf[p].len + page - 1) / page * page);
	model_write(&self->bed.model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_ENFORCE);
}

static uint32_t outside(FIXTURE_DATA(grant) *self)
{
	return model_read(&self->bed.model,
			  FPGA_CTL_VIOLATION(FPGA_VIOL_GRANT));
}

TEST_F(grant, exactly_the_frames)
{
	grant_job(self);
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_TRUE(bed_job_right(&self->bed, &self->job));
	EXPECT_EQ(0, outside(self));
}

TEST_F(grant, exactly_the_range)
{
	unsigned int align = self->bed.dev.info.buffer_align;

	self->job.job.frames = FRAMES - 1;
	self->job.jb[self->in].offset = align;
	self->job.jb[self->in].length -= align;
	self->job.jb[self->out].offset = align;
	self->job.jb[self->out].length -= align;
	grant_job(self);
	ASSERT_EQ(0, job_run(&self->job, 1));
	EXPECT_EQ(0, outside(self));
}

/* The check itself: one byte less than the job needs is noticed. */
TEST_F(grant, model_notices_one_byte)
{
	grant_job(self);
	model_write(&self->bed.model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_CLEAR);
	self->job.job.frames--;
	grant_job(self);
	self->job.job.frames++;
	model_write(&self->bed.model, FPGA_CTL_EXPECT, 1u << FPGA_VIOL_GRANT);
	self->job.sub.timeout_ns = 200 * MS;
	EXPECT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	EXPECT_GT(outside(self), 0);
	model_write(&self->bed.model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_IGNORE);
	model_calm(&self->bed.model);
}

/* Whoever has seen the end of a job may use its memory for something else. */
TEST_F(grant, nothing_after_a_timeout)
{
	model_fault(&self->bed.model, FPGA_FAULT_LATE, FRAMES, 300 * MS, 0);
	self->job.sub.timeout_ns = 100 * MS;
	ASSERT_EQ(-ETIMEDOUT, job_run(&self->job, 1));
	model_write(&self->bed.model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_ENFORCE);
	sleep_ms(600);
	EXPECT_EQ(0, outside(self));
	model_write(&self->bed.model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_IGNORE);
}

TEST_F(grant, nothing_after_the_end)
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		model_write(&self->bed.model, FPGA_CTL_GRANT_CMD,
			    FPGA_GRANT_IGNORE);
		ASSERT_EQ(0, job_run(&self->job, i));
		model_write(&self->bed.model, FPGA_CTL_GRANT_CMD,
			    FPGA_GRANT_ENFORCE);
		sleep_ms(5);
	}
	EXPECT_EQ(0, outside(self));
	model_write(&self->bed.model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_IGNORE);
}

/** One of the values with which a range may be just right or just wrong. */
static uint64_t hostile(uint32_t *state, uint64_t len)
{
	const uint64_t edge[] = {
		0, 64, len / 2, len - 64, len, len + 64, 1ull << 32,
		-(uint64_t)64, UINT64_MAX - len, UINT64_MAX,
	};

	*state = *state * 1664525u + 1013904223u;
	return edge[(*state >> 16) % ARRAY_SIZE(edge)];
}

/* What is accepted of hostile ranges stays inside the buffers. */
TEST_F_TIMEOUT(grant, hostile_ranges, 120)
{
	struct test_job *job = &self->job;
	unsigned int i, p, accepted = 0;
	uint32_t state = 4711;
	int ret;

	grant_whole(self);
	for (i = 0; i < 3000; i++) {
		for (p = 0; p < job->dev->info.num_ports; p++) {
			uint64_t len = job->buf[p].len;

			job->jb[p].offset = i % 2 ? hostile(&state, len) : 0;
			job->jb[p].length = hostile(&state, len);
		}
		job->job.frames = hostile(&state, 1) % (2 * FRAMES);
		ret = job_submit(job, i);
		if (ret)
			continue;
		accepted++;
		ASSERT_EQ(0, job_wait(job, i));
	}
	TH_LOG("%u of %u accepted", accepted, i);
	EXPECT_GT(accepted, 0);
	EXPECT_EQ(0, outside(self));
}

TEST_HARNESS_MAIN
