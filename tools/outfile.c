// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Output files that appear complete or not at all: a temporary name in the same
 * directory, renamed at the end, removed when a signal ends the tool.
 * Must not know what is written.
 */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

#define MAX_OPEN	16

/* Names that the signal handler removes; it may run between any two stores. */
static char *volatile unfinished[MAX_OPEN];

static void remember(char *temp)
{
	int i;

	for (i = 0; i < MAX_OPEN; i++)
		if (!unfinished[i]) {
			unfinished[i] = temp;
			return;
		}
}

static void forget(const char *temp)
{
	int i;

	for (i = 0; i < MAX_OPEN; i++)
		if (unfinished[i] == temp)
			unfinished[i] = NULL;
}

static void on_signal(int sig)
{
	int i;

	for (i = 0; i < MAX_OPEN; i++)
		if (unfinished[i])
			unlink(unfinished[i]);
	/* SA_RESETHAND: the second delivery ends the process as it should. */
	raise(sig);
}

void outfile_catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct sigaction sa = { .sa_handler = on_signal,
				.sa_flags = SA_RESETHAND };
	struct sigaction old;
	size_t i;

	sigemptyset(&sa.sa_mask);
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!sigaction(signals[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
}

/* mkstemp() makes files private; give them what open() would have given. */
static void set_mode(int fd, const char *target)
{
	struct stat st;
	mode_t mask;

	if (!stat(target, &st)) {
		fchmod(fd, st.st_mode & 0777);
		return;
	}
	mask = umask(0);
	umask(mask);
	fchmod(fd, 0666 & ~mask);
}

static int open_temp(struct outfile *out)
{
	int fd;

	if (asprintf(&out->temp, "%s.XXXXXX", out->target) < 0) {
		out->temp = NULL;
		return -ENOMEM;
	}
	/* Before it is there: a signal may come as soon as it is. */
	remember(out->temp);
	fd = mkostemp(out->temp, O_CLOEXEC);
	if (fd < 0) {
		int err = -errno;

		forget(out->temp);
		free(out->temp);
		out->temp = NULL;
		return err;
	}
	set_mode(fd, out->target);
	out->f = fdopen(fd, "wb");
	if (!out->f) {
		close(fd);
		return -ENOMEM;
	}
	return 0;
}

static int open_in_place(struct outfile *out)
{
	out->f = fopen(out->path, "wbe");
	return out->f ? 0 : -errno;
}

int outfile_open(struct outfile *out, const char *path)
{
	struct stat st;
	int err;

	*out = (struct outfile){ .path = path };
	if (!strcmp(path, "-")) {
		out->path = "standard output";
		out->f = stdout;
		return TOOL_OK;
	}
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		err = open_in_place(out);
	} else {
		out->target = realpath(path, NULL);
		if (!out->target)
			out->target = strdup(path);
		err = out->target ? open_temp(out) : -ENOMEM;
	}
	if (err) {
		outfile_abort(out);
		return tool_fail_errno(path, err);
	}
	return TOOL_OK;
}

int outfile_error(const struct outfile *out)
{
	return tool_fail_errno(out->path, errno ? errno : EIO);
}

int outfile_commit(struct outfile *out)
{
	FILE *f = out->f;
	int ret = TOOL_OK;

	errno = 0;
	if (fflush(f) || ferror(f))
		ret = outfile_error(out);
	out->f = NULL;
	if (f != stdout && fclose(f) && !ret)
		ret = outfile_error(out);
	if (!ret && out->temp && rename(out->temp, out->target))
		ret = outfile_error(out);
	if (!ret && out->temp) {
		forget(out->temp);
		free(out->temp);
		out->temp = NULL;
	}
	outfile_abort(out);
	return ret;
}

void outfile_abort(struct outfile *out)
{
	if (out->f && out->f != stdout)
		fclose(out->f);
	if (out->temp) {
		unlink(out->temp);
		forget(out->temp);
	}
	free(out->temp);
	free(out->target);
	*out = (struct outfile){ 0 };
}
