// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The names of a classifier's classes, from a file of its own or beside its
 * model. Must not know what is classified.
 */
#include "labels.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "infile.h"
#include "target.h"
#include "tool.h"

#define SUFFIX	".labels.txt"

/* The model of "soft:DIR/NAME.onnx,threads=2" is DIR/NAME; others are none. */
static int soft_model(const char *device, char *path, size_t len)
{
	const char *end = strstr(device, ".onnx");
	int n;

	if (strncmp(device, "soft:", 5) || !end)
		return -ENOENT;
	n = snprintf(path, len, "%.*s", (int)(end - device - 5), device + 5);
	return n < 0 || (size_t)n >= len ? -ENAMETOOLONG : 0;
}

static int try_beside(const char *stem, char *path, size_t len)
{
	int n = snprintf(path, len, "%s" SUFFIX, stem);

	return n < 0 || (size_t)n >= len || access(path, R_OK) ? -ENOENT : 0;
}

static int try_shipped(const char *stem, char *path, size_t len)
{
	char file[SRFPGA_NAME_LEN + sizeof(SUFFIX)];

	snprintf(file, sizeof(file), "%.*s" SUFFIX, SRFPGA_NAME_LEN, stem);
	return target_find_model(file, path, len);
}

int labels_find(const struct srfpga_device_info *info, char *path, size_t len)
{
	char stem[PATH_MAX];
	char *name, *cut;

	if (!info->is_soft)
		snprintf(stem, sizeof(stem), "%s", info->name);
	else if (soft_model(info->path, stem, sizeof(stem)))
		return -ENOENT;
	name = strrchr(stem, '/');
	name = name ? name + 1 : stem;
	/* Variants of one network (net_64_w8) share the names (net). */
	for (;;) {
		if (!(info->is_soft ? try_beside(stem, path, len) :
				      try_shipped(stem, path, len)))
			return 0;
		cut = strrchr(name, '_');
		if (!cut)
			return -ENOENT;
		*cut = '\0';
	}
}

int labels_load(const char *path, struct labels *l)
{
	struct infile in;
	uint8_t *data;
	char *line;
	size_t len, i, lines = 1;
	int ret;

	*l = (struct labels){ 0 };
	if (!path)
		return TOOL_OK;
	ret = infile_open(&in, path);
	if (!ret)
		ret = infile_slurp(&in, &data, &len);
	infile_close(&in);
	if (ret)
		return ret;
	for (i = 0; i < len; i++)
		lines += data[i] == '\n';
	l->text = strndup((char *)data, len);
	free(data);
	l->line = calloc(lines, sizeof(*l->line));
	if (!l->text || !l->line) {
		labels_free(l);
		return tool_fail_errno(path, ENOMEM);
	}
	for (line = l->text; line && *line;) {
		char *end = strchr(line, '\n');

		l->line[l->count++] = line;
		if (end)
			*end++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		line = end;
	}
	return TOOL_OK;
}

void labels_free(struct labels *l)
{
	free(l->text);
	free(l->line);
	*l = (struct labels){ 0 };
}
