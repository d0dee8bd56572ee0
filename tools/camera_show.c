// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga camera --display: outputs on their way to the screen. Must not know
 * where they come from.
 */
#include "camera.h"

#include <string.h>

#include "tool.h"

/* Give the screen the newest frame, with the fence of the job that writes it. */
static int show_newest(struct camera *c)
{
	struct camera_output *o;

	if (c->newest < 0 || kms_is_busy(c->kms))
		return TOOL_OK;
	o = &c->outputs[c->newest];
	c->flipping = c->newest;
	c->newest = -1;
	return kms_show(c->kms, c->redraw ? o->drawn.fb : o->fb, o->fence,
			(uint64_t)c->flipping);
}

/* A newer frame takes the place of one that has not reached the screen. */
int camera_offer(struct camera *c, int k)
{
	if (c->newest >= 0) {
		struct camera_output *late = &c->outputs[c->newest];

		c->stats.dropped++;
		if (late->state == CAMERA_READY)
			camera_free_output(late);
	}
	c->newest = k;
	return show_newest(c);
}

/* A job that failed left its output as it was: an older frame, or nothing. */
static void drop_failed(struct camera *c, int k)
{
	struct camera_output *o = &c->outputs[k];

	if (k == c->flipping) {
		o->state = CAMERA_READY;
		return;
	}
	if (k == c->newest)
		c->newest = -1;
	camera_free_output(o);
}

int camera_finish_shown(struct camera *c, int k, int status)
{
	struct camera_output *o = &c->outputs[k];
	int ret = TOOL_OK;

	if (status) {
		drop_failed(c, k);
		return TOOL_OK;
	}
	if (!c->early) {
		o->state = CAMERA_READY;
		if (c->redraw)
			ret = camera_draw(c, o);
		return ret ? ret : camera_offer(c, k);
	}
	if (k == c->flipping || k == c->newest)
		o->state = CAMERA_READY;
	else if (k != c->showing)
		camera_free_output(o);
	return TOOL_OK;
}

int camera_on_display(struct camera *c)
{
	struct camera_output *o;
	uint64_t tag, when_ns;
	bool flipped;
	int ret = kms_flipped(c->kms, &flipped, &tag, &when_ns);

	if (ret || !flipped)
		return ret;
	o = &c->outputs[tag];
	camera_count_out(c, o, when_ns);
	if (c->showing >= 0)
		camera_free_output(&c->outputs[c->showing]);
	c->showing = (int)tag;
	o->state = CAMERA_SHOWN;
	c->flipping = -1;
	return camera_at_end(c) ? camera_save(c, (int)tag) : show_newest(c);
}
