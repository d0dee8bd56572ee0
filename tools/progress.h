/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_PROGRESS_H
#define SRFPGA_PROGRESS_H

#include <stdint.h>

/**
 * struct progress - a bar on the terminal; nothing on a pipe or with --quiet
 * @what: what is being worked on
 * @total: steps; 0 if unknown
 * @shown_ns: when it was drawn last
 */
struct progress {
	const char *what;
	uint64_t total;
	uint64_t started_ns;
	uint64_t shown_ns;
};

void progress_start(struct progress *p, const char *what, uint64_t total);

/** progress_set() - @done steps are done; draws at most ten times a second */
void progress_set(struct progress *p, uint64_t done);

/** progress_end() - remove the bar */
void progress_end(struct progress *p);

#endif /* SRFPGA_PROGRESS_H */
