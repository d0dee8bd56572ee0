// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs: the state in one page, and a way to make finished jobs look hung.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "srfpga.h"

#define CREATE_TRACE_POINTS
#include "srfpga_trace.h"

static struct dentry *debug_root;

static void debug_show_lane(struct seq_file *m, const struct srfpga_device *sdev,
			    unsigned int l)
{
	const struct srfpga_lane *lane = &sdev->lane[l];

	seq_printf(m,
		   "lane %u: port %s %s next %u irq %d lost %u run time cold %llu/%u warm %llu/%u ns/frames\n",
		   l, sdev->port[l].name, lane->busy ? "busy" : "idle",
		   lane->next, lane->irq, lane->irqs_lost, lane->timing[0].ns,
		   lane->timing[0].frames, lane->timing[1].ns,
		   lane->timing[1].frames);
}

static void debug_show_file(struct seq_file *m, const struct srfpga_file *file)
{
	const struct srfpga_submission *sub;

	seq_printf(m, "file %llu: queued %u level %d jobs %llu busy %llu ns memory %lld attachments %u\n",
		   file->id, file->queued, file->level, file->stats.jobs,
		   file->stats.busy_ns, (s64)atomic64_read(&file->memory),
		   READ_ONCE(file->num_handles));
	list_for_each_entry(sub, &file->subs, node)
		seq_printf(m,
			   "  submission %llu: jobs %u next %u in flight %u status %d%s\n",
			   sub->done->seqno, sub->num_jobs, sub->next_job,
			   sub->in_flight, sub->status,
			   sub->waiting ? " waits for its in-fence" : "");
}

static int state_show(struct seq_file *m, void *unused)
{
	struct srfpga_device *sdev = m->private;
	struct srfpga_file *file;
	unsigned int l;

	spin_lock_irq(&sdev->lock);
	seq_printf(m, "srfpga%d %s: %s%s%s ring %u..%u\n", sdev->id,
		   sdev->label, srfpga_state_name(sdev->state),
		   sdev->powered ? "" : " off",
		   sdev->suspended ? " suspended" : "", sdev->head, sdev->tail);
	for (l = 0; l < sdev->num_lanes; l++)
		debug_show_lane(m, sdev, l);
	spin_unlock_irq(&sdev->lock);

	/* Users decide how many there are: interrupts are on between them. */
	mutex_lock(&sdev->files_lock);
	list_for_each_entry(file, &sdev->files, node) {
		spin_lock_irq(&sdev->lock);
		debug_show_file(m, file);
		spin_unlock_irq(&sdev->lock);
	}
	mutex_unlock(&sdev->files_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

/**
 * srfpga_debug_add() - the directory of a device
 * @sdev: the device
 */
void srfpga_debug_add(struct srfpga_device *sdev)
{
	sdev->debugfs = debugfs_create_dir(dev_name(&sdev->dev), debug_root);
	debugfs_create_file("state", 0400, sdev->debugfs, sdev, &state_fops);
	debugfs_create_u32("lose_completions", 0600, sdev->debugfs,
			   &sdev->lose_completions);
}

/**
 * srfpga_debug_del() - undo srfpga_debug_add()
 * @sdev: the device
 */
void srfpga_debug_del(struct srfpga_device *sdev)
{
	debugfs_remove_recursive(sdev->debugfs);
}

/**
 * srfpga_debug_init() - the directory of the driver
 */
void srfpga_debug_init(void)
{
	debug_root = debugfs_create_dir("srfpga", NULL);
}

/**
 * srfpga_debug_exit() - undo srfpga_debug_init()
 */
void srfpga_debug_exit(void)
{
	debugfs_remove_recursive(debug_root);
}
