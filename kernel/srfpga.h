/* SPDX-License-Identifier: GPL-2.0 */
/*
 * srfpga: private types of the driver.
 *
 * This file knows nothing of the user space interface: srfpga_cdev.c and
 * srfpga_submit.c translate.
 *
 * Locks, outermost first:
 *
 *   srfpga_file.submit_lock	order of one file's submissions; held over user
 *				memory access
 *   srfpga_file.read_lock	order of one file's events; the same
 *   srfpga_file.handle_lock	the handles of a file
 *   srfpga_device.attach_lock	list of the device's mapped attachments
 *   dma_resv of a dma-buf	never taken with a lock below this line held
 *   srfpga_buffer.lock		attachments of an exported buffer
 *   srfpga_device.files_lock	list of the device's open files; held on the way
 *				to a fence's signal: nothing allocates inside
 *   srfpga_device.lock		spinlock, interrupts off: queue, ring, files'
 *				submissions and events, registers
 *   dma_fence.lock		fences are signalled with srfpga_device.lock held;
 *				the driver's own fence callback takes no lock
 *
 * srfpga_device.srcu protects the few sections that touch the parent device
 * (mapping memory, resuming clocks). User memory is never accessed inside, so
 * that no user can hold up an unbind.
 */
#ifndef _SRFPGA_H
#define _SRFPGA_H

#include <linux/cdev.h>
#include <linux/clk.h>
#include <linux/device.h>
#include <linux/dma-fence.h>
#include <linux/dma-mapping.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

struct dentry;
struct device_node;
struct dma_buf;
struct dma_buf_attachment;
struct platform_device;
struct reset_control;
struct seq_file;
struct sg_table;
struct srfpga_device;
struct srfpga_submission;

#define SRFPGA_NAME_BYTES	32
#define SRFPGA_RANK_LIMIT	8
#define SRFPGA_PORT_LIMIT	16
#define SRFPGA_CLIENT_JOBS	64	/* jobs of one submission */
#define SRFPGA_CLIENT_QUEUED	64	/* submissions of one file */
#define SRFPGA_CLIENT_ATTACHED	256	/* attachments of one file */
#define SRFPGA_FRAMES_LIMIT	65536	/* frames of one job */
#define SRFPGA_ALIGN_BYTES	64	/* widest AXI beat and a cache line */
/* Jobs inside the hardware at once: more than any pipeline holds. */
#define SRFPGA_RING_SIZE	32
#define SRFPGA_LEVELS		3	/* priorities, 0 is the lowest */
#define SRFPGA_REGS_LIMIT	8	/* registers of one lane in a dump */

enum srfpga_role {
	SRFPGA_ROLE_INPUT,
	SRFPGA_ROLE_OUTPUT,
	SRFPGA_ROLE_WEIGHTS,
};

enum srfpga_elem {
	SRFPGA_ELEM_UINT,
	SRFPGA_ELEM_INT,
	SRFPGA_ELEM_BIPOLAR,
	SRFPGA_ELEM_TERNARY,
	SRFPGA_ELEM_FLOAT,
};

struct srfpga_shape {
	u32 rank;
	u32 dim[SRFPGA_RANK_LIMIT];
};

/**
 * struct srfpga_port - one stream of frames into or out of the accelerator
 * @name: label of the port
 * @dt_name: name of its node, registers and interrupt in the devicetree
 * @role: what its frames are for
 * @elem: type of an element
 * @bits: bits of an element
 * @normal: shape that users think of
 * @folded: shape that is streamed
 * @frame_bytes: bytes of a frame in memory
 * @reps: times the hardware reads a frame of weights for each frame of data
 */
struct srfpga_port {
	char name[SRFPGA_NAME_BYTES];
	char dt_name[SRFPGA_NAME_BYTES];
	enum srfpga_role role;
	enum srfpga_elem elem;
	u32 bits;
	struct srfpga_shape normal;
	struct srfpga_shape folded;
	u64 frame_bytes;
	u32 reps;
};

/**
 * struct srfpga_timing - learned run time, of a lane that starts from rest or
 *	right behind its previous job
 * @frames: frames of the job that @ns was measured with, 0: none yet
 * @ns: its run time
 */
struct srfpga_timing {
	u32 frames;
	u64 ns;
};

