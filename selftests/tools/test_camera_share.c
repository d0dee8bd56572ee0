// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whose memory the frames lie in, and what the user is told when neither way
 * works: cameras and devices that fail as they are told, behind the calls of
 * v4l2.c and the library. Must not know how frames move.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "camera.h"
#include "test.h"
#include "tool.h"

/**
 * struct scene - what fails, and what came of it
 * @alloc: of the accelerator's memory
 * @import: the camera, given the accelerator's memory
 * @export: the accelerator, given the camera's memory
 * @is_virtual: the camera's memory is vmalloc()'s
 * @coherent: the accelerator sees the CPU's caches
 */
static struct scene {
	int alloc;
	int import;
	int export;
	bool is_virtual;
	bool coherent;
} scene;

static bool exported;
static struct srfpga_device_info info;

int __wrap_v4l2_request(struct v4l2 *cam, enum v4l2_sharing sharing,
			uint32_t count);
int __wrap_v4l2_try_import(struct v4l2 *cam, uint32_t index);
bool __wrap_v4l2_export_is_virtual(const struct v4l2 *cam);

int __wrap_v4l2_request(struct v4l2 *cam, enum v4l2_sharing sharing,
			uint32_t count)
{
	exported |= sharing == V4L2_EXPORT;
	cam->sharing = sharing;
	cam->num_buffers = 1;
	cam->dmabuf[0] = -1;
	return 0;
}

int __wrap_v4l2_try_import(struct v4l2 *cam, uint32_t index)
{
	return scene.import;
}

bool __wrap_v4l2_export_is_virtual(const struct v4l2 *cam)
{
	return scene.is_virtual;
}

int srfpga_buffer_alloc(struct srfpga_device *dev, uint64_t size,
			uint32_t access, struct srfpga_buffer **out)
{
	return scene.alloc;
}

int srfpga_buffer_export(const struct srfpga_buffer *buf, int *fd)
{
	*fd = -1;
	return 0;
}

int srfpga_buffer_import(struct srfpga_device *dev, int fd, uint32_t access,
			 struct srfpga_buffer **out)
{
	return scene.export;
}

void srfpga_buffer_free(struct srfpga_buffer *buf)
{
}

const struct srfpga_device_info *
srfpga_device_get_info(const struct srfpga_device *dev)
{
	return &info;
}

/* What camera_share() returns; @said receives what it prints. */
static int share(const struct scene *what, int wish, char *said, size_t len)
{
	const struct srfpga_port port = { .frame_bytes = 12 };
	const struct camera_options opt = { .source = "cam", .sharing = wish };
	struct camera c = { .opt = &opt, .in = &port };
	FILE *log = tmpfile();
	int err, ret;

	scene = *what;
	exported = false;
	info.caps = scene.coherent ? SRFPGA_CAP_COHERENT : 0;
	fflush(stderr);
	err = dup(STDERR_FILENO);
	dup2(fileno(log), STDERR_FILENO);
	ret = camera_share(&c);
	dup2(err, STDERR_FILENO);
	close(err);
	rewind(log);
	said[fread(said, 1, len - 1, log)] = '\0';
	fclose(log);
	return ret;
}

static void test_ours_first(void)
{
	char said[400];

	CHECK_EQ(share(&(struct scene){ .is_virtual = true }, -1, said,
		       sizeof(said)), TOOL_OK);
	CHECK(!exported && !*said);
}

/* A driver that has no such call: its own memory, and the user is told why. */
static void test_falls_back(void)
{
	static const int no_such[] = { EINVAL, ENOTTY, EOPNOTSUPP, EFAULT };
	char said[400];

	for (size_t i = 0; i < sizeof(no_such) / sizeof(*no_such); i++) {
		struct scene s = { .import = -no_such[i] };

		CHECK_EQ(share(&s, -1, said, sizeof(said)), TOOL_OK);
		CHECK(exported);
		CHECK(strstr(said, strerror(no_such[i])));
		CHECK(strstr(said, "our buffers"));
		CHECK_EQ(share(&s, V4L2_IMPORT, said, sizeof(said)),
			 TOOL_FAILURE);
		CHECK(!exported);
		CHECK(strstr(said, strerror(no_such[i])));
	}
}

/* What has nothing to do with the way is no reason for the other one. */
static void test_other_errors(void)
{
	static const struct scene scenes[] = {
		{ .alloc = -ENOMEM }, { .import = -ENOMEM },
		{ .import = -ENODEV }, { .import = -EBUSY },
		{ .alloc = -EMFILE },
	};
	char said[400];

	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		int err = -(scenes[i].alloc + scenes[i].import);

		CHECK_EQ(share(&scenes[i], -1, said, sizeof(said)),
			 TOOL_FAILURE);
		CHECK(!exported);
		CHECK(strstr(said, strerror(err)));
	}
}

/* What a USB camera's driver exports, nobody writes back to memory. */
static void test_virtual(void)
{
	const struct scene s = { .import = -EINVAL, .is_virtual = true };
	const struct scene safe = {
		.import = -EINVAL, .is_virtual = true, .coherent = true,
	};
	char said[400];

	CHECK_EQ(share(&s, V4L2_EXPORT, said, sizeof(said)), TOOL_FAILURE);
	CHECK(strstr(said, "caches"));
	CHECK_EQ(share(&s, -1, said, sizeof(said)), TOOL_FAILURE);
	CHECK(strstr(said, "caches"));
	CHECK(strstr(said, strerror(EINVAL)));
	CHECK_EQ(share(&safe, -1, said, sizeof(said)), TOOL_OK);
}

static void test_scattered(void)
{
	const struct scene s = { .export = -EOPNOTSUPP };
	char said[400];

	CHECK_EQ(share(&s, V4L2_EXPORT, said, sizeof(said)), TOOL_FAILURE);
	CHECK(strstr(said, "not contiguous"));
}

static const struct test tests[] = {
	{ "our memory is tried first", test_ours_first },
	{ "the camera's is taken where ours cannot be", test_falls_back },
	{ "other errors end it", test_other_errors },
	{ "vmalloc() memory is not exported", test_virtual },
	{ "scattered memory is named", test_scattered },
};

TEST_MAIN(tests)
