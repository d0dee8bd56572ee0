// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The same calls on whatever device there is: SRFPGA_TEST_DEVICE, else the
 * first of the driver, else the shipped model in software. Nothing is assumed
 * of the network but that it computes the same twice.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

#define FRAMES	3

struct live {
	struct srfpga_device *dev;
	const struct srfpga_device_info *info;
	struct srfpga_buffer *bufs[SRFPGA_MAX_PORTS];
	struct srfpga_submission *sub;
};

static const char *device_name(void)
{
	static char name[1][SRFPGA_DEVICE_NAME_LEN];
	static char model[512];
	const char *dir = getenv("SRCDIR");
	const char *env = getenv("SRFPGA_TEST_DEVICE");

	if (env)
		return env;
	if (srfpga_device_enumerate(name, 1) > 0)
		return name[0];
	snprintf(model, sizeof(model),
		 "soft:%s/tools/models/lrsrn_x2.onnx,height=24,width=40",
		 dir ? dir : ".");
	return model;
}

/* The device, or a skip where nobody asked for one and there is none. */
static bool open_device(struct live *l)
{
	static char err[300];
	int ret;

	memset(l, 0, sizeof(*l));
	ret = srfpga_device_open(device_name(), &l->dev, err, sizeof(err));
	if (ret && !getenv("SRFPGA_TEST_DEVICE") &&
	    (ret == -ELIBACC || ret == -ENOENT)) {
		skip(err);
		return false;
	}
	if (!CHECK_EQ(ret, 0)) {
		printf("# %s\n", err);
		return false;
	}
	l->info = srfpga_device_get_info(l->dev);
	return true;
}

static void close_device(struct live *l)
{
	srfpga_submission_free(l->sub);
	for (int i = 0; i < SRFPGA_MAX_PORTS; i++)
		srfpga_buffer_free(l->bufs[i]);
	srfpga_device_close(l->dev);
}

static uint64_t tensor_bytes(const struct srfpga_port *port)
{
	return port->frame_elems * srfpga_elem_get_size(port->elem);
}

/* Values of the type, from random codes. */
static void *random_tensor(const struct srfpga_port *port, uint32_t frames)
{
	const uint64_t count = frames * port->frame_elems;
	uint8_t *packed = malloc(frames * port->frame_bytes);
	void *tensor = calloc(count, srfpga_elem_get_size(port->elem));

	if (!packed || !tensor)
		abort();
	for (uint64_t i = 0; i < frames * port->frame_bytes; i++)
		packed[i] = port->layout.dtype == SRFPGA_DTYPE_FLOAT ||
			    port->layout.dtype == SRFPGA_DTYPE_TERNARY ?
				    0 : test_random();
	/* whatever the bytes are, unpacking makes values of the type of them */
	if (srfpga_layout_unpack(&port->layout, port->elem, packed, frames,
				 tensor))
		abort();
	free(packed);
	return tensor;
}

struct tensors {
	void *in[SRFPGA_MAX_PORTS];
	void *out[SRFPGA_MAX_PORTS];
};

static void make_tensors(struct live *l, struct tensors *t, uint32_t frames)
{
	unsigned int in = 0, out = 0;

	memset(t, 0, sizeof(*t));
	for (unsigned int i = 0; i < l->info->num_ports; i++) {
		const struct srfpga_port *port =
			srfpga_device_get_port(l->dev, i);

		if (port->role == SRFPGA_PORT_OUTPUT)
			t->out[out++] = calloc(frames, tensor_bytes(port));
		else
			t->in[in++] = random_tensor(port, frames);
	}
}

static void free_tensors(struct tensors *t)
{
	for (int i = 0; i < SRFPGA_MAX_PORTS; i++) {
		free(t->in[i]);
		free(t->out[i]);
	}
}

static void test_describe(void)
{
	struct live l;

	if (!open_device(&l))
		return;
	printf("# %s: %s\n", l.info->path, l.info->name);
	CHECK(l.info->num_inputs && l.info->num_outputs);
	CHECK_EQ(l.info->num_inputs + l.info->num_outputs, l.info->num_ports);
	CHECK_EQ(srfpga_device_get_state(l.dev), SRFPGA_STATE_READY);
	for (unsigned int i = 0; i < l.info->num_ports; i++) {
		const struct srfpga_port *p = srfpga_device_get_port(l.dev, i);
		uint64_t normal = 1;

		for (uint32_t k = 0; k < p->normal_rank; k++)
			normal *= p->normal_shape[k];
		CHECK_EQ(normal, p->frame_elems);
		CHECK(p->name[0] && p->index == i);
	}
	close_device(&l);
}