/**
 * struct srfpga_lane - a part of the hardware that is started on its own and
 *	works through the jobs of the ring in order
 * @role: what it moves
 * @irq: it has an interrupt line
 * @busy: it works on the job before @next
 * @stuck: debugfs: its end was overlooked on purpose
 * @warm: that job was started right behind its predecessor
 * @irq_seen: it interrupted since it was started
 * @irqs_lost: completions in a row that no interrupt announced
 * @next: number of the job that it is to be started with next
 * @started: when it was started last
 * @not_idle: when it was last seen at work
 * @look: when the poll timer is to look at it
 * @timing: learned run time, [cold, warm]
 */
struct srfpga_lane {
	enum srfpga_role role;
	bool irq;
	bool busy;
	bool stuck;
	bool warm;
	bool irq_seen;
	unsigned int irqs_lost;
	u32 next;
	ktime_t started;
	ktime_t not_idle;
	ktime_t look;
	struct srfpga_timing timing[2];
};

/**
 * struct srfpga_flight - a job inside the hardware
 * @sub: the submission that it belongs to
 * @index: its number within @sub
 * @todo: lanes that have not finished it, BIT(lane)
 * @started: when the first lane was started, 0: not yet
 */
struct srfpga_flight {
	struct srfpga_submission *sub;
	u32 index;
	u32 todo;
	ktime_t started;
};

/**
 * struct srfpga_engine_ops - one kind of accelerator; nothing else touches registers
 * @name: for logs and sysfs
 * @probe: map the registers and describe the lanes
 * @enable: after power-on and reset: clear what is pending, enable interrupts
 * @disable: before power-off: disable interrupts
 * @start: start a lane; it is idle. @addr has an entry for each port
 * @idle: the lane has no work
 * @ack: acknowledge the lane's interrupt; false if there was none
 * @dump: read up to SRFPGA_REGS_LIMIT registers without side effects on the
 *	driver's state, return their number
 * @reg_name: name of the n-th register of @dump
 *
 * All but @probe and @reg_name are called with srfpga_device.lock held and
 * clocks on.
 */
struct srfpga_engine_ops {
	const char *name;
	int (*probe)(struct srfpga_device *sdev, struct platform_device *pdev);
	void (*enable)(struct srfpga_device *sdev);
	void (*disable)(struct srfpga_device *sdev);
	void (*start)(struct srfpga_device *sdev, unsigned int lane,
		      const dma_addr_t *addr, u32 frames);
	bool (*idle)(struct srfpga_device *sdev, unsigned int lane);
	bool (*ack)(struct srfpga_device *sdev, unsigned int lane);
	unsigned int (*dump)(struct srfpga_device *sdev, unsigned int lane,
			     u32 *regs);
	const char *(*reg_name)(unsigned int reg);
};

enum srfpga_state {
	SRFPGA_READY,
	SRFPGA_RECOVERING,
	SRFPGA_WEDGED,
};

/**
 * struct srfpga_stats - counters of a device or file, under srfpga_device.lock
 * @jobs: jobs that finished
 * @frames: frames of these
 * @failed: submissions that ended with an error
 * @hangs: times the hardware hung
 * @resets: resets that helped
 * @irqs_lost: completions that only the safety poll found
 * @busy_ns: time with a job in the hardware
 */
struct srfpga_stats {
	u64 jobs;
	u64 frames;
	u64 failed;
	u64 hangs;
	u64 resets;
	u64 irqs_lost;
	u64 busy_ns;
};

struct srfpga_snapshot;

/**
 * struct srfpga_irq - an interrupt line
 * @sdev: the device
 * @lanes: that it belongs to, BIT(lane)
 * @number: Linux' number of the line
 */
struct srfpga_irq {
	struct srfpga_device *sdev;
	u32 lanes;
	int number;
};

