/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver's fuzzer: programs of calls that know the interface's grammar, run
 * by racing threads over the same files, buffers and fences.
 */
#ifndef SELFTESTS_FUZZ_H
#define SELFTESTS_FUZZ_H

#include "testbed.h"
#include "testpeer.h"
#include "testrand.h"

/** enum fuzz_op - a kind of call; the ioctls first, in the order of their numbers */
enum fuzz_op {
	OP_GET_INFO,
	OP_GET_PORT,
	OP_ALLOC,
	OP_ATTACH,
	OP_DETACH,
	OP_SUBMIT,
	OP_IOCTL,	/* any number */
	OP_READ,
	OP_POLL,
	OP_OPEN,
	OP_CLOSE,
	OP_ODD,		/* file operations that are not there; fdinfo */
	OP_SHOW,	/* sysfs and debugfs */
	OP_BUF_CLOSE,
	OP_BUF_MAP,
	OP_BUF_SYNC,
	OP_BUF_FOREIGN,
	OP_BUF_FENCE,
	OP_FENCE_NEW,
	OP_FENCE_SIGNAL,
	OP_FENCE_CLOSE,
	OP_SCRIBBLE,	/* into arguments that another thread may be using */
	OP_FORK,
	OP_PAUSE,
	FUZZ_NUM_OPS
};

/** Errors that are counted apart: all of Linux', and whatever is above. */
#define FUZZ_ERRORS	134

#define FUZZ_CALLS	12	/* of one program */

/**
 * struct fuzz_call - one call, as it was drawn; resources are slots
 * @op: enum fuzz_op
 * @file: which open file
 * @slot: which buffer, handle or fence, for each place that takes one
 * @where: where the argument lies, enum fuzz_where
 * @how: what is done to it, enum fuzz_how; 0: nothing
 * @field: to which 32-bit word of it
 * @value: with which number, and for calls that need one
 */
struct fuzz_call {
	uint8_t op;
	uint8_t file;
	uint8_t slot[2];
	uint8_t where;
	uint8_t how;
	uint8_t field;
	uint64_t value;
};

struct fuzz_prog {
	unsigned int len;
	struct fuzz_call call[FUZZ_CALLS];
};

/* fuzz_prog.c */

/** A new program. */
void prog_draw(struct fuzz_prog *prog, struct test_rand *r);
/** Another one like it; parts may come from @other. */
void prog_mutate(struct fuzz_prog *prog, const struct fuzz_prog *other,
		 struct test_rand *r);
const char *fuzz_op_name(enum fuzz_op op);

/* fuzz_world.c */

#define WORLD_FILES	4
#define WORLD_BUFS	8
#define WORLD_FENCES	8
/** Frames of a valid job, at most. */
#define WORLD_FRAMES	2
/** Bytes of memory that both threads use for arguments. */
#define WORLD_ARENA	4096

/**
 * struct fuzz_world - the resources of one process; its threads race for them
 * without a lock
 * @ports: of the device
 * @file: open files, -1 for none
 * @buf: dma-bufs
 * @handle: of each file's attachments
 * @fence: sync_files
 * @vgem: maker of fences, and those that it made
 * @sw_sync: another maker, where the kernel has it, or -1
 * @arena: argument memory in common
 * @first_fd: descriptors from here on are fair game
 * @resetting: everything is being closed
 */
struct fuzz_world {
	unsigned int ports;
	uint64_t frame_bytes[SRFPGA_MAX_PORTS];
	uint32_t direction[SRFPGA_MAX_PORTS];
	volatile int file[WORLD_FILES];
	volatile int buf[WORLD_BUFS];
	volatile uint32_t handle[WORLD_FILES][WORLD_BUFS];
	volatile int fence[WORLD_FENCES];
	volatile uint32_t vgem_id[WORLD_FENCES];
	struct vgem vgem;
	int sw_sync;
	uint8_t *arena;
	int first_fd;
	volatile bool resetting;
};

/** Find out what there is; before threads start. 0 or -errno. */
int world_init(struct fuzz_world *w);
/** Close everything, then open files with buffers that make a valid job. */
void world_reset(struct fuzz_world *w);
/** Open again what is closed, or a file of a device that is gone. False: there
 * is none at the moment.
 */
bool world_mend(struct fuzz_world *w);
/** Put a descriptor into a slot; what was there is closed. */
void world_put(volatile int *slot, int fd);
/** A dma-buf of another driver: -errno if @kind is not there. */
int world_foreign(struct fuzz_world *w, uint64_t kind, size_t bytes);
int world_fence(struct fuzz_world *w, unsigned int slot, uint64_t value);
void world_signal(struct fuzz_world *w, unsigned int slot, uint64_t value);

