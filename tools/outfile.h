/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_OUTFILE_H
#define SRFPGA_OUTFILE_H

#include <stdio.h>

/**
 * struct outfile - a file that appears complete or not at all
 * @f: write here
 * @path: where it will be, for messages
 * @temp: where it grows; NULL for a pipe or a device, which cannot be atomic
 * @target: what @temp is renamed to (@path with symbolic links resolved)
 *
 * Zero-initialised, outfile_abort() is always safe.
 */
struct outfile {
	FILE *f;
	const char *path;
	char *temp;
	char *target;
};

/**
 * outfile_open() - start an output file
 * @path: its name, borrowed; "-" is stdout
 *
 * A file that is there stays untouched until outfile_commit(). Ctrl-C removes
 * the temporary file.
 */
int outfile_open(struct outfile *out, const char *path);

/** outfile_commit() - write everything out and let the file appear */
int outfile_commit(struct outfile *out);

/** outfile_abort() - forget the file; does nothing after a commit */
void outfile_abort(struct outfile *out);

/** outfile_error() - say why writing failed; returns an exit code */
int outfile_error(const struct outfile *out);

/** outfile_catch_signals() - remove temporary files when a signal ends us */
void outfile_catch_signals(void);

#endif /* SRFPGA_OUTFILE_H */
