// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Submissions: jobs, their buffers, what is refused, order, lifetimes.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

static void wait_event(struct fixture *f, int status)
{
	struct srfpga_event event = { 0 };

	CHECK_EQ(srfpga_event_read(f->dev, &event, 1, -1), 1);
	CHECK_EQ(event.status, status);
}

static void test_one_job(void)
{
	struct fixture f;

	fixture_open(&f);
	for (int i = 0; i < FIXTURE_BYTES; i++)
		f.in_addr[i] = i * 7;
	CHECK_EQ(srfpga_submission_set_frames(f.sub, 0, 64), 0);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	wait_event(&f, 0);
	for (int i = 0; i < FIXTURE_BYTES; i++)
		if (!CHECK_EQ(f.out_addr[i], (uint8_t)~(i * 7)))
			break;
	CHECK_EQ(fake_model_frames(f.model), 64);
	fixture_close(&f);
}

static void test_range(void)
{
	struct fixture f;

	fixture_open(&f);
	memset(f.in_addr, 0x11, FIXTURE_BYTES);
	CHECK_EQ(srfpga_submission_set_buffer(f.sub, 0, 0, f.in, 128, 64), 0);
	CHECK_EQ(srfpga_submission_set_buffer(f.sub, 0, 1, f.out, 256, 0), 0);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	wait_event(&f, 0);
	CHECK_EQ(f.out_addr[255], 0);
	CHECK_EQ(f.out_addr[256], 0xee);
	CHECK_EQ(f.out_addr[319], 0xee);
	CHECK_EQ(f.out_addr[320], 0);
	fixture_close(&f);
}

static void test_jobs_in_order(void)
{
	struct srfpga_submission *sub;
	struct srfpga_event event;
	struct fixture f;

	/* each job reads what the one before it has written */
	fixture_open(&f);
	srfpga_buffer_free(f.out);
	CHECK_EQ(srfpga_buffer_alloc(f.dev, FIXTURE_BYTES,
				     SRFPGA_ATTACH_READ | SRFPGA_ATTACH_WRITE,
				     &f.out), 0);
	CHECK_EQ(srfpga_buffer_map(f.out, (void **)&f.out_addr), 0);
	CHECK_EQ(srfpga_submission_create(f.dev, 9, &sub), 0);
	for (unsigned int i = 0; i < 9; i++) {
		CHECK_EQ(srfpga_submission_set_buffer(sub, i, 0, f.out,
						      64 * i, 64), 0);
		CHECK_EQ(srfpga_submission_set_buffer(sub, i, 1, f.out,
						      64 * (i + 1), 64), 0);
	}
	CHECK_EQ(srfpga_submission_set_jobs(sub, 5), 0);
	CHECK_EQ(srfpga_submission_submit(sub, NULL), 0);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, -1), 1);
	CHECK_EQ(event.jobs_done, 5);
	for (int i = 0; i < 9; i++)
		CHECK_EQ(f.out_addr[64 * i], i & 1 && i <= 5 ? 0xff : 0);
	srfpga_submission_free(sub);
	fixture_close(&f);
}

static void test_bad_arguments(void)
{
	struct srfpga_submission *sub = NULL, *s;
	struct fixture f, other;

	fixture_open(&f);
	fixture_open(&other);
	s = f.sub;
	CHECK_EQ(srfpga_submission_create(f.dev, 0, &sub), -EINVAL);
	CHECK_EQ(srfpga_submission_create(f.dev, SOFT_MAX_JOBS + 1, &sub),
		 -EINVAL);
	CHECK(!sub);
	CHECK_EQ(srfpga_submission_set_jobs(s, 0), -EINVAL);
	CHECK_EQ(srfpga_submission_set_jobs(s, 2), -EINVAL);
	CHECK_EQ(srfpga_submission_set_frames(s, 1, 1), -EINVAL);
	CHECK_EQ(srfpga_submission_set_frames(s, 0, 0), -EINVAL);
	CHECK_EQ(srfpga_submission_set_frames(s, 0, SOFT_MAX_FRAMES + 1),
		 -EINVAL);
	CHECK_EQ(srfpga_submission_set_buffer(s, 1, 0, f.in, 0, 0), -EINVAL);
	CHECK_EQ(srfpga_submission_set_buffer(s, 0, 2, f.in, 0, 0), -EINVAL);
	CHECK_EQ(srfpga_submission_set_buffer(s, 0, 0, f.in, 8, 0), -EINVAL);
	CHECK_EQ(srfpga_submission_set_buffer(s, 0, 0, other.in, 0, 0),
		 -EINVAL);
	CHECK_EQ(srfpga_submission_set_buffer(s, 0, 0, f.out, 0, 0), -EACCES);
	CHECK_EQ(srfpga_submission_set_buffer(s, 0, 1, f.in, 0, 0), -EACCES);
	CHECK_EQ(srfpga_submission_set_buffer(s, 0, 0, f.in, 4096, 0),
		 -ERANGE);
	CHECK_EQ(srfpga_submission_set_buffer(s, 0, 0, f.in, 16, 4096),
		 -ERANGE);
	CHECK_EQ(srfpga_submission_set_buffer(s, 0, 0, f.in, 16, ~0ULL),
		 -ERANGE);
	/* what was refused has changed nothing */
	CHECK_EQ(srfpga_submission_submit(s, NULL), 0);
	wait_event(&f, 0);
	fixture_close(&other);
	fixture_close(&f);
}

