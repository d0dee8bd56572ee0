/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libsrfpga: neural accelerators in FPGA fabric, and the software FPGA that
 * stands in for them, behind the same calls.
 *
 * A device has ports: inputs, outputs and weights. A frame of a port is what
 * its DMA reads or writes: the codes of a tensor, packed. A job runs one or
 * more frames through every port at once; a submission is an array of jobs
 * that run in order as one, and ends with one event and one fence.
 *
 * Conventions. Constructors fill *@out and return 0 or a negative errno; on an
 * error *@out is left alone. The free and close functions accept NULL. Lengths
 * and offsets are bytes, shapes are elements without the batch dimension,
 * times are nanoseconds of CLOCK_MONOTONIC; a wait of -1 is for ever and of 0
 * does not wait. Descriptors handed out belong to the caller and are
 * close-on-exec; descriptors handed in stay the caller's.
 *
 * Threads. The functions of a device may be called from any thread at any
 * time, except srfpga_device_close(). A buffer or a submission is used by one
 * thread at a time; different ones of the same device need no locking.
 *
 * The structs that the library returns by const pointer grow at their end:
 * never allocate or copy them by their size.
 */
#ifndef SRFPGA_H
#define SRFPGA_H

#include <stddef.h>
#include <stdint.h>

/* Constants and struct srfpga_event are those of the kernel interface. */
#include "uapi/srfpga.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** struct srfpga_device - an open device; opaque. */
struct srfpga_device;
/** struct srfpga_buffer - memory that a device can reach; opaque. */
struct srfpga_buffer;
/** struct srfpga_submission - jobs ready to be submitted; opaque, reusable. */
struct srfpga_submission;

/** srfpga_version_get() - the library's version, for example "0.1.0". */
const char *srfpga_version_get(void);

/**
 * DOC: devices
 *
 * A device name is one of
 *
 * - "/dev/srfpga0" or "srfpga0": a device of the kernel driver;
 * - "soft:MODEL.onnx[,OPTION=VALUE...]": the software FPGA, in this process.
 *   Options: height and width (pixels, where the model leaves them open),
 *   threads (of one job), isa (auto, reference, portable, avx2, avx512_vnni,
 *   amx_int8, neon), as-model (1: ports carry the tensors as the ONNX graph
 *   declares them, in its layout and types, instead of what hardware has).
 */

/** Bytes of a device name as srfpga_device_enumerate() writes it. */
#define SRFPGA_DEVICE_NAME_LEN	64

/**
 * srfpga_device_enumerate() - the devices of the kernel driver
 * @names: array that receives the names, in ascending order ("/dev/srfpga0"
 *	first); may be NULL if @max is 0
 * @max: entries of @names
 *
 * Return: the number of devices there are, which may exceed @max; or a
 * negative errno of opening /dev (-EACCES, -EMFILE, -ENFILE, -ENOENT,
 * -ENOMEM).
 */
int srfpga_device_enumerate(char (*names)[SRFPGA_DEVICE_NAME_LEN],
			    unsigned int max);

/**
 * srfpga_device_open() - open a device
 * @name: see above; NULL is the first device of srfpga_device_enumerate()
 * @out: receives the device; release it with srfpga_device_close()
 * @err: receives one line without a newline that says what failed and why, on
 *	failure only; may be NULL
 * @err_len: bytes of @err
 *
 * Return: 0, or
 * -ENODEV	there is no device (@name NULL), or it is gone
 * -ENOENT	no such device file or model file
 * -ENOTDIR, -EISDIR	a part of the path is no folder, or the path is one
 * -EACCES	no permission to open it
 * -EINVAL	a name or option that is not understood; a file that is not a
 *		model; a model whose size has to be given
 * -ENOTTY	the file is not a device of this driver
 * -EPROTO	the driver speaks another version of the interface
 * -EOPNOTSUPP	the model holds an operation that cannot be done exactly (@err
 *		names it), or the CPU lacks the isa asked for
 * -E2BIG	the model has more ports, dimensions or memory than is supported
 * -ELIBACC	the software FPGA (libsrfpga-soft.so.0) is not installed
 * -EMFILE, -ENFILE, -ENOMEM, -EAGAIN (no thread could be made)
 */
