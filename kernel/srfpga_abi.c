// SPDX-License-Identifier: GPL-2.0
/*
 * The layout of the user space interface, written down a second time: it is the
 * same for 32 and 64 bit and never changes. Holds no code.
 */
#include <linux/build_bug.h>
#include <linux/stddef.h>

#include <uapi/srfpga.h>

#define SIZE(_struct, _bytes) \
	static_assert(sizeof(struct _struct) == (_bytes))
#define AT(_struct, _member, _offset) \
	static_assert(offsetof(struct _struct, _member) == (_offset))

AT(srfpga_get_info, size, 0);
AT(srfpga_get_info, abi_version, 4);
AT(srfpga_get_info, engine, 8);
AT(srfpga_get_info, num_ports, 12);
AT(srfpga_get_info, caps, 16);
AT(srfpga_get_info, state, 24);
AT(srfpga_get_info, dma_bits, 28);
AT(srfpga_get_info, buffer_align, 32);
AT(srfpga_get_info, max_jobs, 36);
AT(srfpga_get_info, max_queued, 40);
AT(srfpga_get_info, max_frames, 44);
AT(srfpga_get_info, max_attachments, 48);
AT(srfpga_get_info, pad, 52);
AT(srfpga_get_info, max_memory, 56);
AT(srfpga_get_info, default_timeout_ns, 64);
AT(srfpga_get_info, clock_hz, 72);
AT(srfpga_get_info, name, 80);
SIZE(srfpga_get_info, 112);

AT(srfpga_get_port, size, 0);
AT(srfpga_get_port, index, 4);
AT(srfpga_get_port, role, 8);
AT(srfpga_get_port, dtype, 12);
AT(srfpga_get_port, bits, 16);
AT(srfpga_get_port, normal_rank, 20);
AT(srfpga_get_port, folded_rank, 24);
AT(srfpga_get_port, pad, 28);
AT(srfpga_get_port, frame_bytes, 32);
AT(srfpga_get_port, normal_shape, 40);
AT(srfpga_get_port, folded_shape, 72);
AT(srfpga_get_port, name, 104);
SIZE(srfpga_get_port, 136);

AT(srfpga_alloc, size, 0);
AT(srfpga_alloc, flags, 4);
AT(srfpga_alloc, bytes, 8);
AT(srfpga_alloc, fd, 16);
AT(srfpga_alloc, pad, 20);
SIZE(srfpga_alloc, 24);

AT(srfpga_attach, size, 0);
AT(srfpga_attach, flags, 4);
AT(srfpga_attach, fd, 8);
AT(srfpga_attach, direction, 12);
AT(srfpga_attach, handle, 16);
AT(srfpga_attach, pad, 20);
AT(srfpga_attach, bytes, 24);
SIZE(srfpga_attach, 32);

AT(srfpga_detach, size, 0);
AT(srfpga_detach, handle, 4);
SIZE(srfpga_detach, 8);

AT(srfpga_job_buffer, handle, 0);
AT(srfpga_job_buffer, pad, 4);
AT(srfpga_job_buffer, offset, 8);
AT(srfpga_job_buffer, length, 16);
SIZE(srfpga_job_buffer, 24);

AT(srfpga_job, buffers, 0);
AT(srfpga_job, num_buffers, 8);
AT(srfpga_job, frames, 12);
SIZE(srfpga_job, 16);

AT(srfpga_submit, size, 0);
AT(srfpga_submit, flags, 4);
AT(srfpga_submit, jobs, 8);
AT(srfpga_submit, num_jobs, 16);
AT(srfpga_submit, job_size, 20);
AT(srfpga_submit, buffer_size, 24);
AT(srfpga_submit, priority, 28);
AT(srfpga_submit, in_fence_fd, 32);
AT(srfpga_submit, out_fence_fd, 36);
AT(srfpga_submit, timeout_ns, 40);
AT(srfpga_submit, user_data, 48);
SIZE(srfpga_submit, 56);

AT(srfpga_event, size, 0);
AT(srfpga_event, status, 4);
AT(srfpga_event, user_data, 8);
AT(srfpga_event, seqno, 16);
AT(srfpga_event, jobs_done, 24);
AT(srfpga_event, pad, 28);
AT(srfpga_event, queued_ns, 32);
AT(srfpga_event, started_ns, 40);
AT(srfpga_event, finished_ns, 48);
SIZE(srfpga_event, 56);

/* The numbers of the calls. */
static_assert(SRFPGA_IOC_GET_INFO == 0xbd00);
static_assert(SRFPGA_IOC_GET_PORT == 0xbd01);
static_assert(SRFPGA_IOC_ALLOC == 0xbd02);
static_assert(SRFPGA_IOC_ATTACH == 0xbd03);
static_assert(SRFPGA_IOC_DETACH == 0xbd04);
static_assert(SRFPGA_IOC_SUBMIT == 0xbd05);
