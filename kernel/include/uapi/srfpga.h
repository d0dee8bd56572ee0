/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * srfpga: user space interface of neural accelerators in FPGA fabric.
 *
 * Every buffer is a dma-buf; no DMA address crosses this interface. Every
 * ioctl argument starts with its own size, as the caller knows it: a shorter
 * struct than the kernel's gets defaults (zero) for the missing tail, a longer
 * one is accepted as long as its unknown tail is zero, and is refused with
 * E2BIG otherwise. Structs only grow at their end and have the same layout for
 * 32 and 64 bit. Padding and unknown flags must be zero (EINVAL).
 *
 * One errno a cause:
 *
 * EINVAL      malformed: size too short, unknown flag, non-zero padding, wrong
 *             count, bad index
 * E2BIG       a struct from the future: non-zero bytes beyond the known size
 * EFAULT      an address that is not the caller's
 * ENOTTY      not an ioctl of this device
 * EBADF       the fd is not a dma-buf, or not a sync_file
 * ENOENT      unknown handle
 * ERANGE      offset, length or frames leave the buffer
 * EACCES      the buffer was attached for the other direction, or the dma-buf
 *             was opened read-only and the device would write to it
 * EOPNOTSUPP  buffer not contiguous, or not reachable for the device
 * EAGAIN      queue full (poll for POLLOUT), or no event to read (O_NONBLOCK)
 * EDQUOT      the file's limit on memory or attachments is reached
 * EPERM       priority above normal without CAP_SYS_NICE
 * EIO         the device is wedged: it hung and could not be reset
 * ENODEV      the device is gone
 * ENOMEM      out of memory, or of contiguous memory (CMA)
 * EMFILE      the process has no free file descriptor
 * EINTR       a signal came before anything had been done
 */
#ifndef _UAPI_SRFPGA_H
#define _UAPI_SRFPGA_H

#include <linux/ioctl.h>
#include <linux/types.h>

/** The version of this interface. It only changes when it breaks. */
#define SRFPGA_ABI_VERSION	1

#define SRFPGA_NAME_LEN		32
#define SRFPGA_MAX_RANK		8
/** Ports of one device, at most. */
#define SRFPGA_MAX_PORTS	16

/**
 * enum srfpga_engine - what kind of accelerator stands behind the device
 * @SRFPGA_ENGINE_FINN: dataflow accelerator with input, output and weight DMAs
 * @SRFPGA_ENGINE_HLS: one Vitis HLS block with arguments
 * @SRFPGA_ENGINE_DPU: AMD DPUCZDX8G
 */
enum srfpga_engine {
	SRFPGA_ENGINE_FINN	= 1,
	SRFPGA_ENGINE_HLS	= 2,
	SRFPGA_ENGINE_DPU	= 3,
};

/* struct srfpga_get_info.caps */
/** Completion by interrupt; without it a timer polls. */
#define SRFPGA_CAP_INTERRUPT	(1ULL << 0)
/** The device's DMA is coherent with the CPU caches. */
#define SRFPGA_CAP_COHERENT	(1ULL << 1)
/** A reset line recovers the device from a hang. */
#define SRFPGA_CAP_RESET	(1ULL << 2)

/* struct srfpga_get_info.state */
/** The device takes jobs. */
#define SRFPGA_STATE_READY	0
/** The device hung and could not be reset: jobs fail with EIO. */
#define SRFPGA_STATE_WEDGED	1

/**
 * struct srfpga_get_info - SRFPGA_IOC_GET_INFO: what the device is
 * @size: in: bytes of this struct as the caller knows it; out: as the kernel
 *	knows it
 * @abi_version: out: SRFPGA_ABI_VERSION of the driver
 * @engine: out: enum srfpga_engine
 * @num_ports: out: number of ports, 1..SRFPGA_MAX_PORTS
 * @caps: out: SRFPGA_CAP_*
 * @state: out: SRFPGA_STATE_*
 * @dma_bits: out: width of the device's DMA addresses, in bits
 * @buffer_align: out: every job buffer must start at a multiple of this, bytes
 * @max_jobs: out: jobs of one submission, at most
 * @max_queued: out: submissions of one file that are not finished or whose
 *	event was not read, at most
 * @max_frames: out: frames of one job, at most
 * @max_attachments: out: buffers one file may have attached, at most
 * @pad: out: zero
 * @max_memory: out: bytes one file may have allocated, at most
 * @default_timeout_ns: out: what a submission's timeout_ns of 0 stands for,
 *	ns a job
 * @clock_hz: out: rate of the accelerator's clock, Hz; 0 if unknown
 * @name: out: the devicetree's label, NUL-terminated
 */
struct srfpga_get_info {
	__u32 size;
	__u32 abi_version;
	__u32 engine;
	__u32 num_ports;
	__u64 caps;
	__u32 state;
	__u32 dma_bits;
	__u32 buffer_align;
	__u32 max_jobs;
	__u32 max_queued;
	__u32 max_frames;
	__u32 max_attachments;
	__u32 pad;
	__u64 max_memory;
	__u64 default_timeout_ns;
	__u64 clock_hz;
	char name[SRFPGA_NAME_LEN];
};

