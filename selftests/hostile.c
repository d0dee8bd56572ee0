// SPDX-License-Identifier: GPL-2.0
/*
 * Thousands of hostile clients, one after the other and all at once: each takes
 * what it can get of memory, attachments and the queue, and leaves without a
 * word, or stays. The limits hold, a good client works, nothing is left behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "../kselftest_harness.h"
#include "testbed.h"
#include "testpeer.h"

#define CLIENTS		500	/* $SRFPGA_CLIENTS overrides */
#define TIMEOUT_S	3000
#define GROUP		100	/* clients of one process */
#define SETTLE_MS	30000
#define PATIENCE_MS	120000	/* thousands take their turns before it */
#define JOB_MS		10	/* of one other client's turn, emulated */

/** struct shared - what processes tell each other */
struct shared {
	volatile int ready;
	volatile int stop;
	volatile unsigned int good;
	volatile unsigned int bad;
	volatile uint64_t longest_ms;	/* that a good job took */
};

FIXTURE(hostile) {
	struct test_bed bed;
	struct shared *shared;
	unsigned int clients;
	long long refs, dmabufs;
	int good;
};

static void good_client(struct test_bed *bed, struct shared *shared);

FIXTURE_SETUP(hostile)
{
	const char *env = getenv("SRFPGA_CLIENTS");

	BED_SETUP(&self->bed, 0, O_NONBLOCK);
	bed_timing(&self->bed, 200, 50);
	self->clients = env ? atoi(env) : CLIENTS;
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->shared);
	self->refs = file_number(MODULE_REFS);
	self->dmabufs = file_number(DMABUF_COUNT);
	self->good = fork();
	ASSERT_GE(self->good, 0);
	if (!self->good)
		good_client(&self->bed, self->shared);
}

/* All of the hostile ones have gone. */
FIXTURE_TEARDOWN(hostile)
{
	self->shared->stop = 1;
	EXPECT_EQ(0, child_wait(self->good, PATIENCE_MS + TEST_WAIT_MS));
	EXPECT_EQ(self->refs, file_settles(MODULE_REFS, self->refs, SETTLE_MS));
	EXPECT_EQ(self->dmabufs,
		  file_settles(DMABUF_COUNT, self->dmabufs, SETTLE_MS));
	munmap(self->shared, sizeof(*self->shared));
	BED_TEARDOWN(&self->bed);
}

/** A job that waits for its turn behind everybody else's: 0 if it was right. */
static int patient_job(struct test_bed *bed, struct test_job *job,
		       unsigned int number)
{
	struct srfpga_event ev;
	int ret;

	job_fill(job, number);
	job_spoil(job);
	ret = job_submit(job, number);
	if (!ret)
		ret = dev_event_of(job->dev->fd, &ev, number, PATIENCE_MS);
	if (!ret)
		ret = ev.status;
	if (!ret && !bed_job_right(bed, job))
		ret = -EBADMSG;
	if (ret)
		fprintf(stderr, "# good job %u: %d\n", number, ret);
	return ret;
}

/** Works all the time, with memory that it got in time; every result counts. */
static void good_client(struct test_bed *bed, struct shared *shared)
{
	struct test_dev dev;
	struct test_job job;
	uint64_t start, ms;
	unsigned int i;

	if (dev_open(&dev, 0, 0) || job_init(&job, &dev, 1, 1))
		_exit(1);
	shared->ready = 1;
	for (i = 1; !shared->stop; i++) {
		start = now_ns();
		if (patient_job(bed, &job, i))
			shared->bad++;
		else
			shared->good++;
		ms = (now_ns() - start) / 1000000;
		if (ms > shared->longest_ms)
			shared->longest_ms = ms;
		sleep_ms(20);
	}
	job_free(&job);
	dev_close(&dev);
	_exit(shared->bad ? 2 : 0);
}

/** Good jobs that end from now on, within PATIENCE_MS at least one, or none. */
static unsigned int more_good(const struct shared *shared)
{
	uint64_t end = now_ns() + PATIENCE_MS * 1000000ull;
	unsigned int before = shared->good;

	while (shared->good == before && now_ns() < end)
		sleep_ms(10);
	return shared->good - before;
}

/** What a good job may take: a turn of each other client, one job each. */
static uint64_t fair_ms(unsigned int clients)
{
	return TEST_WAIT_MS + (uint64_t)clients * JOB_MS;
}

/** Submit until the queue is full: 0 if that is where its limit is. */
static int fill_queue(struct test_job *job)
{
	unsigned int n;
	int ret = 0;

	for (n = 0; !ret && n <= job->dev->info.max_queued; n++)
		ret = job_submit(job, n);
	return ret == -EAGAIN && n == job->dev->info.max_queued + 1 ? 0 : -ERANGE;
}

/** The same for attachments of the buffer of port 0; a job has some already. */
static int fill_handles(struct test_job *job)
{
	unsigned int n = job->dev->info.num_ports;
	int ret = 0;

	for (; !ret && n <= job->dev->info.max_attachments; n++) {
		struct test_buf again = { .fd = job->buf[0].fd };

		ret = buf_attach(job->dev, &again, SRFPGA_ATTACH_READ);
	}
	return ret == -EDQUOT && n == job->dev->info.max_attachments + 1 ?
	       0 : -ERANGE;
}

/** Take memory up to the file's limit, or all that there is. */
static int fill_memory(struct test_dev *dev)
{
	uint64_t left = dev->info.max_memory, piece = 4 << 20;
	struct test_buf buf;
	int ret = buf_alloc(dev, &buf, left + 1);

	if (ret != -EDQUOT)
		return -ERANGE;
	for (ret = 0; !ret && left >= piece; left -= piece)
		ret = buf_alloc(dev, &buf, piece);	/* and never freed */
	if (!ret)
		ret = buf_alloc(dev, &buf, left + 1);
	return ret == -EDQUOT || ret == -ENOMEM ? 0 : -ERANGE;
}

