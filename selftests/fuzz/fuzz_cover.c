// SPDX-License-Identifier: GPL-2.0
/*
 * What is new: code of the driver that was never reached (KCOV), and, with any
 * kernel, results that a kind of call never had.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kcov.h>

#include "fuzz.h"

#define KCOV_FILE	"/sys/kernel/debug/kcov"
#define KCOV_WORDS	65536

uint8_t *cover_map(void)
{
	void *map = mmap(NULL, COVER_BITS / 8, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

bool cover_has_kcov(void)
{
	return access(KCOV_FILE, R_OK) == 0;
}

/** Where the driver's code lies: its line of /proc/modules. */
static void find_text(struct fuzz_cover *cover)
{
	static char text[65536];
	unsigned long long size, at;
	char *line;

	if (file_read("/proc/modules", text, sizeof(text)) < 0)
		return;
	line = strstr(text, "srfpga ");
	if (line && sscanf(line, "srfpga %llu %*s %*s %*s %llx", &size,
			   &at) == 2) {
		cover->text = at;
		cover->text_end = at + size;
	}
}

void cover_init(struct fuzz_cover *cover, uint8_t *all)
{
	memset(cover, 0, sizeof(*cover));
	cover->all = all;
	cover->seen = calloc(1, COVER_BITS / 8);
	cover->fd = open(KCOV_FILE, O_RDWR | O_CLOEXEC);
	if (cover->fd < 0)
		return;
	find_text(cover);
	if (!ioctl(cover->fd, KCOV_INIT_TRACE, KCOV_WORDS))
		cover->pc = mmap(NULL, KCOV_WORDS * sizeof(uint64_t),
				 PROT_READ | PROT_WRITE, MAP_SHARED, cover->fd,
				 0);
	if (!cover->pc || cover->pc == MAP_FAILED ||
	    ioctl(cover->fd, KCOV_ENABLE, KCOV_TRACE_PC))
		cover->pc = NULL;
}

void cover_start(struct fuzz_cover *cover)
{
	if (cover->pc)
		__atomic_store_n(&cover->pc[0], 0, __ATOMIC_RELAXED);
}

/** Remember a number: true if it is new to this thread. */
static bool remember(struct fuzz_cover *cover, uint64_t what)
{
	struct test_rand hash = { what };
	unsigned int bit = rand_next(&hash) % COVER_BITS;
	uint8_t mask = 1 << bit % 8;

	if (cover->seen[bit / 8] & mask)
		return false;
	cover->seen[bit / 8] |= mask;
	__atomic_or_fetch(&cover->all[bit / 8], mask, __ATOMIC_RELAXED);
	cover->found++;
	return true;
}

bool cover_note(struct fuzz_cover *cover, uint64_t what, int result)
{
	/* with KCOV the code itself tells more */
	return !cover->pc && remember(cover, what << 16 | (uint16_t)result);
}

bool cover_collect(struct fuzz_cover *cover)
{
	uint64_t i, n;
	bool news = false;

	if (!cover->pc)
		return false;
	n = __atomic_load_n(&cover->pc[0], __ATOMIC_RELAXED);
	for (i = 1; i <= n && i < KCOV_WORDS; i++)
		if (cover->pc[i] >= cover->text &&
		    cover->pc[i] < cover->text_end)
			news |= remember(cover, cover->pc[i] - cover->text);
	return news;
}

unsigned int cover_count(const uint8_t *map)
{
	unsigned int i, n = 0;

	for (i = 0; i < COVER_BITS / 8; i++)
		n += __builtin_popcount(map[i]);
	return n;
}
