// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Buffers of soft devices: memory, descriptors, CPU access, limits.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

#define BOTH	(SRFPGA_ATTACH_READ | SRFPGA_ATTACH_WRITE)

static void test_alloc(void)
{
	struct srfpga_buffer *buf;
	struct fixture f;
	void *addr, *again;

	fixture_open(&f);
	CHECK_EQ(srfpga_buffer_alloc(f.dev, 5000, BOTH, &buf), 0);
	CHECK_EQ(srfpga_buffer_get_size(buf), 8192);
	CHECK_EQ(srfpga_buffer_map(buf, &addr), 0);
	CHECK_EQ(srfpga_buffer_map(buf, &again), 0);
	CHECK(addr == again);
	for (int i = 0; i < 8192; i++)
		if (!CHECK_EQ(((char *)addr)[i], 0))
			break;
	memset(addr, 1, 8192);
	srfpga_buffer_free(buf);
	fixture_close(&f);
}

static void test_bad_arguments(void)
{
	struct srfpga_buffer *buf = NULL;
	struct fixture f;

	fixture_open(&f);
	CHECK_EQ(srfpga_buffer_alloc(f.dev, 0, BOTH, &buf), -EINVAL);
	CHECK_EQ(srfpga_buffer_alloc(f.dev, 1, 0, &buf), -EINVAL);
	CHECK_EQ(srfpga_buffer_alloc(f.dev, 1, 4, &buf), -EINVAL);
	CHECK_EQ(srfpga_buffer_alloc(f.dev, 1ULL << 60, BOTH, &buf), -ENOMEM);
	CHECK_EQ(srfpga_buffer_alloc(f.dev, ~0ULL, BOTH, &buf), -ENOMEM);
	CHECK_EQ(srfpga_buffer_import(f.dev, 0, 0, &buf), -EINVAL);
	CHECK(!buf);
	fixture_close(&f);
}

