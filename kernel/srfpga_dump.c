// SPDX-License-Identifier: GPL-2.0
/*
 * The post-mortem of a hang: registers and ring, as text, in a devcoredump.
 * Taken without allocating, printed when nobody waits for it any more.
 */
#include <linux/devcoredump.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "srfpga.h"

#define DUMP_BYTES	(64 * 1024)

struct dump_job {
	u64 file;
	u64 seqno;
	u32 index;
	u32 frames;
	u32 todo;
	ktime_t started;
	u64 timeout_ns;
	dma_addr_t addr[SRFPGA_PORT_LIMIT];
};

struct dump_lane {
	bool busy;
	u32 next;
	unsigned int num_regs;
	u32 regs[SRFPGA_REGS_LIMIT];
};

struct srfpga_snapshot {
	ktime_t when;
	u32 head;
	u32 tail;
	struct srfpga_stats stats;
	struct dump_lane lane[SRFPGA_PORT_LIMIT];
	struct dump_job job[SRFPGA_RING_SIZE];
};

/**
 * srfpga_dump_init() - get the memory for snapshots
 * @sdev: a new device
 *
 * Return: 0 or -ENOMEM.
 */
int srfpga_dump_init(struct srfpga_device *sdev)
{
	sdev->snapshot = kvzalloc(sizeof(*sdev->snapshot), GFP_KERNEL);
	return sdev->snapshot ? 0 : -ENOMEM;
}

/**
 * srfpga_dump_free() - undo srfpga_dump_init()
 * @sdev: the device
 */
void srfpga_dump_free(struct srfpga_device *sdev)
{
	kvfree(sdev->snapshot);
}

static void dump_take_job(struct srfpga_device *sdev, u32 number)
{
	const struct srfpga_flight *flight = srfpga_flight(sdev, number);
	struct dump_job *job = &sdev->snapshot->job[number - sdev->head];
	const struct srfpga_submission *sub = flight->sub;

	job->file = sub->file->id;
	job->seqno = sub->done->seqno;
	job->index = flight->index;
	job->frames = sub->frames[flight->index];
	job->todo = flight->todo;
	job->started = flight->started;
	job->timeout_ns = sub->timeout_ns;
	memcpy(job->addr, sub->addr + flight->index * sdev->num_ports,
	       sdev->num_ports * sizeof(*job->addr));
}

/**
 * srfpga_dump_take() - remember registers and ring
 * @sdev: the device, locked, with clocks on
 */
void srfpga_dump_take(struct srfpga_device *sdev)
{
	struct srfpga_snapshot *snap = sdev->snapshot;
	struct dump_lane *lane;
	unsigned int l;
	u32 number;

	snap->when = ktime_get();
	snap->head = sdev->head;
	snap->tail = sdev->tail;
	snap->stats = sdev->stats;
	for (l = 0; l < sdev->num_lanes; l++) {
		lane = &snap->lane[l];
		lane->busy = sdev->lane[l].busy;
		lane->next = sdev->lane[l].next;
		lane->num_regs = sdev->engine->dump(sdev, l, lane->regs);
	}
	for (number = sdev->head; number != sdev->tail; number++)
		dump_take_job(sdev, number);
}

static int dump_print_lane(struct srfpga_device *sdev, unsigned int l,
			   char *text, int room)
{
	const struct dump_lane *lane = &sdev->snapshot->lane[l];
	unsigned int i;
	int n;

	n = scnprintf(text, room, "lane %u: %s next job %u\n", l,
		      lane->busy ? "busy" : "idle", lane->next);
	for (i = 0; i < lane->num_regs; i++)
		n += scnprintf(text + n, room - n, "  %s: %#010x\n",
			       sdev->engine->reg_name(i), lane->regs[i]);
	return n;
}

static int dump_print_job(struct srfpga_device *sdev, u32 i, char *text,
			  int room)
{
	const struct srfpga_snapshot *snap = sdev->snapshot;
	const struct dump_job *job = &snap->job[i];
	unsigned int p;
	int n;

	n = scnprintf(text, room,
		      "job %u: file %llu submission %llu job %u frames %u started %lld ns ago timeout %llu ns unfinished lanes %#x\n",
		      snap->head + i, job->file, job->seqno, job->index,
		      job->frames,
		      job->started ? ktime_to_ns(snap->when - job->started) : 0,
		      job->timeout_ns, job->todo);
	for (p = 0; p < sdev->num_ports; p++)
		n += scnprintf(text + n, room - n, "  %s: %pad\n",
			       sdev->port[p].name, &job->addr[p]);
	return n;
}

/**
 * srfpga_dump_publish() - print the snapshot into a devcoredump
 * @sdev: the device
 * @recovered: the reset helped
 */
void srfpga_dump_publish(struct srfpga_device *sdev, bool recovered)
{
	const struct srfpga_snapshot *snap = sdev->snapshot;
	unsigned int l;
	char *text;
	u32 i;
	int n;

	text = vmalloc(DUMP_BYTES);
	if (!text)
		return;
	n = scnprintf(text, DUMP_BYTES,
		      "srfpga%d %s engine %s: hang at %lld ns, %s\n"
		      "jobs %llu failed %llu hangs %llu resets %llu lost interrupts %llu\n",
		      sdev->id, sdev->label, sdev->engine->name,
		      ktime_to_ns(snap->when),
		      recovered ? "recovered by reset" : "wedged",
		      snap->stats.jobs, snap->stats.failed, snap->stats.hangs,
		      snap->stats.resets, snap->stats.irqs_lost);
	for (l = 0; l < sdev->num_lanes; l++)
		n += dump_print_lane(sdev, l, text + n, DUMP_BYTES - n);
	for (i = 0; i < snap->tail - snap->head; i++)
		n += dump_print_job(sdev, i, text + n, DUMP_BYTES - n);
	/* Takes the memory over, and frees it if there is a dump already. */
	dev_coredumpv(sdev->parent, text, n, GFP_KERNEL);
}