/**
 * struct srfpga_device - one accelerator
 * @dev: the class device; its references keep this struct. Also allocates the
 *	buffers: unlike @parent it outlives an unbind, and so does the memory
 *	region that it holds.
 * @dma_parms: of @dev
 * @dma_mask: of @dev
 * @cdev: the character device
 * @parent: the platform device, referenced
 * @id: N of srfpgaN
 * @label: from the devicetree
 * @port: the ports, in the order of the user space interface
 * @num_ports: entries of @port
 * @dma_bits: width of the device's addresses
 * @timeout_ns: default limit of a job
 * @max_frames: frames of one job
 * @max_memory: bytes one file may have allocated
 * @engine: the kind of accelerator
 * @priv: the engine's own data
 * @clks: clocks of the accelerator
 * @num_clks: entries of @clks
 * @clock_hz: rate of the first clock
 * @reset: reset line or NULL
 * @irq: interrupt lines
 * @num_irqs: entries of @irq
 * @irqs_requested: the lines are in use
 * @has_irq: an interrupt is wired to at least one lane
 * @srcu: sections that use @parent
 * @gone: the device was removed; set under @lock
 * @attach_lock: protects @attachments
 * @attachments: mapped attachments of all files
 * @files_lock: protects @files
 * @files: all open files
 * @lock: see the lock order above; protects everything below
 * @state: READY, RECOVERING or WEDGED
 * @powered: clocks are on
 * @in_reset: registers must not be accessed although clocks are on
 * @suspended: system suspend: start nothing
 * @awake: the clocks stay on through it
 * @pm_held: the ring holds a runtime PM reference
 * @lane: the lanes
 * @num_lanes: entries of @lane
 * @order: lanes in the order in which the hardware wants them started
 * @feeders: lanes that decide when the next job is taken in, BIT(lane)
 * @ring: jobs inside the hardware
 * @head: number of the oldest job in @ring
 * @tail: number of the next job
 * @last_end: when the last job left the ring
 * @timer: looks at the hardware
 * @timer_at: when @timer fires, KTIME_MAX if it is not armed
 * @ready: files with a job that could start, by level
 * @passed: times each level was passed over by a higher one
 * @stats: counters
 * @quarantine: submissions whose buffers the hardware may still use
 * @quarantine_held: there are such, here or on their way; holds a runtime PM
 *	reference
 * @idle_wait: woken when the ring gets empty
 * @fence_ready: submissions whose in-fence signalled
 * @fence_kick: takes them from the fence callback to the queue
 * @ended: submissions to be released
 * @reap_work: releases them
 * @wake_work: resumes the clocks
 * @recover_work: handles a hang
 * @quarantine_work: waits for a wedged device to stop
 * @wq: runs the works that fences depend on
 * @reap_wq: runs @reap_work, which may wait for fences
 * @snapshot: registers and ring at the last hang
 * @debugfs: directory of this device
 * @lose_completions: debugfs: finished jobs to overlook
 */
struct srfpga_device {
	struct device dev;
	struct device_dma_parameters dma_parms;
	u64 dma_mask;
	struct cdev cdev;
	struct device *parent;
	int id;
	char label[SRFPGA_NAME_BYTES];
	struct srfpga_port port[SRFPGA_PORT_LIMIT];
	unsigned int num_ports;
	u32 dma_bits;
	u64 timeout_ns;
	u32 max_frames;
	u64 max_memory;
	const struct srfpga_engine_ops *engine;
	void *priv;
	struct clk_bulk_data *clks;
	int num_clks;
	u64 clock_hz;
	struct reset_control *reset;
	struct srfpga_irq irq[SRFPGA_PORT_LIMIT];
	unsigned int num_irqs;
	bool irqs_requested;
	bool has_irq;

	struct srcu_struct srcu;
	bool gone;

	struct mutex attach_lock; /* protects attachments */
	struct list_head attachments;

	struct mutex files_lock; /* protects files */
	struct list_head files;

	spinlock_t lock; /* protects everything below */
	enum srfpga_state state;
	bool powered;
	bool in_reset;
	bool suspended;
	bool awake;
	bool pm_held;
	struct srfpga_lane lane[SRFPGA_PORT_LIMIT];
	unsigned int num_lanes;
	u8 order[SRFPGA_PORT_LIMIT];
	u32 feeders;
	struct srfpga_flight ring[SRFPGA_RING_SIZE];
	u32 head;
	u32 tail;
	ktime_t last_end;
	struct hrtimer timer;
	ktime_t timer_at;
	struct list_head ready[SRFPGA_LEVELS];
	unsigned int passed[SRFPGA_LEVELS];
	struct srfpga_stats stats;
	struct list_head quarantine;
	bool quarantine_held;
	wait_queue_head_t idle_wait;