/* Buffers of @frames frames for every port, in one job. */
static bool prepare(struct live *l, uint32_t frames)
{
	int ret = srfpga_submission_create(l->dev, 1, &l->sub);

	for (unsigned int i = 0; !ret && i < l->info->num_ports; i++) {
		const struct srfpga_port *p = srfpga_device_get_port(l->dev, i);
		bool output = p->role == SRFPGA_PORT_OUTPUT;

		ret = srfpga_buffer_alloc(l->dev, p->frame_bytes * frames,
					  output ? SRFPGA_ATTACH_WRITE :
						   SRFPGA_ATTACH_READ,
					  &l->bufs[i]);
		if (!ret)
			ret = srfpga_submission_set_buffer(l->sub, 0, i,
							   l->bufs[i], 0, 0);
	}
	return CHECK_EQ(ret, 0);
}

static void fill(struct live *l, struct tensors *t, uint32_t frames)
{
	unsigned int in = 0;

	for (unsigned int i = 0; i < l->info->num_ports; i++) {
		const struct srfpga_port *p = srfpga_device_get_port(l->dev, i);
		void *addr;

		if (p->role == SRFPGA_PORT_OUTPUT)
			continue;
		CHECK_EQ(srfpga_buffer_map(l->bufs[i], &addr), 0);
		CHECK_EQ(srfpga_buffer_begin_cpu(l->bufs[i], SRFPGA_CPU_WRITE,
						 0, 0), 0);
		CHECK_EQ(srfpga_layout_pack(&p->layout, p->elem, t->in[in++],
					    frames, addr, NULL), 0);
		CHECK_EQ(srfpga_buffer_end_cpu(l->bufs[i], SRFPGA_CPU_WRITE,
					       0, 0), 0);
	}
}

static void compare(struct live *l, struct tensors *t, uint32_t frames)
{
	unsigned int out = 0;

	for (unsigned int i = 0; i < l->info->num_ports; i++) {
		const struct srfpga_port *p = srfpga_device_get_port(l->dev, i);
		void *addr, *tensor;

		if (p->role != SRFPGA_PORT_OUTPUT)
			continue;
		tensor = calloc(frames, tensor_bytes(p));
		CHECK_EQ(srfpga_buffer_map(l->bufs[i], &addr), 0);
		CHECK_EQ(srfpga_buffer_begin_cpu(l->bufs[i], SRFPGA_CPU_READ,
						 0, 0), 0);
		CHECK_EQ(srfpga_layout_unpack(&p->layout, p->elem, addr,
					      frames, tensor), 0);
		CHECK_EQ(srfpga_buffer_end_cpu(l->bufs[i], SRFPGA_CPU_READ,
					       0, 0), 0);
		CHECK_EQ(memcmp(tensor, t->out[out++],
				frames * tensor_bytes(p)), 0);
		free(tensor);
	}
}

/* The one-call way and the long way give the same. */
static void test_both_ways(void)
{
	struct srfpga_event event = { 0 };
	struct tensors t;
	struct live l;
	int fence = -1;

	if (!open_device(&l))
		return;
	make_tensors(&l, &t, FRAMES);
	CHECK_EQ(srfpga_run(l.dev, (const void *const *)t.in, t.out, FRAMES),
		 0);
	if (prepare(&l, FRAMES)) {
		fill(&l, &t, FRAMES);
		CHECK_EQ(srfpga_submission_set_frames(l.sub, 0, FRAMES), 0);
		srfpga_submission_set_user_data(l.sub, 0xabc);
		CHECK_EQ(srfpga_submission_submit(l.sub, &fence), 0);
		CHECK_EQ(srfpga_fence_wait(fence, -1), 1);
		close(fence);
		CHECK_EQ(srfpga_event_read(l.dev, &event, 1, -1), 1);
		CHECK_EQ(event.status, 0);
		CHECK_EQ(event.user_data, 0xabc);
		CHECK_EQ(event.jobs_done, 1);
		CHECK(event.queued_ns <= event.started_ns &&
		      event.started_ns <= event.finished_ns);
		compare(&l, &t, FRAMES);
	}
	free_tensors(&t);
	close_device(&l);
}

