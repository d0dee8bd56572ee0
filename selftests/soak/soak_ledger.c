// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger of one file: every accepted submission is entered, every end is
 * crossed out once. Knows what the interface promises about events and fences;
 * must not know jobs, faults or the model.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "soak.h"
#include "testpeer.h"

void ledger_init(struct soak_ledger *ledger, struct soak_tally *tally)
{
	memset(ledger, 0, sizeof(*ledger));
	ledger->tally = tally;
}

void ledger_add(struct soak_ledger *ledger, const struct srfpga_submit *sub,
		unsigned int slot)
{
	struct soak_entry *entry = &ledger->entry[ledger->count++];

	ledger->tally->submitted++;
	entry->seqno = ++ledger->seqno;
	entry->user_data = sub->user_data;
	entry->slot = slot;
	entry->fence = sub->flags & SRFPGA_SUBMIT_OUT_FENCE ?
		       sub->out_fence_fd : -1;
	entry->event = !(sub->flags & SRFPGA_SUBMIT_NO_EVENT);
}

static int end_of_status(int status)
{
	switch (status) {
	case 0:
		return SOAK_GOOD;
	case -ETIMEDOUT:
		return SOAK_TIMED_OUT;
	case -EIO:
		return SOAK_IO;
	case -ECANCELED:
		return SOAK_CANCELLED;
	case -ENODEV:
		return SOAK_GONE;
	default:
		return -1;
	}
}

/** Entry @i has ended: count it, forget it, tell. */
static void ledger_end(struct soak_ledger *ledger, unsigned int i, int status,
		       ledger_end_fn end, void *arg)
{
	struct soak_entry entry = ledger->entry[i];
	int kind = end_of_status(status);

	if (kind < 0) {
		printf("# submission %llu ended with %d\n",
		       (unsigned long long)entry.user_data, status);
		ledger->tally->wrong_status++;
	} else {
		ledger->tally->ended[kind]++;
	}
	if (entry.fence >= 0)
		close(entry.fence);
	ledger->count--;
	memmove(&ledger->entry[i], &ledger->entry[i + 1],
		(ledger->count - i) * sizeof(entry));
	end(arg, entry.slot, status);
}

/** A fence says 1 for good; events say 0. */
static int fence_end(int fd, int ms)
{
	int status = fence_wait(fd, ms);

	return status == 1 ? 0 : status;
}

static void ledger_event(struct soak_ledger *ledger,
			 const struct srfpga_event *ev, ledger_end_fn end,
			 void *arg)
{
	struct soak_entry *entry;
	unsigned int i, first = LEDGER_SIZE;

	for (i = 0; i < ledger->count; i++) {
		entry = &ledger->entry[i];
		if (entry->event && first == LEDGER_SIZE)
			first = i;
		if (entry->event && entry->user_data == ev->user_data)
			break;
	}
	if (i == ledger->count) {
		printf("# event %llu: nobody waits for it\n",
		       (unsigned long long)ev->user_data);
		ledger->tally->twice++;
		return;
	}
	if (i != first || ev->seqno != entry->seqno ||
	    ev->size != sizeof(*ev) || ev->pad)
		ledger->tally->wrong_order++;
	if (!ev->status != (ev->jobs_done == 1))
		ledger->tally->wrong_status++;
	ledger->tally->events++;
	if (entry->fence >= 0) {
		ledger->tally->fences++;
		if (fence_end(entry->fence, TEST_WAIT_MS) != ev->status)
			ledger->tally->wrong_status++;
	}
	ledger_end(ledger, i, ev->status, end, arg);
}

bool ledger_read(struct soak_ledger *ledger, int fd, ledger_end_fn end,
		 void *arg)
{
	struct srfpga_event ev[8];
	ssize_t n;
	unsigned int i;

	while ((n = read(fd, ev, sizeof(ev))) > 0)
		for (i = 0; i < n / sizeof(ev[0]); i++)
			ledger_event(ledger, &ev[i], end, arg);
	return errno != ENODEV;
}

void ledger_look(struct soak_ledger *ledger, ledger_end_fn end, void *arg)
{
	unsigned int i = 0;
	int status;

	while (i < ledger->count) {
		if (ledger->entry[i].event) {
			i++;
			continue;
		}
		status = fence_status(ledger->entry[i].fence);
		if (!status) {
			i++;
			continue;
		}
		ledger->tally->fences++;
		ledger_end(ledger, i, status == 1 ? 0 : status, end, arg);
	}
}

static void ledger_lose(struct soak_ledger *ledger)
{
	unsigned int i;

	for (i = 0; i < ledger->count; i++) {
		printf("# lost: submission %llu, %s, fence %d\n",
		       (unsigned long long)ledger->entry[i].user_data,
		       ledger->entry[i].event ? "event" : "no event",
		       ledger->entry[i].fence < 0 ? -1 :
		       fence_status(ledger->entry[i].fence));
		if (ledger->entry[i].fence >= 0)
			close(ledger->entry[i].fence);
	}
	ledger->tally->lost += ledger->count;
	ledger->count = 0;
}

void ledger_drain(struct soak_ledger *ledger, int fd, ledger_end_fn end,
		  void *arg)
{
	uint64_t give_up = now_ns() + SOAK_END_MS * 1000000ull;

	while (ledger->count && now_ns() < give_up) {
		if (dev_poll(fd, POLLIN, 20) & POLLHUP)
			sleep_ms(1);
		ledger_read(ledger, fd, end, arg);
		ledger_look(ledger, end, arg);
	}
	ledger_lose(ledger);
	/* nothing may come behind the last one */
	sleep_ms(1);
	ledger_read(ledger, fd, end, arg);
}

void ledger_close(struct soak_ledger *ledger, ledger_end_fn end, void *arg)
{
	int status;

	while (ledger->count) {
		status = fence_end(ledger->entry[0].fence, SOAK_END_MS);
		if (status == -ETIME)
			break;
		ledger->tally->fences++;
		ledger_end(ledger, 0, status, end, arg);
	}
	ledger_lose(ledger);
}
