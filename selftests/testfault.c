// SPDX-License-Identifier: GPL-2.0
/*
 * Calls whose n-th allocation or user copy fails, and what there is before and
 * after. Must not know what the calls do.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "testfault.h"

#define DEBUGFS		"/sys/kernel/debug/"
/** More places than any call has. */
#define MOST_PLACES	3000

/** struct holdings - what a call that failed must not have changed */
struct holdings {
	long long fds;		/* of this process */
	long long memory;	/* fdinfo of the device's file */
	long long attachments;
	long long queued;
	long long failed;
	long long event;	/* poll() says that there is one */
	long long files;	/* of the device, in debugfs */
	long long dmabufs;	/* of the system */
	long long references;	/* to the driver */
	long long usage;	/* of the device, runtime power management */
};

static const char *const holding_names[] = {
	"descriptors", "memory", "attachments", "queued", "failed", "event",
	"files", "dma-bufs", "references", "usage",
};

#define HOLDINGS	(sizeof(holding_names) / sizeof(holding_names[0]))

_Static_assert(sizeof(struct holdings) == HOLDINGS * sizeof(long long),
	       "a name for each");

/** struct tally - how the places of a call ended */
struct tally {
	unsigned int memory, copy, other, unharmed;
};

/** Of this thread, open from fault_setup() on. */
static int nth = -1;

int fault_setup(void)
{
	static const char *const settings[][2] = {
		{ "failslab/ignore-gfp-wait", "N" },
		{ "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" },
		{ "fail_page_alloc/verbose", "0" },
		{ "fail_usercopy/verbose", "0" },
	};
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		snprintf(path, sizeof(path), DEBUGFS "%s", settings[i][0]);
		if (file_write(path, settings[i][1]))
			return -ENOENT;
	}
	/* A page of our own that is not there yet would be a place, too. */
	if (mlockall(MCL_CURRENT))
		return -errno;
	nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return nth < 0 ? -ENOENT : 0;
}

static void fault_arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	/* Switching it off copies from user space, too, and may fail for that. */
	while (pwrite(nth, text, len, 0) != len)
		;
}

/** How many places further the next failure would have been: 0: it was there. */
static unsigned int fault_left(void)
{
	char text[16] = "";
	unsigned int left = 1;

	/* It is this very copy that fails if it would have been the next. */
	if (pread(nth, text, sizeof(text) - 1, 0) > 0)
		left = strtoul(text, NULL, 10);
	fault_arm(0);
	return left;
}

static long long count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long long n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

/** The number behind @key in a file, or -1. */
static long long number_in(const char *path, const char *key)
{
	static char text[65536];

	return file_read(path, text, sizeof(text)) < 0 ? -1 :
	       text_number(text, key);
}

static long long count_files(const char *path)
{
	static char text[65536];
	long long n = 0;
	char *at;

	if (file_read(path, text, sizeof(text)) < 0)
		return -1;
	for (at = strstr(text, "\nfile "); at; at = strstr(at + 1, "\nfile "))
		n++;
	return n;
}

static void holdings_take(struct holdings *have, const struct test_dev *dev)
{
	char info[64], path[128];

	snprintf(info, sizeof(info), "/proc/self/fdinfo/%d", dev->fd);
	have->fds = count_fds();
	have->memory = number_in(info, "drm-total-memory");
	have->attachments = number_in(info, "srfpga-attachments");
	have->queued = number_in(info, "srfpga-queued");
	have->failed = number_in(info, "srfpga-failed");
	have->event = dev_poll(dev->fd, POLLIN, 0);
	snprintf(path, sizeof(path), DEBUGFS "srfpga/%s/state", dev_name(0));
	have->files = count_files(path);
	have->dmabufs = number_in(DEBUGFS "dma_buf/bufinfo", "Total ");
	have->references = number_in("/sys/module/srfpga/refcnt", "");
	snprintf(path, sizeof(path),
		 "/sys/class/srfpga/%s/device/power/runtime_usage", dev_name(0));
	have->usage = number_in(path, "");
}

/** Number of holdings that differ; the driver may take a moment to let go. */
static int holdings_changed(const struct holdings *before,
			    const struct test_dev *dev, const char *name,
			    unsigned int n)
{
	const long long *old = (const long long *)before, *new;
	struct holdings after;
	int changed = 0, tries;
	size_t i;

	new = (const long long *)&after;
	for (tries = 0; tries < TEST_WAIT_MS; tries++) {
		holdings_take(&after, dev);
		if (!memcmp(before, &after, sizeof(after)))
			return 0;
		sleep_ms(1);
	}
	for (i = 0; i < HOLDINGS; i++) {
		if (old[i] == new[i])
			continue;
		fprintf(stderr, "# %s, place %u: %s: %lld before, %lld after\n",
			name, n, holding_names[i], old[i], new[i]);
		changed++;
	}
	return changed;
}

static void tally_add(struct tally *tally, int ret)
{
	if (ret >= 0)
		tally->unharmed++;
	else if (ret == -ENOMEM)
		tally->memory++;
	else if (ret == -EFAULT)
		tally->copy++;
	else
		tally->other++;
}

/** One call with place @n failing, 0: none: how much is wrong; @*left: see
 * fault_left().
 */
static int fault_once(const struct test_dev *dev, const struct fault_call *call,
		      void *data, unsigned int n, struct tally *tally,
		      unsigned int *left)
{
	struct holdings before;
	const char *complaint;
	int ret, wrong = 0;

	holdings_take(&before, dev);
	ret = call->prepare ? call->prepare(data) : 0;
	if (ret < 0) {
		fprintf(stderr, "# %s: cannot prepare: %d\n", call->name, ret);
		*left = 1;
		return 1;
	}
	fault_arm(n);
	ret = call->call(data);
	*left = fault_left();
	complaint = call->finish(data, ret);
	if ((!n || *left) && ret < 0)
		complaint = "failed without a reason";
	if (n && !*left)
		tally_add(tally, ret);
	if (complaint) {
		fprintf(stderr, "# %s, place %u: %d: %s\n", call->name, n, ret,
			complaint);
		wrong++;
	}
	return wrong + holdings_changed(&before, dev, call->name, n);
}

int fault_sweep(const struct test_dev *dev, const struct fault_call *call,
		void *data)
{
	struct tally tally = { 0 };
	unsigned int pass, n, left;
	int wrong = 0;

	for (pass = 0; pass < call->passes; pass++) {
		/* Once without: it works, and what it needs of us is there. */
		wrong += fault_once(dev, call, data, 0, &tally, &left);
		for (n = 1, left = 0; !left && n < MOST_PLACES && !wrong; n++)
			wrong += fault_once(dev, call, data, n, &tally, &left);
		if (!left && !wrong) {
			fprintf(stderr, "# %s: no end\n", call->name);
			wrong++;
		}
	}
	fprintf(stderr, "# fail-nth %s: %u failures: %u ENOMEM, %u EFAULT, %u other, %u unharmed\n",
		call->name, tally.memory + tally.copy + tally.other +
		tally.unharmed, tally.memory, tally.copy, tally.other,
		tally.unharmed);
	return wrong;
}
