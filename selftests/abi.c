// SPDX-License-Identifier: GPL-2.0
/*
 * The interface itself: struct sizes and layouts, file operations, errnos that
 * need no job. Must not know the model: runs on any device.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "../kselftest_harness.h"
#include "testdev.h"

#define AT(type, field, offset) \
	_Static_assert(offsetof(struct type, field) == (offset), \
		       #type "." #field)
#define IS(type, bytes) \
	_Static_assert(sizeof(struct type) == (bytes), #type)

/* The numbers are the interface's; every program ever built relies on them. */
AT(srfpga_get_info, size, 0);
AT(srfpga_get_info, abi_version, 4);
AT(srfpga_get_info, engine, 8);
AT(srfpga_get_info, num_ports, 12);
AT(srfpga_get_info, caps, 16);
AT(srfpga_get_info, state, 24);
AT(srfpga_get_info, dma_bits, 28);
AT(srfpga_get_info, buffer_align, 32);
AT(srfpga_get_info, max_jobs, 36);
AT(srfpga_get_info, max_queued, 40);
AT(srfpga_get_info, max_frames, 44);
AT(srfpga_get_info, max_attachments, 48);
AT(srfpga_get_info, max_memory, 56);
AT(srfpga_get_info, default_timeout_ns, 64);
AT(srfpga_get_info, clock_hz, 72);
AT(srfpga_get_info, name, 80);
IS(srfpga_get_info, 112);
AT(srfpga_get_port, index, 4);
AT(srfpga_get_port, role, 8);
AT(srfpga_get_port, dtype, 12);
AT(srfpga_get_port, bits, 16);
AT(srfpga_get_port, normal_rank, 20);
AT(srfpga_get_port, folded_rank, 24);
AT(srfpga_get_port, frame_bytes, 32);
AT(srfpga_get_port, normal_shape, 40);
AT(srfpga_get_port, folded_shape, 72);
AT(srfpga_get_port, name, 104);
IS(srfpga_get_port, 136);
AT(srfpga_alloc, flags, 4);
AT(srfpga_alloc, bytes, 8);
AT(srfpga_alloc, fd, 16);
AT(srfpga_alloc, pad, 20);
IS(srfpga_alloc, 24);
AT(srfpga_attach, flags, 4);
AT(srfpga_attach, fd, 8);
AT(srfpga_attach, direction, 12);
AT(srfpga_attach, handle, 16);
AT(srfpga_attach, pad, 20);
AT(srfpga_attach, bytes, 24);
IS(srfpga_attach, 32);
AT(srfpga_detach, handle, 4);
IS(srfpga_detach, 8);
AT(srfpga_job_buffer, handle, 0);
AT(srfpga_job_buffer, offset, 8);
AT(srfpga_job_buffer, length, 16);
IS(srfpga_job_buffer, 24);
AT(srfpga_job, buffers, 0);
AT(srfpga_job, num_buffers, 8);
AT(srfpga_job, frames, 12);
IS(srfpga_job, 16);
AT(srfpga_submit, flags, 4);
AT(srfpga_submit, jobs, 8);
AT(srfpga_submit, num_jobs, 16);
AT(srfpga_submit, job_size, 20);
AT(srfpga_submit, buffer_size, 24);
AT(srfpga_submit, priority, 28);
AT(srfpga_submit, in_fence_fd, 32);
AT(srfpga_submit, out_fence_fd, 36);
AT(srfpga_submit, timeout_ns, 40);
AT(srfpga_submit, user_data, 48);
IS(srfpga_submit, 56);
AT(srfpga_event, status, 4);
AT(srfpga_event, user_data, 8);
AT(srfpga_event, seqno, 16);
AT(srfpga_event, jobs_done, 24);
AT(srfpga_event, queued_ns, 32);
AT(srfpga_event, started_ns, 40);
AT(srfpga_event, finished_ns, 48);
IS(srfpga_event, 56);

/** Room behind the known struct for what a later version would know. */
#define TAIL	64

FIXTURE(abi) {
	struct test_dev dev;
};

FIXTURE_SETUP(abi)
{
	if (!dev_present(0))
		SKIP(return, "no %s", dev_path(0));
	ASSERT_EQ(0, dev_open(&self->dev, 0, O_NONBLOCK));
}

FIXTURE_TEARDOWN(abi)
{
	dev_close(&self->dev);
}

