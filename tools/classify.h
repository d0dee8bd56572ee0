/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_CLASSIFY_H
#define SRFPGA_CLASSIFY_H

#include <stdbool.h>
#include <stdint.h>

#include <srfpga.h>

#include "json.h"
#include "labels.h"
#include "preprocess.h"

/** enum classify_kind - what the network's output is */
enum classify_kind {
	/** A score for each class. */
	CLASSIFY_SCORES,
	/** Numbers of classes, the best one first. */
	CLASSIFY_INDICES,
	/** Numbers that mean something themselves. */
	CLASSIFY_REGRESSION,
};

/**
 * struct classify_request - the command line
 * @pre: size and channels 0: the port's
 * @shape_given: the user gave them
 * @top: how many classes are shown
 * @unit: of regression outputs
 * @out_step: real value of one code of the output where it is not known
 */
struct classify_request {
	const char *device;
	struct preprocess pre;
	bool shape_given;
	enum classify_kind kind;
	uint32_t top;
	bool softmax;
	const char *labels;
	const char *unit;
	double out_step;
	uint64_t timeout_ns;
	bool json;
	char **images;
	int num_images;
};

/**
 * classify_show() - print what a network says of one picture
 * @values: the output, real numbers
 * @j: where to as JSON, NULL for text
 */
int classify_show(const struct classify_request *req,
		  const struct labels *labels, const char *image,
		  const double *values, uint64_t count, struct json *j);

#endif /* SRFPGA_CLASSIFY_H */
