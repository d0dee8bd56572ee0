// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Power and temperature from the kernel's hwmon class.
 * Must not know who asks.
 */
#include "sensors.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_LEN	256

static const char *sysfs(void)
{
	const char *root = getenv("SRFPGA_SYSFS");

	return root ? root : "/sys";
}

/* First line of a file without its newline; empty if it cannot be read. */
static void read_line(const char *path, char *text, size_t len)
{
	FILE *f = fopen(path, "re");

	text[0] = '\0';
	if (!f)
		return;
	if (fgets(text, (int)len, f))
		text[strcspn(text, "\n")] = '\0';
	fclose(f);
}

static int read_number(const char *path, double *value)
{
	char text[32];
	char *end;

	read_line(path, text, sizeof(text));
	*value = strtod(text, &end);
	return end == text ? -1 : 0;
}

/* @input is ".../hwmon3/power1_input": fill in chip and label. */
static void describe(const char *input, struct sensor *s)
{
	size_t dir = (size_t)(strrchr(input, '/') - input);
	size_t stem = strlen(input) - strlen("_input");
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%.*s/name", (int)dir, input);
	read_line(path, s->chip, sizeof(s->chip));
	snprintf(path, sizeof(path), "%.*s_label", (int)stem, input);
	read_line(path, s->label, sizeof(s->label));
	if (!s->label[0])
		snprintf(s->label, sizeof(s->label), "%.*s",
			 (int)(stem - dir - 1), input + dir + 1);
}

static size_t read_kind(enum sensor_kind kind, struct sensor *out, size_t max)
{
	static const struct {
		const char *pattern;
		double unit;
	} kinds[] = {
		[SENSOR_POWER] = { "power*_input", 1e-6 },
		[SENSOR_TEMPERATURE] = { "temp*_input", 1e-3 },
	};
	char pattern[PATH_LEN];
	size_t n = 0;
	size_t i;
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s/class/hwmon/hwmon*/%s", sysfs(),
		 kinds[kind].pattern);
	if (glob(pattern, 0, NULL, &g))
		return 0;
	for (i = 0; i < g.gl_pathc && n < max; i++) {
		struct sensor *s = &out[n];

		if (read_number(g.gl_pathv[i], &s->value))
			continue;
		s->kind = kind;
		s->value *= kinds[kind].unit;
		describe(g.gl_pathv[i], s);
		n++;
	}
	globfree(&g);
	return n;
}

size_t sensors_read(struct sensor *out, size_t max)
{
	size_t n = read_kind(SENSOR_POWER, out, max);

	return n + read_kind(SENSOR_TEMPERATURE, out + n, max - n);
}

/* CHIP or CHIP/LABEL; a Kria's meter is ina260 with something behind. */
static bool is_wanted(const struct sensor *s, const char *name)
{
	size_t chip = strlen(s->chip);

	if (!name)
		return !strncmp(s->chip, "ina260", 6);
	return !strncmp(name, s->chip, chip) &&
	       (!name[chip] || (name[chip] == '/' &&
				!strcmp(name + chip + 1, s->label)));
}

static int glob_power(const char *file, glob_t *g)
{
	char pattern[PATH_LEN];

	snprintf(pattern, sizeof(pattern), "%s/class/hwmon/hwmon*/%s", sysfs(),
		 file);
	return glob(pattern, 0, NULL, g);
}

int power_meter_find(struct power_meter *meter, const char *name)
{
	const char *env = name ? NULL : getenv("SRFPGA_POWER");
	struct sensor s;
	size_t i;
	glob_t g;

	*meter = (struct power_meter){ .name = "n/a" };
	if (env) {
		snprintf(meter->path, sizeof(meter->path), "%s", env);
		snprintf(meter->name, sizeof(meter->name), "SRFPGA_POWER");
		return 0;
	}
	if (glob_power(name ? "power*_input" : "power1_input", &g))
		return -ENOENT;
	for (i = 0; i < g.gl_pathc && !meter->path[0]; i++) {
		describe(g.gl_pathv[i], &s);
		if (!is_wanted(&s, name))
			continue;
		snprintf(meter->path, sizeof(meter->path), "%s", g.gl_pathv[i]);
		memcpy(meter->name, s.chip, sizeof(meter->name));
	}
	globfree(&g);
	return meter->path[0] ? 0 : -ENOENT;
}

void sensors_power_text(char *text, size_t len)
{
	struct sensor s;
	size_t used = 0;
	size_t i;
	glob_t g;

	snprintf(text, len, "none");
	if (glob_power("power*_input", &g))
		return;
	for (i = 0; i < g.gl_pathc && used < len; i++) {
		describe(g.gl_pathv[i], &s);
		used += (size_t)snprintf(text + used, len - used, "%s%s/%s",
					 i ? ", " : "", s.chip, s.label);
	}
	globfree(&g);
}

double power_meter_read(const struct power_meter *meter)
{
	double microwatts;

	if (!meter->path[0] || read_number(meter->path, &microwatts))
		return -1;
	return microwatts * 1e-6;
}
