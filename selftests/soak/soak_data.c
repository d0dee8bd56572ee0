// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a good job's data is good. A short frame is the one lie that the
 * hardware tells without a trace: its first half is right, the rest untouched.
 */
#include <stdio.h>

#include "soak.h"

#define UNTOUCHED	0xa5	/* job_spoil() */

static bool half_written(const uint8_t *frame, size_t len, size_t right)
{
	size_t i;

	if (right < len / 2)
		return false;
	for (i = right; i < len; i++)
		if (frame[i] != UNTOUCHED)
			return false;
	return true;
}

static void check_frame(struct soak_tally *tally, struct test_bed *bed,
			struct test_job *job, unsigned int p, unsigned int f)
{
	size_t len = job->dev->port[p].frame_bytes;
	size_t right = bed_output_begins_right(bed, job, p, f);

	tally->frames++;
	if (right == len)
		return;
	if (half_written(job->buf[p].map + f * len, len, right)) {
		tally->halves++;
		return;
	}
	printf("# submission %llu, %s, frame %u of %u: wrong from byte %zu\n",
	       (unsigned long long)job->sub.user_data, job->dev->port[p].name,
	       f, job->job.frames, right);
	tally->wrong_data++;
}

void soak_check_job(struct soak *soak, struct soak_tally *tally,
		    unsigned int device, struct test_job *job)
{
	unsigned int p, f;

	for (p = 0; p < job->dev->info.num_ports; p++) {
		if (job->dev->port[p].role != SRFPGA_PORT_OUTPUT)
			continue;
		for (f = 0; f < job->job.frames; f++)
			check_frame(tally, &soak->bed[device], job, p, f);
	}
}