	struct llist_head fence_ready;
	struct irq_work fence_kick;
	struct llist_head ended;
	struct work_struct reap_work;
	struct work_struct wake_work;
	struct work_struct recover_work;
	struct delayed_work quarantine_work;
	struct workqueue_struct *wq;
	struct workqueue_struct *reap_wq;
	struct srfpga_snapshot *snapshot;
	struct dentry *debugfs;
	u32 lose_completions;
};

/**
 * struct srfpga_file - one open file
 * @ref: the open file, its submissions and its buffers
 * @sdev: the device, referenced
 * @id: for fdinfo and traces
 * @submit_lock: order of submissions
 * @read_lock: order of events
 * @handle_lock: protects @handles
 * @handles: handle to attachment
 * @num_handles: entries of @handles
 * @memory: bytes of the buffers that were allocated through this file
 * @context: of its fences
 * @seqno: of its last submission, under @submit_lock
 * @node: in srfpga_device.files, under its files_lock
 * @closed: by its last user
 * @subs: submissions that have not ended, oldest first
 * @issue: the first of these with a job that was not started, or NULL
 * @level: list of srfpga_device.ready that it is on, or -1
 * @ready_node: in that list
 * @queued: submissions that count against the limit
 * @events: ended submissions that were not read
 * @wait: woken for events, room and the end of the device
 * @stats: counters
 *
 * Everything behind @node under srfpga_device.lock.
 */
struct srfpga_file {
	struct kref ref;
	struct srfpga_device *sdev;
	u64 id;
	struct mutex submit_lock; /* order of submissions */
	struct mutex read_lock; /* order of events */
	struct mutex handle_lock; /* protects handles */
	struct xarray handles;
	u32 num_handles;
	atomic64_t memory;
	u64 context;
	u64 seqno;

	struct list_head node;
	bool closed;
	struct list_head subs;
	struct srfpga_submission *issue;
	int level;
	struct list_head ready_node;
	unsigned int queued;
	struct list_head events;
	wait_queue_head_t wait;
	struct srfpga_stats stats;
};

/**
 * struct srfpga_attachment - a dma-buf that is mapped for the device
 * @ref: the handle and the jobs that use it
 * @sdev: the device, referenced
 * @node: in srfpga_device.attachments while mapped
 * @dmabuf: the buffer, referenced
 * @attach: our attachment to it
 * @sgt: its mapping
 * @dir: direction of the mapping
 * @addr: device address of the first byte
 * @bytes: length of the buffer
 */
struct srfpga_attachment {
	struct kref ref;
	struct srfpga_device *sdev;
	struct list_head node;
	struct dma_buf *dmabuf;
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	enum dma_data_direction dir;
	dma_addr_t addr;
	u64 bytes;
};

/**
 * struct srfpga_completion - how a submission ended
 * @node: in srfpga_file.events
 * @status: 0 or a negative errno
 * @user_data: of the submission
 * @seqno: of the submission
 * @jobs_done: jobs without an error
 * @queued: when it was accepted
 * @started: when its first job was started, 0: never
 * @finished: when it ended
 */
struct srfpga_completion {
	struct list_head node;
	int status;
	u64 user_data;
	u64 seqno;
	u32 jobs_done;
	ktime_t queued;
	ktime_t started;
	ktime_t finished;
};

/**
 * struct srfpga_submission - jobs that run in order as one
 * @file: that it came through, referenced
 * @node: in srfpga_file.subs, then srfpga_device.quarantine
 * @ended_node: in srfpga_device.ended
 * @num_jobs: number of jobs
 * @frames: of each job
 * @addr: device address for each job and port
 * @used: attachment for each job and port, referenced
 * @level: priority
 * @timeout_ns: limit of each job
 * @done: what is reported; own memory until it moves to srfpga_file.events
 * @silent: do not report
 * @fence: signalled at the end, referenced, or NULL
 * @in_fence: to wait for, referenced, or NULL
 * @in_cb: on @in_fence
 * @in_armed: @in_cb was added
 * @in_node: in srfpga_device.fence_ready
 * @in_error: error of @in_fence
 * @waiting: @in_fence has not signalled
 * @next_job: the first job that was not started
 * @in_flight: jobs in the ring
 * @status: first error, 0 so far
 * @quarantined: the hardware may still use its buffers
 */