TEST_F(abi, info_is_plausible)
{
	const struct srfpga_get_info *info = &self->dev.info;

	EXPECT_EQ(sizeof(*info), info->size);
	EXPECT_EQ(SRFPGA_ABI_VERSION, info->abi_version);
	EXPECT_EQ(SRFPGA_ENGINE_FINN, info->engine);
	EXPECT_GE(info->num_ports, 2);
	EXPECT_LE(info->num_ports, SRFPGA_MAX_PORTS);
	EXPECT_EQ(0, info->caps & ~(SRFPGA_CAP_INTERRUPT | SRFPGA_CAP_COHERENT |
				    SRFPGA_CAP_RESET));
	EXPECT_EQ(SRFPGA_STATE_READY, info->state);
	EXPECT_GE(info->dma_bits, 32);
	EXPECT_LE(info->dma_bits, 64);
	EXPECT_GT(info->buffer_align, 0);
	EXPECT_EQ(0, info->buffer_align & (info->buffer_align - 1));
	EXPECT_GT(info->max_jobs, 1);
	EXPECT_GT(info->max_queued, 1);
	EXPECT_GT(info->max_frames, 1);
	EXPECT_GT(info->max_attachments, info->num_ports);
	EXPECT_GT(info->max_memory, 0);
	EXPECT_GT(info->default_timeout_ns, 0);
	EXPECT_EQ(0, info->pad);
	EXPECT_NE('\0', info->name[0]);
	EXPECT_LT(strnlen(info->name, SRFPGA_NAME_LEN), SRFPGA_NAME_LEN);
}

/** Whether the devicetree says that the device's DMA sees the caches: the node
 * itself or one around it.
 */
static bool dma_coherent(void)
{
	char path[PATH_MAX + 16], node[PATH_MAX], *end;

	snprintf(path, sizeof(path), "/sys/class/srfpga/%s/device/of_node",
		 dev_name(0));
	if (!realpath(path, node))
		return false;
	while ((end = strrchr(node, '/')) && strstr(node, "/devicetree/base")) {
		snprintf(path, sizeof(path), "%s/dma-coherent", node);
		if (!access(path, F_OK))
			return true;
		*end = '\0';
	}
	return false;
}

TEST_F(abi, coherence_is_the_devicetrees)
{
	EXPECT_EQ(dma_coherent(),
		  !!(self->dev.info.caps & SRFPGA_CAP_COHERENT));
}

/** Bytes of a frame that the folded shape makes: rows padded to whole bytes. */
static uint64_t folded_bytes(const struct srfpga_get_port *port)
{
	uint32_t inner = port->folded_shape[port->folded_rank - 1];
	uint64_t bytes = ((uint64_t)inner * port->bits + 7) / 8;
	unsigned int i;

	for (i = 0; i + 1 < port->folded_rank; i++)
		bytes *= port->folded_shape[i];
	return bytes;
}

static uint64_t elements(const uint32_t *shape, unsigned int rank)
{
	uint64_t n = 1;

	while (rank--)
		n *= shape[rank];
	return n;
}

TEST_F(abi, ports_are_plausible)
{
	unsigned int i;

	for (i = 0; i < self->dev.info.num_ports; i++) {
		const struct srfpga_get_port *port = &self->dev.port[i];

		EXPECT_EQ(sizeof(*port), port->size);
		EXPECT_EQ(i, port->index);
		EXPECT_GE(port->role, SRFPGA_PORT_INPUT);
		EXPECT_LE(port->role, SRFPGA_PORT_WEIGHTS);
		EXPECT_GE(port->bits, 1);
		EXPECT_LE(port->bits, 32);
		ASSERT_GE(port->normal_rank, 1);
		ASSERT_LE(port->normal_rank, SRFPGA_MAX_RANK);
		ASSERT_GE(port->folded_rank, 1);
		ASSERT_LE(port->folded_rank, SRFPGA_MAX_RANK);
		EXPECT_EQ(folded_bytes(port), port->frame_bytes);
		EXPECT_EQ(elements(port->normal_shape, port->normal_rank),
			  elements(port->folded_shape, port->folded_rank));
		EXPECT_EQ(0, port->pad);
		EXPECT_NE('\0', port->name[0]);
	}
	EXPECT_GE(dev_port(&self->dev, SRFPGA_PORT_INPUT), 0);
	EXPECT_GE(dev_port(&self->dev, SRFPGA_PORT_OUTPUT), 0);
}

