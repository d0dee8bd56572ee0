// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a frame costs on the way to the backend: no allocation, no lock, one
 * call. The linker routes the library's calls of these functions through here.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static unsigned int allocations;
static unsigned int locks;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);

void *__wrap_malloc(size_t size)
{
	__atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	__atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
	return __real_calloc(count, size);
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
	__atomic_add_fetch(&locks, 1, __ATOMIC_RELAXED);
	return __real_pthread_mutex_lock(mutex);
}

static unsigned int counted(unsigned int *counter)
{
	return __atomic_exchange_n(counter, 0, __ATOMIC_RELAXED);
}

/* A backend that takes every submission and looks at the last one. */
static struct {
	unsigned int submits;
	struct srfpga_submit submit;
	struct srfpga_job jobs[4];
	struct srfpga_job_buffer buffers[4];
	uint32_t handles;
	uint64_t sync_flags[8];
	unsigned int syncs;
	unsigned int detached;
} seen;

static int seen_get_info(void *backend, struct srfpga_get_info *info)
{
	info->abi_version = SRFPGA_ABI_VERSION;
	info->num_ports = 1;
	info->max_jobs = 4;
	info->max_frames = 1000;
	info->buffer_align = 64;
	return 0;
}

static int seen_get_port(void *backend, struct srfpga_get_port *port,
			 struct port_extra *extra)
{
	port->role = SRFPGA_PORT_WEIGHTS;
	port->dtype = SRFPGA_DTYPE_UINT;
	port->bits = 8;
	port->folded_rank = 1;
	port->folded_shape[0] = 16;
	port->frame_bytes = 16;
	memset(port->name, 'w', sizeof(port->name));
	return 0;
}

static int seen_attach(void *backend, struct srfpga_attach *attach)
{
	attach->handle = ++seen.handles;
	attach->bytes = 4096;
	return 0;
}

static int seen_detach(void *backend, uint32_t handle)
{
	seen.detached++;
	return 0;
}

static int seen_submit(void *backend, struct srfpga_submit *submit)
{
	const struct srfpga_job *jobs = (void *)(uintptr_t)submit->jobs;

	seen.submits++;
	seen.submit = *submit;
	for (uint32_t i = 0; i < submit->num_jobs; i++) {
		seen.jobs[i] = jobs[i];
		seen.buffers[i] = *(const struct srfpga_job_buffer *)
				  (uintptr_t)jobs[i].buffers;
	}
	submit->out_fence_fd = 77;
	return submit->flags & SRFPGA_SUBMIT_IN_FENCE ? -EINTR : 0;
}

static int seen_sync_cpu(void *backend, int fd, uint64_t flags)
{
	seen.sync_flags[seen.syncs++ % 8] = flags;
	return 0;
}

static void seen_close(void *backend)
{
}

static const struct backend_ops seen_ops = {
	.get_info = seen_get_info,
	.get_port = seen_get_port,
	.attach = seen_attach,
	.detach = seen_detach,
	.submit = seen_submit,
	.sync_cpu = seen_sync_cpu,
	.close = seen_close,
};

struct path {
	struct srfpga_device *dev;
	struct srfpga_buffer *buf;
	struct srfpga_submission *sub;
};

static void path_open(struct path *p)
{
	const struct backend backend = { .ops = &seen_ops };
	const struct error_text err = { 0 };

	memset(&seen, 0, sizeof(seen));
	if (device_open_backend(backend, "seen", &p->dev, &err) ||
	    srfpga_buffer_import(p->dev, 1, SRFPGA_ATTACH_READ, &p->buf) ||
	    srfpga_submission_create(p->dev, 2, &p->sub) ||
	    srfpga_submission_set_buffer(p->sub, 0, 0, p->buf, 0, 0) ||
	    srfpga_submission_set_buffer(p->sub, 1, 0, p->buf, 64, 16))
		abort();
}

static void path_close(struct path *p)
{
	srfpga_submission_free(p->sub);
	srfpga_buffer_free(p->buf);
	srfpga_device_close(p->dev);
}

static void test_front(void)
{
	struct path p;
	int fence;

	path_open(&p);
	counted(&allocations);
	counted(&locks);
	for (unsigned int i = 0; i < 1000; i++) {
		srfpga_submission_set_buffer(p.sub, i & 1, 0, p.buf, 128, 16);
		srfpga_submission_set_frames(p.sub, 0, 1 + i % 7);
		srfpga_submission_set_user_data(p.sub, i);
		CHECK_EQ(srfpga_submission_submit(p.sub, &fence), 0);
	}
	CHECK_EQ(counted(&allocations), 0);
	CHECK_EQ(counted(&locks), 0);
	CHECK_EQ(seen.submits, 1000);
	path_close(&p);
}

/* The counters do count. */
static void test_counters(void)
{
	struct fixture f;
	struct path p;

	counted(&allocations);
	counted(&locks);
	path_open(&p);
	CHECK(counted(&allocations) >= 3);
	path_close(&p);
	fixture_open(&f);
	CHECK(counted(&locks) > 0);
	fixture_close(&f);
}

static void test_soft(void)
{
	struct srfpga_event event;
	struct fixture f;

	fixture_open(&f);
	counted(&allocations);
	for (unsigned int i = 0; i < 1000; i++) {
		srfpga_submission_set_user_data(f.sub, i);
		CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
		CHECK_EQ(srfpga_event_read(f.dev, &event, 1, -1), 1);
		CHECK_EQ(event.user_data, i);
	}
	CHECK_EQ(counted(&allocations), 0);
	fixture_close(&f);
}