/**
 * enum srfpga_port_role - what a port's frames are for
 * @SRFPGA_PORT_INPUT: the device reads frames of data
 * @SRFPGA_PORT_OUTPUT: the device writes frames of data
 * @SRFPGA_PORT_WEIGHTS: the device reads the same frame of weights for every
 *	frame of a job: the job's buffer holds one frame whatever its count
 */
enum srfpga_port_role {
	SRFPGA_PORT_INPUT	= 1,
	SRFPGA_PORT_OUTPUT	= 2,
	SRFPGA_PORT_WEIGHTS	= 3,
};

/**
 * enum srfpga_dtype - the type of a port's elements; their width is in bits
 * @SRFPGA_DTYPE_UINT: unsigned integer
 * @SRFPGA_DTYPE_INT: two's complement
 * @SRFPGA_DTYPE_BIPOLAR: 1 bit: 0 is -1, 1 is +1
 * @SRFPGA_DTYPE_TERNARY: 2 bits, two's complement, -1 to +1
 * @SRFPGA_DTYPE_FLOAT: IEEE 754, 32 bits
 */
enum srfpga_dtype {
	SRFPGA_DTYPE_UINT	= 1,
	SRFPGA_DTYPE_INT	= 2,
	SRFPGA_DTYPE_BIPOLAR	= 3,
	SRFPGA_DTYPE_TERNARY	= 4,
	SRFPGA_DTYPE_FLOAT	= 5,
};

/**
 * struct srfpga_get_port - SRFPGA_IOC_GET_PORT: one port of the device
 * @size: in: bytes of this struct as the caller knows it; out: as the kernel
 *	knows it
 * @index: in: 0..num_ports-1
 * @role: out: enum srfpga_port_role
 * @dtype: out: enum srfpga_dtype
 * @bits: out: bits of an element, 1..32
 * @normal_rank: out: number of @normal_shape's entries
 * @folded_rank: out: number of @folded_shape's entries
 * @pad: out: zero
 * @frame_bytes: out: bytes of one frame in memory; frame r of a job lies at
 *	r * frame_bytes
 * @normal_shape: out: what users think of, elements, without the batch
 *	dimension (an image: height, width, channels)
 * @folded_shape: out: how the frame is streamed, elements, without the batch
 *	dimension; the elements of each innermost row are packed from bit 0 up
 *	and padded to whole bytes
 * @name: out: the devicetree's name or label, NUL-terminated
 */
struct srfpga_get_port {
	__u32 size;
	__u32 index;
	__u32 role;
	__u32 dtype;
	__u32 bits;
	__u32 normal_rank;
	__u32 folded_rank;
	__u32 pad;
	__u64 frame_bytes;
	__u32 normal_shape[SRFPGA_MAX_RANK];
	__u32 folded_shape[SRFPGA_MAX_RANK];
	char name[SRFPGA_NAME_LEN];
};

/**
 * struct srfpga_alloc - SRFPGA_IOC_ALLOC: memory that the device can reach
 * @size: in: bytes of this struct as the caller knows it
 * @flags: in: zero
 * @bytes: in: length of the buffer, bytes, above 0; rounded up to whole pages
 * @fd: out: a new dma-buf, zeroed, close-on-exec. The memory is cached:
 *	surround CPU access through mmap with DMA_BUF_IOCTL_SYNC. That call
 *	has no range: it works on the whole buffer, so that frames which CPU and
 *	device use at the same time belong into buffers of their own.
 * @pad: in: zero
 *
 * The dma-buf lives until its last user, also beyond the device.
 */
struct srfpga_alloc {
	__u32 size;
	__u32 flags;
	__u64 bytes;
	__s32 fd;
	__u32 pad;
};

/* struct srfpga_attach.direction */
/** The device will read the buffer (input and weight ports). */
#define SRFPGA_ATTACH_READ	(1U << 0)
/** The device will write the buffer (output ports). */
#define SRFPGA_ATTACH_WRITE	(1U << 1)

/**
 * struct srfpga_attach - SRFPGA_IOC_ATTACH: map a dma-buf for this device
 * @size: in: bytes of this struct as the caller knows it
 * @flags: in: zero
 * @fd: in: a dma-buf of any exporter
 * @direction: in: SRFPGA_ATTACH_*, at least one
 * @handle: out: names the attachment in this file's submissions, never 0
 * @pad: in: zero
 * @bytes: out: the buffer's length, bytes
 *
 * The mapping stays until DETACH, the file's last close or the removal of the
 * device, and longer while jobs use it.
 */
struct srfpga_attach {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 direction;
	__u32 handle;
	__u32 pad;
	__u64 bytes;
};

/**
 * struct srfpga_detach - SRFPGA_IOC_DETACH: forget an attachment
 * @size: in: bytes of this struct as the caller knows it
 * @handle: in: from SRFPGA_IOC_ATTACH
 *
 * Jobs that use the buffer keep it; the handle is invalid at once.
 */
struct srfpga_detach {
	__u32 size;
	__u32 handle;
};

