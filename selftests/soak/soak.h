/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The soak: many clients of lying hardware, and a ledger of what they were
 * promised and what they got.
 */
#ifndef SELFTESTS_SOAK_H
#define SELFTESTS_SOAK_H

#include "testbed.h"
#include "testrand.h"

/** Devices, if the guest has as many. */
#define SOAK_DEVICES	2
#define SOAK_CLIENTS	8
/** The camera's number. */
#define SOAK_CAMERA	SOAK_CLIENTS
#define SOAK_PROCESSES	(SOAK_CLIENTS + 1)
/** How long the end of a submission may take, ms: its limit is below 12 s. */
#define SOAK_END_MS	60000

/** enum soak_end - how a submission may end */
enum soak_end {
	SOAK_GOOD,
	SOAK_TIMED_OUT,
	SOAK_IO,
	SOAK_CANCELLED,
	SOAK_GONE,
	SOAK_NUM_ENDS
};

/**
 * struct soak_tally - what one process counted; in memory that all share
 * @submitted: accepted submissions
 * @ended: by kind
 * @refused: submissions that were not accepted, for a good reason
 * @events: ends that were read as events
 * @fences: ends that were seen on fences
 * @frames: frames that were compared with what the fabric makes
 * @halves: frames of which only the first half had been written
 * @files: files that were opened
 * @hot: of these, closed with submissions not ended
 * @gone: of these, ended by an unbind
 * @pictures: of the camera, that went well through the accelerator
 * @lost: submissions that never ended
 * @twice: ends that nobody waited for
 * @wrong_order: events that overtook others
 * @wrong_data: results of good jobs that are not what the fabric makes
 * @wrong_status: errors that nothing allows, or event and fence that differ
 * @leaked_fds: descriptors more than at the process' start
 */
struct soak_tally {
	uint64_t submitted;
	uint64_t ended[SOAK_NUM_ENDS];
	uint64_t refused;
	uint64_t events;
	uint64_t fences;
	uint64_t frames;
	uint64_t halves;
	uint64_t files;
	uint64_t hot;
	uint64_t gone;
	uint64_t pictures;
	uint64_t lost;
	uint64_t twice;
	uint64_t wrong_order;
	uint64_t wrong_data;
	uint64_t wrong_status;
	uint64_t leaked_fds;
};

/** struct soak - what all processes see */
struct soak {
	uint64_t seed;
	unsigned int phase;
	volatile int stop;
	bool camera;
	unsigned int devices;
	struct test_bed bed[SOAK_DEVICES];
	struct soak_tally tally[SOAK_PROCESSES];
};

/* soak_ledger.c */

#define LEDGER_SIZE	64

/**
 * struct soak_entry - a submission that has not ended
 * @seqno: the file's number of it
 * @user_data: as submitted
 * @slot: of the client's job
 * @fence: its out fence or -1
 * @event: an event was asked for
 */
struct soak_entry {
	uint64_t seqno;
	uint64_t user_data;
	unsigned int slot;
	int fence;
	bool event;
};

/** struct soak_ledger - the submissions of one file, oldest first */
struct soak_ledger {
	struct soak_tally *tally;
	uint64_t seqno;
	unsigned int count;
	struct soak_entry entry[LEDGER_SIZE];
};

/** Called with every end, after the ledger has forgotten the entry. */
typedef void (*ledger_end_fn)(void *arg, unsigned int slot, int status);

void ledger_init(struct soak_ledger *ledger, struct soak_tally *tally);
/** Note an accepted submission. */
void ledger_add(struct soak_ledger *ledger, const struct srfpga_submit *sub,
		unsigned int slot);
/** Read the events that are there. False: the device is gone, no more come. */
bool ledger_read(struct soak_ledger *ledger, int fd, ledger_end_fn end,
		 void *arg);
/** Look at the fences of those that have no event. */
void ledger_look(struct soak_ledger *ledger, ledger_end_fn end, void *arg);
/** Wait for every end; what does not end is lost. */
void ledger_drain(struct soak_ledger *ledger, int fd, ledger_end_fn end,
		  void *arg);
/** The file was closed: every fence must end, and nothing else is told. */
void ledger_close(struct soak_ledger *ledger, ledger_end_fn end, void *arg);

/* The others: what a process does until soak->stop. */
void soak_client(struct soak *soak, unsigned int number);
void soak_camera(struct soak *soak, unsigned int number);

/* soak_data.c */

/** Compare the outputs of a good job; counts into @tally. */
void soak_check_job(struct soak *soak, struct soak_tally *tally,
		    unsigned int device, struct test_job *job);

/* soak_chaos.c */

enum soak_act {
	ACT_HANG,
	ACT_LATE,
	ACT_TOO_LATE,
	ACT_LOST_IRQ,
	ACT_SPURIOUS,
	ACT_AXI,
	ACT_SHORT,
	ACT_DEAD_RESET,
	ACT_TIMING,
	ACT_REBIND,
	SOAK_NUM_ACTS
};

/** struct soak_chaos - what was done to the devices */
struct soak_chaos {
	struct test_rand rand;
	uint64_t acts[SOAK_NUM_ACTS];
	uint64_t hits[FPGA_NUM_FAULTS];
	uint64_t healed;
	uint64_t refused;
	uint64_t violations;
	uint64_t failed;
};

/** Do harm until @end (now_ns()). */
void chaos_run(struct soak *soak, struct soak_chaos *chaos, uint64_t end);
/** No more of it: disarm, heal, add up what struck. */
void chaos_calm(struct soak *soak, struct soak_chaos *chaos);

/* soak_leaks.c */

/** struct soak_state - what must be the same before and after */
struct soak_state {
	long long module_refs;
	long long dmabufs;
	long long open_files;
	long long fds;
	long long unreclaimable_kb;
	long long cma_free_kb;
};

/** Take it, once what is still being released has settled. */
void leaks_take(struct soak_state *state);
/** A sentence for each difference on stdout; how many matter. */
unsigned int leaks_compare(const struct soak_state *before,
			   const struct soak_state *after);
/** Unload the driver and load it again, as $SRFPGA_MODULE says: nobody holds
 * it. 0, -errno, or -ENOENT without that variable.
 */
int leaks_reload(void);
/** Descriptors of this process. */
int leaks_fds(void);

#endif /* SELFTESTS_SOAK_H */