/* What the kernel gets. */
static void test_contents(void)
{
	struct path p;
	int fence = -1;

	path_open(&p);
	srfpga_submission_set_timeout(p.sub, 123);
	srfpga_submission_set_priority(p.sub, SRFPGA_PRIORITY_HIGH);
	srfpga_submission_set_user_data(p.sub, 456);
	CHECK_EQ(srfpga_submission_set_frames(p.sub, 1, 1000), 0);
	CHECK_EQ(srfpga_submission_submit(p.sub, &fence), 0);
	CHECK_EQ(fence, 77);
	CHECK_EQ(seen.submit.size, sizeof(struct srfpga_submit));
	CHECK_EQ(seen.submit.flags, SRFPGA_SUBMIT_OUT_FENCE);
	CHECK_EQ(seen.submit.num_jobs, 2);
	CHECK_EQ(seen.submit.job_size, sizeof(struct srfpga_job));
	CHECK_EQ(seen.submit.buffer_size, sizeof(struct srfpga_job_buffer));
	CHECK_EQ(seen.submit.priority, 1);
	CHECK_EQ(seen.submit.in_fence_fd, 0);
	CHECK_EQ(seen.submit.timeout_ns, 123);
	CHECK_EQ(seen.submit.user_data, 456);
	CHECK_EQ(seen.jobs[0].frames, 1);
	CHECK_EQ(seen.jobs[1].frames, 1000);
	CHECK_EQ(seen.jobs[1].num_buffers, 1);
	CHECK_EQ(seen.buffers[0].handle, 1);
	CHECK_EQ(seen.buffers[0].pad, 0);
	CHECK_EQ(seen.buffers[0].offset, 0);
	CHECK_EQ(seen.buffers[0].length, 4096);
	CHECK_EQ(seen.buffers[1].offset, 64);
	CHECK_EQ(seen.buffers[1].length, 16);
	srfpga_submission_set_event(p.sub, 0);
	srfpga_submission_set_in_fence(p.sub, 5);
	fence = -1;
	CHECK_EQ(srfpga_submission_submit(p.sub, &fence), -EINTR);
	CHECK_EQ(fence, -1);
	CHECK_EQ(seen.submit.flags, SRFPGA_SUBMIT_OUT_FENCE |
		 SRFPGA_SUBMIT_IN_FENCE | SRFPGA_SUBMIT_NO_EVENT);
	CHECK_EQ(seen.submit.in_fence_fd, 5);
	srfpga_submission_set_event(p.sub, 1);
	srfpga_submission_set_in_fence(p.sub, -1);
	CHECK_EQ(srfpga_submission_submit(p.sub, NULL), 0);
	CHECK_EQ(seen.submit.flags, 0);
	CHECK_EQ(seen.submit.in_fence_fd, 0);
	path_close(&p);
}

/* DMA_BUF_SYNC_*: read 1, write 2, end 4. */
static void test_sync(void)
{
	struct path p;

	path_open(&p);
	srfpga_buffer_begin_cpu(p.buf, SRFPGA_CPU_READ, 0, 0);
	srfpga_buffer_end_cpu(p.buf, SRFPGA_CPU_READ, 0, 0);
	srfpga_buffer_begin_cpu(p.buf, SRFPGA_CPU_WRITE, 0, 0);
	srfpga_buffer_end_cpu(p.buf, SRFPGA_CPU_READ | SRFPGA_CPU_WRITE, 0, 0);
	CHECK_EQ(seen.syncs, 4);
	CHECK_EQ(seen.sync_flags[0], 1);
	CHECK_EQ(seen.sync_flags[1], 5);
	CHECK_EQ(seen.sync_flags[2], 2);
	CHECK_EQ(seen.sync_flags[3], 7);
	path_close(&p);
}

/* Detached when the user and the last submission have let go. */
static void test_detach(void)
{
	struct path p;

	path_open(&p);
	srfpga_buffer_free(p.buf);
	p.buf = NULL;
	CHECK_EQ(seen.detached, 0);
	srfpga_submission_free(p.sub);
	p.sub = NULL;
	CHECK_EQ(seen.detached, 1);
	path_close(&p);
}

static void test_port(void)
{
	const struct srfpga_port *port;
	struct path p;

	path_open(&p);
	port = srfpga_device_get_port(p.dev, 0);
	CHECK_EQ(strlen(port->name), SRFPGA_NAME_LEN - 1);
	CHECK_EQ(port->role, SRFPGA_PORT_WEIGHTS);
	CHECK(port->scale == 0);
	CHECK_EQ(srfpga_device_get_info(p.dev)->num_inputs, 1);
	CHECK_EQ(srfpga_device_get_radius(p.dev, NULL, NULL), -EOPNOTSUPP);
	path_close(&p);
}

static const struct test tests[] = {
	{ "the counters count", test_counters },
	{ "submitting allocates and locks nothing", test_front },
	{ "a soft device allocates nothing a frame", test_soft },
	{ "what the kernel gets", test_contents },
	{ "CPU access is a dma-buf sync", test_sync },
	{ "a buffer is detached once nobody names it", test_detach },
	{ "a port as the kernel describes it", test_port },
};

TEST_MAIN(tests)
