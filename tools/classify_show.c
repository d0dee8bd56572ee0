// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga classify: what the network said, for people and programs.
 * Must not know pictures or devices.
 */
#include "classify.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "tool.h"

/** struct ranked - a class and its score; a negative number is none's */
struct ranked {
	int64_t index;
	double score;
};

static int by_score(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->index < y->index ? -1 : 1;
}

static void to_probabilities(struct ranked *r, uint64_t count)
{
	double best = r[0].score;
	double sum = 0;
	uint64_t i;

	for (i = 0; i < count; i++) {
		r[i].score = exp(r[i].score - best);
		sum += r[i].score;
	}
	for (i = 0; i < count; i++)
		r[i].score /= sum;
}

static const char *label_of(const struct labels *l, int64_t index)
{
	return index >= 0 && (uint64_t)index < l->count ? l->line[index] : NULL;
}

static void show_class(const struct labels *l, const struct ranked *r,
		       bool scored, struct json *j)
{
	const char *label = label_of(l, r->index);

	if (!j) {
		printf("  %5" PRId64, r->index);
		if (scored)
			printf("  %10.4f", r->score);
		printf("%s%s\n", label ? "  " : "", label ? label : "");
		return;
	}
	json_object(j, NULL);
	json_int(j, "index", r->index);
	if (scored)
		json_real(j, "score", r->score);
	if (label)
		json_string(j, "label", label);
	json_end(j);
}

static int show_classes(const struct classify_request *req,
			const struct labels *l, const double *values,
			uint64_t count, struct json *j)
{
	bool scored = req->kind == CLASSIFY_SCORES;
	struct ranked *r = calloc(count, sizeof(*r));
	uint64_t i;

	if (!r)
		return tool_fail_errno("memory", ENOMEM);
	for (i = 0; i < count; i++) {
		r[i].index = scored ? (int64_t)i : (int64_t)values[i];
		r[i].score = values[i];
	}
	if (scored)
		qsort(r, count, sizeof(*r), by_score);
	if (scored && req->softmax)
		to_probabilities(r, count);
	if (j)
		json_array(j, "classes");
	for (i = 0; i < count && i < req->top; i++)
		show_class(l, &r[i], scored, j);
	if (j)
		json_end(j);
	free(r);
	return TOOL_OK;
}

static void show_values(const struct classify_request *req,
			const struct labels *l, const double *values,
			uint64_t count, struct json *j)
{
	const char *unit = req->unit ? req->unit : "";
	uint64_t i;

	if (j && req->unit)
		json_string(j, "unit", unit);
	if (j)
		json_array(j, "values");
	for (i = 0; i < count; i++) {
		const char *label = label_of(l, (int64_t)i);

		if (j)
			json_real(j, NULL, values[i]);
		else
			printf("  %s%s%g%s%s\n", label ? label : "",
			       label ? ": " : "", values[i], *unit ? " " : "",
			       unit);
	}
	if (j)
		json_end(j);
}

int classify_show(const struct classify_request *req, const struct labels *l,
		  const char *image, const double *values, uint64_t count,
		  struct json *j)
{
	int ret = TOOL_OK;

	if (j) {
		json_object(j, NULL);
		json_string(j, "image", image);
	} else {
		printf("%s\n", image);
	}
	if (req->kind == CLASSIFY_REGRESSION)
		show_values(req, l, values, count, j);
	else
		ret = show_classes(req, l, values, count, j);
	if (j)
		json_end(j);
	return ret;
}