int srfpga_device_open(const char *name, struct srfpga_device **out,
		       char *err, size_t err_len);

/**
 * srfpga_device_close() - close a device
 * @dev: the device, or NULL
 *
 * Submissions in flight are cancelled: their fences end with -ECANCELED, and
 * the call returns when the software FPGA has stopped (hardware goes on in the
 * kernel, which keeps the memory until it is done). Buffers and submissions of
 * the device must be freed before.
 */
void srfpga_device_close(struct srfpga_device *dev);

/**
 * struct srfpga_device_info - what a device is; constant while it is open
 * @name: devicetree label or name; of a soft device the model's file name
 * @path: the name to open it with
 * @is_soft: 1 for the software FPGA, 0 for a device of the kernel driver
 * @engine: enum srfpga_engine
 * @num_ports: number of ports, 1..SRFPGA_MAX_PORTS
 * @num_inputs: how many of them the device reads (inputs and weights)
 * @num_outputs: how many of them it writes
 * @caps: SRFPGA_CAP_*
 * @dma_bits: width of the device's DMA addresses, bits
 * @buffer_align: a job's buffers start at multiples of this, bytes
 * @max_jobs: jobs of one submission, at most
 * @max_queued: submissions that are not finished or whose event was not read,
 *	at most
 * @max_frames: frames of one job, at most
 * @max_attachments: buffers of one open device, at most
 * @pad: zero
 * @max_memory: bytes that srfpga_buffer_alloc() gives one open device, at most;
 *	UINT64_MAX: no limit
 * @default_timeout_ns: limit of a job where the submission sets none; 0: none
 * @clock_hz: rate of the accelerator's clock; 0 if unknown
 */
struct srfpga_device_info {
	const char *name;
	const char *path;
	uint32_t is_soft;
	uint32_t engine;
	uint32_t num_ports;
	uint32_t num_inputs;
	uint32_t num_outputs;
	uint32_t dma_bits;
	uint64_t caps;
	uint32_t buffer_align;
	uint32_t max_jobs;
	uint32_t max_queued;
	uint32_t max_frames;
	uint32_t max_attachments;
	uint32_t pad;
	uint64_t max_memory;
	uint64_t default_timeout_ns;
	uint64_t clock_hz;
};

/** srfpga_device_get_info() - describe a device; valid until it is closed. */
const struct srfpga_device_info *
srfpga_device_get_info(const struct srfpga_device *dev);

/**
 * srfpga_device_get_state() - ask whether the device takes jobs
 * @dev: the device
 *
 * Return: SRFPGA_STATE_READY, SRFPGA_STATE_WEDGED (it hung and could not be
 * reset), or -ENODEV if it is gone.
 */
int srfpga_device_get_state(struct srfpga_device *dev);

/**
 * enum srfpga_elem - the C type of a tensor's elements in memory
 * @SRFPGA_ELEM_U8: uint8_t
 * @SRFPGA_ELEM_S8: int8_t
 * @SRFPGA_ELEM_U16: uint16_t
 * @SRFPGA_ELEM_S16: int16_t
 * @SRFPGA_ELEM_U32: uint32_t
 * @SRFPGA_ELEM_S32: int32_t
 * @SRFPGA_ELEM_F32: float
 * @SRFPGA_ELEM_S64: int64_t
 *
 * Every port has a natural one (struct srfpga_port.elem): the smallest that
 * holds all values of its data type. Bipolar elements are -1 and +1.
 */
enum srfpga_elem {
	SRFPGA_ELEM_U8	= 1,
	SRFPGA_ELEM_S8	= 2,
	SRFPGA_ELEM_U16	= 3,
	SRFPGA_ELEM_S16	= 4,
	SRFPGA_ELEM_U32	= 5,
	SRFPGA_ELEM_S32	= 6,
	SRFPGA_ELEM_F32	= 7,
	SRFPGA_ELEM_S64	= 8,
};

