// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera --save: the last frame and what the accelerator made of it.
 * Must not know how frames move.
 */
#include "camera.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "tool.h"

/* Copy @bytes of a buffer that neither camera nor accelerator writes now. */
static int read_buffer(struct srfpga_buffer *buf, uint8_t *to, uint64_t bytes)
{
	void *addr;
	int ret = srfpga_buffer_map(buf, &addr);

	if (!ret)
		ret = srfpga_buffer_begin_cpu(buf, SRFPGA_CPU_READ, 0, 0);
	if (ret)
		return tool_fail_errno("--save", ret);
	memcpy(to, addr, bytes);
	srfpga_buffer_end_cpu(buf, SRFPGA_CPU_READ, 0, 0);
	return TOOL_OK;
}

int camera_keep(struct camera *c, int k)
{
	struct camera_output *o = &c->outputs[k];

	/* Any of the outputs that are under way then may be the last. */
	if (!c->opt->save ||
	    c->stats.out + CAMERA_MAX_OUTPUTS < c->opt->frames)
		return TOOL_OK;
	if (!o->kept)
		o->kept = malloc(c->in->frame_bytes);
	if (!o->kept)
		return tool_fail_errno("--save", ENOMEM);
	return read_buffer(c->inputs[o->input], o->kept, c->in->frame_bytes);
}

/* "shot" and "shot.ppm" are shot_in.ppm and shot_out.ppm, so are other kinds. */
static char *name_file(const char *wish, const char *which)
{
	static const char *const kinds[] = { ".ppm", ".png", ".jpg" };
	size_t i, len = strlen(wish);
	const char *kind = kinds[0];
	char *path;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (len > 4 && !strcmp(wish + len - 4, kinds[i])) {
			kind = kinds[i];
			len -= 4;
			break;
		}
	return asprintf(&path, "%.*s_%s%s", (int)len, wish, which, kind) < 0 ?
		NULL : path;
}

static int save(const char *wish, const char *which,
		const struct srfpga_port *port, uint8_t *pixels)
{
	struct image img = {
		.width = port->normal_shape[1],
		.height = port->normal_shape[0],
		.channels = 3, .pixels = pixels,
	};
	char *path = name_file(wish, which);
	int ret;

	if (!path)
		return tool_fail_errno("--save", ENOMEM);
	ret = image_save(path, &img);
	free(path);
	return ret;
}

int camera_save(struct camera *c, int k)
{
	struct camera_output *o = &c->outputs[k];
	uint8_t *pixels;
	int ret;

	if (!c->opt->save || !o->kept)
		return TOOL_OK;
	pixels = malloc(c->out->frame_bytes);
	if (!pixels)
		return tool_fail_errno("--save", ENOMEM);
	ret = read_buffer(o->buf, pixels, c->out->frame_bytes);
	if (!ret)
		ret = save(c->opt->save, "in", c->in, o->kept);
	if (!ret)
		ret = save(c->opt->save, "out", c->out, pixels);
	free(pixels);
	return ret;
}
