// SPDX-License-Identifier: GPL-2.0
/*
 * The soak: phases of half a minute, in each of which clients and a camera work
 * while the hardware lies and the driver comes and goes. After the last one
 * everything must be as it was after the first; then the figures, and TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "soak.h"
#include "testpeer.h"

#define PHASE_S		30
#define JOIN_MS		150000
/* selftests/grants: since it was loaded */
#define GRANTS_ADDED	"/sys/module/grants/parameters/added", NULL
#define GRANTS_HELD	"/sys/module/grants/parameters/held", NULL
#define GRANTS_MISSED	"/sys/module/grants/parameters/missed", NULL

static unsigned int tests;

static bool test(bool good, const char *name)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++tests, name);
	return good;
}

static int start(struct soak *soak, unsigned int number)
{
	int pid = fork();

	if (pid)
		return pid;
	if (number == SOAK_CAMERA)
		soak_camera(soak, number);
	else
		soak_client(soak, number);
	fflush(stdout);
	_exit(0);
}

/** All tallies in one. */
static struct soak_tally total(const struct soak *soak)
{
	struct soak_tally sum = { 0 };
	uint64_t *to = (uint64_t *)&sum;
	unsigned int i, k;

	for (i = 0; i < SOAK_PROCESSES; i++) {
		const uint64_t *from = (const uint64_t *)&soak->tally[i];

		for (k = 0; k < sizeof(sum) / sizeof(*to); k++)
			to[k] += from[k];
	}
	return sum;
}

static uint64_t ended(const struct soak_tally *t)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < SOAK_NUM_ENDS; i++)
		n += t->ended[i];
	return n;
}

/** One phase; processes that do not end count as failures. */
static unsigned int phase(struct soak *soak, struct soak_chaos *chaos,
			  unsigned int seconds)
{
	unsigned int i, failed = 0;
	int pid[SOAK_PROCESSES], status;

	soak->stop = 0;
	fflush(stdout);
	for (i = 0; i < SOAK_PROCESSES; i++)
		pid[i] = start(soak, i);
	chaos_run(soak, chaos, now_ns() + seconds * 1000000000ull);
	soak->stop = 1;
	for (i = 0; i < SOAK_PROCESSES; i++) {
		status = child_wait(pid[i], JOIN_MS);
		if (!status)
			continue;
		printf("# process %u of phase %u: %d\n", i, soak->phase,
		       status);
		failed++;
	}
	chaos_calm(soak, chaos);
	soak->phase++;
	return failed;
}

static void report_phase(const struct soak *soak, unsigned int phases)
{
	struct soak_tally t = total(soak);

	printf("# phase %u of %u: %llu submissions, %llu good, %llu lost\n",
	       soak->phase, phases, (unsigned long long)t.submitted,
	       (unsigned long long)t.ended[SOAK_GOOD],
	       (unsigned long long)(t.submitted - ended(&t)));
	fflush(stdout);
}

static void figure(const char *name, uint64_t value)
{
	printf("#   %-34s %12llu\n", name, (unsigned long long)value);
}

static void report_ends(const struct soak_tally *t)
{
	static const char *const name[SOAK_NUM_ENDS] = {
		[SOAK_GOOD] = "good", [SOAK_TIMED_OUT] = "ETIMEDOUT",
		[SOAK_IO] = "EIO", [SOAK_CANCELLED] = "ECANCELED",
		[SOAK_GONE] = "ENODEV",
	};
	unsigned int i;

	figure("submissions", t->submitted);
	for (i = 0; i < SOAK_NUM_ENDS; i++)
		figure(name[i], t->ended[i]);
	figure("refused", t->refused);
	figure("events read", t->events);
	figure("fences seen", t->fences);
	figure("files", t->files);
	figure("closed with jobs in them", t->hot);
	figure("ended by an unbind", t->gone);
	figure("camera pictures", t->pictures);
	figure("frames compared", t->frames);
	figure("frames half written", t->halves);
}

static void report_harm(const struct soak_chaos *c)
{
	unsigned int f;

	printf("# faults that struck\n");
	for (f = 0; f < FPGA_NUM_FAULTS; f++)
		if (c->hits[f])
			figure(model_fault_name(f), c->hits[f]);
	figure("unbind and bind", c->acts[ACT_REBIND]);
	figure("wedged and bound again", c->healed);
	figure("bind refused: cannot be reset", c->refused);
}

/** Every fault that was meant to struck; the list is the issue's own. */
static bool all_struck(const struct soak_chaos *c)
{
	static const enum fpga_fault fault[] = {
		FPGA_FAULT_HANG, FPGA_FAULT_LATE, FPGA_FAULT_SPURIOUS,
		FPGA_FAULT_LOST_IRQ, FPGA_FAULT_AXI, FPGA_FAULT_SHORT,
		FPGA_FAULT_DEAD_RESET,
	};
	unsigned int i;

	for (i = 0; i < sizeof(fault) / sizeof(fault[0]); i++)
		if (!c->hits[fault[i]])
			return false;
	return c->acts[ACT_REBIND];
}

