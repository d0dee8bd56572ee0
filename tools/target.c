// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Chooses and opens the device that a command works on, and finds the shipped
 * models. Must not know what the command does with it.
 */
#include "target.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "softlib.h"
#include "tool.h"

#ifndef SRFPGA_DATADIR
#define SRFPGA_DATADIR "/usr/share"
#endif

#define NAME_MAX_LEN	(PATH_MAX + 64)

static int try_model(char *path, size_t len, const char *dir, const char *sub,
		     const char *name)
{
	int n = snprintf(path, len, "%s%s/%s", dir, sub, name);

	return n < 0 || (size_t)n >= len || access(path, R_OK) ? -ENOENT : 0;
}

int target_find_model(const char *name, char *path, size_t len)
{
	const char *env = getenv("SRFPGA_MODELS");
	char exe[PATH_MAX];
	char *slash;
	ssize_t n;

	if (env && !try_model(path, len, env, "", name))
		return 0;
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n > 0) {
		exe[n] = '\0';
		slash = strrchr(exe, '/');
		*slash = '\0';
		if (!try_model(path, len, exe, "/models", name) ||
		    !try_model(path, len, exe, "/../share/srfpga/models", name))
			return 0;
	}
	return try_model(path, len, SRFPGA_DATADIR, "/srfpga/models", name);
}

int target_model_radius(const char *name, uint32_t *radius)
{
	/* The size does not matter for the reach; it only has to be given. */
	struct srfpga_soft_options opt = { .size = sizeof(opt), .height = 64,
					   .width = 64, .threads = 1 };
	const struct softlib *soft = softlib_get(NULL);
	struct srfpga_soft_model *model;
	char file[SRFPGA_NAME_LEN + 8];
	char path[PATH_MAX];
	uint32_t factor;
	int err;

	snprintf(file, sizeof(file), "%s.onnx", name);
	if (!soft || target_find_model(file, path, sizeof(path)))
		return -ENOENT;
	err = soft->load(path, &opt, &model, NULL, 0);
	if (err)
		return err;
	err = soft->radius(model, radius, &factor);
	soft->free(model);
	return err;
}

static bool is_soft(const char *name)
{
	return !strncmp(name, "soft:", 5);
}

static int add_option(char *name, size_t len, const char *option)
{
	size_t used = strlen(name);
	int n = snprintf(name + used, len - used, "%s", option);

	return n < 0 || (size_t)n >= len - used ? -ENAMETOOLONG : 0;
}

static int add_size(char *name, size_t len, const struct target_wish *wish)
{
	char option[64];

	if (!is_soft(name) || !wish->height || !wish->width ||
	    strstr(name, ",height=") || strstr(name, ",width="))
		return -EINVAL;
	snprintf(option, sizeof(option), ",height=%u,width=%u", wish->height,
		 wish->width);
	return add_option(name, len, option);
}

static int choose(const struct target_wish *wish, char *name, size_t len)
{
	char first[1][SRFPGA_DEVICE_NAME_LEN];
	char model[PATH_MAX];
	int n = srfpga_device_enumerate(first, 1);

	if (n > 0) {
		snprintf(name, len, "%s", first[0]);
		return TOOL_OK;
	}
	if (!wish->fallback) {
		tool_fail("device", "there is no /dev/srfpga* "
			  "(-d soft:MODEL.onnx is the software FPGA)");
		return TOOL_NO_DEVICE;
	}
	if (target_find_model(TARGET_DEFAULT_MODEL, model, sizeof(model))) {
		tool_fail("device", "there is no /dev/srfpga*, and the model %s "
			  "for the software FPGA was not found",
			  TARGET_DEFAULT_MODEL);
		return TOOL_NO_DEVICE;
	}
	snprintf(name, len, "soft:%s", model);
	return TOOL_OK;
}

/* The library's line may start with the name or its file, as ours does. */
static const char *skip_name(const char *why, const char *name)
{
	const char *file = is_soft(name) ? name + strlen("soft:") : name;
	size_t len = strlen(name);

	if (strncmp(why, name, len)) {
		len = strcspn(file, ",");
		if (strncmp(why, file, len))
			return why;
	}
	return strncmp(why + len, ": ", 2) ? why : why + len + 2;
}

static int report(const char *name, int err, const char *why)
{
	why = skip_name(why, name);
	tool_fail(name, "%s", *why ? why : strerror(-err));
	return err == -ENODEV || err == -ENOENT ? TOOL_NO_DEVICE : TOOL_FAILURE;
}

/* With some size it opens, whatever the size: it leaves that to the user. */
static bool lacks_only_size(const char *name)
{
	const struct target_wish some = { .height = 64, .width = 64 };
	struct srfpga_device *dev;
	char sized[NAME_MAX_LEN];

	snprintf(sized, sizeof(sized), "%s", name);
	if (add_size(sized, sizeof(sized), &some) ||
	    srfpga_device_open(sized, &dev, NULL, 0))
		return false;
	srfpga_device_close(dev);
	return true;
}

/* A model that leaves its size open is refused without one: give it the wish. */
static int open_named(char *name, size_t len, const struct target_wish *wish,
		      struct srfpga_device **dev)
{
	size_t given = strlen(name);
	char why[512] = "";
	int err = srfpga_device_open(name, dev, why, sizeof(why));

	if (err == -EINVAL && !add_size(name, len, wish)) {
		err = srfpga_device_open(name, dev, why, sizeof(why));
		/* Not what the user wrote, and not what is wrong. */
		if (err)
			name[given] = '\0';
	}
	if (err == -EINVAL && !wish->height && lacks_only_size(name))
		return tool_fail(name, "leaves the size of its pictures open: "
				 "say %s,height=H,width=W", name);
	return err ? report(name, err, why) : TOOL_OK;
}

static int add_as_model(char *name, size_t len)
{
	if (!is_soft(name))
		return tool_usage("--as-model", "only a soft: device knows its "
				  "model");
	if (add_option(name, len, ",as-model=1"))
		return tool_fail_errno(name, ENAMETOOLONG);
	return TOOL_OK;
}

int target_open(const struct target_wish *wish, struct srfpga_device **dev)
{
	char name[NAME_MAX_LEN];
	int ret = TOOL_OK;

	if (wish->device)
		snprintf(name, sizeof(name), "%s", wish->device);
	else
		ret = choose(wish, name, sizeof(name));
	if (!ret && wish->as_model)
		ret = add_as_model(name, sizeof(name));
	if (!ret)
		ret = open_named(name, sizeof(name), wish, dev);
	if (!ret && !wish->device)
		tool_say("device", "%s%s", name,
			 srfpga_device_get_info(*dev)->is_soft ?
			 " (software FPGA: there is no /dev/srfpga*)" : "");
	return ret;
}

const struct srfpga_port *target_only_port(const struct srfpga_device *dev,
					   uint32_t role)
{
	const struct srfpga_device_info *info = srfpga_device_get_info(dev);
	const struct srfpga_port *found = NULL;
	uint32_t i;

	for (i = 0; i < info->num_ports; i++) {
		const struct srfpga_port *port = srfpga_device_get_port(dev, i);

		if (port->role != role)
			continue;
		if (found)
			return NULL;
		found = port;
	}
	return found;
}
