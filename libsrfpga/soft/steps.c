// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Finds every accumulator at which a real function's code changes. Owns the
 * search; must not know the forms that are built from its result.
 */
#include "derive.h"
#include "estimate.h"

#include <errno.h>
#include <stdlib.h>

/* One evaluation at a time of a function that is monotone on a segment. */
struct walk {
	const struct soft_chain *chain;
	const struct soft_rule *rule;
	uint32_t channel;
	uint64_t *budget;
	struct soft_steps *out;
	struct soft_estimate estimate;
};

static int64_t code_at(const struct walk *w, int64_t acc)
{
	int64_t code;

	if (soft_estimate_code(&w->estimate, acc, &code))
		return code;
	return soft_code(w->chain, w->rule, w->channel, acc);
}

static int add_step(struct walk *w, int64_t at, int64_t value)
{
	struct soft_steps *s = w->out;

	if (s->num && s->step[s->num - 1].value == value)
		return 0;
	if (!*w->budget)
		return -E2BIG;
	--*w->budget;
	if (s->num == s->room) {
		uint32_t room = s->room ? 2 * s->room : 64;
		void *p = realloc(s->step, room * sizeof(*s->step));

		if (!p)
			return -ENOMEM;
		s->step = p;
		s->room = room;
	}
	if (s->num) {
		if (value < s->step[s->num - 1].value)
			s->rising = false;
		else
			s->falling = false;
	}
	s->step[s->num++] = (struct soft_step){ at, value };
	return 0;
}

/*
 * The least accumulator in (low, high] whose code is not @value, where it is
 * at low and is not at high. @guess is usually right or one off.
 */
static int64_t next_change(const struct walk *w, int64_t low, int64_t high,
			   int64_t value, int64_t guess)
{
	int64_t reach = 1;

	if (guess > low && guess <= high) {
		if (code_at(w, guess) == value) {
			for (low = guess; reach < high - low; reach *= 2) {
				if (code_at(w, low + reach) != value) {
					high = low + reach;
					break;
				}
				low += reach;
			}
		} else {
			for (high = guess; reach < high - low; reach *= 2) {
				if (code_at(w, high - reach) == value) {
					low = high - reach;
					break;
				}
				high -= reach;
			}
		}
	}
	while (high - low > 1) {
		int64_t mid = low + (high - low) / 2;

		if (code_at(w, mid) == value)
			low = mid;
		else
			high = mid;
	}
	return high;
}

/* The function is monotone on low..high. */
static int walk_segment(struct walk *w, int64_t low, int64_t high)
{
	int64_t value = code_at(w, low), last = code_at(w, high);
	int64_t first_at = 0, at = low, guess = low;
	uint32_t found = 0;
	int ret = add_step(w, low, value);

	while (!ret && value != last) {
		at = next_change(w, at, high, value, guess);
		value = code_at(w, at);
		ret = add_step(w, at, value);
		if (!found++)
			first_at = at;
		guess = found < 2 ? at : at + (at - first_at + found / 2) /
					       (found - 1);
	}
	return ret;
}

/*
 * Where the input of stage @stage passes @x: the function up to there is
 * monotone on low..high. Returns high + 1 if it does not pass.
 */
static int64_t crossing(const struct walk *w, uint32_t stage, soft_quad x,
			int64_t low, int64_t high)
{
	bool below = soft_chain_eval(w->chain, stage, w->channel, low) < x;
	int64_t end = high + 1;

	while (low < end) {
		int64_t mid = low + (end - low) / 2;

		if ((soft_chain_eval(w->chain, stage, w->channel, mid) < x) ==
		    below)
			low = mid + 1;
		else
			end = mid;
	}
	return end;
}

static int walk_from(struct walk *w, uint32_t stage, int64_t low,
		     int64_t high);

static int split_at(struct walk *w, uint32_t stage, soft_quad x, int64_t low,
		    int64_t high)
{
	int64_t at = crossing(w, stage, x, low, high);
	int ret = walk_from(w, stage + 1, low, at - 1);

	return ret || at > high ? ret : walk_from(w, stage + 1, at, high);
}

/* Stages before @stage are monotone on low..high. */
static int walk_from(struct walk *w, uint32_t stage, int64_t low,
		     int64_t high)
{
	for (; stage < w->chain->num; stage++) {
		const struct soft_stage *s = &w->chain->stages[stage];
		uint32_t c = s->channels == 1 ? 0 : w->channel;

		if (s->kind == SOFT_STAGE_HARD_SWISH)
			return split_at(w, stage, (soft_quad)-1.5, low, high);
		if (s->kind == SOFT_STAGE_LEAKY && s->p[c] < 0)
			return split_at(w, stage, 0, low, high);
	}
	return walk_segment(w, low, high);
}

int soft_steps_find(const struct soft_chain *chain,
		    const struct soft_rule *rule, uint32_t channel,
		    int64_t acc_min, int64_t acc_max, uint64_t *budget,
		    struct soft_steps *out)
{
	struct walk w = { chain, rule, channel, budget, out, { 0 } };

	soft_estimate_init(&w.estimate, chain, rule, channel);
	out->rising = true;
	out->falling = true;
	return walk_from(&w, 0, acc_min, acc_max);
}
