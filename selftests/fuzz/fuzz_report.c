// SPDX-License-Identifier: GPL-2.0
/*
 * The figures of a run: calls and errors of each kind, and which errors the
 * interface does not allow.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

/*
 * What may be answered: the interface's own table, and what comes of a number
 * that is another file's by now.
 */
static const unsigned char allowed[][16] = {
	[OP_GET_INFO] = { EINVAL, E2BIG, EFAULT, ENODEV },
	[OP_GET_PORT] = { EINVAL, E2BIG, EFAULT, ENODEV },
	[OP_ALLOC] = { EINVAL, E2BIG, EFAULT, EDQUOT, ENOMEM, EMFILE, ENODEV,
		       EINTR },
	[OP_ATTACH] = { EINVAL, E2BIG, EFAULT, EACCES, EOPNOTSUPP, EDQUOT,
			ENOMEM, ENODEV, EINTR },
	[OP_DETACH] = { EINVAL, E2BIG, EFAULT, ENOENT, ENODEV },
	[OP_SUBMIT] = { EINVAL, E2BIG, EFAULT, ENOENT, ERANGE, EACCES, EAGAIN,
			EPERM, EIO, ENODEV, ENOMEM, EMFILE, EINTR },
};

static bool is_allowed(unsigned int op, int error)
{
	return !error || error == EBADF || error == ENOTTY ||
	       memchr(allowed[op], error, sizeof(allowed[op]));
}

void report_figure(const char *name, uint64_t value)
{
	printf("#   %-34s %12llu\n", name, (unsigned long long)value);
}

static unsigned int threads_of(const struct fuzz_plan *plan)
{
	return plan->workers * plan->threads;
}

static uint64_t results(const struct fuzz_plan *plan, unsigned int op,
			unsigned int error)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < threads_of(plan); i++)
		n += plan->count[i].result[op][error];
	return n;
}

uint64_t report_calls(const struct fuzz_plan *plan)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < threads_of(plan); i++)
		n += plan->count[i].calls;
	return n;
}

uint64_t report_wrong(const struct fuzz_plan *plan)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < threads_of(plan); i++)
		n += plan->count[i].wrong;
	return n;
}

uint64_t report_good(const struct fuzz_plan *plan, enum fuzz_op op)
{
	return results(plan, op, 0);
}

uint64_t report_unknown(const struct fuzz_plan *plan)
{
	uint64_t n, all = 0;
	unsigned int op, error;

	for (op = OP_GET_INFO; op <= OP_SUBMIT; op++)
		for (error = 0; error < FUZZ_ERRORS; error++) {
			n = results(plan, op, error);
			if (!n || is_allowed(op, error))
				continue;
			printf("# %s: %llu times %s\n", fuzz_op_name(op),
			       (unsigned long long)n, strerror(error));
			all += n;
		}
	return all;
}

static void print_op(const struct fuzz_plan *plan, unsigned int op)
{
	uint64_t n, all = 0, ns = 0;
	unsigned int i, error;

	for (error = 0; error < FUZZ_ERRORS; error++)
		all += results(plan, op, error);
	for (i = 0; i < threads_of(plan); i++)
		ns += plan->count[i].ns[op];
	printf("#   %-16s %9llu, %5llu us each:", fuzz_op_name(op),
	       (unsigned long long)all,
	       (unsigned long long)(ns / 1000 / (all ?: 1)));
	for (error = 0; error < FUZZ_ERRORS; error++) {
		n = results(plan, op, error);
		if (n)
			printf(" %s %llu", error ? strerrorname_np(error) ?:
			       "other" : "ok", (unsigned long long)n);
	}
	printf("\n");
}

void report_print(const struct fuzz_plan *plan, uint64_t ns)
{
	uint64_t calls = report_calls(plan), programs = 0, kept = 0, ioctls = 0;
	unsigned int i, op;

	for (i = 0; i < threads_of(plan); i++) {
		programs += plan->count[i].programs;
		kept += plan->count[i].kept;
	}
	for (op = OP_GET_INFO; op <= OP_IOCTL; op++)
		for (i = 0; i < FUZZ_ERRORS; i++)
			ioctls += results(plan, op, i);
	printf("# %llu calls, of these %llu ioctls, in %llu programs; %llu calls a second\n",
	       (unsigned long long)calls, (unsigned long long)ioctls,
	       (unsigned long long)programs,
	       (unsigned long long)(calls * 1000 / (ns / 1000000 + 1)));
	printf("# coverage: %u %s, %llu programs kept\n",
	       cover_count(plan->cover), cover_has_kcov() ?
	       "places of the driver (KCOV)" : "kinds of results (no KCOV)",
	       (unsigned long long)kept);
	for (op = 0; op < FUZZ_NUM_OPS; op++)
		print_op(plan, op);
}