TEST_F(abi, port_index_out_of_range)
{
	struct srfpga_get_port port = {
		.size = sizeof(port), .index = self->dev.info.num_ports,
	};

	EXPECT_EQ(-EINVAL, dev_ioctl(self->dev.fd, SRFPGA_IOC_GET_PORT, &port));
	port.index = UINT32_MAX;
	EXPECT_EQ(-EINVAL, dev_ioctl(self->dev.fd, SRFPGA_IOC_GET_PORT, &port));
}

TEST_F(abi, unknown_commands)
{
	uint32_t arg[32] = { sizeof(arg) };

	EXPECT_EQ(-ENOTTY, dev_ioctl(self->dev.fd,
				     _IO(SRFPGA_IOC_MAGIC, 0x06), arg));
	EXPECT_EQ(-ENOTTY, dev_ioctl(self->dev.fd,
				     _IO(SRFPGA_IOC_MAGIC, 0xff), arg));
	EXPECT_EQ(-ENOTTY, dev_ioctl(self->dev.fd,
				     _IO(SRFPGA_IOC_MAGIC - 1, 0), arg));
	EXPECT_EQ(-ENOTTY, dev_ioctl(self->dev.fd,
				     _IOWR(SRFPGA_IOC_MAGIC, 0, int), arg));
	EXPECT_EQ(-ENOTTY, dev_ioctl(self->dev.fd, 0, arg));
}

/*
 * One variant an ioctl: a valid argument and its size in the first version of
 * the interface, which every program knows at least.
 */
FIXTURE(size) {
	struct test_dev dev;
	struct test_buf buf;
	uint8_t *arg;		/* TAIL bytes longer than the struct, and then
				 * an unmapped page */
	uint8_t *end;
};

FIXTURE_VARIANT(size) {
	unsigned long request;
	size_t known;
};

FIXTURE_VARIANT_ADD(size, get_info) {
	.request = SRFPGA_IOC_GET_INFO,
	.known = sizeof(struct srfpga_get_info),
};

FIXTURE_VARIANT_ADD(size, get_port) {
	.request = SRFPGA_IOC_GET_PORT,
	.known = sizeof(struct srfpga_get_port),
};

FIXTURE_VARIANT_ADD(size, alloc) {
	.request = SRFPGA_IOC_ALLOC,
	.known = sizeof(struct srfpga_alloc),
};

FIXTURE_VARIANT_ADD(size, attach) {
	.request = SRFPGA_IOC_ATTACH,
	.known = sizeof(struct srfpga_attach),
};

FIXTURE_VARIANT_ADD(size, detach) {
	.request = SRFPGA_IOC_DETACH,
	.known = sizeof(struct srfpga_detach),
};

FIXTURE_VARIANT_ADD(size, submit) {
	.request = SRFPGA_IOC_SUBMIT,
	.known = sizeof(struct srfpga_submit),
};

FIXTURE_SETUP(size)
{
	long page = sysconf(_SC_PAGESIZE);

	if (!dev_present(0))
		SKIP(return, "no %s", dev_path(0));
	ASSERT_EQ(0, dev_open(&self->dev, 0, O_NONBLOCK));
	ASSERT_EQ(0, buf_alloc(&self->dev, &self->buf, 4096));
	self->arg = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->arg);
	ASSERT_EQ(0, munmap(self->arg + page, page));
	self->end = self->arg + page;
}

FIXTURE_TEARDOWN(size)
{
	munmap(self->arg, self->end - self->arg);
	buf_drop(&self->buf);
	dev_close(&self->dev);
}

/**
 * A valid argument of @size bytes that ends where memory ends. The submission
 * is malformed in its last known check, so that the result says how far the
 * kernel got: E2BIG comes from the size, EINVAL from the count of jobs.
 */