/* Several under way at once, chained by fences, events in order. */
static void test_in_flight(void)
{
	struct srfpga_event events[6];
	int fences[6], got = 0;
	struct live l;

	if (!open_device(&l))
		return;
	if (prepare(&l, 1)) {
		for (int i = 0; i < 6; i++) {
			srfpga_submission_set_user_data(l.sub, 10 + i);
			srfpga_submission_set_in_fence(l.sub,
						       i ? fences[i - 1] : -1);
			CHECK_EQ(srfpga_submission_submit(l.sub, &fences[i]),
				 0);
		}
		while (got < 6) {
			int ret = srfpga_event_read(l.dev, events + got,
						    6 - got, -1);

			if (!CHECK(ret > 0))
				break;
			got += ret;
		}
		for (int i = 0; i < got; i++) {
			CHECK_EQ(events[i].status, 0);
			CHECK_EQ(events[i].user_data, 10 + i);
			CHECK_EQ(srfpga_fence_wait(fences[i], -1), 1);
			close(fences[i]);
		}
		CHECK_EQ(srfpga_device_wait(l.dev, POLLIN, 0), 0);
		CHECK_EQ(srfpga_device_wait(l.dev, POLLOUT, 0), POLLOUT);
	}
	close_device(&l);
}

static void test_refusals(void)
{
	struct srfpga_submission *empty = NULL;
	struct srfpga_buffer *buf = NULL;
	int pipe_fds[2], fence = -1;
	struct live l;

	if (!open_device(&l))
		return;
	CHECK_EQ(pipe(pipe_fds), 0);
	CHECK_EQ(srfpga_buffer_import(l.dev, pipe_fds[0], SRFPGA_ATTACH_READ,
				      &buf), -EBADF);
	CHECK_EQ(srfpga_submission_create(l.dev, 1, &empty), 0);
	CHECK_EQ(srfpga_submission_submit(empty, &fence), -ENOENT);
	if (prepare(&l, 1)) {
		uint64_t size = srfpga_buffer_get_size(l.bufs[0]);
		uint64_t frame = srfpga_device_get_port(l.dev, 0)->frame_bytes;

		CHECK_EQ(srfpga_submission_set_frames(l.sub, 0,
						      size / frame + 1), 0);
		CHECK_EQ(srfpga_submission_submit(l.sub, &fence), -ERANGE);
		CHECK_EQ(srfpga_submission_set_frames(l.sub, 0, 1), 0);
		srfpga_submission_set_in_fence(l.sub, pipe_fds[0]);
		CHECK_EQ(srfpga_submission_submit(l.sub, &fence), -EBADF);
		srfpga_submission_set_in_fence(l.sub, -1);
		srfpga_submission_set_priority(l.sub, 5);
		CHECK_EQ(srfpga_submission_submit(l.sub, &fence), -EINVAL);
	}
	CHECK(fence == -1 && !buf);
	CHECK_EQ(srfpga_device_wait(l.dev, POLLIN, 0), 0);
	srfpga_submission_free(empty);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	close_device(&l);
}

/* Memory that was exported can be imported, also by another open device. */
static void test_share(void)
{
	struct srfpga_buffer *again = NULL;
	struct live a, b;
	void *from, *to;
	int fd = -1;

	if (!open_device(&a))
		return;
	if (!open_device(&b)) {
		close_device(&a);
		return;
	}
	if (prepare(&a, 1)) {
		CHECK_EQ(srfpga_buffer_export(a.bufs[0], &fd), 0);
		CHECK_EQ(srfpga_buffer_import(b.dev, fd, SRFPGA_ATTACH_READ |
					      SRFPGA_ATTACH_WRITE, &again), 0);
		close(fd);
		CHECK_EQ(srfpga_buffer_get_size(again),
			 srfpga_buffer_get_size(a.bufs[0]));
		CHECK_EQ(srfpga_buffer_map(a.bufs[0], &from), 0);
		CHECK_EQ(srfpga_buffer_map(again, &to), 0);
		((char *)from)[3] = 42;
		CHECK_EQ(((char *)to)[3], 42);
		srfpga_buffer_free(again);
	}
	close_device(&a);
	close_device(&b);
}

