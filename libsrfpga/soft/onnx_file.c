// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads and decodes ONNX files; what is decoded may not take much more memory
 * than the file. Must not know what the nodes mean.
 */
#include "onnx_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"

#define MAX_FILE	(512u << 20)
/* An empty submessage of two bytes becomes a struct of some 100 bytes; large
 * files consist of tensors, which stay as they are.
 */
#define EXPANSION	32u
#define MEMORY_BASE	(1u << 20)
#define MEMORY_MOST	(256u << 20)

struct soft_onnx_file {
	struct soft_arena *arena;
	SoftOnnx__Model *model;
	size_t size;
};

static void *decoder_alloc(void *arena, size_t size)
{
	return soft_alloc(arena, 1, size);
}

/* All goes at once with the arena. */
static void decoder_free(void *arena, void *p)
{
	(void)arena;
	(void)p;
}

static int parse(struct soft_onnx_file *file, const uint8_t *data, size_t len)
{
	size_t small = len * EXPANSION + MEMORY_BASE;
	size_t large = 2 * len + MEMORY_MOST;
	ProtobufCAllocator allocator = { decoder_alloc, decoder_free, NULL };

	file->size = len;
	file->arena = soft_arena_new(small < large ? small : large);
	if (!file->arena)
		return -ENOMEM;
	allocator.allocator_data = file->arena;
	file->model = soft_onnx__model__unpack(&allocator, len, data);
	return file->model && file->model->graph ? 0 : -EINVAL;
}

int soft_onnx_parse(const uint8_t *data, size_t len,
		    struct soft_onnx_file **out)
{
	struct soft_onnx_file *file = calloc(1, sizeof(*file));
	int ret;

	if (!file)
		return -ENOMEM;
	ret = parse(file, data, len);
	if (ret) {
		soft_onnx_close(file);
		return ret;
	}
	*out = file;
	return 0;
}

static int read_all(int fd, uint8_t *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, data + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EINVAL;
		done += (size_t)n;
	}
	return 0;
}

static int read_fd(int fd, struct soft_onnx_file **out)
{
	struct stat st;
	uint8_t *data;
	int ret;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return -EINVAL;
	if (st.st_size > MAX_FILE)
		return -E2BIG;
	data = malloc((size_t)st.st_size);
	if (!data)
		return -ENOMEM;
	ret = read_all(fd, data, (size_t)st.st_size);
	if (!ret)
		ret = soft_onnx_parse(data, (size_t)st.st_size, out);
	free(data);
	return ret;
}

int soft_onnx_open(const char *path, struct soft_onnx_file **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int ret;

	if (fd < 0)
		return -errno;
	ret = read_fd(fd, out);
	close(fd);
	return ret;
}

const SoftOnnx__Model *soft_onnx_model(const struct soft_onnx_file *file)
{
	return file->model;
}

size_t soft_onnx_size(const struct soft_onnx_file *file)
{
	return file->size;
}

void soft_onnx_close(struct soft_onnx_file *file)
{
	if (!file)
		return;
	soft_arena_free(file->arena);
	free(file);
}
