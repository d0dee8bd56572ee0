// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Submissions: jobs laid out once as the kernel wants them, so that submitting
 * is one call. Knows no memory but handles, offsets and lengths.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

/*
 * struct srfpga_submission
 * @room: jobs that there is space for
 * @raw: what the backend gets; its arrays follow
 * @held: for each job and port the buffer, which is referenced
 */
struct srfpga_submission {
	struct srfpga_device *dev;
	unsigned int room;
	unsigned int ports;
	int in_fence;
	struct srfpga_submit raw;
	struct srfpga_job *jobs;
	struct srfpga_job_buffer *buffers;
	struct srfpga_buffer **held;
};

int srfpga_submission_create(struct srfpga_device *dev, unsigned int jobs,
			     struct srfpga_submission **out)
{
	const unsigned int ports = dev->info.num_ports;
	struct srfpga_submission *sub;

	if (!jobs || jobs > dev->info.max_jobs)
		return -EINVAL;
	sub = calloc(1, sizeof(*sub));
	if (!sub)
		return -ENOMEM;
	sub->dev = dev;
	sub->room = jobs;
	sub->ports = ports;
	sub->in_fence = -1;
	sub->jobs = calloc(jobs, sizeof(*sub->jobs));
	sub->buffers = calloc((size_t)jobs * ports, sizeof(*sub->buffers));
	sub->held = calloc((size_t)jobs * ports, sizeof(*sub->held));
	if (!sub->jobs || !sub->buffers || !sub->held) {
		srfpga_submission_free(sub);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < jobs; i++)
		sub->jobs[i] = (struct srfpga_job){
			.buffers = (uintptr_t)&sub->buffers[i * ports],
			.num_buffers = ports,
			.frames = 1,
		};
	sub->raw = (struct srfpga_submit){
		.size = sizeof(sub->raw),
		.jobs = (uintptr_t)sub->jobs,
		.num_jobs = jobs,
		.job_size = sizeof(*sub->jobs),
		.buffer_size = sizeof(*sub->buffers),
		.priority = SRFPGA_PRIORITY_NORMAL,
	};
	*out = sub;
	return 0;
}

void srfpga_submission_free(struct srfpga_submission *sub)
{
	if (!sub)
		return;
	for (unsigned int i = 0; sub->held && i < sub->room * sub->ports; i++)
		buffer_put(sub->held[i]);
	free(sub->held);
	free(sub->buffers);
	free(sub->jobs);
	free(sub);
}

int srfpga_submission_set_jobs(struct srfpga_submission *sub,
			       unsigned int jobs)
{
	if (!jobs || jobs > sub->room)
		return -EINVAL;
	sub->raw.num_jobs = jobs;
	return 0;
}

int srfpga_submission_set_frames(struct srfpga_submission *sub,
				 unsigned int job, uint32_t frames)
{
	if (job >= sub->room || !frames || frames > sub->dev->info.max_frames)
		return -EINVAL;
	sub->jobs[job].frames = frames;
	return 0;
}

static uint32_t direction_of(const struct srfpga_port *port)
{
	return port->role == SRFPGA_PORT_OUTPUT ? SRFPGA_ATTACH_WRITE :
						  SRFPGA_ATTACH_READ;
}

int srfpga_submission_set_buffer(struct srfpga_submission *sub,
				 unsigned int job, unsigned int port,
				 const struct srfpga_buffer *buf,
				 uint64_t offset, uint64_t length)
{
	struct srfpga_buffer *mine = (struct srfpga_buffer *)buf;
	unsigned int place = job * sub->ports + port;

	if (job >= sub->room || port >= sub->ports || buf->dev != sub->dev ||
	    offset % sub->dev->info.buffer_align)
		return -EINVAL;
	if (!(buf->direction & direction_of(&sub->dev->ports[port])))
		return -EACCES;
	if (offset >= buf->bytes || length > buf->bytes - offset)
		return -ERANGE;
	sub->buffers[place] = (struct srfpga_job_buffer){
		.handle = buf->handle,
		.offset = offset,
		.length = length ? length : buf->bytes - offset,
	};
	if (sub->held[place] != mine) {
		buffer_get(mine);
		buffer_put(sub->held[place]);
		sub->held[place] = mine;
	}
	return 0;
}

void srfpga_submission_set_in_fence(struct srfpga_submission *sub, int fd)
{
	sub->in_fence = fd;
}

void srfpga_submission_set_timeout(struct srfpga_submission *sub,
				   uint64_t timeout_ns)
{
	sub->raw.timeout_ns = timeout_ns;
}

void srfpga_submission_set_priority(struct srfpga_submission *sub,
				    int priority)
{
	sub->raw.priority = priority;
}

void srfpga_submission_set_user_data(struct srfpga_submission *sub,
				     uint64_t user_data)
{
	sub->raw.user_data = user_data;
}

void srfpga_submission_set_event(struct srfpga_submission *sub, int wanted)
{
	if (wanted)
		sub->raw.flags &= ~SRFPGA_SUBMIT_NO_EVENT;
	else
		sub->raw.flags |= SRFPGA_SUBMIT_NO_EVENT;
}

int srfpga_submission_submit(struct srfpga_submission *sub, int *out_fence)
{
	struct srfpga_submit *raw = &sub->raw;
	int ret;

	raw->flags &= ~(SRFPGA_SUBMIT_IN_FENCE | SRFPGA_SUBMIT_OUT_FENCE);
	raw->in_fence_fd = 0;
	if (sub->in_fence >= 0) {
		raw->flags |= SRFPGA_SUBMIT_IN_FENCE;
		raw->in_fence_fd = sub->in_fence;
	}
	if (out_fence)
		raw->flags |= SRFPGA_SUBMIT_OUT_FENCE;
	raw->out_fence_fd = 0;
	ret = sub->dev->backend.ops->submit(sub->dev->backend.priv, raw);
	if (!ret && out_fence)
		*out_fence = raw->out_fence_fd;
	return ret;
}
