// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events: what they say, waiting for them, kernels with larger ones.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "fixture.h"

#define MS	1000000LL

static void test_contents(void)
{
	int64_t before = now_ns(), after;
	struct srfpga_event event;
	struct fixture f;

	fixture_open(&f);
	f.model->delay_ns = MS;
	srfpga_submission_set_user_data(f.sub, 0x1122334455667788);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	memset(&event, 0xff, sizeof(event));
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, -1), 1);
	after = now_ns();
	CHECK_EQ(event.size, sizeof(event));
	CHECK_EQ(event.status, 0);
	CHECK_EQ(event.user_data, 0x1122334455667788);
	CHECK_EQ(event.seqno, 1);
	CHECK_EQ(event.jobs_done, 1);
	CHECK_EQ(event.pad, 0);
	CHECK(before <= (int64_t)event.queued_ns);
	CHECK(event.queued_ns <= event.started_ns);
	CHECK(event.started_ns + MS <= event.finished_ns);
	CHECK((int64_t)event.finished_ns <= after);
	fixture_close(&f);
}

static void test_no_event(void)
{
	struct srfpga_event event;
	struct fixture f;

	fixture_open(&f);
	srfpga_submission_set_event(f.sub, 0);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	srfpga_submission_set_event(f.sub, 1);
	srfpga_submission_set_user_data(f.sub, 2);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, -1), 1);
	CHECK_EQ(event.user_data, 2);
	CHECK_EQ(event.seqno, 2);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, 0), 0);
	fixture_close(&f);
}

static void test_waiting(void)
{
	struct srfpga_event event;
	struct fixture f;
	int64_t start;

	fixture_open(&f);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 0, 0), -EINVAL);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, 0), 0);
	start = now_ns();
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, 20 * MS), 0);
	CHECK(now_ns() - start >= 20 * MS);
	CHECK_EQ(srfpga_device_wait(f.dev, 0, 0), -EINVAL);
	CHECK_EQ(srfpga_device_wait(f.dev, POLLPRI, 0), -EINVAL);
	CHECK_EQ(srfpga_event_read_sized(f.dev, &event, 12, 1, 0), -EINVAL);
	CHECK_EQ(srfpga_event_read_sized(f.dev, &event, 0, 1, 0), -EINVAL);
	fixture_close(&f);
}

static void test_poll_fd(void)
{
	struct srfpga_event event;
	struct pollfd fd = { .events = POLLIN };
	struct fixture f;

	fixture_open(&f);
	fd.fd = srfpga_device_get_fd(f.dev);
	CHECK_EQ(poll(&fd, 1, 0), 0);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	CHECK_EQ(poll(&fd, 1, -1), 1);
	CHECK_EQ(fd.revents, POLLIN);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, 0), 1);
	CHECK_EQ(poll(&fd, 1, 0), 0);
	fixture_close(&f);
}

static void on_alarm(int signal)
{
}

static void test_signal(void)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	/* again and again: the first may come before the wait */
	const struct itimerval timer = {
		.it_value = { .tv_usec = 10000 },
		.it_interval = { .tv_usec = 10000 },
	};
	const struct itimerval off = { 0 };
	struct srfpga_event event;
	struct fixture f;

	fixture_open(&f);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, -1), -EINTR);
	setitimer(ITIMER_REAL, &off, NULL);
	fixture_close(&f);
}

static void test_failure(void)
{
	struct srfpga_event event;
	struct fixture f;

	fixture_open(&f);
	f.model->result = -ENOMEM;
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, -1), 1);
	CHECK_EQ(event.status, -ENOMEM);
	CHECK_EQ(event.jobs_done, 0);
	fixture_close(&f);
}

static void test_timeout(void)
{
	struct srfpga_submission *sub;
	struct srfpga_event event;
	struct fixture f;

	fixture_open(&f);
	f.model->delay_ns = 5 * MS;
	CHECK_EQ(srfpga_submission_create(f.dev, 3, &sub), 0);
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_EQ(srfpga_submission_set_buffer(sub, i, 0, f.in, 0, 0),
			 0);
		CHECK_EQ(srfpga_submission_set_buffer(sub, i, 1, f.out, 0, 0),
			 0);
	}
	srfpga_submission_set_timeout(sub, MS);
	CHECK_EQ(srfpga_submission_submit(sub, NULL), 0);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, -1), 1);
	CHECK_EQ(event.status, -ETIMEDOUT);
	CHECK_EQ(event.jobs_done, 0);
	CHECK_EQ(fake_model_runs(f.model), 1);
	srfpga_submission_set_timeout(sub, 10000 * MS);
	CHECK_EQ(srfpga_submission_submit(sub, NULL), 0);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, -1), 1);
	CHECK_EQ(event.status, 0);
	CHECK_EQ(event.jobs_done, 3);
	srfpga_submission_free(sub);
	fixture_close(&f);
}

/* A kernel with events of another size: only reading is implemented. */
static struct {
	uint32_t event_size;
	unsigned int left;
	unsigned int next;
	bool gone;
} later;

static int later_get_info(void *backend, struct srfpga_get_info *info)
{
	info->abi_version = SRFPGA_ABI_VERSION;
	info->num_ports = 1;
	return 0;
}

static int later_get_port(void *backend, struct srfpga_get_port *port,
			  struct port_extra *extra)
{
	port->role = SRFPGA_PORT_OUTPUT;
	port->dtype = SRFPGA_DTYPE_UINT;
	port->bits = 8;
	port->folded_rank = 1;
	port->folded_shape[0] = 1;
	port->frame_bytes = 1;
	return 0;
}

