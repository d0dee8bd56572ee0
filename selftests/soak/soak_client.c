// SPDX-License-Identifier: GPL-2.0
/*
 * A client: opens the device, submits in every way that there is, closes it in
 * peace or in the middle, and starts again, also when the device goes away.
 * Must not know what is done to the hardware.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "soak.h"
#include "testpeer.h"

#define SLOTS		8
#define FRAMES		3
#define ROUNDS		60
#define NS_PER_MS	1000000ull

/**
 * struct client - one life of a file
 * @hot: it will be closed with submissions not ended: all have fences
 * @busy: jobs in the hands of the driver
 * @foreign: vgem's fence that submissions wait for, or -1
 */
struct client {
	struct soak *soak;
	struct soak_tally *tally;
	struct test_rand rand;
	unsigned int device;
	uint64_t user_data;
	struct vgem vgem;
	struct test_dev dev;
	struct test_job job[SLOTS];
	struct soak_ledger ledger;
	bool hot;
	bool busy[SLOTS];
	int foreign;
	uint32_t foreign_id;
	int earlier;
};

static void client_ended(void *arg, unsigned int slot, int status)
{
	struct client *c = arg;

	c->busy[slot] = false;
	if (!status)
		soak_check_job(c->soak, c->tally, c->device, &c->job[slot]);
}

static void client_signal(struct client *c)
{
	if (c->foreign < 0)
		return;
	vgem_signal(&c->vgem, c->foreign_id);
	close(c->foreign);
	c->foreign = -1;
}

/** A fence to wait for: another driver's, an earlier end of ours, or none. */
static int client_in_fence(struct client *c)
{
	switch (rand_below(&c->rand, 12)) {
	case 0:
		if (c->foreign < 0 && c->vgem.fd >= 0)
			c->foreign = vgem_fence(&c->vgem, &c->foreign_id);
		return c->foreign;
	case 1:
	case 2:
		return c->earlier;
	default:
		return -1;
	}
}

static void client_prepare(struct client *c, struct test_job *job)
{
	static const uint64_t limit[] = { 0, 300, 500, 1000, 1500, 2500 };
	struct srfpga_submit *sub = &job->sub;
	int fence = client_in_fence(c);

	job->job.frames = 1 + rand_below(&c->rand, FRAMES);
	job_fill(job, rand_next(&c->rand));
	job_spoil(job);
	sub->flags = 0;
	sub->in_fence_fd = 0;
	if (fence >= 0) {
		sub->flags |= SRFPGA_SUBMIT_IN_FENCE;
		sub->in_fence_fd = fence;
	}
	if (c->hot || rand_once(&c->rand, 3))
		sub->flags |= SRFPGA_SUBMIT_OUT_FENCE;
	if (sub->flags & SRFPGA_SUBMIT_OUT_FENCE && rand_once(&c->rand, 3))
		sub->flags |= SRFPGA_SUBMIT_NO_EVENT;
	sub->priority = rand_below(&c->rand, 3) - 1;
	/* the default of 10 s is waited for now and then only */
	sub->timeout_ns = limit[rand_once(&c->rand, 200) ? 0 :
				1 + rand_below(&c->rand, 5)] * NS_PER_MS;
}

/** Submit one job. False: the device is gone. */
static bool client_submit(struct client *c, unsigned int slot)
{
	struct test_job *job = &c->job[slot];
	int ret;

	client_prepare(c, job);
	ret = job_submit(job, ++c->user_data);
	switch (ret) {
	case 0:
		c->busy[slot] = true;
		ledger_add(&c->ledger, &job->sub, slot);
		break;
	case -EIO:
	case -ENODEV:
	case -EAGAIN:
		c->tally->refused++;
		return ret != -ENODEV;
	default:
		printf("# submit: %d\n", ret);
		c->tally->wrong_status++;
		return true;
	}
	if (job->sub.flags & SRFPGA_SUBMIT_OUT_FENCE && rand_once(&c->rand, 4)) {
		if (c->earlier >= 0)
			close(c->earlier);
		c->earlier = dup(job->sub.out_fence_fd);
	}
	return true;
}

/** A round: some submissions, some ends. False: the device is gone. */
static bool client_round(struct client *c)
{
	unsigned int i, want = 1 + rand_below(&c->rand, SLOTS);
	bool there = true;

	for (i = 0; i < SLOTS && want && there; i++) {
		if (c->busy[i])
			continue;
		there = client_submit(c, i);
		want--;
	}
	if (rand_once(&c->rand, 3))
		client_signal(c);
	dev_poll(c->dev.fd, POLLIN, 1 + rand_below(&c->rand, 20));
	if (!ledger_read(&c->ledger, c->dev.fd, client_ended, c))
		there = false;
	ledger_look(&c->ledger, client_ended, c);
	return there;
}

static int client_open(struct client *c)
{
	unsigned int i;
	int ret = dev_open(&c->dev, c->device, O_NONBLOCK);

	if (ret)
		return ret;
	for (i = 0; i < SLOTS && !ret; i++) {
		ret = job_init(&c->job[i], &c->dev, FRAMES, i);
		c->busy[i] = false;
	}
	if (!ret)
		return 0;
	while (i-- > 1)
		job_free(&c->job[i - 1]);
	dev_close(&c->dev);
	return ret;
}

static void client_close(struct client *c)
{
	unsigned int i;

	if (c->hot) {
		c->tally->hot += !!c->ledger.count;
		dev_close(&c->dev);
		ledger_close(&c->ledger, client_ended, c);
	} else {
		client_signal(c);
		ledger_drain(&c->ledger, c->dev.fd, client_ended, c);
	}
	client_signal(c);
	for (i = 0; i < SLOTS; i++)
		job_free(&c->job[i]);
	dev_close(&c->dev);
	if (c->earlier >= 0)
		close(c->earlier);
	c->earlier = -1;
}

static void client_life(struct client *c)
{
	unsigned int round = 1 + rand_below(&c->rand, ROUNDS);
	bool there = true;

	c->hot = rand_once(&c->rand, 3);
	ledger_init(&c->ledger, c->tally);
	if (client_open(c)) {
		/* between unbind and bind, or no memory for the moment */
		sleep_ms(5);
		return;
	}
	c->tally->files++;
	while (round-- && there && !c->soak->stop)
		there = client_round(c);
	c->tally->gone += !there;
	client_close(c);
}

void soak_client(struct soak *soak, unsigned int number)
{
	struct client c = {
		.soak = soak, .tally = &soak->tally[number], .foreign = -1,
		.earlier = -1, .device = number % 4 == 3 ? soak->devices - 1 : 0,
		.rand = rand_init(soak->seed + soak->phase, number),
		.user_data = (uint64_t)number << 40 |
			     (uint64_t)soak->phase << 24,
	};
	int fds;

	vgem_open(&c.vgem);
	fds = leaks_fds();
	while (!soak->stop)
		client_life(&c);
	if (leaks_fds() != fds) {
		printf("# client %u: %d descriptors, %d at first\n", number,
		       leaks_fds(), fds);
		c.tally->leaked_fds++;
	}
	vgem_close(&c.vgem);
}
