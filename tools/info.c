// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga info: what devices there are and what they are.
 * Must not know what one does with them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <srfpga.h>

#include "attributes.h"
#include "json.h"
#include "sensors.h"
#include "target.h"
#include "tool.h"

#define MAX_SENSORS	64

static const char help[] =
#include "help/info.inc"
	;

enum { OPT_JSON = 256 };

static const struct option options[] = {
	TOOL_OPTIONS,
	{ "device", required_argument, NULL, 'd' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ 0 },
};

static const char *engine_name(uint32_t engine)
{
	static const char *const names[] = {
		[SRFPGA_ENGINE_FINN] = "finn",
		[SRFPGA_ENGINE_HLS] = "hls",
		[SRFPGA_ENGINE_DPU] = "dpu",
	};

	return engine < sizeof(names) / sizeof(*names) && names[engine] ?
	       names[engine] : "unknown";
}

static const char *role_name(uint32_t role)
{
	static const char *const names[] = {
		[SRFPGA_PORT_INPUT] = "input",
		[SRFPGA_PORT_OUTPUT] = "output",
		[SRFPGA_PORT_WEIGHTS] = "weights",
	};

	return role < sizeof(names) / sizeof(*names) && names[role] ?
	       names[role] : "unknown";
}

static const char *state_name(int state)
{
	return state == SRFPGA_STATE_READY ? "ready" :
	       state == SRFPGA_STATE_WEDGED ? "wedged" : "gone";
}

static const struct {
	uint64_t bit;
	const char *name;
} caps[] = {
	{ SRFPGA_CAP_INTERRUPT, "interrupt" },
	{ SRFPGA_CAP_COHERENT, "coherent" },
	{ SRFPGA_CAP_RESET, "reset" },
};

/**
 * struct view - a device to be shown
 * @name: what the user calls it
 * @dev: it
 * @other: it again with pictures of another size where it leaves that open,
 *	which tells what depends on it; else NULL
 */
struct view {
	const char *name;
	struct srfpga_device *dev;
	struct srfpga_device *other;
};

/* The same port as the other size has it; itself if there is none. */
static const struct srfpga_port *other_port(const struct view *v, uint32_t i)
{
	return srfpga_device_get_port(v->other ? v->other : v->dev, i);
}

static void print_shape(const uint32_t *shape, const uint32_t *other,
			uint32_t rank)
{
	uint32_t i;

	for (i = 0; i < rank; i++)
		if (shape[i] == other[i])
			printf("%s%u", i ? "x" : "", shape[i]);
		else
			printf("%s?", i ? "x" : "");
}

/* Hardware does not know what its integers mean. */
static bool has_scale(const struct srfpga_port *port)
{
	return port->scale > 0 && port->elem != SRFPGA_ELEM_F32;
}

static void print_port(const struct view *v, uint32_t i)
{
	const struct srfpga_port *port = srfpga_device_get_port(v->dev, i);
	const struct srfpga_port *other = other_port(v, i);
	char type[SRFPGA_TYPE_NAME_LEN] = "?";

	srfpga_layout_get_type(&port->layout, type);
	printf("  %-7s  %-12s %-8s ", role_name(port->role), port->name, type);
	print_shape(port->normal_shape, other->normal_shape, port->normal_rank);
	printf(" folded ");
	print_shape(port->folded_shape, other->folded_shape, port->folded_rank);
	if (port->frame_bytes == other->frame_bytes)
		printf(", %" PRIu64 " bytes", port->frame_bytes);
	if (has_scale(port))
		printf(", scale %.9g", port->scale);
	if (has_scale(port) && port->zero_point)
		printf(", zero point %d", port->zero_point);
	putchar('\n');
}

/* What the ABI tells as well is not shown twice. */
static bool is_news(const char *attribute)
{
	return strcmp(attribute, "label") && strcmp(attribute, "engine") &&
	       strcmp(attribute, "state");
}

static void print_attribute(void *data, const char *name, const char *value)
{
	if (is_news(name))
		printf("  %-21s %s\n", name, value);
}