/**
 * struct srfpga_layout - how the elements of one frame lie in memory
 * @dtype: enum srfpga_dtype
 * @bits: bits of an element, 1..32; 64 for a signed integer of a software FPGA
 *	that is opened with as-model=1
 * @rows: rows of a frame; each is padded to whole bytes
 * @row_elems: elements of a row (the innermost folded dimension)
 *
 * This struct never changes.
 */
struct srfpga_layout {
	uint32_t dtype;
	uint32_t bits;
	uint64_t rows;
	uint64_t row_elems;
};

/**
 * struct srfpga_port - one port of a device; constant while it is open
 * @name: devicetree name or label; of a soft device the tensor's name
 * @index: the port's number
 * @role: enum srfpga_port_role
 * @elem: the natural C type of its tensors, enum srfpga_elem
 * @normal_rank: entries of @normal_shape
 * @folded_rank: entries of @folded_shape
 * @normal_shape: what users think of, elements (an image: height, width,
 *	channels)
 * @folded_shape: how the frame is streamed, elements; the same elements in the
 *	same order as @normal_shape
 * @frame_elems: elements of one frame
 * @frame_bytes: bytes of one frame; the frames of a job follow each other
 *	without a gap
 * @layout: how the elements are packed
 * @scale: an element's real value is @scale * (code - @zero_point); 0 where
 *	this is unknown (hardware)
 * @zero_point: see @scale
 */
struct srfpga_port {
	const char *name;
	uint32_t index;
	uint32_t role;
	uint32_t elem;
	uint32_t normal_rank;
	uint32_t folded_rank;
	uint32_t normal_shape[SRFPGA_MAX_RANK];
	uint32_t folded_shape[SRFPGA_MAX_RANK];
	uint64_t frame_elems;
	uint64_t frame_bytes;
	struct srfpga_layout layout;
	double scale;
	int32_t zero_point;
};

/**
 * srfpga_device_get_port() - describe a port
 * @dev: the device
 * @index: 0..num_ports-1
 *
 * Return: the port, valid until the device is closed; NULL for an index out of
 * range.
 */
const struct srfpga_port *
srfpga_device_get_port(const struct srfpga_device *dev, unsigned int index);

/**
 * srfpga_device_get_radius() - how far the input reaches into the output
 * @dev: the device
 * @radius: receives the receptive radius, input pixels
 * @factor: receives the upscaling factor
 *
 * What a tiler must know: an output pixel depends on input pixels that are at
 * most @radius away.
 *
 * Return: 0, or -EOPNOTSUPP: hardware does not know, or the model is not one
 * from one image to one image.
 */
int srfpga_device_get_radius(const struct srfpga_device *dev, uint32_t *radius,
			     uint32_t *factor);

/**
 * srfpga_device_get_fd() - a descriptor for poll() and its relatives
 * @dev: the device
 *
 * POLLIN: srfpga_event_read() has an event. POLLOUT: there is room for a
 * submission (a soft device reports it always: wait for events instead, or
 * use srfpga_device_wait()). POLLHUP: the device is gone. Only poll it: do not
 * read it. It belongs to the device.
 */
int srfpga_device_get_fd(const struct srfpga_device *dev);

/**
 * srfpga_device_wait() - wait for an event or for room
 * @dev: the device
 * @events: POLLIN, POLLOUT or both
 * @timeout_ns: -1 for ever
 *
 * Return: which of @events have come (0: none in time), or
 * -EINVAL	other bits than these in @events
 * -ENODEV	the device is gone, and no event is left to read if POLLIN was
 *		asked for
 * -EINTR	a signal came
 */
int srfpga_device_wait(struct srfpga_device *dev, short events,
		       int64_t timeout_ns);

/**
 * DOC: buffers
 *
 * Memory that the CPU and the device share without copies. On hardware each is
 * a dma-buf; on a soft device shared memory (memfd). The CPU touches it
 * through srfpga_buffer_map(), between srfpga_buffer_begin_cpu() and
 * srfpga_buffer_end_cpu().
 */

