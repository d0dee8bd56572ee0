/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_CLIENTS_H
#define SRFPGA_CLIENTS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct client - an open file of a device, from its fdinfo
 * @id: the driver's number of it
 * @device: N of /dev/srfpgaN
 * @busy_ns: time that the device worked for it
 * @queued: submissions that wait or run
 */
struct client {
	uint64_t id;
	uint32_t device;
	uint32_t pid;
	char name[32];
	uint64_t busy_ns;
	uint64_t jobs;
	uint64_t memory_kib;
	uint32_t queued;
};

/**
 * clients_read() - all open files of all devices
 * @out: receives up to @max of them, each once, in order of their numbers
 *
 * Only files of processes that the caller may look into are seen. $SRFPGA_PROC
 * replaces /proc.
 *
 * Return: how many were written.
 */
size_t clients_read(struct client *out, size_t max);

#endif /* SRFPGA_CLIENTS_H */