/* fuzz_cover.c */

/** struct fuzz_cover - what one thread has seen so far */
struct fuzz_cover {
	int fd;
	uint64_t *pc;
	uint64_t text, text_end;
	uint8_t *seen;
	uint8_t *all;
	unsigned int found;
};

#define COVER_BITS	(1u << 19)

/** Memory for what all have seen. */
uint8_t *cover_map(void);
/** KCOV for this thread, if the kernel has it. */
void cover_init(struct fuzz_cover *cover, uint8_t *all);
void cover_start(struct fuzz_cover *cover);
/** Something of the kind (@what, @result) happened: true if never before. */
bool cover_note(struct fuzz_cover *cover, uint64_t what, int result);
/** The program has ended: true if it reached code that none had reached. */
bool cover_collect(struct fuzz_cover *cover);
/** Bits of a map. */
unsigned int cover_count(const uint8_t *map);
bool cover_has_kcov(void);

/* fuzz_ioctl.c and fuzz_call.c */

/** struct fuzz_count - of one thread; in memory that all share */
struct fuzz_count {
	uint64_t calls;
	uint64_t programs;
	uint64_t kept;
	uint64_t wrong;
	uint64_t ns[FUZZ_NUM_OPS];
	uint64_t result[FUZZ_NUM_OPS][FUZZ_ERRORS];
};

/** struct fuzz_thread - who runs a program */
struct fuzz_thread {
	struct fuzz_world *world;
	struct fuzz_count *count;
	struct fuzz_cover cover;
	struct test_rand rand;
	bool verbose;
	uint8_t *arena;
};

/** Memory for arguments: pages that may be written, one that may be read. */
uint8_t *ioctl_arena(void);
/** Run an ioctl: 0 or -errno. */
int ioctl_run(struct fuzz_thread *t, const struct fuzz_call *c);
/** Run any call: 0 or -errno. */
int call_run(struct fuzz_thread *t, const struct fuzz_call *c);

/* fuzz_worker.c */

/** struct fuzz_plan - what was asked for, and how far it is */
struct fuzz_plan {
	uint64_t calls;
	uint64_t seed;
	unsigned int seconds;
	unsigned int workers;
	unsigned int threads;
	bool calm;
	bool verbose;
	volatile int stop;
	uint8_t *cover;
	struct fuzz_count count[];
};

/** A process: its threads run until the plan stops. */
int worker_run(struct fuzz_plan *plan, unsigned int number);

/* fuzz_harm.c */

/** Do something to the device, or nothing: false if it is not there any more. */
bool harm_once(struct test_bed *bed, struct test_rand *r);
/** Heal it: nobody calls it any more. False: it cannot be. */
bool harm_end(struct test_bed *bed);
void harm_print(const struct test_bed *bed);

/* fuzz_ledger.c */

/** enum fuzz_end - how a submission may end */
enum fuzz_end {
	END_GOOD,
	END_TIMED_OUT,
	END_IO,
	END_CANCELLED,
	END_GONE,
	END_FENCE,
	FUZZ_NUM_ENDS
};

/**
 * struct fuzz_ledger - what was accepted and what has ended
 * @pid: who reads the trace, or -1
 * @stop: that it is to stop
 * @queued: submissions accepted
 * @ended: by kind
 * @marks: 0 if those that ended are those that were accepted, each once
 * @missed: gaps in the trace: then the numbers mean nothing
 */
struct fuzz_ledger {
	int pid;
	volatile int stop;
	uint64_t queued;
	uint64_t ended[FUZZ_NUM_ENDS];
	uint64_t marks;
	uint64_t missed;
};

/** Read along from now on; NULL: no memory. */
struct fuzz_ledger *ledger_start(void);
/** Everything has ended: true if all of it was read. */
bool ledger_stop(struct fuzz_ledger *l);
uint64_t ledger_ended(const struct fuzz_ledger *l);
void ledger_print(const struct fuzz_ledger *l);

/* fuzz_report.c */

/** A line that selftests/debug/counts.sh adds up. */
void report_figure(const char *name, uint64_t value);

void report_print(const struct fuzz_plan *plan, uint64_t ns);
uint64_t report_calls(const struct fuzz_plan *plan);
uint64_t report_wrong(const struct fuzz_plan *plan);
/** Successful calls of a kind. */
uint64_t report_good(const struct fuzz_plan *plan, enum fuzz_op op);
/** Errors that the interface does not name for this call. */
uint64_t report_unknown(const struct fuzz_plan *plan);

#endif /* SELFTESTS_FUZZ_H */