static void *size_arg(FIXTURE_DATA(size) *self,
		      const FIXTURE_VARIANT(size) *variant, uint32_t size)
{
	union {
		uint32_t size;
		struct srfpga_alloc alloc;
		struct srfpga_attach attach;
		struct srfpga_detach detach;
		uint8_t bytes[256];
	} u = { .bytes = { 0 } };
	size_t room = size < 4 ? 4 : size;

	switch (variant->request) {
	case SRFPGA_IOC_ALLOC:
		u.alloc.bytes = 4096;
		break;
	case SRFPGA_IOC_ATTACH:
		u.attach.fd = self->buf.fd;
		u.attach.direction = SRFPGA_ATTACH_READ;
		break;
	case SRFPGA_IOC_DETACH:
		buf_attach(&self->dev, &self->buf, SRFPGA_ATTACH_READ);
		u.detach.handle = self->buf.handle;
		break;
	}
	u.size = size;
	return memcpy(self->end - room, &u, room);
}

/** What a well-formed call of a variant returns: a submission has no jobs. */
static int size_good(const FIXTURE_VARIANT(size) *variant)
{
	return variant->request == SRFPGA_IOC_SUBMIT ? -EINVAL : 0;
}

static int size_call(FIXTURE_DATA(size) *self,
		     const FIXTURE_VARIANT(size) *variant, void *arg)
{
	int ret = dev_ioctl(self->dev.fd, variant->request, arg);

	if (!ret && variant->request == SRFPGA_IOC_ALLOC)
		close(((struct srfpga_alloc *)arg)->fd);
	if (!ret && variant->request == SRFPGA_IOC_ATTACH) {
		self->buf.handle = ((struct srfpga_attach *)arg)->handle;
		buf_detach(&self->dev, &self->buf);
	}
	return ret;
}

TEST_F(size, too_short)
{
	uint32_t size;

	for (size = 0; size < variant->known; size++)
		EXPECT_EQ(-EINVAL, size_call(self, variant,
					     size_arg(self, variant, size)))
			TH_LOG("size %u", size);
}

/* The argument ends at unmapped memory: a byte read or written too much fails. */
TEST_F(size, exact)
{
	EXPECT_EQ(size_good(variant),
		  size_call(self, variant,
			    size_arg(self, variant, variant->known)));
}

TEST_F(size, longer_with_zero_tail)
{
	uint32_t size;

	for (size = variant->known + 1; size <= variant->known + TAIL; size++)
		EXPECT_EQ(size_good(variant),
			  size_call(self, variant,
				    size_arg(self, variant, size)))
			TH_LOG("size %u", size);
}

TEST_F(size, longer_with_tail)
{
	uint32_t size = variant->known + TAIL;
	size_t i;

	for (i = variant->known; i < size; i++) {
		uint8_t *arg = size_arg(self, variant, size);

		arg[i] = 1;
		EXPECT_EQ(-E2BIG, size_call(self, variant, arg))
			TH_LOG("byte %zu", i);
	}
}

TEST_F(size, absurdly_long)
{
	void *arg = size_arg(self, variant, variant->known);

	memset(arg, 0xff, 4);
	EXPECT_EQ(-E2BIG, size_call(self, variant, arg));
}

TEST_F(size, bad_address)
{
	void *arg = size_arg(self, variant, variant->known);

	EXPECT_EQ(-EFAULT, size_call(self, variant, self->end));
	EXPECT_EQ(-EFAULT, dev_ioctl(self->dev.fd, variant->request, NULL));
	/* the size says more than is mapped */
	EXPECT_EQ(-EFAULT, dev_ioctl(self->dev.fd, variant->request,
				     (uint8_t *)memmove((uint8_t *)arg + 4,
							arg,
							variant->known - 4)));
}

TEST_F(size, read_only_argument)
{
	void *arg = size_arg(self, variant, variant->known);
	long page = sysconf(_SC_PAGESIZE);
	bool writes = variant->request != SRFPGA_IOC_DETACH &&
		      variant->request != SRFPGA_IOC_SUBMIT;

	ASSERT_EQ(0, mprotect(self->end - page, page, PROT_READ));
	EXPECT_EQ(writes ? -EFAULT : size_good(variant),
		  dev_ioctl(self->dev.fd, variant->request, arg));
	ASSERT_EQ(0, mprotect(self->end - page, page, PROT_READ | PROT_WRITE));
}

TEST_F(abi, out_size_is_the_kernels)
{
	struct {
		struct srfpga_get_info info;
		uint8_t tail[TAIL];
	} arg = { 0 };

	arg.info.size = sizeof(arg);
	ASSERT_EQ(0, dev_ioctl(self->dev.fd, SRFPGA_IOC_GET_INFO, &arg));
	EXPECT_EQ(sizeof(arg.info), arg.info.size);
	EXPECT_EQ(SRFPGA_ABI_VERSION, arg.info.abi_version);
}