static void print_device(const struct view *v)
{
	const struct srfpga_device_info *info = srfpga_device_get_info(v->dev);
	uint32_t i;

	printf("%s: %s, %s%s\n", v->name, info->name,
	       engine_name(info->engine),
	       info->is_soft ? " (software FPGA)" : "");
	printf("  %-21s %s\n", "state",
	       state_name(srfpga_device_get_state(v->dev)));
	printf("  %-21s", "capabilities");
	for (i = 0; i < sizeof(caps) / sizeof(*caps); i++)
		if (info->caps & caps[i].bit)
			printf(" %s", caps[i].name);
	printf("%s\n", info->caps ? "" : " none");
	if (info->clock_hz)
		printf("  %-21s %.3f MHz\n", "clock",
		       (double)info->clock_hz / 1e6);
	else
		printf("  %-21s n/a\n", "clock");
	printf("  %-21s %u bits, buffers aligned to %u bytes\n", "DMA",
	       info->dma_bits, info->buffer_align);
	printf("  %-21s %u frames a job, %u jobs a submission, %u queued",
	       "limits", info->max_frames, info->max_jobs, info->max_queued);
	if (info->max_memory != UINT64_MAX)
		printf(", %" PRIu64 " MiB", info->max_memory >> 20);
	putchar('\n');
	if (v->other)
		printf("  %-21s open: %s,height=H,width=W\n", "size", v->name);
	for (i = 0; i < info->num_ports; i++)
		print_port(v, i);
	attributes_each(info->path, print_attribute, NULL);
}

/* What depends on an open size is null. */
static void json_known(struct json *j, const char *key, uint64_t value,
		       uint64_t other)
{
	if (value == other)
		json_uint(j, key, value);
	else
		json_null(j, key);
}

static void json_shape(struct json *j, const char *key, const uint32_t *shape,
		       const uint32_t *other, uint32_t rank)
{
	uint32_t i;

	json_array(j, key);
	for (i = 0; i < rank; i++)
		json_known(j, NULL, shape[i], other[i]);
	json_end(j);
}

static void json_port(struct json *j, const struct view *v, uint32_t i)
{
	const struct srfpga_port *port = srfpga_device_get_port(v->dev, i);
	const struct srfpga_port *other = other_port(v, i);
	char type[SRFPGA_TYPE_NAME_LEN] = "?";

	srfpga_layout_get_type(&port->layout, type);
	json_object(j, NULL);
	json_string(j, "name", port->name);
	json_string(j, "role", role_name(port->role));
	json_string(j, "type", type);
	json_shape(j, "shape", port->normal_shape, other->normal_shape,
		   port->normal_rank);
	json_shape(j, "folded_shape", port->folded_shape, other->folded_shape,
		   port->folded_rank);
	json_known(j, "frame_bytes", port->frame_bytes, other->frame_bytes);
	if (has_scale(port)) {
		json_real(j, "scale", port->scale);
		json_int(j, "zero_point", port->zero_point);
	}
	json_end(j);
}

static void json_attribute(void *data, const char *name, const char *value)
{
	if (is_news(name))
		json_string(data, name, value);
}

static void json_device(struct json *j, const struct view *v)
{
	const struct srfpga_device_info *info = srfpga_device_get_info(v->dev);
	uint32_t i;

	json_object(j, NULL);
	json_string(j, "path", v->name);
	json_string(j, "name", info->name);
	json_bool(j, "software", info->is_soft);
	json_string(j, "engine", engine_name(info->engine));
	json_string(j, "state", state_name(srfpga_device_get_state(v->dev)));
	json_array(j, "capabilities");
	for (i = 0; i < sizeof(caps) / sizeof(*caps); i++)
		if (info->caps & caps[i].bit)
			json_string(j, NULL, caps[i].name);
	json_end(j);
	if (info->clock_hz)
		json_uint(j, "clock_hz", info->clock_hz);
	else
		json_null(j, "clock_hz");
	json_uint(j, "dma_bits", info->dma_bits);
	json_uint(j, "buffer_align", info->buffer_align);
	json_uint(j, "max_frames", info->max_frames);
	json_uint(j, "max_jobs", info->max_jobs);
	json_uint(j, "max_queued", info->max_queued);
	if (info->max_memory != UINT64_MAX)
		json_uint(j, "max_memory", info->max_memory);
	json_bool(j, "open_size", v->other);
	json_array(j, "ports");
	for (i = 0; i < info->num_ports; i++)
		json_port(j, v, i);
	json_end(j);
	json_object(j, "attributes");
	attributes_each(info->path, json_attribute, j);
	json_end(j);
	json_end(j);
}

