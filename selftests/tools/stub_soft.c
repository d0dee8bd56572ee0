// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A software FPGA for the tests of the tool: libsrfpga-soft.so with networks
 * that are written as text, compute something simple, and fail on demand.
 *
 * A "model" is lines of "key value" behind the line "stub":
 * factor	how much larger the result is (2)
 * radius	how far the input reaches (3)
 * channels	of the picture (3)
 * scores	instead of a picture, the first N input elements
 * bits		of an output element of scores (8)
 * signed	1: they are INT
 * steps	of the picture's codes from 0 to 1 (255)
 * height width	fixed size
 * wrong	the last element is wrong from the Nth frame on
 * delay	milliseconds that a frame takes (0)
 * fail error	runs end with -error from the Nth frame on
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "soft/srfpga_soft.h"
#include "srfpga.h"

#define API __attribute__((visibility("default")))

struct srfpga_soft_model {
	uint32_t height;
	uint32_t width;
	uint32_t channels;
	uint32_t factor;
	uint32_t radius;
	uint32_t scores;
	uint32_t bits;
	uint32_t is_signed;
	uint32_t steps;
	uint32_t wrong;
	uint32_t delay;
	uint32_t fail;
	uint32_t error;
	uint32_t frames;
};

static uint32_t *find_key(struct srfpga_soft_model *m, const char *key)
{
	const struct {
		const char *key;
		uint32_t *value;
	} keys[] = {
		{ "height", &m->height }, { "width", &m->width },
		{ "channels", &m->channels }, { "factor", &m->factor },
		{ "radius", &m->radius }, { "scores", &m->scores },
		{ "bits", &m->bits }, { "signed", &m->is_signed }, { "steps", &m->steps },
		{ "wrong", &m->wrong }, { "delay", &m->delay },
		{ "fail", &m->fail }, { "error", &m->error },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strcmp(key, keys[i].key))
			return keys[i].value;
	return NULL;
}

static int parse(FILE *f, struct srfpga_soft_model *m)
{
	char key[32];
	uint32_t value;

	if (fscanf(f, "%31s", key) != 1 || strcmp(key, "stub"))
		return -EINVAL;
	while (fscanf(f, "%31s %u", key, &value) == 2) {
		uint32_t *to = find_key(m, key);

		if (!to)
			return -EINVAL;
		*to = value;
	}
	return 0;
}

API int srfpga_soft_load(const char *path, const struct srfpga_soft_options *opt,
			 struct srfpga_soft_model **out, char *err, size_t len)
{
	struct srfpga_soft_model m = { .channels = 3, .factor = 2, .radius = 3,
				       .bits = 8, .steps = 255 };
	FILE *f = fopen(path, "re");
	int ret;

	if (!f) {
		ret = -errno;
		if (err)
			snprintf(err, len, "%s: %s", path, strerror(-ret));
		return ret;
	}
	ret = parse(f, &m);
	fclose(f);
	if (!m.height && opt)
		m.height = opt->height;
	if (!m.width && opt)
		m.width = opt->width;
	if (ret && err)
		snprintf(err, len, "%s: not an ONNX file", path);
	if (!ret && (!m.height || !m.width)) {
		ret = -EINVAL;
		if (err)
			snprintf(err, len, "%s: the size has to be given", path);
	}
	if (ret)
		return ret;
	*out = malloc(sizeof(m));
	if (!*out)
		return -ENOMEM;
	**out = m;
	return 0;
}

API void srfpga_soft_free(struct srfpga_soft_model *m)
{
	free(m);
}

API uint32_t srfpga_soft_num_ports(const struct srfpga_soft_model *m)
{
	return 2;
}

API int srfpga_soft_get_port(const struct srfpga_soft_model *m, uint32_t index,
			     struct srfpga_soft_port *p)
{
	uint32_t scale = index ? m->factor : 1;

	if (index > 1)
		return -EINVAL;
	*p = (struct srfpga_soft_port){ .is_output = index, .dtype = 1,
					.bits = 8, .scale = 1.0 / m->steps };
	strcpy(p->name, index ? "output" : "input");
	if (index && m->scores) {
		p->bits = m->bits;
		p->dtype = m->is_signed ? SRFPGA_DTYPE_INT : SRFPGA_DTYPE_UINT;
		p->normal_rank = 1;
		p->normal_shape[0] = m->scores;
		p->frame_bytes = (m->scores * m->bits + 7) / 8;
		p->scale = 0.5;
	} else {
		p->normal_rank = 3;
		p->normal_shape[0] = m->height * scale;
		p->normal_shape[1] = m->width * scale;
		p->normal_shape[2] = m->channels;
		p->frame_bytes = (uint64_t)m->height * m->width * m->channels *
				 scale * scale;
	}
	p->folded_rank = p->normal_rank;
	memcpy(p->folded_shape, p->normal_shape, sizeof(p->normal_shape));
	return 0;
}

