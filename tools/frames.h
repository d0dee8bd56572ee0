/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_FRAMES_H
#define SRFPGA_FRAMES_H

#include <srfpga.h>

/**
 * frames_random() - fill frames with values of the port's type
 * @seed: the same seed gives the same frames on every machine
 * @tensor: natural type
 */
void frames_random(const struct srfpga_port *port, uint64_t seed, void *tensor,
		   uint64_t frames);

/**
 * frames_constant() - every element has the value nearest to @value
 */
void frames_constant(const struct srfpga_port *port, int64_t value,
		     void *tensor, uint64_t frames);

/** frames_edges() - the least and the greatest value in turn, row by row */
void frames_edges(const struct srfpga_port *port, void *tensor,
		  uint64_t frames);

#endif /* SRFPGA_FRAMES_H */