static void show_sensors(struct json *j)
{
	static const struct {
		const char *name;
		const char *unit;
	} kinds[] = {
		[SENSOR_POWER] = { "power", "W" },
		[SENSOR_TEMPERATURE] = { "temperature", "°C" },
	};
	struct sensor s[MAX_SENSORS];
	size_t n = sensors_read(s, MAX_SENSORS);
	size_t i;

	if (j)
		json_array(j, "sensors");
	else
		printf("sensors:%s\n", n ? "" : " n/a");
	for (i = 0; i < n; i++) {
		if (!j) {
			printf("  %-12s %-8s %.3f %s\n", s[i].chip, s[i].label,
			       s[i].value, kinds[s[i].kind].unit);
			continue;
		}
		json_object(j, NULL);
		json_string(j, "chip", s[i].chip);
		json_string(j, "label", s[i].label);
		json_string(j, "kind", kinds[s[i].kind].name);
		json_real(j, "value", s[i].value);
		json_string(j, "unit", kinds[s[i].kind].unit);
		json_end(j);
	}
	if (j)
		json_end(j);
}

static int show_device(struct json *j, const char *name)
{
	const struct target_wish wish = { name, .height = 64, .width = 96 };
	const struct target_wish more = { name, .height = 128, .width = 192 };
	const struct srfpga_device_info *info;
	struct view v = { .name = name };
	int ret = target_open(&wish, &v.dev);

	if (ret)
		return ret;
	info = srfpga_device_get_info(v.dev);
	/* The wish was added to the name: the model leaves its size open. */
	if (!info->is_soft)
		v.name = info->path;
	else if (strcmp(info->path, name))
		ret = target_open(&more, &v.other);
	if (!ret && j)
		json_device(j, &v);
	else if (!ret)
		print_device(&v);
	srfpga_device_close(v.other);
	srfpga_device_close(v.dev);
	return ret;
}

/* Every device that was named. */
static int show_named(struct json *j, char **names, int count)
{
	int ret = TOOL_OK;
	int i, one;

	for (i = 0; i < count; i++) {
		one = show_device(j, names[i]);
		if (!ret)
			ret = one;
	}
	return ret;
}

/* Every one there is. */
static int show_all(struct json *j)
{
	int count = srfpga_device_enumerate(NULL, 0);
	char (*names)[SRFPGA_DEVICE_NAME_LEN];
	int ret = TOOL_OK;
	int i, now, one;

	if (count <= 0) {
		tool_fail("device", "there is no /dev/srfpga*");
		return TOOL_NO_DEVICE;
	}
	names = calloc((size_t)count, sizeof(*names));
	if (!names)
		return tool_fail_errno("memory", ENOMEM);
	/* There may be others than a moment ago. */
	now = srfpga_device_enumerate(names, (unsigned int)count);
	for (i = 0; i < now && i < count; i++) {
		one = show_device(j, names[i]);
		if (!ret)
			ret = one;
	}
	free(names);
	return ret;
}

static int show_devices(struct json *j, char **names, int count)
{
	return count ? show_named(j, names, count) : show_all(j);
}

static int show(bool as_json, char **names, int count)
{
	struct json j;
	int ret;

	if (!as_json) {
		ret = show_devices(NULL, names, count);
		show_sensors(NULL);
		return ret;
	}
	json_start(&j, stdout);
	json_object(&j, NULL);
	json_array(&j, "devices");
	ret = show_devices(&j, names, count);
	json_end(&j);
	show_sensors(&j);
	json_end(&j);
	return ret;
}

static int run(int argc, char **argv)
{
	char **names = calloc((size_t)argc, sizeof(*names));
	bool as_json = false;
	int count = 0;
	int c, ret;

	if (!names)
		return tool_fail_errno("memory", ENOMEM);
	while ((c = tool_getopt(&info_command, argc, argv, TOOL_SHORT "d:",
				options)) != -1) {
		if (c == OPT_JSON)
			as_json = true;
		else
			names[count++] = optarg;
	}
	ret = optind < argc ? tool_usage("info", "unexpected argument %s",
					 argv[optind]) :
			      show(as_json, names, count);
	free(names);
	return ret;
}

const struct tool_command info_command = {
	.name = "info", .help = help, .run = run,
};