/* Closing with work under way ends the fence. */
static void test_close(void)
{
	int fence = -1, ret;
	struct live l;

	if (!open_device(&l))
		return;
	if (prepare(&l, 1)) {
		CHECK_EQ(srfpga_submission_submit(l.sub, NULL), 0);
		CHECK_EQ(srfpga_submission_submit(l.sub, &fence), 0);
	}
	close_device(&l);
	if (fence >= 0) {
		ret = srfpga_fence_wait(fence, 10000000000LL);
		CHECK(ret == 1 || ret == -ECANCELED);
		close(fence);
	}
}

/* Hardware only: its buffers are dma-bufs, its fences sync_files. */
static bool open_hardware(struct live *l)
{
	if (!open_device(l))
		return false;
	if (l->info->is_soft) {
		skip("a soft device has no dma-bufs");
		close_device(l);
		return false;
	}
	if (prepare(l, 1))
		return true;
	close_device(l);
	return false;
}

/* Implicit fences: none at first, then that of a submission. */
static void test_implicit_fences(void)
{
	int fd = -1, fence = -1, buffer_fence = -1;
	struct srfpga_buffer *buf;
	struct live l;

	if (!open_hardware(&l))
		return;
	buf = l.bufs[l.info->num_ports - 1];
	CHECK_EQ(srfpga_buffer_export_fence(buf, SRFPGA_CPU_READ, &fd), 0);
	CHECK_EQ(srfpga_fence_wait(fd, 0), 1);
	CHECK_EQ(srfpga_submission_submit(l.sub, &fence), 0);
	CHECK_EQ(srfpga_buffer_import_fence(buf, SRFPGA_CPU_WRITE, fence), 0);
	CHECK_EQ(srfpga_buffer_export_fence(buf, SRFPGA_CPU_READ,
					    &buffer_fence), 0);
	CHECK_EQ(srfpga_fence_wait(buffer_fence, -1), 1);
	/* so the submission has ended as well */
	CHECK_EQ(srfpga_fence_wait(fence, 0), 1);
	CHECK_EQ(srfpga_buffer_import_fence(buf, SRFPGA_CPU_READ, 1), -EINVAL);
	close(fd);
	close(fence);
	close(buffer_fence);
	close_device(&l);
}

/* The hardware's memory in a software FPGA, after the hardware's fence. */
static void test_soft_beside(void)
{
	struct srfpga_buffer *in = NULL, *out = NULL;
	struct srfpga_event event = { 0 };
	int fd = -1, fence = -1;
	struct fixture f;
	struct live l;
	void *from, *to;

	if (!open_hardware(&l))
		return;
	fixture_open(&f);
	CHECK_EQ(srfpga_buffer_map(l.bufs[0], &from), 0);
	memset(from, 0x3c, 64);
	CHECK_EQ(srfpga_buffer_export(l.bufs[0], &fd), 0);
	CHECK_EQ(srfpga_buffer_import(f.dev, fd, SRFPGA_ATTACH_READ, &in), 0);
	close(fd);
	CHECK_EQ(srfpga_buffer_export(l.bufs[l.info->num_ports - 1], &fd), 0);
	CHECK_EQ(srfpga_buffer_import(f.dev, fd, SRFPGA_ATTACH_WRITE, &out),
		 0);
	close(fd);
	CHECK_EQ(srfpga_submission_submit(l.sub, &fence), 0);
	CHECK_EQ(srfpga_submission_set_buffer(f.sub, 0, 0, in, 0, 64), 0);
	CHECK_EQ(srfpga_submission_set_buffer(f.sub, 0, 1, out, 0, 64), 0);
	srfpga_submission_set_in_fence(f.sub, fence);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, -1), 1);
	CHECK_EQ(event.status, 0);
	CHECK_EQ(srfpga_fence_wait(fence, 0), 1);
	CHECK_EQ(srfpga_buffer_map(out, &to), 0);
	CHECK_EQ(srfpga_buffer_begin_cpu(out, SRFPGA_CPU_READ, 0, 64), 0);
	CHECK_EQ(((uint8_t *)to)[0], 0xc3);
	CHECK_EQ(((uint8_t *)to)[63], 0xc3);
	CHECK_EQ(srfpga_buffer_end_cpu(out, SRFPGA_CPU_READ, 0, 64), 0);
	close(fence);
	srfpga_submission_free(f.sub);
	f.sub = NULL;
	srfpga_buffer_free(in);
	srfpga_buffer_free(out);
	fixture_close(&f);
	close_device(&l);
}

