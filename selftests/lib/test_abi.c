// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What programs that are already built rely on: where members lie, what
 * constants are. New members come behind these, and these never change.
 */
#include <stddef.h>

#include "srfpga.h"
#include "test.h"

static void test_layout(void)
{
	CHECK_EQ(sizeof(struct srfpga_layout), 24);
	CHECK_EQ(offsetof(struct srfpga_layout, bits), 4);
	CHECK_EQ(offsetof(struct srfpga_layout, rows), 8);
	CHECK_EQ(offsetof(struct srfpga_layout, row_elems), 16);
}

static void test_event(void)
{
	CHECK(sizeof(struct srfpga_event) >= 56);
	CHECK_EQ(offsetof(struct srfpga_event, status), 4);
	CHECK_EQ(offsetof(struct srfpga_event, user_data), 8);
	CHECK_EQ(offsetof(struct srfpga_event, seqno), 16);
	CHECK_EQ(offsetof(struct srfpga_event, jobs_done), 24);
	CHECK_EQ(offsetof(struct srfpga_event, queued_ns), 32);
	CHECK_EQ(offsetof(struct srfpga_event, started_ns), 40);
	CHECK_EQ(offsetof(struct srfpga_event, finished_ns), 48);
}

static void test_info(void)
{
	if (sizeof(void *) != 8) {
		skip("offsets of 64-bit programs");
		return;
	}
	CHECK_EQ(offsetof(struct srfpga_device_info, path), 8);
	CHECK_EQ(offsetof(struct srfpga_device_info, is_soft), 16);
	CHECK_EQ(offsetof(struct srfpga_device_info, engine), 20);
	CHECK_EQ(offsetof(struct srfpga_device_info, num_ports), 24);
	CHECK_EQ(offsetof(struct srfpga_device_info, num_inputs), 28);
	CHECK_EQ(offsetof(struct srfpga_device_info, num_outputs), 32);
	CHECK_EQ(offsetof(struct srfpga_device_info, dma_bits), 36);
	CHECK_EQ(offsetof(struct srfpga_device_info, caps), 40);
	CHECK_EQ(offsetof(struct srfpga_device_info, buffer_align), 48);
	CHECK_EQ(offsetof(struct srfpga_device_info, max_jobs), 52);
	CHECK_EQ(offsetof(struct srfpga_device_info, max_queued), 56);
	CHECK_EQ(offsetof(struct srfpga_device_info, max_frames), 60);
	CHECK_EQ(offsetof(struct srfpga_device_info, max_attachments), 64);
	CHECK_EQ(offsetof(struct srfpga_device_info, max_memory), 72);
	CHECK_EQ(offsetof(struct srfpga_device_info, default_timeout_ns), 80);
	CHECK_EQ(offsetof(struct srfpga_device_info, clock_hz), 88);
}

static void test_port(void)
{
	if (sizeof(void *) != 8) {
		skip("offsets of 64-bit programs");
		return;
	}
	CHECK_EQ(offsetof(struct srfpga_port, index), 8);
	CHECK_EQ(offsetof(struct srfpga_port, role), 12);
	CHECK_EQ(offsetof(struct srfpga_port, elem), 16);
	CHECK_EQ(offsetof(struct srfpga_port, normal_rank), 20);
	CHECK_EQ(offsetof(struct srfpga_port, folded_rank), 24);
	CHECK_EQ(offsetof(struct srfpga_port, normal_shape), 28);
	CHECK_EQ(offsetof(struct srfpga_port, folded_shape), 60);
	CHECK_EQ(offsetof(struct srfpga_port, frame_elems), 96);
	CHECK_EQ(offsetof(struct srfpga_port, frame_bytes), 104);
	CHECK_EQ(offsetof(struct srfpga_port, layout), 112);
	CHECK_EQ(offsetof(struct srfpga_port, scale), 136);
	CHECK_EQ(offsetof(struct srfpga_port, zero_point), 144);
}

static void test_constants(void)
{
	CHECK_EQ(SRFPGA_ELEM_U8, 1);
	CHECK_EQ(SRFPGA_ELEM_F32, 7);
	CHECK_EQ(SRFPGA_ELEM_S64, 8);
	CHECK_EQ(SRFPGA_CPU_READ, 1);
	CHECK_EQ(SRFPGA_CPU_WRITE, 2);
	CHECK_EQ(SRFPGA_ATTACH_READ, 1);
	CHECK_EQ(SRFPGA_ATTACH_WRITE, 2);
	CHECK_EQ(SRFPGA_MAX_RANK, 8);
	CHECK_EQ(SRFPGA_MAX_PORTS, 16);
	CHECK_EQ(SRFPGA_DEVICE_NAME_LEN, 64);
	CHECK_EQ(SRFPGA_TYPE_NAME_LEN, 16);
}

static const struct test tests[] = {
	{ "struct srfpga_layout", test_layout },
	{ "struct srfpga_event", test_event },
	{ "struct srfpga_device_info", test_info },
	{ "struct srfpga_port", test_port },
	{ "constants", test_constants },
};

TEST_MAIN(tests)
