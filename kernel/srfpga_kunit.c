// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the pure parts: lengths, addresses, order, turns, timing. Built
 * in with SRFPGA_KUNIT=y, on a kernel that has KUnit. Must not need a device.
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/scatterlist.h>

#include "srfpga.h"

#define MS	NSEC_PER_MSEC

static void range_fits(struct kunit *test)
{
	/* The whole buffer, its end, nothing at its end. */
	KUNIT_EXPECT_EQ(test, srfpga_submit_check_range(100, 0, 100, 25, 4), 0);
	KUNIT_EXPECT_EQ(test, srfpga_submit_check_range(100, 75, 25, 25, 1), 0);
	KUNIT_EXPECT_EQ(test, srfpga_submit_check_range(100, 100, 0, 0, 1), 0);
	/* Part of the length is not used. */
	KUNIT_EXPECT_EQ(test, srfpga_submit_check_range(100, 0, 99, 33, 2), 0);
}

static void range_leaves(struct kunit *test)
{
	static const struct {
		u64 buffer, offset, length, frame;
		u32 frames;
	} bad[] = {
		{ 100, 1, 100, 25, 4 },		/* one byte behind the end */
		{ 100, 101, 0, 0, 1 },		/* starts behind it */
		{ 100, 0, 99, 25, 4 },		/* frames need one byte more */
		{ 100, U64_MAX, 2, 1, 1 },	/* the end wraps around */
		{ 100, U64_MAX, 101, 1, 1 },
		{ 100, 1, U64_MAX, 1, 1 },
		/* the product wraps around to something small */
		{ 100, 0, 100, 1ULL << 63, 2 },
		{ 100, 0, 100, U64_MAX, 2 },
		{ U64_MAX, 0, U64_MAX, U64_MAX, U32_MAX },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    srfpga_submit_check_range(bad[i].buffer,
							      bad[i].offset,
							      bad[i].length,
							      bad[i].frame,
							      bad[i].frames),
				    -ERANGE, "case %u", i);
}

/* Segments as an IOMMU leaves them: {address, length}; the run of the first. */
static u64 run_of(u64 seg[][2], unsigned int n)
{
	struct scatterlist sgl[4];
	struct sg_table sgt = { .sgl = sgl, .nents = n, .orig_nents = n };
	unsigned int i;

	sg_init_table(sgl, n);
	for (i = 0; i < n; i++) {
		sg_dma_address(&sgl[i]) = seg[i][0];
		sg_dma_len(&sgl[i]) = seg[i][1];
	}
	return srfpga_mapping_run(&sgt);
}

static void run_adjacent(struct kunit *test)
{
	u64 one[][2] = { { 0x1000, 0x3000 } };
	u64 four[][2] = { { 0x8000, 0x1000 }, { 0x9000, 0x2000 },
			  { 0xb000, 0x800 }, { 0xb800, 0x10 } };

	KUNIT_EXPECT_EQ(test, run_of(one, 1), 0x3000ULL);
	KUNIT_EXPECT_EQ(test, run_of(four, 4), 0x3810ULL);
	/* Not all of the table was needed for the mapping. */
	KUNIT_EXPECT_EQ(test, run_of(four, 2), 0x3000ULL);
}

static void run_broken(struct kunit *test)
{
	u64 gap[][2] = { { 0x1000, 0x1000 }, { 0x2000, 0x1000 },
			 { 0x3001, 0x1000 } };
	u64 back[][2] = { { 0x2000, 0x1000 }, { 0x1000, 0x1000 } };
	u64 twice[][2] = { { 0x1000, 0x1000 }, { 0x1000, 0x1000 } };

	KUNIT_EXPECT_EQ(test, run_of(gap, 3), 0x2000ULL);
	KUNIT_EXPECT_EQ(test, run_of(back, 2), 0x1000ULL);
	KUNIT_EXPECT_EQ(test, run_of(twice, 2), 0x1000ULL);
}