API int srfpga_soft_radius(const struct srfpga_soft_model *m, uint32_t *radius,
			   uint32_t *factor)
{
	if (m->scores)
		return -EOPNOTSUPP;
	*radius = m->radius;
	*factor = m->factor;
	return 0;
}

static uint32_t at(const struct srfpga_soft_model *m, const uint8_t *in,
		   int64_t y, int64_t x, uint32_t c)
{
	if (y < 0 || x < 0 || y >= m->height || x >= m->width)
		return 0;
	return in[((uint64_t)y * m->width + (uint64_t)x) * m->channels + c];
}

/* A cross and two corners that reach as far as the radius says. */
static uint32_t mix(const struct srfpga_soft_model *m, const uint8_t *in,
		    uint32_t y, uint32_t x, uint32_t c)
{
	int64_t r = m->radius;
	uint32_t sum = 20 * at(m, in, y, x, c);
	int64_t k;

	for (k = -r; k <= r; k++)
		sum += at(m, in, y + k, x, c) + at(m, in, y, x + k, c);
	sum += at(m, in, y + r, x - r, c) + at(m, in, y - r, x + r, c);
	return sum / (24 + 4 * m->radius);
}

static void run_picture(const struct srfpga_soft_model *m, const uint8_t *in,
			uint8_t *out)
{
	uint32_t f = m->factor;

	for (uint32_t y = 0; y < m->height * f; y++)
		for (uint32_t x = 0; x < m->width * f; x++)
			for (uint32_t c = 0; c < m->channels; c++) {
				uint32_t v = mix(m, in, y / f, x / f, c) +
					     x % f + 2 * (y % f);

				*out++ = (uint8_t)(v > 255 ? 255 : v);
			}
}

static void run_scores(const struct srfpga_soft_model *m, const uint8_t *in,
		       uint8_t *out)
{
	memset(out, 0, (m->scores * m->bits + 7) / 8);
	for (uint32_t i = 0; i < m->scores; i++)
		for (uint32_t b = 0; b < m->bits && b < 8; b++)
			out[(i * m->bits + b) / 8] |=
				(uint8_t)((in[i] >> b & 1) <<
					  ((i * m->bits + b) % 8));
}

API int srfpga_soft_run(const struct srfpga_soft_model *model,
			void *const *buffers, uint32_t frames)
{
	struct srfpga_soft_model *m = (struct srfpga_soft_model *)model;
	struct srfpga_soft_port in, out;
	uint32_t i;

	srfpga_soft_get_port(m, 0, &in);
	srfpga_soft_get_port(m, 1, &out);
	for (i = 0; i < frames; i++) {
		const uint8_t *from = (uint8_t *)buffers[0] + i * in.frame_bytes;
		uint8_t *to = (uint8_t *)buffers[1] + i * out.frame_bytes;

		m->frames++;
		usleep(1000 * m->delay);
		if (m->fail && m->frames >= m->fail)
			return -(int)m->error;
		if (m->scores)
			run_scores(m, from, to);
		else
			run_picture(m, from, to);
		if (m->wrong && m->frames >= m->wrong)
			to[out.frame_bytes - 1] ^= 2;
	}
	return 0;
}

API int srfpga_soft_describe(const char *path,
			     const struct srfpga_soft_options *opt, int json,
			     char **text)
{
	struct srfpga_soft_options some = { .size = sizeof(some), .height = 8,
					    .width = 8 };
	struct srfpga_soft_model *m;
	char why[128] = "";
	int ret = srfpga_soft_load(path, &some, &m, why, sizeof(why));

	if (ret) {
		*text = strdup(why);
		return ret;
	}
	if (asprintf(text, json ? "{\"radius\": %u}\n" : "radius %u\n",
		     m->radius) < 0)
		*text = NULL;
	ret = m->fail ? -EOPNOTSUPP : 0;
	free(m);
	return ret;
}
