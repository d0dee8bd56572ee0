/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the frames of the ports and the executor's rows.
 */
#ifndef SOFT_EXEC_PORT_H
#define SOFT_EXEC_PORT_H

#include "exec_plan.h"

/** exec_port_prepare() - attach the ports to their tensors */
void exec_port_prepare(struct exec_plan *plan);

/** exec_port_import() - fill row @y of an input's tensor */
void exec_port_import(struct exec_piece *p, uint32_t tensor, uint32_t y);

/** exec_port_export() - row @y of an output's tensor into its frame */
void exec_port_export(struct exec_piece *p, uint32_t tensor, uint32_t y);

#endif /* SOFT_EXEC_PORT_H */
