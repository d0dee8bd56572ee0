// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads the attributes that the driver shows in sysfs.
 * Must not know which ones there are.
 */
#include "attributes.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int read_value(const char *path, char *text, int len)
{
	struct stat st;
	FILE *f;
	char *got;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || !(st.st_mode & 0444))
		return -1;
	f = fopen(path, "re");
	if (!f)
		return -1;
	got = fgets(text, len, f);
	fclose(f);
	if (!got)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

static void visit_all(const glob_t *g, void (*visit)(void *, const char *,
						     const char *), void *data)
{
	char value[256];
	size_t i;

	for (i = 0; i < g->gl_pathc; i++) {
		const char *name = strrchr(g->gl_pathv[i], '/') + 1;

		/* Every class device has these; they say nothing here. */
		if (!strcmp(name, "uevent") || !strcmp(name, "dev"))
			continue;
		if (!read_value(g->gl_pathv[i], value, sizeof(value)))
			visit(data, name, value);
	}
}

static const char *sysfs(void)
{
	const char *root = getenv("SRFPGA_SYSFS");

	return root ? root : "/sys";
}

uint32_t attributes_devices(char (*paths)[ATTRIBUTES_PATH_LEN], uint32_t max)
{
	char pattern[256];
	uint32_t n;
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s/class/srfpga/srfpga*", sysfs());
	if (glob(pattern, 0, NULL, &g))
		return 0;
	for (n = 0; n < max && n < g.gl_pathc; n++)
		snprintf(paths[n], sizeof(paths[n]), "/dev/%.50s",
			 strrchr(g.gl_pathv[n], '/') + 1);
	globfree(&g);
	return n;
}

void attributes_each(const char *path,
		     void (*visit)(void *data, const char *name,
				   const char *value), void *data)
{
	char pattern[256];
	glob_t g;

	if (strncmp(path, "/dev/", 5))
		return;
	snprintf(pattern, sizeof(pattern), "%s/class/srfpga/%s/*", sysfs(),
		 path + 5);
	if (glob(pattern, 0, NULL, &g))
		return;
	visit_all(&g, visit, data);
	globfree(&g);
}