static void test_refused_submit(void)
{
	struct srfpga_submission *empty;
	struct fixture f;

	fixture_open(&f);
	CHECK_EQ(srfpga_submission_create(f.dev, 1, &empty), 0);
	CHECK_EQ(srfpga_submission_submit(empty, NULL), -ENOENT);
	CHECK_EQ(srfpga_submission_set_buffer(empty, 0, 0, f.in, 0, 0), 0);
	CHECK_EQ(srfpga_submission_submit(empty, NULL), -ENOENT);
	srfpga_submission_free(empty);

	CHECK_EQ(srfpga_submission_set_frames(f.sub, 0, 65), 0);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), -ERANGE);
	CHECK_EQ(srfpga_submission_set_frames(f.sub, 0, 2), 0);
	CHECK_EQ(srfpga_submission_set_buffer(f.sub, 0, 1, f.out, 0, 127), 0);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), -ERANGE);
	CHECK_EQ(srfpga_submission_set_buffer(f.sub, 0, 1, f.out, 0, 128), 0);
	srfpga_submission_set_priority(f.sub, 2);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), -EINVAL);
	srfpga_submission_set_priority(f.sub, SRFPGA_PRIORITY_LOW);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	wait_event(&f, 0);
	CHECK_EQ(fake_model_runs(f.model), 1);
	fixture_close(&f);
}

static void test_full(void)
{
	struct srfpga_event events[SOFT_MAX_QUEUED];
	struct fixture f;
	int read = 0;

	fixture_open(&f);
	fake_model_hold(f.model, 1);
	CHECK_EQ(srfpga_device_wait(f.dev, POLLOUT, 0), POLLOUT);
	for (int i = 0; i < SOFT_MAX_QUEUED; i++) {
		srfpga_submission_set_user_data(f.sub, i);
		CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	}
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), -EAGAIN);
	CHECK_EQ(srfpga_device_wait(f.dev, POLLOUT, 0), 0);
	CHECK_EQ(srfpga_device_wait(f.dev, POLLIN | POLLOUT, 0), 0);
	fake_model_hold(f.model, 0);
	CHECK_EQ(srfpga_device_wait(f.dev, POLLIN, -1), POLLIN);
	/* an event that was not read keeps its place */
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), -EAGAIN);
	while (read < SOFT_MAX_QUEUED) {
		int ret = srfpga_event_read(f.dev, events + read,
					    SOFT_MAX_QUEUED - read, -1);

		if (!CHECK(ret > 0))
			break;
		read += ret;
	}
	for (int i = 0; i < read; i++)
		CHECK(events[i].user_data == (unsigned int)i &&
		      events[i].seqno == (unsigned int)i + 1);
	CHECK_EQ(srfpga_device_wait(f.dev, POLLIN | POLLOUT, 0), POLLOUT);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	wait_event(&f, 0);
	fixture_close(&f);
}

