// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga_run(): tensors in, tensors out, in one call.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static void test_bytes(void)
{
	uint8_t in[3 * 64], out[3 * 64] = { 0 };
	const void *ins[] = { in };
	void *outs[] = { out };
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = i;
	CHECK_EQ(srfpga_run(f.dev, ins, outs, 0), -EINVAL);
	CHECK_EQ(srfpga_run(f.dev, ins, outs, 3), 0);
	for (size_t i = 0; i < sizeof(in); i++)
		if (!CHECK_EQ(out[i], (uint8_t)~i))
			break;
	CHECK_EQ(srfpga_device_wait(f.dev, 1, 0), 0);
	fixture_close(&f);
}

/* More bytes than go into one job's buffer: several jobs. */
static void test_split(void)
{
	const uint32_t frame = 3u << 20, frames = 23;
	struct srfpga_soft_model *model = fake_model_create(frame);
	uint8_t *in = malloc((size_t)frame * frames);
	uint8_t *out = calloc(frames, frame);
	const void *ins[] = { in };
	void *outs[] = { out };
	struct srfpga_device *dev;
	size_t bad = 0;

	CHECK_EQ(fake_device_open(model, &dev), 0);
	for (size_t i = 0; i < (size_t)frame * frames; i++)
		in[i] = i / 3 + (i >> 20);
	CHECK_EQ(srfpga_run(dev, ins, outs, frames), 0);
	for (size_t i = 0; i < (size_t)frame * frames; i++)
		bad += out[i] + in[i] != 255;
	CHECK_EQ(bad, 0);
	CHECK_EQ(fake_model_frames(model), frames);
	CHECK_EQ(fake_model_runs(model), 3);
	srfpga_device_close(dev);
	free(in);
	free(out);
}

/* Signed nibbles: the inverse of every bit is -1 - v. */
static void test_packed_types(void)
{
	struct srfpga_soft_model *model = fake_model_create(4);
	const int8_t in[] = { -8, 7, 0, -1, 3, -4, 1, 5 };
	int8_t out[8] = { 0 };
	const int8_t wrong[] = { 1, 2, 3, 8, 0, 0, 0, 0 };
	const void *ins[] = { in };
	void *outs[] = { out };
	struct srfpga_device *dev;

	for (int i = 0; i < 2; i++) {
		model->ports[i].dtype = SRFPGA_DTYPE_INT;
		model->ports[i].bits = 4;
		model->ports[i].frame_bytes = 2;
	}
	CHECK_EQ(fake_device_open(model, &dev), 0);
	CHECK_EQ(srfpga_run(dev, ins, outs, 2), 0);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(out[i], -1 - in[i]);
	ins[0] = wrong;
	CHECK_EQ(srfpga_run(dev, ins, outs, 2), -ERANGE);
	CHECK_EQ(fake_model_runs(model), 1);
	srfpga_device_close(dev);
}

static void test_failure(void)
{
	uint8_t in[64] = { 0 }, out[64];
	const void *ins[] = { in };
	void *outs[] = { out };
	struct fixture f;

	fixture_open(&f);
	f.model->result = -ENOMEM;
	CHECK_EQ(srfpga_run(f.dev, ins, outs, 1), -ENOMEM);
	fixture_close(&f);
}

/* It takes no events, and leaves those of others alone. */
static void test_beside_events(void)
{
	uint8_t in[64] = { 0 }, out[64];
	const void *ins[] = { in };
	void *outs[] = { out };
	struct srfpga_event event;
	struct fixture f;

	fixture_open(&f);
	srfpga_submission_set_user_data(f.sub, 5);
	CHECK_EQ(srfpga_submission_submit(f.sub, NULL), 0);
	CHECK_EQ(srfpga_run(f.dev, ins, outs, 1), 0);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, 0), 1);
	CHECK_EQ(event.user_data, 5);
	CHECK_EQ(srfpga_event_read(f.dev, &event, 1, 0), 0);
	fixture_close(&f);
}

static const struct test tests[] = {
	{ "bytes", test_bytes },
	{ "more than one job takes", test_split },
	{ "packed types", test_packed_types },
	{ "a job fails", test_failure },
	{ "events of others", test_beside_events },
};

TEST_MAIN(tests)