/**
 * srfpga_buffer_alloc() - allocate memory that the device can reach
 * @dev: the device, which must outlive the buffer
 * @bytes: length, above 0; rounded up to whole pages
 * @direction: SRFPGA_ATTACH_READ (for input and weight ports),
 *	SRFPGA_ATTACH_WRITE (for output ports) or both
 * @out: receives the buffer, zeroed; release it with srfpga_buffer_free()
 *
 * Return: 0, or
 * -EINVAL	no length, or a wrong @direction
 * -EDQUOT	max_memory or max_attachments is reached
 * -ENOMEM	out of memory, or of contiguous memory (CMA)
 * -EOPNOTSUPP	the memory is not reachable for the device
 * -EMFILE, -ENFILE, -ENODEV
 */
int srfpga_buffer_alloc(struct srfpga_device *dev, uint64_t bytes,
			uint32_t direction, struct srfpga_buffer **out);

/**
 * srfpga_buffer_import() - use the memory of somebody else
 * @dev: the device, which must outlive the buffer
 * @fd: a dma-buf of any exporter (a camera, a display, another device); a soft
 *	device accepts also other shared memory that can be mapped (which must
 *	not be shortened while jobs use it). The caller keeps it and may close
 *	it at once.
 * @direction: as for srfpga_buffer_alloc()
 * @out: receives the buffer; release it with srfpga_buffer_free()
 *
 * Return: 0, or
 * -EINVAL	a wrong @direction
 * -EBADF	not a dma-buf (soft: not mappable memory)
 * -EACCES	opened read-only, and the device would write to it
 * -EOPNOTSUPP	not contiguous, or not reachable for the device
 * -EDQUOT	max_attachments is reached
 * -EAGAIN	soft: the memory would be locked (mlockall()), beyond the limit
 * -EMFILE, -ENFILE, -ENODEV, -ENOMEM
 */
int srfpga_buffer_import(struct srfpga_device *dev, int fd, uint32_t direction,
			 struct srfpga_buffer **out);

/**
 * srfpga_buffer_export() - hand the memory to somebody else
 * @buf: the buffer
 * @fd: receives a new descriptor of the same memory, the caller's
 *
 * Return: 0, -EMFILE.
 */
int srfpga_buffer_export(const struct srfpga_buffer *buf, int *fd);

/**
 * srfpga_buffer_free() - release a buffer
 * @buf: the buffer, or NULL
 *
 * Its mapping ends at once. Submissions in flight keep the memory, and so do
 * submission objects that name it.
 */
void srfpga_buffer_free(struct srfpga_buffer *buf);

/** srfpga_buffer_get_size() - the buffer's length, bytes. */
uint64_t srfpga_buffer_get_size(const struct srfpga_buffer *buf);

/**
 * srfpga_buffer_map() - the buffer's address in this process
 * @buf: the buffer
 * @addr: receives it; valid until srfpga_buffer_free(). Memory imported from a
 *	read-only descriptor can only be read.
 *
 * Further calls return the same address.
 *
 * Return: 0, -EACCES or -ENODEV (the exporter does not allow it), -EAGAIN
 * (locked memory), -ENOMEM.
 */
int srfpga_buffer_map(struct srfpga_buffer *buf, void **addr);

/** The CPU is going to read. */
#define SRFPGA_CPU_READ		(1U << 0)
/** The CPU is going to write. */
#define SRFPGA_CPU_WRITE	(1U << 1)

/**
 * srfpga_buffer_begin_cpu() - the CPU is about to access a range
 * @buf: the buffer
 * @access: SRFPGA_CPU_READ, SRFPGA_CPU_WRITE or both
 * @offset: first byte
 * @length: bytes; 0: up to the end
 *
 * Makes what devices wrote visible to the CPU; waits for the exporter's
 * implicit fences, not for submissions of this library. What is synchronised
 * is at least the range: Linux has no ranged call for dma-bufs, so today it is
 * the whole buffer.
 *
 * Return: 0, or
 * -EINVAL	a wrong @access
 * -ERANGE	the range leaves the buffer
 * -EIO or another errno of the exporter
 */