/** Another file with the same job: the buffers of @like, attached again. */
static int job_again(struct test_job *job, struct test_dev *dev,
		     const struct test_job *like)
{
	unsigned int p;
	int ret = 0;

	*job = *like;
	job->dev = dev;
	for (p = 0; !ret && p < dev->info.num_ports; p++) {
		ret = buf_attach(dev, &job->buf[p], dev_port_direction(dev, p));
		job->jb[p].handle = job->buf[p].handle;
	}
	job->job.buffers = (uintptr_t)job->jb;
	job->sub.jobs = (uintptr_t)&job->job;
	return ret;
}

/**
 * One hostile client: an open file that nobody ever closes. A @greedy one takes
 * all of something now and then.
 */
static int hostile_client(unsigned int number, const struct test_job *like,
			  bool greedy)
{
	struct test_dev dev = *like->dev;
	struct test_job job;
	int ret;

	dev.fd = open(dev_path(0), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (dev.fd < 0)
		return -errno;
	if (greedy && number % 500 == 0)
		return fill_memory(&dev);
	ret = job_again(&job, &dev, like);
	if (!ret && greedy && number % 20 == 1)
		return fill_handles(&job);
	if (!ret && greedy && number % 20 == 11)
		return fill_queue(&job);
	return ret ? ret : job_submit(&job, number);
}

/** A process of @count hostile clients: -errno of the first surprise. */
static int hostile_group(unsigned int first, unsigned int count, bool greedy)
{
	struct rlimit files = { 65536, 65536 };
	struct test_dev dev;
	struct test_job job;
	unsigned int i;
	int ret = dev_open(&dev, 0, O_NONBLOCK);

	if (!ret)
		ret = job_init(&job, &dev, 1, first);
	setrlimit(RLIMIT_NOFILE, &files);
	for (i = 0; i < count && !ret; i++)
		ret = hostile_client(first + i, &job, greedy);
	if (ret)
		fprintf(stderr, "# client %u + %u: %d\n", first, i, ret);
	return ret;
}

/* They come and go by the hundred, and take everything with them. */
TEST_F_TIMEOUT(hostile, in_turn, TIMEOUT_S)
{
	unsigned int i, count;
	int pid;

	for (i = 0; i < self->clients; i += count) {
		count = self->clients - i < GROUP ? self->clients - i : GROUP;
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid)
			_exit(hostile_group(i, count, true) ? 1 : 0);
		EXPECT_EQ(0, child_wait(pid, 120000));
	}
	EXPECT_GT(more_good(self->shared), 0);
	TH_LOG("%u clients, meanwhile %u good jobs, the longest %llu ms", i,
	       self->shared->good,
	       (unsigned long long)self->shared->longest_ms);
	EXPECT_LE(self->shared->longest_ms, fair_ms(GROUP));
	EXPECT_EQ(0, self->shared->bad);
}

static volatile sig_atomic_t released;

static void on_release(int sig)
{
	released = 1;
}

/** Clients that stay, each with a job whose end nobody reads, until told to go. */
static int staying_group(struct shared *shared, unsigned int count)
{
	int ret;

	signal(SIGTERM, on_release);
	ret = hostile_group(0, count, false);
	if (!ret)
		__atomic_add_fetch(&shared->ready, count, __ATOMIC_RELAXED);
	while (!released && !ret)
		pause();
	return ret ? 1 : 0;
}

/*
 * All at once: as many files as were asked for, each with attachments and an
 * event that nobody reads. The good client gets its turn among them, a new one
 * gets in, and half of them are killed.
 */
TEST_F_TIMEOUT(hostile, at_once, TIMEOUT_S)
{
	unsigned int i, groups = (self->clients + GROUP - 1) / GROUP;
	int *pid = calloc(groups, sizeof(*pid));
	uint64_t end = now_ns() + TIMEOUT_S / 2 * 1000000000ull;
	struct test_dev dev;

	ASSERT_NE(NULL, pid);
	while (!self->shared->ready && now_ns() < end)
		sleep_ms(1);
	self->shared->ready = 0;
	for (i = 0; i < groups; i++) {
		pid[i] = fork();
		ASSERT_GE(pid[i], 0);
		if (!pid[i])
			_exit(staying_group(self->shared, GROUP));
	}
	while (self->shared->ready < (int)(groups * GROUP) && now_ns() < end)
		sleep_ms(10);
	EXPECT_EQ(groups * GROUP, self->shared->ready);
	EXPECT_GT(file_number(MODULE_REFS), groups * GROUP);

	EXPECT_GT(more_good(self->shared), 0);
	ASSERT_EQ(0, dev_open(&dev, 0, 0));
	dev_close(&dev);

	for (i = 0; i < groups; i++) {
		kill(pid[i], i % 2 ? SIGKILL : SIGTERM);
		EXPECT_EQ(i % 2 ? -SIGKILL : 0, child_wait(pid[i], 120000));
	}
	free(pid);
	TH_LOG("%u files at once, meanwhile %u good jobs, the longest %llu ms",
	       groups * GROUP, self->shared->good,
	       (unsigned long long)self->shared->longest_ms);
	EXPECT_LE(self->shared->longest_ms, fair_ms(groups * GROUP));
	EXPECT_EQ(0, self->shared->bad);
}

TEST_HARNESS_MAIN
