// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Finds who has the devices open, from /proc/PID/fdinfo.
 * Must not know how it is shown.
 */
#include "clients.h"

#include <inttypes.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIVER	"srfpga"

static const char *proc(void)
{
	const char *root = getenv("SRFPGA_PROC");

	return root ? root : "/proc";
}

/* One line of fdinfo, "key:\tvalue [unit]". */
static void take_line(struct client *c, const char *line, int *is_ours)
{
	char key[64], value[64];

	if (sscanf(line, "%63[^:]: %63s", key, value) != 2)
		return;
	if (!strcmp(key, "drm-driver"))
		*is_ours = !strcmp(value, DRIVER);
	else if (!strcmp(key, "drm-client-id"))
		c->id = strtoull(value, NULL, 10);
	else if (!strcmp(key, "drm-engine-fabric"))
		c->busy_ns = strtoull(value, NULL, 10);
	else if (!strcmp(key, "drm-total-memory"))
		c->memory_kib = strtoull(value, NULL, 10);
	else if (!strcmp(key, "srfpga-device"))
		c->device = (uint32_t)strtoul(value, NULL, 10);
	else if (!strcmp(key, "srfpga-jobs"))
		c->jobs = strtoull(value, NULL, 10);
	else if (!strcmp(key, "srfpga-queued"))
		c->queued = (uint32_t)strtoul(value, NULL, 10);
}

static void read_name(struct client *c)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%u/comm", proc(), c->pid);
	f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(c->name, sizeof(c->name), f))
		c->name[strcspn(c->name, "\n")] = '\0';
	fclose(f);
}

static int read_fdinfo(const char *path, struct client *c)
{
	FILE *f = fopen(path, "re");
	char line[256];
	int is_ours = 0;

	if (!f)
		return 0;
	*c = (struct client){ 0 };
	while (fgets(line, sizeof(line), f))
		take_line(c, line, &is_ours);
	fclose(f);
	if (!is_ours)
		return 0;
	c->pid = (uint32_t)strtoul(path + strlen(proc()) + 1, NULL, 10);
	read_name(c);
	return 1;
}

static int by_id(const void *a, const void *b)
{
	const struct client *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* A file that several processes share is one client. */
static size_t drop_repeats(struct client *c, size_t n)
{
	size_t i, kept = 0;

	qsort(c, n, sizeof(*c), by_id);
	for (i = 0; i < n; i++)
		if (!kept || c[kept - 1].id != c[i].id)
			c[kept++] = c[i];
	return kept;
}

size_t clients_read(struct client *out, size_t max)
{
	char pattern[256];
	size_t i, n = 0;
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s/[0-9]*/fdinfo/*", proc());
	if (glob(pattern, GLOB_NOSORT, NULL, &g))
		return 0;
	for (i = 0; i < g.gl_pathc && n < max; i++)
		n += (size_t)read_fdinfo(g.gl_pathv[i], &out[n]);
	globfree(&g);
	return drop_repeats(out, n);
}
