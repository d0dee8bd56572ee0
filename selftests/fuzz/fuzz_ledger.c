// SPDX-License-Identifier: GPL-2.0
/*
 * Every submission and its end, as the driver's tracepoints tell them: what the
 * fuzzer's threads know of their files is lost with each close. Must not know
 * calls. The sum of the marks tells that it is the same ones that ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

/* A buffer of our own: other tests use the common one. */
#define INSTANCE	"/sys/kernel/tracing/instances/srfpga-fuzz"
#define EVENTS		INSTANCE "/events/srfpga/"
#define READ_MS		20

static int begin_tracing(void)
{
	static const char *const settings[][2] = {
		{ INSTANCE "/buffer_size_kb", "4096" },
		{ EVENTS "srfpga_submission_queue/enable", "1" },
		{ EVENTS "srfpga_submission_end/enable", "1" },
	};
	unsigned int i;
	int ret = 0;

	if (mkdir(INSTANCE, 0700) && errno != EEXIST)
		return -errno;
	for (i = 0; !ret && i < sizeof(settings) / sizeof(settings[0]); i++)
		ret = file_write(settings[i][0], settings[i][1]);
	return ret;
}

static enum fuzz_end end_of(int status)
{
	switch (status) {
	case 0:
		return END_GOOD;
	case -ETIMEDOUT:
		return END_TIMED_OUT;
	case -EIO:
		return END_IO;
	case -ECANCELED:
		return END_CANCELLED;
	case -ENODEV:
		return END_GONE;
	default:
		return END_FENCE;
	}
}

static void read_line(struct fuzz_ledger *l, const char *line)
{
	const char *at = strstr(line, "srfpga_submission_");
	unsigned long long file, seqno;
	struct test_rand mark;
	char what[8];
	int status;

	if (strstr(line, " EVENTS]"))	/* "CPU:1 [LOST 5 EVENTS]" */
		l->missed++;
	if (!at ||
	    sscanf(at, "srfpga_submission_%7[a-z]: dev=%*d file=%llu seqno=%llu",
		   what, &file, &seqno) != 3)
		return;
	mark.state = file << 32 ^ seqno;
	if (!strcmp(what, "queue")) {
		l->queued++;
		l->marks += rand_next(&mark);
		return;
	}
	at = strstr(at, " status=");
	if (!at || sscanf(at, " status=%d", &status) != 1)
		return;
	l->ended[end_of(status)]++;
	l->marks -= rand_next(&mark);
}

/** Read until there is nothing more after the end was asked for. */
static int read_trace(struct fuzz_ledger *l)
{
	int fd = open(INSTANCE "/trace_pipe",
		      O_RDONLY | O_NONBLOCK | O_CLOEXEC), stop;
	static char text[65536];
	char *line, *rest;
	ssize_t n;

	while (fd >= 0) {
		stop = l->stop;
		n = read(fd, text, sizeof(text) - 1);
		if (n <= 0 && stop)
			return 0;
		if (n <= 0) {
			sleep_ms(READ_MS);
			continue;
		}
		text[n] = '\0';
		for (line = strtok_r(text, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest))
			read_line(l, line);
	}
	return 1;
}

struct fuzz_ledger *ledger_start(void)
{
	struct fuzz_ledger *l = mmap(NULL, sizeof(*l), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int pid;

	if (l == MAP_FAILED)
		return NULL;
	fflush(stdout);
	pid = begin_tracing() ? -1 : fork();
	if (!pid)
		_exit(read_trace(l));
	/* of what both see only one of them may say so */
	l->pid = pid;
	return l;
}

bool ledger_stop(struct fuzz_ledger *l)
{
	bool good = l->pid > 0;

	l->stop = 1;
	if (good && child_wait(l->pid, 60000))
		good = false;
	rmdir(INSTANCE);
	return good && !l->missed;
}

uint64_t ledger_ended(const struct fuzz_ledger *l)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < FUZZ_NUM_ENDS; i++)
		n += l->ended[i];
	return n;
}

void ledger_print(const struct fuzz_ledger *l)
{
	static const char *const name[FUZZ_NUM_ENDS] = {
		[END_GOOD] = "good", [END_TIMED_OUT] = "ETIMEDOUT",
		[END_IO] = "EIO", [END_CANCELLED] = "ECANCELED",
		[END_GONE] = "ENODEV", [END_FENCE] = "error of an in-fence",
	};
	unsigned int i;

	report_figure("submissions", l->queued);
	for (i = 0; i < FUZZ_NUM_ENDS; i++)
		report_figure(name[i], l->ended[i]);
	printf("# %llu submissions, %llu ended, %lld lost\n",
	       (unsigned long long)l->queued,
	       (unsigned long long)ledger_ended(l),
	       (long long)(l->queued - ledger_ended(l)));
}
