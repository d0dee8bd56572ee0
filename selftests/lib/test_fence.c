// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fences: out of one submission, into another, their errors.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "fixture.h"

#define MS	1000000LL

static void test_out(void)
{
	struct pollfd poll_fd = { .events = POLLIN };
	struct fixture f;
	int fence = -1;

	fixture_open(&f);
	fake_model_hold(f.model, 1);
	CHECK_EQ(srfpga_submission_submit(f.sub, &fence), 0);
	CHECK_EQ(fcntl(fence, F_GETFD), FD_CLOEXEC);
	poll_fd.fd = fence;
	CHECK_EQ(srfpga_fence_wait(fence, 0), 0);
	CHECK_EQ(srfpga_fence_wait(fence, 5 * MS), 0);
	CHECK_EQ(poll(&poll_fd, 1, 0), 0);
	fake_model_hold(f.model, 0);
	CHECK_EQ(srfpga_fence_wait(fence, -1), 1);
	/* it stays signalled */
	CHECK_EQ(srfpga_fence_wait(fence, 0), 1);
	CHECK_EQ(poll(&poll_fd, 1, 0), 1);
	CHECK(poll_fd.revents & POLLIN);
	close(fence);
	fixture_close(&f);
}

/* Who has waited for the fence finds the event. */
static void test_event_first(void)
{
	struct srfpga_event event;
	struct fixture f;
	int fence;

	fixture_open(&f);
	for (int i = 0; i < 200; i++) {
		CHECK_EQ(srfpga_submission_submit(f.sub, &fence), 0);
		CHECK_EQ(srfpga_fence_wait(fence, -1), 1);
		CHECK_EQ(srfpga_event_read(f.dev, &event, 1, 0), 1);
		close(fence);
	}
	fixture_close(&f);
}

static void test_chain(void)
{
	struct srfpga_event event;
	struct fixture a, b;
	int fence, last;

	fixture_open(&a);
	fixture_open(&b);
	fake_model_hold(a.model, 1);
	CHECK_EQ(srfpga_submission_submit(a.sub, &fence), 0);
	srfpga_submission_set_in_fence(b.sub, fence);
	CHECK_EQ(srfpga_submission_submit(b.sub, &last), 0);
	close(fence);
	CHECK_EQ(srfpga_fence_wait(last, 20 * MS), 0);
	CHECK_EQ(fake_model_runs(b.model), 0);
	fake_model_hold(a.model, 0);
	CHECK_EQ(srfpga_fence_wait(last, -1), 1);
	CHECK_EQ(srfpga_event_read(b.dev, &event, 1, 0), 1);
	CHECK_EQ(event.status, 0);
	/* -1 takes the in-fence back */
	srfpga_submission_set_in_fence(b.sub, -1);
	CHECK_EQ(srfpga_submission_submit(b.sub, NULL), 0);
	CHECK_EQ(srfpga_event_read(b.dev, &event, 1, -1), 1);
	close(last);
	fixture_close(&a);
	fixture_close(&b);
}

static void test_error(void)
{
	struct srfpga_event event;
	struct fixture a, b;
	int fence, last;

	fixture_open(&a);
	fixture_open(&b);
	a.model->result = -EIO;
	CHECK_EQ(srfpga_submission_submit(a.sub, &fence), 0);
	CHECK_EQ(srfpga_fence_wait(fence, -1), -EIO);
	srfpga_submission_set_in_fence(b.sub, fence);
	CHECK_EQ(srfpga_submission_submit(b.sub, &last), 0);
	CHECK_EQ(srfpga_fence_wait(last, -1), -EIO);
	CHECK_EQ(srfpga_event_read(b.dev, &event, 1, 0), 1);
	CHECK_EQ(event.status, -EIO);
	CHECK_EQ(event.jobs_done, 0);
	CHECK_EQ(event.started_ns, 0);
	CHECK_EQ(fake_model_runs(b.model), 0);
	close(fence);
	close(last);
	fixture_close(&a);
	fixture_close(&b);
}

static void test_close(void)
{
	int running, waiting, fences[3];
	struct fixture a, b;

	fixture_open(&a);
	fixture_open(&b);
	fake_model_hold(b.model, 1);
	CHECK_EQ(srfpga_submission_submit(b.sub, &running), 0);
	srfpga_submission_set_in_fence(a.sub, running);
	CHECK_EQ(srfpga_submission_submit(a.sub, &waiting), 0);
	srfpga_submission_set_in_fence(a.sub, -1);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(srfpga_submission_submit(a.sub, &fences[i]), 0);
	fixture_close(&a);
	CHECK_EQ(srfpga_fence_wait(waiting, 0), -ECANCELED);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(srfpga_fence_wait(fences[i], 0), -ECANCELED);
		close(fences[i]);
	}
	CHECK_EQ(srfpga_fence_wait(running, 0), 0);
	fake_model_hold(b.model, 0);
	fixture_close(&b);
	CHECK(srfpga_fence_wait(running, 0) != 0);
	close(running);
	close(waiting);
}

static void test_not_a_fence(void)
{
	int pipe_fds[2], fence = -1;
	struct fixture f;

	fixture_open(&f);
	CHECK_EQ(pipe(pipe_fds), 0);
	CHECK_EQ(srfpga_fence_wait(-1, -1), -EBADF);
	CHECK_EQ(srfpga_fence_wait(pipe_fds[0], -1), -EBADF);
	CHECK_EQ(srfpga_fence_wait(12345, 0), -EBADF);
	srfpga_submission_set_in_fence(f.sub, pipe_fds[0]);
	CHECK_EQ(srfpga_submission_submit(f.sub, &fence), -EBADF);
	CHECK_EQ(fence, -1);
	CHECK_EQ(fake_model_runs(f.model), 0);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	fixture_close(&f);
}

static unsigned int open_fds(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Refused submissions leave no descriptor behind, nor do finished ones. */
static void test_no_leak(void)
{
	struct srfpga_event event;
	unsigned int before;
	struct fixture f;
	int first, fence;

	fixture_open(&f);
	/* the first fence stays open */
	before = open_fds() + 1;
	CHECK_EQ(srfpga_submission_submit(f.sub, &first), 0);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, -1), 1);
	CHECK_EQ(srfpga_fence_wait(first, -1), 1);
	srfpga_submission_set_in_fence(f.sub, first);
	for (int i = 0; i < 20; i++) {
		CHECK_EQ(srfpga_submission_set_frames(f.sub, 0, 65), 0);
		CHECK_EQ(srfpga_submission_submit(f.sub, &fence), -ERANGE);
		CHECK_EQ(srfpga_submission_set_frames(f.sub, 0, 1), 0);
		CHECK_EQ(srfpga_submission_submit(f.sub, &fence), 0);
		CHECK_EQ(srfpga_fence_wait(fence, -1), 1);
		CHECK_EQ(srfpga_event_read(f.dev, &event, 1, -1), 1);
		close(fence);
	}
	/* the worker closes its end just after it has signalled */
	for (int i = 0; i < 1000 && open_fds() != before; i++)
		usleep(1000);
	CHECK_EQ(open_fds(), before);
	close(first);
	fixture_close(&f);
}

static const struct test tests[] = {
	{ "out-fence", test_out },
	{ "the event comes before the fence", test_event_first },
	{ "from one device into another", test_chain },
	{ "an error goes along the chain", test_error },
	{ "closing cancels", test_close },
	{ "what is not a fence", test_not_a_fence },
	{ "no descriptor is left", test_no_leak },
};

TEST_MAIN(tests)