static void test_export(void)
{
	struct fixture f;
	uint8_t *addr;
	int fd = -1;

	fixture_open(&f);
	CHECK_EQ(srfpga_buffer_export(f.in, &fd), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	addr = mmap(NULL, FIXTURE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
	CHECK(addr != MAP_FAILED);
	f.in_addr[5] = 42;
	CHECK_EQ(addr[5], 42);
	/* nobody can pull the memory away from under the worker */
	CHECK(ftruncate(fd, 0) && errno == EPERM);
	munmap(addr, FIXTURE_BYTES);
	close(fd);
	fixture_close(&f);
}

static int memory(size_t bytes)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	CHECK_EQ(ftruncate(fd, bytes), 0);
	return fd;
}

static void test_import(void)
{
	int fd = memory(10000);
	struct srfpga_buffer *buf;
	struct fixture f;
	uint8_t byte = 0;
	void *addr;

	fixture_open(&f);
	CHECK_EQ(srfpga_buffer_import(f.dev, fd, BOTH, &buf), 0);
	CHECK_EQ(srfpga_buffer_get_size(buf), 10000);
	CHECK_EQ(srfpga_buffer_map(buf, &addr), 0);
	((uint8_t *)addr)[9999] = 7;
	CHECK_EQ(pread(fd, &byte, 1, 9999), 1);
	CHECK_EQ(byte, 7);
	close(fd);
	((uint8_t *)addr)[9998] = 7;
	srfpga_buffer_free(buf);
	fixture_close(&f);
}

static void test_import_refused(void)
{
	struct srfpga_buffer *buf = NULL;
	int empty = memory(0), pipe_fds[2];
	struct fixture f;

	fixture_open(&f);
	CHECK_EQ(pipe(pipe_fds), 0);
	CHECK_EQ(srfpga_buffer_import(f.dev, -1, BOTH, &buf), -EBADF);
	CHECK_EQ(srfpga_buffer_import(f.dev, empty, BOTH, &buf), -EBADF);
	CHECK_EQ(srfpga_buffer_import(f.dev, pipe_fds[0], BOTH, &buf), -EBADF);
	CHECK(!buf);
	close(empty);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	fixture_close(&f);
}

static void test_read_only(void)
{
	int fd = memory(4096), ro;
	struct srfpga_buffer *buf = NULL;
	char path[64];
	struct fixture f;
	void *addr;

	fixture_open(&f);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	CHECK_EQ(srfpga_buffer_import(f.dev, ro, SRFPGA_ATTACH_WRITE, &buf),
		 -EACCES);
	CHECK(!buf);
	CHECK_EQ(srfpga_buffer_import(f.dev, ro, SRFPGA_ATTACH_READ, &buf), 0);
	CHECK_EQ(srfpga_buffer_map(buf, &addr), 0);
	CHECK_EQ(((char *)addr)[0], 0);
	srfpga_buffer_free(buf);
	close(ro);
	close(fd);
	fixture_close(&f);
}

static void test_cpu_access(void)
{
	struct fixture f;

	fixture_open(&f);
	CHECK_EQ(srfpga_buffer_begin_cpu(f.in, SRFPGA_CPU_WRITE, 0, 0), 0);
	CHECK_EQ(srfpga_buffer_end_cpu(f.in, SRFPGA_CPU_WRITE, 0, 0), 0);
	CHECK_EQ(srfpga_buffer_begin_cpu(f.in, SRFPGA_CPU_READ, 4096, 0), 0);
	CHECK_EQ(srfpga_buffer_begin_cpu(f.in, 0, 0, 0), -EINVAL);
	CHECK_EQ(srfpga_buffer_begin_cpu(f.in, 4, 0, 0), -EINVAL);
	CHECK_EQ(srfpga_buffer_begin_cpu(f.in, SRFPGA_CPU_READ, 4097, 0),
		 -ERANGE);
	CHECK_EQ(srfpga_buffer_begin_cpu(f.in, SRFPGA_CPU_READ, 1, 4096),
		 -ERANGE);
	CHECK_EQ(srfpga_buffer_end_cpu(f.in, SRFPGA_CPU_READ, 1, ~0ULL),
		 -ERANGE);
	fixture_close(&f);
}

static void test_implicit_fences(void)
{
	struct fixture f;
	int fd = -1;

	fixture_open(&f);
	CHECK_EQ(srfpga_buffer_export_fence(f.in, SRFPGA_CPU_READ, &fd),
		 -EOPNOTSUPP);
	CHECK_EQ(srfpga_buffer_import_fence(f.in, SRFPGA_CPU_WRITE, 0),
		 -EOPNOTSUPP);
	CHECK_EQ(srfpga_buffer_export_fence(f.in, 0, &fd), -EINVAL);
	CHECK_EQ(srfpga_buffer_import_fence(f.in, 8, 0), -EINVAL);
	CHECK_EQ(fd, -1);
	fixture_close(&f);
}

static void test_limit(void)
{
	static struct srfpga_buffer *bufs[SOFT_MAX_ATTACHMENTS];
	struct srfpga_buffer *more = NULL;
	struct fixture f;
	size_t count;
	struct rlimit files;
	int fd = memory(4096);

	/* a buffer is a descriptor too */
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_max < SOFT_MAX_ATTACHMENTS + 64) {
		close(fd);
		skip("the limit on open files is lower");
		return;
	}
	fixture_open(&f);
	/* two of them are the fixture's */
	for (count = 0; count < SOFT_MAX_ATTACHMENTS - 2; count++)
		if (!CHECK_EQ(srfpga_buffer_import(f.dev, fd, BOTH,
						   &bufs[count]), 0))
			break;
	CHECK_EQ(srfpga_buffer_import(f.dev, fd, BOTH, &more), -EDQUOT);
	srfpga_buffer_free(bufs[--count]);
	CHECK_EQ(srfpga_buffer_import(f.dev, fd, BOTH, &more), 0);
	srfpga_buffer_free(more);
	while (count)
		srfpga_buffer_free(bufs[--count]);
	close(fd);
	fixture_close(&f);
}

static const struct test tests[] = {
	{ "allocate and map", test_alloc },
	{ "bad arguments", test_bad_arguments },
	{ "export", test_export },
	{ "import", test_import },
	{ "import of what is not memory", test_import_refused },
	{ "read-only memory", test_read_only },
	{ "CPU access", test_cpu_access },
	{ "no implicit fences on plain memory", test_implicit_fences },
	{ "the limit on attachments", test_limit },
};

TEST_MAIN(tests)