/**
 * struct srfpga_job_buffer - the memory of one port for one job
 * @handle: from SRFPGA_IOC_ATTACH
 * @pad: zero
 * @offset: where the first frame starts, bytes, a multiple of buffer_align
 * @length: bytes that the job may use from there on; at least the port's
 *	frame_bytes times the job's frames (weights: one frame_bytes)
 */
struct srfpga_job_buffer {
	__u32 handle;
	__u32 pad;
	__u64 offset;
	__u64 length;
};

/**
 * struct srfpga_job - one start of the accelerator
 * @buffers: address of an array of struct srfpga_job_buffer, one for each port
 *	in port order
 * @num_buffers: entries of that array: the device's num_ports
 * @frames: number of frames, 1..max_frames
 */
struct srfpga_job {
	__u64 buffers;
	__u32 num_buffers;
	__u32 frames;
};

/* struct srfpga_submit.flags */
/** Wait for in_fence_fd before the first job. */
#define SRFPGA_SUBMIT_IN_FENCE	(1U << 0)
/** Return a sync_file that signals when the submission has ended. */
#define SRFPGA_SUBMIT_OUT_FENCE	(1U << 1)
/** Do not report the end of this submission through read(). */
#define SRFPGA_SUBMIT_NO_EVENT	(1U << 2)

/* struct srfpga_submit.priority */
#define SRFPGA_PRIORITY_LOW	(-1)
#define SRFPGA_PRIORITY_NORMAL	0
/** Needs CAP_SYS_NICE. */
#define SRFPGA_PRIORITY_HIGH	1

/**
 * struct srfpga_submit - SRFPGA_IOC_SUBMIT: jobs that run in order as one
 * @size: in: bytes of this struct as the caller knows it
 * @flags: in: SRFPGA_SUBMIT_*
 * @jobs: in: address of an array of struct srfpga_job
 * @num_jobs: in: entries of that array, 1..max_jobs
 * @job_size: in: bytes of one entry of that array as the caller knows it
 * @buffer_size: in: bytes of one struct srfpga_job_buffer as the caller knows
 *	it
 * @priority: in: SRFPGA_PRIORITY_*
 * @in_fence_fd: in: a sync_file with SRFPGA_SUBMIT_IN_FENCE, else zero. A
 *	fence that fails cancels the submission with the fence's error.
 * @out_fence_fd: out: a sync_file with SRFPGA_SUBMIT_OUT_FENCE, else untouched
 * @timeout_ns: in: limit of each job from its start in hardware, ns; 0 stands
 *	for default_timeout_ns. A longer one than that and than the module's
 *	parameter timeout_limit_ms (60 s) is shortened to the greater of both.
 * @user_data: in: returned in the event
 *
 * Everything that can fail fails before the call returns and before the out
 * fence is installed; after that the submission ends exactly once, with 0,
 * -ETIMEDOUT, -EIO, -ECANCELED (the file was closed), -ENODEV or its in-fence's
 * error, on the fence and in the event alike. When a job fails the jobs behind
 * it in the same submission do not run.
 */
struct srfpga_submit {
	__u32 size;
	__u32 flags;
	__u64 jobs;
	__u32 num_jobs;
	__u32 job_size;
	__u32 buffer_size;
	__s32 priority;
	__s32 in_fence_fd;
	__s32 out_fence_fd;
	__u64 timeout_ns;
	__u64 user_data;
};

/**
 * struct srfpga_event - what read() returns: the end of one submission
 * @size: bytes of this event; the next one starts there
 * @status: 0 or a negative errno
 * @user_data: the submission's
 * @seqno: counts the file's submissions from 1; events come in this order
 * @jobs_done: jobs that finished without an error
 * @pad: zero
 * @queued_ns: when the submission was accepted, ns of CLOCK_MONOTONIC
 * @started_ns: when its first job was started in hardware; 0 if none was
 * @finished_ns: when it ended
 *
 * read() returns whole events and blocks for the first one only; a buffer that
 * is too small for one event is refused with EINVAL. poll() reports POLLIN for
 * an event, POLLOUT for room in the queue, POLLHUP when the device is gone.
 */
struct srfpga_event {
	__u32 size;
	__s32 status;
	__u64 user_data;
	__u64 seqno;
	__u32 jobs_done;
	__u32 pad;
	__u64 queued_ns;
	__u64 started_ns;
	__u64 finished_ns;
};

/* The argument's size is in its first member, not in the number. */
#define SRFPGA_IOC_MAGIC	0xBD
#define SRFPGA_IOC_GET_INFO	_IO(SRFPGA_IOC_MAGIC, 0x00)
#define SRFPGA_IOC_GET_PORT	_IO(SRFPGA_IOC_MAGIC, 0x01)
#define SRFPGA_IOC_ALLOC	_IO(SRFPGA_IOC_MAGIC, 0x02)
#define SRFPGA_IOC_ATTACH	_IO(SRFPGA_IOC_MAGIC, 0x03)
#define SRFPGA_IOC_DETACH	_IO(SRFPGA_IOC_MAGIC, 0x04)
#define SRFPGA_IOC_SUBMIT	_IO(SRFPGA_IOC_MAGIC, 0x05)

#endif /* _UAPI_SRFPGA_H */