TEST_F(abi, read_without_event)
{
	struct srfpga_event ev;

	EXPECT_EQ(-1, read(self->dev.fd, &ev, sizeof(ev)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(abi, read_too_small)
{
	struct srfpga_event ev;

	EXPECT_EQ(-1, read(self->dev.fd, &ev, sizeof(ev) - 1));
	EXPECT_EQ(EINVAL, errno);
}

static void on_alarm(int sig)
{
}

TEST_F(abi, read_blocks_until_signal)
{
	struct sigaction act = { .sa_handler = on_alarm };
	struct srfpga_event ev;
	int fd = open(dev_path(0), O_RDWR);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, sigaction(SIGALRM, &act, NULL));
	ualarm(20000, 20000);	/* again and again: the first may come early */
	EXPECT_EQ(-1, read(fd, &ev, sizeof(ev)));
	EXPECT_EQ(EINTR, errno);
	ualarm(0, 0);
	close(fd);
}

TEST_F(abi, write_and_seek_are_not_there)
{
	char byte = 0;

	EXPECT_EQ(-1, write(self->dev.fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(self->dev.fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED,
				   self->dev.fd, 0));
	EXPECT_EQ(ENODEV, errno);
}

TEST_F(abi, poll_idle)
{
	EXPECT_EQ(POLLOUT, dev_poll(self->dev.fd, POLLIN | POLLOUT, 0));
}

TEST_F(abi, dup_is_the_same_file)
{
	struct test_buf buf;
	struct test_dev twin = self->dev;

	ASSERT_EQ(0, buf_alloc(&self->dev, &buf, 4096));
	ASSERT_EQ(0, buf_attach(&self->dev, &buf, SRFPGA_ATTACH_READ));
	twin.fd = dup(self->dev.fd);
	ASSERT_GE(twin.fd, 0);
	EXPECT_EQ(0, buf_detach(&twin, &buf));
	buf_drop(&buf);
	close(twin.fd);
	EXPECT_EQ(POLLOUT, dev_poll(self->dev.fd, POLLIN | POLLOUT, 0));
}

TEST_F(abi, handles_belong_to_one_file)
{
	struct test_dev other;
	struct test_buf buf, copy;

	ASSERT_EQ(0, dev_open(&other, 0, 0));
	ASSERT_EQ(0, buf_alloc(&self->dev, &buf, 4096));
	ASSERT_EQ(0, buf_attach(&self->dev, &buf, SRFPGA_ATTACH_READ));
	copy = buf;
	EXPECT_EQ(-ENOENT, buf_detach(&other, &copy));
	EXPECT_EQ(0, buf_detach(&self->dev, &buf));
	buf_drop(&buf);
	dev_close(&other);
}

TEST_F(abi, fork_shares_the_file)
{
	struct test_buf buf;
	int pid;

	ASSERT_EQ(0, buf_alloc(&self->dev, &buf, 4096));
	ASSERT_EQ(0, buf_attach(&self->dev, &buf, SRFPGA_ATTACH_READ));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(-buf_detach(&self->dev, &buf));
	EXPECT_EQ(0, child_wait(pid, TEST_WAIT_MS));
	EXPECT_EQ(-ENOENT, buf_detach(&self->dev, &buf));
	buf_drop(&buf);
}

static void *attach_loop(void *arg)
{
	struct test_dev *dev = arg;
	struct test_buf buf;
	intptr_t bad = 0;
	int i;

	if (buf_alloc(dev, &buf, 8192))
		return (void *)-1;
	for (i = 0; i < 50; i++) {
		bad += !!buf_attach(dev, &buf, SRFPGA_ATTACH_READ);
		bad += !!buf_detach(dev, &buf);
	}
	buf_drop(&buf);
	return (void *)bad;
}

TEST_F(abi, threads_share_the_file)
{
	pthread_t thread[4];
	unsigned int i;
	void *bad;

	for (i = 0; i < ARRAY_SIZE(thread); i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, attach_loop,
					    &self->dev));
	for (i = 0; i < ARRAY_SIZE(thread); i++) {
		ASSERT_EQ(0, pthread_join(thread[i], &bad));
		EXPECT_EQ(NULL, bad);
	}
}

TEST_HARNESS_MAIN