int srfpga_buffer_begin_cpu(struct srfpga_buffer *buf, uint32_t access,
			    uint64_t offset, uint64_t length);

/**
 * srfpga_buffer_end_cpu() - the CPU has finished with a range
 * @buf: the buffer
 * @access: as in the call that began
 * @offset: as in the call that began
 * @length: as in the call that began
 *
 * Makes what the CPU wrote visible to devices.
 *
 * Return: as for srfpga_buffer_begin_cpu().
 */
int srfpga_buffer_end_cpu(struct srfpga_buffer *buf, uint32_t access,
			  uint64_t offset, uint64_t length);

/**
 * srfpga_buffer_export_fence() - turn implicit fences into an in-fence
 * @buf: the buffer
 * @access: what is going to happen: SRFPGA_CPU_READ waits for the writers only,
 *	SRFPGA_CPU_WRITE for everybody
 * @fd: receives a sync_file, the caller's
 *
 * For memory from a driver that fences implicitly (a GPU, a display).
 *
 * Return: 0, or
 * -EINVAL	a wrong @access
 * -EOPNOTSUPP	the memory is not a dma-buf (soft), or the kernel is older
 *		than 6.0
 * -EMFILE, -ENOMEM
 */
int srfpga_buffer_export_fence(struct srfpga_buffer *buf, uint32_t access,
			       int *fd);

/**
 * srfpga_buffer_import_fence() - make implicit users wait for an out-fence
 * @buf: the buffer
 * @access: what the fence stands for: SRFPGA_CPU_READ or SRFPGA_CPU_WRITE of
 *	the memory
 * @fd: a sync_file, from srfpga_submission_submit() for example
 *
 * Return: 0, or
 * -EINVAL	a wrong @access, or @fd is not a sync_file
 * -EOPNOTSUPP	as for srfpga_buffer_export_fence()
 * -EBADF, -ENOMEM
 */
int srfpga_buffer_import_fence(struct srfpga_buffer *buf, uint32_t access,
			       int fd);

/**
 * DOC: submissions
 *
 * A submission object is filled once and submitted as often as wanted, also
 * while earlier submissions of it are in flight. On hardware submitting is one
 * ioctl, and the library allocates, copies and locks nothing. A soft device
 * does in the library what the kernel does there, and takes its one mutex.
 */

/**
 * srfpga_submission_create() - make a submission object
 * @dev: the device, which must outlive it
 * @jobs: number of jobs, 1..max_jobs
 * @out: receives it; release it with srfpga_submission_free()
 *
 * Every job starts with one frame and no buffers; normal priority, the
 * device's timeout, no fences, an event with user data 0.
 *
 * Return: 0, -EINVAL (@jobs out of range), -ENOMEM.
 */
int srfpga_submission_create(struct srfpga_device *dev, unsigned int jobs,
			     struct srfpga_submission **out);

/** srfpga_submission_free() - release it; NULL and in flight are fine. */
void srfpga_submission_free(struct srfpga_submission *sub);

/**
 * srfpga_submission_set_jobs() - submit fewer jobs than there is room for
 * @sub: the submission
 * @jobs: how many, 1..the number it was created with
 *
 * Return: 0, -EINVAL.
 */
int srfpga_submission_set_jobs(struct srfpga_submission *sub,
			       unsigned int jobs);

/**
 * srfpga_submission_set_frames() - how many frames a job runs
 * @sub: the submission
 * @job: the job's number, from 0
 * @frames: 1..max_frames
 *
 * Return: 0, -EINVAL.
 */
int srfpga_submission_set_frames(struct srfpga_submission *sub,
				 unsigned int job, uint32_t frames);

