// SPDX-License-Identifier: GPL-2.0
/*
 * The thread that computes frames while the guest goes on, and the life of a
 * frame. Must not know when a result is due.
 */
#include "fpga.h"

struct fpga_frame *fpga_frame_new(struct fpga_device *dev, uint64_t seq)
{
	struct fpga_frame *frame = g_new0(struct fpga_frame, 1);

	frame->seq = seq;
	for (unsigned int i = 0; i < dev->num_ports; i++)
		frame->buf[i] = g_malloc0(dev->dma[i].info.frame_bytes);
	return frame;
}

/* A frame that the worker holds goes when it comes back. */
void fpga_frame_free(struct fpga_frame *frame)
{
	if (frame->submitted && !frame->computed) {
		frame->orphan = true;
		return;
	}
	for (unsigned int i = 0; i < FPGA_MAX_PORTS; i++)
		g_free(frame->buf[i]);
	g_free(frame);
}

static void corrupt(struct fpga_device *dev, struct fpga_frame *frame)
{
	for (unsigned int i = 0; i < dev->num_ports; i++)
		if (dev->dma[i].info.direction == FPGA_OUTPUT)
			frame->buf[i][0] ^= 0xff;
}

static void collect(struct fpga_device *dev)
{
	struct fpga_worker *worker = &dev->worker;
	struct fpga_frame_list list = QSIMPLEQ_HEAD_INITIALIZER(list);
	struct fpga_frame *frame;

	qemu_mutex_lock(&worker->lock);
	QSIMPLEQ_CONCAT(&list, &worker->finished);
	qemu_mutex_unlock(&worker->lock);
	while ((frame = QSIMPLEQ_FIRST(&list))) {
		QSIMPLEQ_REMOVE_HEAD(&list, link);
		frame->computed = true;
		if (frame->orphan)
			fpga_frame_free(frame);
		else if (fpga_fault_strikes(dev, FPGA_FAULT_CORRUPT, 0))
			corrupt(dev, frame);
	}
}

/* Results count from now on: what happened before comes first. */
static void results_arrived(void *opaque)
{
	struct fpga_device *dev = opaque;

	fpga_pipeline_run(dev);
	collect(dev);
	fpga_pipeline_run(dev);
}

void fpga_worker_submit(struct fpga_device *dev, struct fpga_frame *frame)
{
	struct fpga_worker *worker = &dev->worker;

	frame->submitted = true;
	qemu_mutex_lock(&worker->lock);
	QSIMPLEQ_INSERT_TAIL(&worker->todo, frame, link);
	qemu_cond_signal(&worker->todo_cond);
	qemu_mutex_unlock(&worker->lock);
}

/* The worker never takes QEMU's lock, so waiting with it held is safe. */
void fpga_worker_wait(struct fpga_device *dev, struct fpga_frame *frame)
{
	struct fpga_worker *worker = &dev->worker;

	qemu_mutex_lock(&worker->lock);
	while (!frame->finished)
		qemu_cond_wait(&worker->finished_cond, &worker->lock);
	qemu_mutex_unlock(&worker->lock);
	collect(dev);
}

static struct fpga_frame *next_frame(struct fpga_worker *worker)
{
	struct fpga_frame *frame;

	qemu_mutex_lock(&worker->lock);
	while (QSIMPLEQ_EMPTY(&worker->todo))
		qemu_cond_wait(&worker->todo_cond, &worker->lock);
	frame = QSIMPLEQ_FIRST(&worker->todo);
	QSIMPLEQ_REMOVE_HEAD(&worker->todo, link);
	qemu_mutex_unlock(&worker->lock);
	return frame;
}

static void *work(void *opaque)
{
	struct fpga_device *dev = opaque;
	struct fpga_worker *worker = &dev->worker;

	for (;;) {
		struct fpga_frame *frame = next_frame(worker);
		int64_t started = g_get_monotonic_time();

		dev->fabric->compute(dev, frame);
		qemu_mutex_lock(&worker->lock);
		worker->compute_ns += (g_get_monotonic_time() - started) * 1000;
		frame->finished = true;
		QSIMPLEQ_INSERT_TAIL(&worker->finished, frame, link);
		qemu_cond_signal(&worker->finished_cond);
		qemu_mutex_unlock(&worker->lock);
		qemu_bh_schedule(worker->bh);
	}
	return NULL;
}

void fpga_worker_init(struct fpga_device *dev)
{
	struct fpga_worker *worker = &dev->worker;

	qemu_mutex_init(&worker->lock);
	qemu_cond_init(&worker->todo_cond);
	qemu_cond_init(&worker->finished_cond);
	QSIMPLEQ_INIT(&worker->todo);
	QSIMPLEQ_INIT(&worker->finished);
	worker->bh = qemu_bh_new(results_arrived, dev);
	qemu_thread_create(&worker->thread, "srfpga-fabric", work, dev,
			   QEMU_THREAD_DETACHED);
}