struct srfpga_submission {
	struct srfpga_file *file;
	struct list_head node;
	struct llist_node ended_node;
	u32 num_jobs;
	u32 *frames;
	dma_addr_t *addr;
	struct srfpga_attachment **used;
	unsigned int level;
	u64 timeout_ns;
	struct srfpga_completion *done;
	bool silent;
	struct dma_fence *fence;
	struct dma_fence *in_fence;
	struct dma_fence_cb in_cb;
	bool in_armed;
	struct llist_node in_node;
	int in_error;

	bool waiting;
	u32 next_job;
	u32 in_flight;
	int status;
	bool quarantined;
};

/* srfpga_of.c */
int srfpga_of_read(struct srfpga_device *sdev, struct device *dev);

/* srfpga_irq.c */
int srfpga_irq_find(struct srfpga_device *sdev, struct platform_device *pdev);
int srfpga_irq_request(struct srfpga_device *sdev);
void srfpga_irq_free(struct srfpga_device *sdev);
void srfpga_irq_mask(struct srfpga_device *sdev);
void srfpga_irq_unmask(struct srfpga_device *sdev);

/* srfpga_pm.c */
extern const struct dev_pm_ops srfpga_pm_ops;
int srfpga_pm_init(struct srfpga_device *sdev);
void srfpga_pm_fini(struct srfpga_device *sdev);
int srfpga_pm_get(struct srfpga_device *sdev);
void srfpga_pm_put(struct srfpga_device *sdev);

/* srfpga_cdev.c */
int srfpga_cdev_init(void);
void srfpga_cdev_exit(void);
int srfpga_cdev_number(struct srfpga_device *sdev);
void srfpga_cdev_unnumber(struct srfpga_device *sdev);
int srfpga_cdev_add(struct srfpga_device *sdev);
void srfpga_cdev_del(struct srfpga_device *sdev);

/* srfpga_file.c */
struct srfpga_file *srfpga_file_create(struct srfpga_device *sdev);
void srfpga_file_put(struct srfpga_file *file);
void srfpga_file_close(struct srfpga_file *file);
void srfpga_file_show(struct srfpga_file *file, struct seq_file *m);
int srfpga_file_attach(struct srfpga_file *file, int fd,
		       enum dma_data_direction dir, u32 *handle, u64 *bytes);
int srfpga_file_detach(struct srfpga_file *file, u32 handle);
struct srfpga_attachment *srfpga_file_lookup(struct srfpga_file *file,
					     u32 handle);
struct srfpga_completion *srfpga_file_event_get(struct srfpga_file *file);
void srfpga_file_event_unget(struct srfpga_file *file,
			     struct srfpga_completion *done);
void srfpga_file_event_done(struct srfpga_file *file,
			    struct srfpga_completion *done);
int srfpga_file_event_wait(struct srfpga_file *file, bool block);
__poll_t srfpga_file_poll(struct srfpga_file *file);

/* srfpga_submit.c */
int srfpga_submit_check_range(u64 buffer_bytes, u64 offset, u64 length,
			      u64 frame_bytes, u32 frames);
void srfpga_submission_free(struct srfpga_submission *sub);

/* srfpga_buffer.c */
struct dma_buf *srfpga_buffer_create(struct srfpga_file *file, u64 bytes);
bool srfpga_buffer_is_ours(struct dma_buf *dmabuf);

/* srfpga_attach.c */
u64 srfpga_mapping_run(struct sg_table *sgt);
bool srfpga_mapping_reachable(u64 addr, u64 bytes, u32 dma_bits);
struct srfpga_attachment *srfpga_attachment_create(struct srfpga_device *sdev,
						   struct dma_buf *dmabuf,
						   enum dma_data_direction dir);
void srfpga_attachment_get(struct srfpga_attachment *att);
void srfpga_attachment_put(struct srfpga_attachment *att);
void srfpga_attachments_revoke(struct srfpga_device *sdev);

/* srfpga_quarantine.c */
void srfpga_quarantine_begin(struct srfpga_device *sdev);
void srfpga_quarantine_add(struct srfpga_submission *sub);
void srfpga_quarantine_work(struct work_struct *work);
void srfpga_quarantine_keep(struct srfpga_device *sdev);
void srfpga_quarantine_keep_clocks(struct device *dev);
void srfpga_quarantine_release(struct srfpga_device *sdev);
void srfpga_quarantine_forget(const struct device_node *np);
void srfpga_quarantine_exit(void);