/**
 * srfpga_submission_set_buffer() - the memory of one port for one job
 * @sub: the submission
 * @job: the job's number, from 0
 * @port: the port's number
 * @buf: a buffer of the same device
 * @offset: where the first frame starts, a multiple of buffer_align
 * @length: bytes that the job may use from there on; 0: up to the end. At
 *	least frame_bytes for every frame; for a weights port one frame_bytes.
 *
 * The buffer may be freed afterwards: the submission object keeps its memory
 * until it is freed itself or gets another buffer in its place.
 *
 * Return: 0, or
 * -EINVAL	no such job or port, a buffer of another device, or an offset
 *		that is not aligned
 * -EACCES	the buffer is not meant for this direction
 * -ERANGE	the range leaves the buffer
 */
int srfpga_submission_set_buffer(struct srfpga_submission *sub,
				 unsigned int job, unsigned int port,
				 const struct srfpga_buffer *buf,
				 uint64_t offset, uint64_t length);

/**
 * srfpga_submission_set_in_fence() - wait for somebody else first
 * @sub: the submission
 * @fd: a sync_file, or -1 for none. It must stay open until
 *	srfpga_submission_submit() returns. A soft device accepts also the
 *	out-fences of soft devices.
 */
void srfpga_submission_set_in_fence(struct srfpga_submission *sub, int fd);

/**
 * srfpga_submission_set_timeout() - limit each job's time
 * @sub: the submission
 * @timeout_ns: from the job's start in hardware; 0: the device's default. The
 *	driver shortens what is longer than that and than its module parameter
 *	timeout_limit_ms (60 s).
 *
 * The software FPGA cannot be interrupted: there a job that took longer still
 * ends late, with -ETIMEDOUT.
 */
void srfpga_submission_set_timeout(struct srfpga_submission *sub,
				   uint64_t timeout_ns);

/**
 * srfpga_submission_set_priority() - go before others
 * @sub: the submission
 * @priority: SRFPGA_PRIORITY_LOW, _NORMAL or _HIGH (CAP_SYS_NICE; a soft
 *	device has one user and ignores it)
 */
void srfpga_submission_set_priority(struct srfpga_submission *sub,
				    int priority);

/**
 * srfpga_submission_set_user_data() - what its event returns
 * @sub: the submission
 * @user_data: any value
 */
void srfpga_submission_set_user_data(struct srfpga_submission *sub,
				     uint64_t user_data);

/**
 * srfpga_submission_set_event() - report its end by an event, or not
 * @sub: the submission
 * @wanted: 1 or 0
 */
void srfpga_submission_set_event(struct srfpga_submission *sub, int wanted);

/**
 * srfpga_submission_submit() - start it; does not wait
 * @sub: the submission
 * @out_fence: receives a descriptor, the caller's, that signals when the
 *	submission has ended, also when it failed; NULL for none. On hardware
 *	it is a sync_file that displays, GPUs and encoders take; a soft
 *	device's one is understood by this library only. Both can be polled
 *	for POLLIN, and both work with srfpga_fence_wait().
 *
 * Return: 0 (it ends exactly once, see struct srfpga_event), or
 * -EINVAL	a wrong priority
 * -ENOENT	a port of a job has no buffer
 * -ERANGE	the frames of a job do not fit its buffers
 * -EAGAIN	the queue is full: read events or srfpga_device_wait(POLLOUT)
 * -EBADF	the in-fence is not a fence
 * -EPERM	high priority without CAP_SYS_NICE
 * -EIO		the device is wedged
 * -ENODEV	the device is gone
 * -EMFILE, -ENFILE, -ENOMEM, -EINTR (nothing was done: call again)
 */
int srfpga_submission_submit(struct srfpga_submission *sub, int *out_fence);

/**
 * srfpga_fence_wait() - wait for a fence
 * @fd: a sync_file, or the out-fence of a soft device
 * @timeout_ns: -1 for ever
 *
 * Return: 1 signalled, 0 not yet, or
 * -EBADF	not a fence
 * -EINTR	a signal came
 * -ETIMEDOUT, -EIO, -ECANCELED, -ENODEV or another errno with which what the
 * fence stands for has failed
 */
int srfpga_fence_wait(int fd, int64_t timeout_ns);

/**
 * DOC: events
 *
 * One for each submission, in the order of submission.
 */