static ssize_t later_read(void *backend, void *events, size_t len)
{
	size_t used = 0;

	if (len < later.event_size)
		return -EINVAL;
	while (later.left && len - used >= later.event_size) {
		struct srfpga_event event = {
			.size = later.event_size,
			.user_data = later.next++,
			.finished_ns = 99,
		};

		memset((char *)events + used, 0xee, later.event_size);
		memcpy((char *)events + used, &event,
		       later.event_size < sizeof(event) ? later.event_size :
							  sizeof(event));
		used += later.event_size;
		later.left--;
	}
	return used ? (ssize_t)used : later.gone ? -ENODEV : -EAGAIN;
}

static int later_wait(void *backend, short events, int64_t timeout_ns)
{
	return 0;
}

static void later_close(void *backend)
{
}

static const struct backend_ops later_ops = {
	.get_info = later_get_info,
	.get_port = later_get_port,
	.read = later_read,
	.wait = later_wait,
	.close = later_close,
};

static void open_later(uint32_t event_size, unsigned int count,
		       struct srfpga_device **dev)
{
	const struct backend backend = { .ops = &later_ops };
	const struct error_text err = { 0 };

	later.event_size = event_size;
	later.left = count;
	later.next = 0;
	later.gone = false;
	if (device_open_backend(backend, "later", dev, &err))
		abort();
}

static void test_larger_events(void)
{
	for (uint32_t size = 56; size <= 512; size += 8) {
		struct srfpga_event events[4];
		struct srfpga_device *dev;

		open_later(size, 9, &dev);
		memset(events, 0x55, sizeof(events));
		CHECK_EQ(srfpga_event_read(dev, events, 1, 0), 1);
		CHECK_EQ(events[0].user_data, 0);
		CHECK_EQ(events[0].finished_ns, 99);
		CHECK_EQ(events[1].user_data, 0x5555555555555555);
		for (unsigned int seen = 1; seen < 9;) {
			int ret = srfpga_event_read(dev, events, 3, 0);

			if (!CHECK(ret > 0 && ret <= 3))
				break;
			CHECK_EQ(events[3].user_data, 0x5555555555555555);
			for (int i = 0; i < ret; i++)
				CHECK_EQ(events[i].user_data, seen++);
		}
		CHECK_EQ(srfpga_event_read(dev, events, 4, 0), 0);
		later.gone = true;
		CHECK_EQ(srfpga_event_read(dev, events, 4, 0), -ENODEV);
		srfpga_device_close(dev);
	}
}

/* A program that was built with another header. */
static void test_other_program(void)
{
	struct {
		struct srfpga_event event;
		uint64_t tail[2];
	} longer[2];
	uint64_t shorter[3];
	struct srfpga_device *dev;

	open_later(56, 3, &dev);
	memset(longer, 0x55, sizeof(longer));
	CHECK_EQ(srfpga_event_read_sized(dev, longer, sizeof(longer[0]), 2, 0),
		 2);
	CHECK_EQ(longer[1].event.user_data, 1);
	CHECK_EQ(longer[1].tail[0], 0);
	shorter[2] = 77;
	CHECK_EQ(srfpga_event_read_sized(dev, shorter, 16, 1, 0), 1);
	CHECK_EQ(shorter[1], 2);
	CHECK_EQ(shorter[2], 77);
	srfpga_device_close(dev);
}

static void test_damaged_events(void)
{
	struct srfpga_event event;
	struct srfpga_device *dev;

	open_later(520, 1, &dev);
	CHECK_EQ(srfpga_event_read(dev, &event, 1, 0), -EINVAL);
	srfpga_device_close(dev);
}

#define READERS		4
#define PER_READER	500

struct reader {
	struct fixture *f;
	uint64_t sum;
	unsigned int count;
};

static void *read_some(void *arg)
{
	struct reader *r = arg;
	struct srfpga_event event;

	while (r->count < PER_READER &&
	       srfpga_event_read(r->f->dev, &event, 1, -1) == 1) {
		r->sum += event.user_data;
		r->count++;
	}
	return NULL;
}

static void test_many_readers(void)
{
	struct reader readers[READERS];
	pthread_t threads[READERS];
	struct fixture f;
	uint64_t sum = 0, want = 0;

	fixture_open(&f);
	for (int i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ .f = &f };
		pthread_create(&threads[i], NULL, read_some, &readers[i]);
	}
	for (unsigned int i = 0; i < READERS * PER_READER; i++) {
		int ret;

		srfpga_submission_set_user_data(f.sub, i);
		while ((ret = srfpga_submission_submit(f.sub, NULL)) ==
		       -EAGAIN)
			srfpga_device_wait(f.dev, POLLOUT, -1);
		CHECK_EQ(ret, 0);
		want += i;
	}
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		CHECK_EQ(readers[i].count, PER_READER);
		sum += readers[i].sum;
	}
	CHECK_EQ(sum, want);
	fixture_close(&f);
}

static const struct test tests[] = {
	{ "what an event says", test_contents },
	{ "no event if none is wanted", test_no_event },
	{ "waiting", test_waiting },
	{ "the descriptor can be polled", test_poll_fd },
	{ "a signal ends a wait", test_signal },
	{ "a job fails", test_failure },
	{ "a job takes too long", test_timeout },
	{ "kernels with larger events", test_larger_events },
	{ "programs with other headers", test_other_program },
	{ "events that cannot be", test_damaged_events },
	{ "many readers: each event goes to one", test_many_readers },
};

TEST_MAIN(tests)
