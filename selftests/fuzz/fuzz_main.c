// SPDX-License-Identifier: GPL-2.0
/*
 * The driver's fuzzer: starts the workers, does harm to the device meanwhile,
 * and says at the end what became of every submission and of the driver.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_THREADS	32
#define SETTLE_MS	30000	/* a job that hangs has 10 s */

static unsigned int tests;

static void test(bool good, const char *name)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++tests, name);
}

static void usage(void)
{
	fputs("usage: fuzz [-c CALLS] [-s SEED] [-T SECONDS] [-w PROCESSES] [-t THREADS] [-C] [-v]\n"
	      "Calls srfpga0 at random until CALLS are made or SECONDS are over.\n"
	      "-C: without faults of the hardware and unbind; -v: print every call.\n"
	      "The same SEED draws the same calls; -w 1 -t 1 -C also in the same order.\n",
	      stderr);
}

/** Numbers of the options, or -1. */
static int options(struct fuzz_plan *plan, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "c:s:T:w:t:Cvh")) != -1) {
		if (c == 'c')
			plan->calls = strtoull(optarg, NULL, 0);
		else if (c == 's')
			plan->seed = strtoull(optarg, NULL, 0);
		else if (c == 'T')
			plan->seconds = strtoul(optarg, NULL, 0);
		else if (c == 'w')
			plan->workers = strtoul(optarg, NULL, 0);
		else if (c == 't')
			plan->threads = strtoul(optarg, NULL, 0);
		else if (c == 'C')
			plan->calm = true;
		else if (c == 'v')
			plan->verbose = true;
		else
			return -1;
	}
	if (!plan->workers || !plan->threads ||
	    plan->workers * plan->threads > MAX_THREADS)
		return -1;
	return 0;
}

/** A process that is gone before its time is a finding. */
static unsigned int watch(struct fuzz_plan *plan, struct test_bed *bed,
			  const int *pid)
{
	struct test_rand r = rand_init(plan->seed, MAX_THREADS);
	uint64_t end = now_ns() + plan->seconds * 1000000000ull;
	uint64_t calls, next = 0;
	unsigned int i, bad = 0, harmed = 0;
	int status;

	while ((calls = report_calls(plan)) < plan->calls && now_ns() < end) {
		sleep_ms(20);
		if (plan->calm || calls < next)
			continue;
		harmed += !harm_once(bed, &r);
		next = calls + 400;
	}
	plan->stop = 1;
	for (i = 0; i < plan->workers; i++) {
		status = child_wait(pid[i], 60000);
		if (status)
			printf("# process %u: %d\n", i, status);
		bad += !!status;
	}
	if (harmed || !harm_end(bed)) {
		printf("# the device cannot be bound again\n");
		bad++;
	}
	return bad;
}

static unsigned int run(struct fuzz_plan *plan, struct test_bed *bed)
{
	int pid[MAX_THREADS];
	unsigned int i;

	fflush(stdout);
	for (i = 0; i < plan->workers; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(worker_run(plan, i));
	}
	return watch(plan, bed, pid);
}

/** Nothing holds the driver any more: so everything must have ended. */
static void verdict_ledger(const struct fuzz_plan *plan, struct fuzz_ledger *l)
{
	uint64_t good = report_good(plan, OP_SUBMIT);

	test(ledger_stop(l), "the trace has no gap");
	ledger_print(l);
	test(l->queued >= good &&
	     l->queued <= good + report_good(plan, OP_IOCTL),
	     "the driver knows of what calls were told, and of no more");
	test(l->queued && l->queued == ledger_ended(l) && !l->marks, "0 lost");
}

static void verdict(struct fuzz_plan *plan, struct test_bed *bed,
		    struct fuzz_ledger *ledger, unsigned int bad,
		    long long dmabufs)
{
	test(report_calls(plan) >= plan->calls, "as many calls as asked for");
	test(!bad, "every process came to its end, and the device");
	if (cover_has_kcov())
		test(cover_count(plan->cover), "the driver's code was seen");
	test(report_good(plan, OP_SUBMIT), "some submissions were accepted");
	test(!report_wrong(plan), "what came back was what it has to be");
	test(!report_unknown(plan), "every error is one of the interface's");
	test(!model_violations(&bed->model), "the hardware was treated well");
	test(file_settles(MODULE_REFS, 0, SETTLE_MS) <= 0,
	     "nothing holds the module");
	test(file_settles(DMABUF_COUNT, dmabufs, SETTLE_MS) <= dmabufs,
	     "no dma-buf is left");
	verdict_ledger(plan, ledger);
	harm_print(bed);
	model_calm(&bed->model);
	/* opens it again, rebound if it was wedged, and runs a job */
	test(!bed_open(bed, 0, 0) && !bed_close(bed), "a job is right");
	printf("1..%u\n", tests);
}

static struct fuzz_plan *make_plan(void)
{
	size_t len = sizeof(struct fuzz_plan) +
		     MAX_THREADS * sizeof(struct fuzz_count);
	struct fuzz_plan *plan = mmap(NULL, len, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (plan == MAP_FAILED)
		return NULL;
	plan->calls = 20000;
	plan->seed = 1;
	plan->seconds = 3600;
	plan->workers = 2;
	plan->threads = 2;
	plan->cover = cover_map();
	return plan;
}

int main(int argc, char **argv)
{
	struct fuzz_plan *plan = make_plan();
	struct fuzz_ledger *ledger;
	struct test_bed bed;
	long long dmabufs;
	unsigned int bad;
	uint64_t start;

	if (!plan || !plan->cover || options(plan, argc, argv)) {
		usage();
		return 2;
	}
	printf("TAP version 13\n# fuzz -c %llu -s %llu -w %u -t %u%s\n",
	       (unsigned long long)plan->calls, (unsigned long long)plan->seed,
	       plan->workers, plan->threads, plan->calm ? " -C" : "");
	if (bed_open(&bed, 0, 0)) {
		printf("1..0 # SKIP no FPGA model behind %s\n", dev_path(0));
		return 4;
	}
	dev_close(&bed.dev);
	bed_timing(&bed, 60, 20);
	dmabufs = file_number(DMABUF_COUNT);
	ledger = ledger_start();
	if (!ledger) {
		printf("Bail out! no memory\n");
		return 1;
	}
	/* what hangs holds the hardware for as long as the default at most */
	file_write(TIMEOUT_LIMIT, "1");
	start = now_ns();
	bad = run(plan, &bed);
	report_print(plan, now_ns() - start);
	verdict(plan, &bed, ledger, bad, dmabufs);
	file_write(TIMEOUT_LIMIT, "60000");
	return 0;
}