/* Writes @name to a file of the driver in sysfs. */
static int driver_write(const char *file, const char *name)
{
	char path[200];
	FILE *attr;
	int ret;

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/srfpga/%s",
		 file);
	attr = fopen(path, "w");
	if (!attr)
		return -errno;
	ret = fputs(name, attr) < 0 || fflush(attr) ? -EIO : 0;
	fclose(attr);
	return ret;
}

/* The name of the platform device behind /dev/srfpgaN. */
static bool platform_name(const char *device, char *name, size_t len)
{
	const char *node = strrchr(device, '/');
	char path[200];
	ssize_t got;

	if (!node)
		return false;
	snprintf(path, sizeof(path), "/sys/class/srfpga%s/device", node);
	got = readlink(path, name, len - 1);
	if (got < 0)
		return false;
	name[got] = '\0';
	memmove(name, strrchr(name, '/') + 1, strlen(strrchr(name, '/')));
	return true;
}

static void check_gone(struct live *l)
{
	struct srfpga_buffer *buf = NULL;
	struct srfpga_event event;
	int fence = -1;

	CHECK_EQ(srfpga_device_get_state(l->dev), -ENODEV);
	CHECK_EQ(srfpga_submission_submit(l->sub, &fence), -ENODEV);
	CHECK_EQ(fence, -1);
	CHECK_EQ(srfpga_buffer_alloc(l->dev, 1, SRFPGA_ATTACH_READ, &buf),
		 -ENODEV);
	CHECK_EQ(srfpga_device_wait(l->dev, POLLOUT, -1), -ENODEV);
	while (srfpga_event_read(l->dev, &event, 1, -1) == 1)
		CHECK(!event.status || event.status == -ENODEV);
	CHECK_EQ(srfpga_event_read(l->dev, &event, 1, -1), -ENODEV);
	CHECK_EQ(srfpga_device_wait(l->dev, POLLIN, -1), -ENODEV);
}

/*
 * The device disappears with work under way and comes back. Takes it away from
 * everybody, so only where SRFPGA_TEST_UNPLUG is set, or "lib_live unplug".
 */
static void test_unplug(void)
{
	char name[200];
	struct live l;
	void *addr;
	int fence;

	if (!getenv("SRFPGA_TEST_UNPLUG")) {
		skip("SRFPGA_TEST_UNPLUG is not set");
		return;
	}
	if (!open_hardware(&l))
		return;
	if (CHECK(platform_name(l.info->path, name, sizeof(name)))) {
		CHECK_EQ(srfpga_buffer_map(l.bufs[0], &addr), 0);
		CHECK_EQ(srfpga_submission_submit(l.sub, &fence), 0);
		CHECK_EQ(driver_write("unbind", name), 0);
		check_gone(&l);
		CHECK(srfpga_fence_wait(fence, 0) == 1 ||
		      srfpga_fence_wait(fence, 0) == -ENODEV);
		close(fence);
		/* memory lives on */
		memset(addr, 1, srfpga_buffer_get_size(l.bufs[0]));
		CHECK_EQ(driver_write("bind", name), 0);
	}
	close_device(&l);
	/* udev or devtmpfs may need a moment */
	for (int i = 0; i < 100 && access(device_name(), F_OK); i++)
		usleep(10000);
	test_both_ways();
}

static const struct test tests[] = {
	{ "what the device says of itself", test_describe },
	{ "one call and the long way agree", test_both_ways },
	{ "in flight, chained by fences", test_in_flight },
	{ "refusals", test_refusals },
	{ "export and import", test_share },
	{ "close with work under way", test_close },
	{ "implicit fences of a dma-buf", test_implicit_fences },
	{ "dma-bufs and sync_files in a soft device", test_soft_beside },
	{ "the device disappears and comes back", test_unplug },
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "unplug"))
		setenv("SRFPGA_TEST_UNPLUG", "1", 1);
	return test_main(tests, sizeof(tests) / sizeof(*tests));
}