static void run_reachable(struct kunit *test)
{
	static const struct {
		u64 addr, bytes;
		u32 bits;
		bool good;
	} c[] = {
		{ 0, 1, 32, true },
		{ 0xfffff000, 0x1000, 32, true },	/* to the last byte */
		{ 0xfffff000, 0x1001, 32, false },
		{ 0x100000000, 1, 32, false },
		{ 0x100000000, 1, 40, true },
		{ 0xfffffff000, 0x1000, 40, true },
		{ 0xfffffff040, 0x1000, 40, false },
		{ 0x1020, 64, 32, false },		/* half a beat */
		{ 0, U64_MAX, 64, true },
		{ 0xffffffffffffffc0, 64, 64, true },
		{ 0xffffffffffffffc0, 65, 64, false },	/* wraps around */
		{ 64, U64_MAX, 40, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    srfpga_mapping_reachable(c[i].addr,
							     c[i].bytes,
							     c[i].bits),
				    c[i].good, "case %u", i);
}

static void level_nobody(struct kunit *test)
{
	unsigned int passed[SRFPGA_LEVELS] = { };

	KUNIT_EXPECT_EQ(test, srfpga_sched_level(0, passed), -1);
}

static void level_highest(struct kunit *test)
{
	unsigned int mask;

	for (mask = 1; mask < BIT(SRFPGA_LEVELS); mask++) {
		unsigned int passed[SRFPGA_LEVELS] = { };

		KUNIT_EXPECT_EQ(test, srfpga_sched_level(mask, passed),
				fls(mask) - 1);
	}
}

/* Of 1000 jobs with all levels waiting, each gets some and high most. */
static void level_no_starvation(struct kunit *test)
{
	unsigned int passed[SRFPGA_LEVELS] = { };
	unsigned int got[SRFPGA_LEVELS] = { };
	int i, level, longest = 0, gap = 0;

	for (i = 0; i < 1000; i++) {
		level = srfpga_sched_level(BIT(SRFPGA_LEVELS) - 1, passed);
		KUNIT_ASSERT_GE(test, level, 0);
		got[level]++;
		gap = level ? gap + 1 : 0;
		longest = max(longest, gap);
	}
	KUNIT_EXPECT_GT(test, got[2], 500U);
	KUNIT_EXPECT_GT(test, got[1], 50U);
	KUNIT_EXPECT_GT(test, got[0], 50U);
	KUNIT_EXPECT_LT(test, longest, 25);
}

#define FAKE_FILES	3
#define FAKE_SUBS	3

/* As much of a device as srfpga_queue_pick() looks at. */
struct fake {
	struct srfpga_device sdev;
	struct srfpga_file file[FAKE_FILES];
	struct srfpga_submission sub[FAKE_FILES][FAKE_SUBS];
};

static struct fake *fake_create(struct kunit *test)
{
	struct fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	struct srfpga_file *file;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	for (i = 0; i < SRFPGA_LEVELS; i++)
		INIT_LIST_HEAD(&fake->sdev.ready[i]);
	for (i = 0; i < FAKE_FILES; i++) {
		file = &fake->file[i];
		file->sdev = &fake->sdev;
		file->id = i;
		file->level = -1;
		INIT_LIST_HEAD(&file->subs);
		INIT_LIST_HEAD(&file->ready_node);
	}
	return fake;
}

/* One submission more; @f's first one makes it wait for its turn. */
static struct srfpga_submission *fake_submit(struct fake *fake, unsigned int f,
					     u32 jobs, unsigned int level)
{
	struct srfpga_file *file = &fake->file[f];
	struct srfpga_submission *sub = fake->sub[f];

	while (sub->file)
		sub++;
	sub->file = file;
	sub->num_jobs = jobs;
	sub->level = level;
	list_add_tail(&sub->node, &file->subs);
	if (!file->issue) {
		file->issue = sub;
		file->level = level;
		list_add_tail(&file->ready_node, &fake->sdev.ready[level]);
	}
	return sub;
}

/* Jobs are picked in this order, each letter a file's, and no more. */
static void expect_turns(struct kunit *test, struct fake *fake,
			 const char *turns)
{
	u32 next[FAKE_FILES][FAKE_SUBS] = { };
	struct srfpga_flight flight;
	unsigned int f, i;

	for (i = 0; turns[i]; i++) {
		KUNIT_ASSERT_TRUE(test, srfpga_queue_pick(&fake->sdev, &flight));
		f = flight.sub->file->id;
		KUNIT_ASSERT_EQ_MSG(test, 'A' + f, turns[i], "turn %u", i);
		KUNIT_EXPECT_EQ(test, flight.index,
				next[f][flight.sub - fake->sub[f]]++);
	}
	KUNIT_EXPECT_FALSE(test, srfpga_queue_pick(&fake->sdev, &flight));
}

/* However much one file has queued, the others get their turns. */
static void turns_of_files(struct kunit *test)
{
	struct fake *fake = fake_create(test);

	fake_submit(fake, 0, 4, 1);
	fake_submit(fake, 0, 2, 1);
	fake_submit(fake, 1, 1, 1);
	fake_submit(fake, 2, 3, 1);
	expect_turns(test, fake, "ABCACACAAA");
}

/* A lower level's file gets a job after eight of a higher one's. */
static void turns_of_levels(struct kunit *test)
{
	struct fake *fake = fake_create(test);

	fake_submit(fake, 0, 3, 1);
	fake_submit(fake, 1, 9, 2);
	fake_submit(fake, 2, 9, 2);
	expect_turns(test, fake, "BCBCBCBCABCBCBCBCABCA");
}

/* Within a file the order is that of submission, whatever the priority. */
static void order_within_file(struct kunit *test)
{
	struct fake *fake = fake_create(test);
	struct srfpga_submission *low = fake_submit(fake, 0, 2, 0);
	struct srfpga_submission *high = fake_submit(fake, 0, 1, 2);
	struct srfpga_flight flight;

	KUNIT_ASSERT_TRUE(test, srfpga_queue_pick(&fake->sdev, &flight));
	KUNIT_EXPECT_PTR_EQ(test, flight.sub, low);
	KUNIT_ASSERT_TRUE(test, srfpga_queue_pick(&fake->sdev, &flight));
	KUNIT_EXPECT_PTR_EQ(test, flight.sub, low);
	KUNIT_ASSERT_TRUE(test, srfpga_queue_pick(&fake->sdev, &flight));
	KUNIT_EXPECT_PTR_EQ(test, flight.sub, high);
	KUNIT_EXPECT_EQ(test, low->in_flight, 2U);
	KUNIT_EXPECT_EQ(test, high->in_flight, 1U);
}

/* What failed before it started is left out; what waits for a fence is not. */
static void order_behind_fence(struct kunit *test)
{
	struct fake *fake = fake_create(test);

	fake_submit(fake, 0, 1, 1);
	fake_submit(fake, 0, 1, 1)->status = -EIO;
	fake_submit(fake, 0, 1, 1)->waiting = true;
	fake_submit(fake, 1, 2, 1);
	expect_turns(test, fake, "ABB");
	KUNIT_EXPECT_PTR_EQ(test, fake->file[0].issue, &fake->sub[0][2]);
}

static void expect_unknown(struct kunit *test)
{
	struct srfpga_timing t = { };

	KUNIT_EXPECT_EQ(test, srfpga_timing_expect(&t, 7), 0);
}

/* Never later than the job can be finished, for any latency and interval. */
static void expect_bounds(struct kunit *test)
{
	static const u64 latency[] = { 0, MS, 50 * MS };
	struct srfpga_timing t;
	unsigned int i, n, m;

	for (i = 0; i < ARRAY_SIZE(latency); i++) {
		for (n = 1; n < 20; n++) {
			t.frames = 0;
			srfpga_timing_learn(&t, n, latency[i] + n * MS, 0);
			for (m = 1; m < 40; m++)
				KUNIT_EXPECT_LE(test,
						srfpga_timing_expect(&t, m),
						latency[i] + m * MS);
		}
	}
}

static void learn_exact(struct kunit *test)
{
	struct srfpga_timing t = { };

	srfpga_timing_learn(&t, 4, 1600, 10);
	KUNIT_EXPECT_EQ(test, srfpga_timing_expect(&t, 4), 1600);
}

static void learn_unsure(struct kunit *test)
{
	struct srfpga_timing t = { };

	srfpga_timing_learn(&t, 4, 1600, 1600);
	KUNIT_EXPECT_EQ(test, srfpga_timing_expect(&t, 4), 1500);
}

/* However long it takes, looking costs little and finds it soon. */
static void look_polls(struct kunit *test)
{
	u64 expect = 10 * MS, at = srfpga_timing_first_look(expect, false);
	unsigned int looks = 0;
	u64 next;

	KUNIT_EXPECT_LE(test, at, expect);
	KUNIT_EXPECT_GT(test, at, expect * 9 / 10);
	while (at < 1000 * MS) {
		next = srfpga_timing_next_look(expect, at, false);
		KUNIT_ASSERT_GT(test, next, at);
		KUNIT_EXPECT_LE(test, next - at, max(at / 8, MS));
		at = next;
		looks++;
	}
	KUNIT_EXPECT_LT(test, looks, 300U);
}

static void look_irq(struct kunit *test)
{
	u64 first = srfpga_timing_first_look(MS, true);

	KUNIT_EXPECT_GE(test, first, 10 * MS);
	KUNIT_EXPECT_GE(test, srfpga_timing_next_look(MS, first, true),
			first + 10 * MS);
}

static void deadline_own(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, srfpga_timing_deadline(1000, 0, 50), 1050);
	KUNIT_EXPECT_FALSE(test, srfpga_timing_expired(1049, 1000, 0, 50));
	KUNIT_EXPECT_TRUE(test, srfpga_timing_expired(1050, 1000, 0, 50));
}