static void verdict(const struct soak_tally *t, const struct soak_chaos *c,
		    bool camera)
{
	uint64_t lost = t->submitted - ended(t);

	printf("# %llu submissions, %llu ended, %llu lost\n",
	       (unsigned long long)t->submitted,
	       (unsigned long long)ended(t), (unsigned long long)lost);
	test(t->submitted && !lost && !t->lost, "0 lost");
	test(!t->twice && !t->wrong_order,
	     "every event came once and in order");
	test(!t->wrong_status, "every error was one that the interface allows");
	test(t->ended[SOAK_GOOD] > t->submitted / 2,
	     "most submissions were good");
	test(t->hot && t->gone,
	     "files were closed, and devices unbound, with jobs in them");
	if (camera)
		test(t->pictures, "the camera's pictures went through");
	else
		printf("ok %u - camera # SKIP no vivid\n", ++tests);
	test(t->frames && !t->wrong_data, "the data of good jobs is right");
	test(t->halves <= c->hits[FPGA_FAULT_SHORT],
	     "no frame was half written that the fault did not cut");
	test(!t->leaked_fds, "no descriptor leaked");
	test(!c->violations, "the model saw no violation of its contract");
	test(!c->failed, "every unbind and bind worked");
	test(all_struck(c), "every fault struck");
}

static int healthy(unsigned int devices)
{
	struct test_bed bed;
	unsigned int d;
	int bad = 0;

	for (d = 0; d < devices; d++)
		bad += bed_open(&bed, d, 0) || bed_close(&bed);
	return bad;
}

static bool camera_there(void)
{
	int video = vivid_open();

	return video >= 0 && !close(video);
}

static struct soak *setup(uint64_t seed)
{
	struct soak *soak = mmap(NULL, sizeof(*soak), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int d;

	if (soak == MAP_FAILED)
		return NULL;
	soak->seed = seed;
	soak->camera = camera_there();
	for (d = 0; d < SOAK_DEVICES && dev_present(d); d++) {
		if (bed_open(&soak->bed[d], d, 0))
			return NULL;
		/* a file of ours would keep the module and every device */
		dev_close(&soak->bed[d].dev);
		bed_timing(&soak->bed[d], 400, 100);
		soak->devices++;
	}
	return soak->devices ? soak : NULL;
}

/** A job with memory that was not granted: the model says so, and stops. */
static bool grants_bite(void)
{
	struct test_bed bed;
	struct test_job job;
	int ret = bed_open(&bed, 0, O_NONBLOCK);
	uint32_t seen;

	if (ret)
		return false;
	ret = job_init(&job, &bed.dev, 1, 1);
	model_write(&bed.model, FPGA_CTL_GRANT_CMD, FPGA_GRANT_CLEAR);
	model_write(&bed.model, FPGA_CTL_EXPECT, 1u << FPGA_VIOL_GRANT);
	if (!ret) {
		job.sub.timeout_ns = 200000000;
		ret = job_run(&job, 1);
		job_free(&job);
	}
	seen = model_read(&bed.model, FPGA_CTL_VIOLATION(FPGA_VIOL_GRANT));
	return !bed_close(&bed) && ret == -ETIMEDOUT && seen;
}

/** The devices have worked since the last unbind, and nobody uses them. */
static void report_grants(void)
{
	long long added = file_number(GRANTS_ADDED);

	if (added < 0) {
		printf("ok %u - grants # SKIP no module that grants\n", ++tests);
		return;
	}
	figure("ranges granted for DMA", added);
	test(added && !file_settles(GRANTS_HELD, 0, 5000) &&
	     !file_number(GRANTS_MISSED),
	     "every range of memory was granted, and taken back");
	test(grants_bite(), "memory that is not granted is not reached");
}

static int soak_run(struct soak *soak, unsigned int minutes)
{
	struct soak_chaos chaos = { .rand = rand_init(soak->seed, 1000) };
	unsigned int i, failed = 0, phases = minutes * 60 / PHASE_S;
	struct soak_state before, after;
	struct soak_tally t;
	int ret;

	/* the first one fills the kernel's caches */
	for (i = 0; i < phases; i++) {
		failed += phase(soak, &chaos, PHASE_S);
		report_phase(soak, phases);
		if (!i)
			leaks_take(&before);
	}
	leaks_take(&after);
	t = total(soak);
	report_ends(&t);
	report_harm(&chaos);
	verdict(&t, &chaos, soak->camera);
	test(!failed, "every process came to its end");
	test(!leaks_compare(&before, &after), "everything was given back");
	ret = leaks_reload();
	if (ret == -ENOENT)
		printf("ok %u - reload # SKIP no SRFPGA_MODULE\n", ++tests);
	else
		test(!ret, "nothing holds the module");
	test(!healthy(soak->devices), "the devices work");
	report_grants();
	printf("1..%u\n", tests);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int minutes = argc > 1 ? strtoul(argv[1], NULL, 0) : 30;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct soak *soak;

	printf("TAP version 13\n# %u minutes, seed %llu\n", minutes,
	       (unsigned long long)seed);
	soak = minutes ? setup(seed) : NULL;
	if (!soak) {
		printf("Bail out! no device with the FPGA model behind it\n");
		return 1;
	}
	return soak_run(soak, minutes);
}