/* srfpga_queue.c */
void srfpga_queue_init(struct srfpga_device *sdev);
int srfpga_queue_reserve(struct srfpga_file *file);
void srfpga_queue_unreserve(struct srfpga_file *file);
int srfpga_queue_commit(struct srfpga_submission *sub);
int srfpga_queue_arm_in_fence(struct srfpga_submission *sub);
void srfpga_queue_disarm_in_fence(struct srfpga_submission *sub);
void srfpga_queue_cancel_file(struct srfpga_file *file);
void srfpga_queue_fail_all(struct srfpga_device *sdev, int status);
bool srfpga_queue_pick(struct srfpga_device *sdev,
		       struct srfpga_flight *flight);
bool srfpga_queue_ready(struct srfpga_device *sdev);
void srfpga_queue_job_done(struct srfpga_submission *sub, int status,
			   ktime_t now);
void srfpga_queue_flush(struct srfpga_device *sdev);

/* srfpga_sched.c */
int srfpga_sched_level(unsigned int nonempty, unsigned int *passed);

/* srfpga_timing.c */
u64 srfpga_timing_expect(const struct srfpga_timing *t, u32 frames);
void srfpga_timing_learn(struct srfpga_timing *t, u32 frames, u64 ns,
			 u64 unsure_ns);
u64 srfpga_timing_first_look(u64 expect_ns, bool irq);
u64 srfpga_timing_next_look(u64 expect_ns, u64 elapsed_ns, bool irq);
bool srfpga_timing_expired(ktime_t now, ktime_t started, ktime_t last_end,
			   u64 timeout_ns);
ktime_t srfpga_timing_deadline(ktime_t started, ktime_t last_end,
			       u64 timeout_ns);

/* srfpga_ring.c */
void srfpga_ring_init(struct srfpga_device *sdev);
void srfpga_ring_setup(struct srfpga_device *sdev);
bool srfpga_ring_drain(struct srfpga_device *sdev, unsigned long timeout);
void srfpga_ring_pump(struct srfpga_device *sdev);
bool srfpga_ring_irq(struct srfpga_device *sdev, unsigned int lane);
void srfpga_ring_fail(struct srfpga_device *sdev, int head_status,
		      int status, bool quarantine);
bool srfpga_ring_stopped(struct srfpga_device *sdev);

/* srfpga_recover.c */
void srfpga_recover_work(struct work_struct *work);
int srfpga_recover_probe(struct srfpga_device *sdev);
bool srfpga_recover_remove(struct srfpga_device *sdev);

/* srfpga_dump.c */
int srfpga_dump_init(struct srfpga_device *sdev);
void srfpga_dump_free(struct srfpga_device *sdev);
void srfpga_dump_take(struct srfpga_device *sdev);
void srfpga_dump_publish(struct srfpga_device *sdev, bool recovered);

/* srfpga_fence.c */
struct dma_fence *srfpga_fence_create(u64 context, u64 seqno);
void srfpga_fence_end(struct dma_fence *fence, int status, ktime_t when);

/* srfpga_engine_finn.c */
extern const struct srfpga_engine_ops srfpga_engine_finn;

/* srfpga_sysfs.c */
extern const struct attribute_group *srfpga_sysfs_groups[];
const char *srfpga_state_name(enum srfpga_state state);

/* srfpga_debug.c */
void srfpga_debug_init(void);
void srfpga_debug_exit(void);
void srfpga_debug_add(struct srfpga_device *sdev);
void srfpga_debug_del(struct srfpga_device *sdev);

/* An access to a block without a clock or in reset may never be answered. */
static inline bool srfpga_reachable(const struct srfpga_device *sdev)
{
	return sdev->powered && !sdev->in_reset;
}

static inline unsigned int srfpga_in_flight(const struct srfpga_device *sdev)
{
	return sdev->tail - sdev->head;
}

static inline struct srfpga_flight *
srfpga_flight(struct srfpga_device *sdev, u32 number)
{
	return &sdev->ring[number % SRFPGA_RING_SIZE];
}

#endif /* _SRFPGA_H */