static void test_reuse_in_flight(void)
{
	struct fixture f;

	fixture_open(&f);
	fake_model_hold(f.model, 1);
	memset(f.in_addr, 1, 64);
	memset(f.in_addr + 64, 2, 64);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	CHECK_EQ(srfpga_submission_set_buffer(f.sub, 0, 0, f.in, 64, 0), 0);
	CHECK_EQ(srfpga_submission_set_buffer(f.sub, 0, 1, f.out, 64, 0), 0);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	srfpga_submission_free(f.sub);
	f.sub = NULL;
	fake_model_hold(f.model, 0);
	wait_event(&f, 0);
	wait_event(&f, 0);
	CHECK_EQ(f.out_addr[0], 0xfe);
	CHECK_EQ(f.out_addr[64], 0xfd);
	fixture_close(&f);
}

static void test_free_in_flight(void)
{
	struct fixture f;

	fixture_open(&f);
	fake_model_hold(f.model, 1);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	srfpga_buffer_free(f.in);
	srfpga_submission_free(f.sub);
	srfpga_buffer_free(f.out);
	f.in = NULL;
	f.sub = NULL;
	f.out = NULL;
	fake_model_wait(f.model, 1);
	fake_model_hold(f.model, 0);
	wait_event(&f, 0);
	fixture_close(&f);
}

/* A submission object keeps the memory of buffers that were freed. */
static void test_keeps_buffers(void)
{
	struct srfpga_buffer *next;
	struct fixture f;
	void *addr;

	fixture_open(&f);
	memset(f.in_addr, 0x0f, 64);
	srfpga_buffer_free(f.in);
	f.in = NULL;
	/* takes no handle that is still in use */
	CHECK_EQ(srfpga_buffer_alloc(f.dev, 64, SRFPGA_ATTACH_READ, &next), 0);
	CHECK_EQ(srfpga_buffer_map(next, &addr), 0);
	memset(addr, 0xff, 64);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	wait_event(&f, 0);
	CHECK_EQ(f.out_addr[0], 0xf0);
	srfpga_buffer_free(next);
	fixture_close(&f);
}

#define THREADS	4
#define ROUNDS	200

/* One thread's own buffers and submission on a device that is shared. */
static void *run_rounds(void *arg)
{
	struct srfpga_buffer *in = NULL, *out = NULL;
	struct srfpga_submission *sub = NULL;
	struct fixture *f = arg;
	uint8_t *from, *to;
	int fence, ret;

	CHECK_EQ(srfpga_buffer_alloc(f->dev, 64, SRFPGA_ATTACH_READ, &in), 0);
	CHECK_EQ(srfpga_buffer_alloc(f->dev, 64, SRFPGA_ATTACH_WRITE, &out),
		 0);
	CHECK_EQ(srfpga_buffer_map(in, (void **)&from), 0);
	CHECK_EQ(srfpga_buffer_map(out, (void **)&to), 0);
	CHECK_EQ(srfpga_submission_create(f->dev, 1, &sub), 0);
	srfpga_submission_set_event(sub, 0);
	for (int i = 0; i < ROUNDS; i++) {
		memset(from, i, 64);
		srfpga_submission_set_buffer(sub, 0, 0, in, 0, 0);
		srfpga_submission_set_buffer(sub, 0, 1, out, 0, 0);
		ret = srfpga_submission_submit(sub, &fence);
		if (!CHECK_EQ(ret, 0))
			break;
		CHECK_EQ(srfpga_fence_wait(fence, -1), 1);
		CHECK_EQ(to[0] + from[0], 255);
		CHECK_EQ(to[63] + from[63], 255);
		close(fence);
	}
	srfpga_submission_free(sub);
	srfpga_buffer_free(in);
	srfpga_buffer_free(out);
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[THREADS];
	struct fixture f;

	fixture_open(&f);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, run_rounds, &f), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(fake_model_runs(f.model), THREADS * ROUNDS);
	fixture_close(&f);
}

static const struct test tests[] = {
	{ "one job, many frames", test_one_job },
	{ "a range of a buffer", test_range },
	{ "several jobs run in order", test_jobs_in_order },
	{ "bad arguments", test_bad_arguments },
	{ "refused when submitted", test_refused_submit },
	{ "the queue is full", test_full },
	{ "changed and freed while in flight", test_reuse_in_flight },
	{ "buffers freed while in flight", test_free_in_flight },
	{ "a submission keeps its buffers", test_keeps_buffers },
	{ "many threads on one device", test_threads },
};

TEST_MAIN(tests)
