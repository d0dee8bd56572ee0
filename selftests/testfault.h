/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls whose n-th allocation or user copy fails, for every n, and whether they
 * leave everything as it was.
 */
#ifndef SELFTESTS_TESTFAULT_H
#define SELFTESTS_TESTFAULT_H

#include "testdev.h"

/** struct fault_call - one call that is to fail at each of its places
 *
 * prepare() makes what the call needs, call() is made under failure and returns
 * as a system call (-errno), finish() takes back what the two left and says what
 * is wrong: NULL if nothing is. Where the places are depends on what the
 * allocators have in store: @passes over all of them find more than one.
 */
struct fault_call {
	const char *name;
	unsigned int passes;
	int (*prepare)(void *data);
	int (*call)(void *data);
	const char *(*finish)(void *data, int ret);
};

/** Have the kernel's fault injection fail everything that can, without a word;
 * -ENOENT: this kernel has none.
 */
int fault_setup(void);

/**
 * Make @call with its 1st, 2nd, ... place failing, until none is left. What the
 * device @dev and this process have (descriptors, memory, attachments, submissions,
 * dma-bufs, references) must be the same after each. Prints how many places there
 * were and returns how much was wrong, each named on stderr.
 */
int fault_sweep(const struct test_dev *dev, const struct fault_call *call,
		void *data);

#endif /* SELFTESTS_TESTFAULT_H */