/**
 * srfpga_event_read_sized() - what srfpga_event_read() calls
 * @dev: the device
 * @events: array of @max entries of @event_size bytes each
 * @event_size: bytes of one struct srfpga_event as the caller knows it, a
 *	multiple of 8
 * @max: entries of @events, at least 1
 * @timeout_ns: how long to wait for the first one; -1 for ever
 *
 * So that programs and libraries of different versions go together.
 *
 * Return: as for srfpga_event_read(); -EINVAL also for a wrong @event_size.
 */
int srfpga_event_read_sized(struct srfpga_device *dev, void *events,
			    size_t event_size, unsigned int max,
			    int64_t timeout_ns);

/**
 * srfpga_event_read() - how submissions ended
 * @dev: the device
 * @events: array that receives the events, oldest first
 * @max: entries of @events, at least 1
 * @timeout_ns: how long to wait for the first one; -1 for ever
 *
 * An event's status is 0, -ETIMEDOUT, -EIO, -ENODEV, -ENOMEM (soft) or the
 * error of the submission's in-fence. When several threads read, each event
 * goes to one of them.
 *
 * Return: the number of events, 0 if none came in time, or
 * -EINVAL	@max is 0
 * -ENODEV	the device is gone and all events were read
 * -EINTR	a signal came
 * -EPROTO	the driver's events are none that the library understands
 */
static inline int srfpga_event_read(struct srfpga_device *dev,
				    struct srfpga_event *events,
				    unsigned int max, int64_t timeout_ns)
{
	return srfpga_event_read_sized(dev, events, sizeof(*events), max,
				       timeout_ns);
}

/**
 * DOC: one call
 *
 * For programs that have tensors and want tensors, and for first steps.
 */

/**
 * srfpga_run() - run frames and wait for the result
 * @dev: the device
 * @in: for each input and weights port, in port order, a tensor of its natural
 *	type (struct srfpga_port.elem): inputs of @frames frames, weights of
 *	one, in normal shape
 * @out: for each output port, in port order, memory for the tensor of @frames
 *	frames, of the port's natural type
 * @frames: number of frames, at least 1; more than a job takes is split
 *
 * The whole path in one call, for those who do not mind its copies: buffers,
 * packing, submission, wait, unpacking. It takes no events from
 * srfpga_event_read(). The device's timeout applies.
 *
 * Return: 0, or
 * -EINVAL	no frames
 * -ERANGE	an input value that its port's data type cannot hold
 * -EOVERFLOW	@frames frames are more bytes than can be addressed
 * -ETIMEDOUT, -EIO, -ENODEV	as the event's status
 * or any error of srfpga_buffer_alloc(), srfpga_buffer_map() and
 * srfpga_submission_submit()
 */
int srfpga_run(struct srfpga_device *dev, const void *const *in,
	       void *const *out, uint32_t frames);

/**
 * DOC: packing
 *
 * Between tensors in memory (C order, normal shape) and frames: each row of
 * the folded shape holds its elements' codes from bit 0 up, little endian,
 * padded with zeroes to whole bytes. All functions are pure: any thread.
 */

/**
 * srfpga_layout_init() - the layout of a shape
 * @layout: receives it
 * @type: FINN's name of the data type: "UINT8", "INT4", "BIPOLAR", "TERNARY",
 *	"BINARY", "FLOAT32"
 * @folded_shape: elements, without the batch dimension
 * @rank: entries of @folded_shape, 1..SRFPGA_MAX_RANK
 *
 * Return: 0, -EINVAL (unknown type, wrong rank, a dimension of 0),
 * -EOVERFLOW (more than 2^48 elements).
 */
int srfpga_layout_init(struct srfpga_layout *layout, const char *type,
		       const uint32_t *folded_shape, unsigned int rank);

/** srfpga_layout_get_frame_bytes() - bytes of a frame; 0 for a wrong layout. */
uint64_t srfpga_layout_get_frame_bytes(const struct srfpga_layout *layout);

/** srfpga_layout_get_elem() - the natural C type; 0 for a wrong layout. */
uint32_t srfpga_layout_get_elem(const struct srfpga_layout *layout);

