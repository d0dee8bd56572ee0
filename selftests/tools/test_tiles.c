// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tiles: every pixel comes from exactly one frame and is far enough from any
 * border of that frame that is not a border of the picture.
 */
#include <errno.h>

#include "test.h"
#include "tiles.h"

static bool span_is_right(const struct tiles_axis *a, struct tiles_span s,
			  uint32_t expected_start)
{
	if (s.start != expected_start || s.end <= s.start || s.end > a->length)
		return false;
	if (a->length <= a->frame)
		return s.at == 0 && s.start == 0 && s.end == a->length;
	if (s.at + a->frame > a->length)
		return false;
	if (s.at > 0 && s.start < s.at + a->halo)
		return false;
	return s.at + a->frame == a->length ||
	       s.end + a->halo <= s.at + a->frame;
}

static bool plan_is_right(uint32_t length, uint32_t frame, uint32_t halo)
{
	struct tiles_axis a;
	uint32_t at = 0;

	if (tiles_plan(&a, length, frame, halo))
		return false;
	for (uint32_t i = 0; i < a.count; i++) {
		struct tiles_span s = tiles_span(&a, i);

		if (!span_is_right(&a, s, at))
			return false;
		at = s.end;
	}
	return at == length;
}

static void test_all_small(void)
{
	for (uint32_t length = 1; length < 90; length++)
		for (uint32_t frame = 1; frame < 45; frame++)
			for (uint32_t halo = 0; halo < 8; halo++) {
				if (length > frame && 2 * halo >= frame)
					continue;
				if (!CHECK(plan_is_right(length, frame, halo)))
					return;
			}
}

static void test_large(void)
{
	CHECK(plan_is_right(20000, 960, 6));
	CHECK(plan_is_right(65536, 33, 16));
	CHECK(plan_is_right(4000000000u, 4000000, 100));
}

static void test_counts(void)
{
	struct tiles_axis a;

	tiles_plan(&a, 960, 960, 6);
	CHECK_EQ(a.count, 1);
	tiles_plan(&a, 961, 960, 6);
	CHECK_EQ(a.count, 2);
	/* Two frames of 960 that overlap by twice 6. */
	tiles_plan(&a, 1908, 960, 6);
	CHECK_EQ(a.count, 2);
	tiles_plan(&a, 1909, 960, 6);
	CHECK_EQ(a.count, 3);
}

static void test_all_halo(void)
{
	struct tiles_axis a;

	CHECK_EQ(tiles_plan(&a, 100, 12, 6), -EINVAL);
	CHECK_EQ(tiles_plan(&a, 100, 13, 6), 0);
	CHECK_EQ(tiles_plan(&a, 100, 12, UINT32_MAX), -EINVAL);
	CHECK_EQ(tiles_plan(&a, 12, 12, 6), 0);
}

static const struct test tests[] = {
	{ "every small picture, frame and halo", test_all_small },
	{ "large pictures", test_large },
	{ "as few frames as possible", test_counts },
	{ "a frame that is all halo", test_all_halo },
};

TEST_MAIN(tests)