/* Behind another job it has the hardware from the end of that one on. */
static void deadline_behind(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, srfpga_timing_expired(5049, 1000, 5000, 50));
	KUNIT_EXPECT_TRUE(test, srfpga_timing_expired(5050, 1000, 5000, 50));
}

static void deadline_never(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, srfpga_timing_deadline(1000, 0, U64_MAX),
			KTIME_MAX);
	KUNIT_EXPECT_EQ(test, srfpga_timing_deadline(1000, 0, KTIME_MAX),
			KTIME_MAX);
}

static struct kunit_case srfpga_cases[] = {
	KUNIT_CASE(range_fits),
	KUNIT_CASE(range_leaves),
	KUNIT_CASE(run_adjacent),
	KUNIT_CASE(run_broken),
	KUNIT_CASE(run_reachable),
	KUNIT_CASE(level_nobody),
	KUNIT_CASE(level_highest),
	KUNIT_CASE(level_no_starvation),
	KUNIT_CASE(turns_of_files),
	KUNIT_CASE(turns_of_levels),
	KUNIT_CASE(order_within_file),
	KUNIT_CASE(order_behind_fence),
	KUNIT_CASE(expect_unknown),
	KUNIT_CASE(expect_bounds),
	KUNIT_CASE(learn_exact),
	KUNIT_CASE(learn_unsure),
	KUNIT_CASE(look_polls),
	KUNIT_CASE(look_irq),
	KUNIT_CASE(deadline_own),
	KUNIT_CASE(deadline_behind),
	KUNIT_CASE(deadline_never),
	{ }
};

static struct kunit_suite srfpga_suite = {
	.name = "srfpga",
	.test_cases = srfpga_cases,
};
kunit_test_suite(srfpga_suite);