/**
 * srfpga_layout_get_range() - the least and the greatest value
 * @layout: the port's
 * @min: receives the least value, -1 for bipolar
 * @max: receives the greatest
 *
 * Return: 0, -EINVAL (a wrong layout, or floating point).
 */
int srfpga_layout_get_range(const struct srfpga_layout *layout, int64_t *min,
			    int64_t *max);

/** Bytes of a type's name as srfpga_layout_get_type() writes it. */
#define SRFPGA_TYPE_NAME_LEN	16

/**
 * srfpga_layout_get_type() - FINN's name of the data type
 * @layout: the port's
 * @name: receives it, for example "UINT8"; one bit unsigned is "BINARY"
 *
 * Return: 0, -EINVAL (a wrong layout).
 */
int srfpga_layout_get_type(const struct srfpga_layout *layout,
			   char name[SRFPGA_TYPE_NAME_LEN]);

/** srfpga_elem_get_size() - bytes of an element; 0 for an unknown type. */
size_t srfpga_elem_get_size(uint32_t elem);

/**
 * srfpga_layout_pack() - tensor to frames
 * @layout: the port's
 * @elem: C type of the tensor, enum srfpga_elem; any integer type of up to 32
 *	bits for such an integer layout, the natural one for any other
 * @tensor: @frames times rows × row_elems elements
 * @frames: number of frames
 * @packed: receives @frames frames, without gaps; must not overlap @tensor
 * @bad: on -ERANGE receives the index of the first element that does not fit,
 *	counted over all frames; may be NULL
 *
 * Return: 0, or
 * -EINVAL	a wrong layout, or an @elem that does not go with it
 * -ERANGE	a value that the data type cannot hold (bipolar: other than -1
 *		and 1); @packed is then partly written
 */
int srfpga_layout_pack(const struct srfpga_layout *layout, uint32_t elem,
		       const void *tensor, uint64_t frames, void *packed,
		       uint64_t *bad);

/**
 * srfpga_layout_unpack() - frames to tensor
 * @layout: the port's
 * @elem: C type of the tensor; it must hold every value of the data type
 * @packed: @frames frames, without gaps
 * @frames: number of frames
 * @tensor: receives @frames times rows × row_elems elements; must not overlap
 *	@packed
 *
 * Return: 0, -EINVAL (a wrong layout, or an @elem that cannot hold its
 * values).
 */
int srfpga_layout_unpack(const struct srfpga_layout *layout, uint32_t elem,
			 const void *packed, uint64_t frames, void *tensor);

/**
 * srfpga_layout_quantise() - real numbers to the nearest codes
 * @layout: the port's
 * @scale: real value of one step, above 0; 1 for values that are codes already
 * @zero_point: code of the real value 0
 * @real: @count real numbers
 * @count: number of elements, of one or many frames
 * @codes: receives @count elements of the layout's natural type
 * @bad: on -EDOM receives the index of the first NaN; may be NULL
 *
 * code = real / scale + zero_point in double precision, limited to the type's
 * range, then rounded to nearest, ties to even. Bipolar: the sign, zero is +1.
 * Float: real / scale + zero_point as it is.
 *
 * Return: 0, or
 * -EINVAL	a wrong layout, or a @scale that is not a positive number
 * -EDOM	a NaN; @codes is then partly written
 */
int srfpga_layout_quantise(const struct srfpga_layout *layout, double scale,
			   int32_t zero_point, const float *real,
			   uint64_t count, void *codes, uint64_t *bad);

/**
 * srfpga_layout_dequantise() - codes to real numbers
 * @layout: the port's
 * @scale: real value of one step, above 0
 * @zero_point: code of the real value 0
 * @codes: @count elements of the layout's natural type
 * @count: number of elements
 * @real: receives scale * (code - zero_point)
 *
 * Return: 0, -EINVAL (a wrong layout, or a @scale that is not a positive
 * number).
 */
int srfpga_layout_dequantise(const struct srfpga_layout *layout, double scale,
			     int32_t zero_point, const void *codes,
			     uint64_t count, float *real);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* SRFPGA_H */
