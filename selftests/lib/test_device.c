// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Devices: names, errors of opening, what a device says of itself.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_soft.h"
#include "test.h"

struct refusal {
	const char *name;
	int error;
	const char *text;
};

static const struct refusal refusals[] = {
	{ "", -EINVAL, "neither" },
	{ "foo", -EINVAL, "foo: neither" },
	{ "srfpga12345", -ENOENT, "/dev/srfpga12345: No such file" },
	{ "srfpga/../srfpga7", -ENOENT, "No such file" },
	{ "/dev/null", -ENOTTY, "/dev/null: not an srfpga device" },
	{ "/dev", -EISDIR, "/dev: Is a directory" },
	{ "/dev/null/srfpga0", -ENOTDIR, "/dev/null/srfpga0: Not a directory" },
	{ "/etc/passwd", -ENOTTY, "/etc/passwd: not an srfpga device" },
	{ "soft:", -EINVAL, "model file is missing" },
	{ "soft:,height=4", -EINVAL, "model file is missing" },
	{ "soft:m.onnx,heigt=4", -EINVAL, "heigt=4" },
	{ "soft:m.onnx,height=0", -EINVAL, "height=0" },
	{ "soft:m.onnx,width=-3", -EINVAL, "width=-3" },
	{ "soft:m.onnx,width=99999", -EINVAL, "width=99999" },
	{ "soft:m.onnx,threads=2x,height=3", -EINVAL, "threads=2x" },
	{ "soft:m.onnx,isa=sse", -EINVAL, "isa=sse" },
	{ "soft:m.onnx,isa=", -EINVAL, "isa=" },
	{ "soft:m.onnx,as-model=yes", -EINVAL, "as-model=yes" },
};

static void test_refusals(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct srfpga_device *dev = NULL;
		char err[200] = "";

		if (!CHECK_EQ(srfpga_device_open(refusals[i].name, &dev, err,
						 sizeof(err)),
			      refusals[i].error) ||
		    !CHECK(strstr(err, refusals[i].text)))
			printf("# %s: %s\n", refusals[i].name, err);
		CHECK(!dev && !strchr(err, '\n'));
	}
}

static void test_no_text(void)
{
	struct srfpga_device *dev;
	char err[4] = "xxx";

	CHECK_EQ(srfpga_device_open("foo", &dev, NULL, 0), -EINVAL);
	CHECK_EQ(srfpga_device_open("foo", &dev, err, sizeof(err)), -EINVAL);
	CHECK(!strcmp(err, "foo"));
}

static void touch(const char *dir, const char *name)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (file)
		fclose(file);
}

static void remove_file(const char *dir, const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static void test_enumerate(void)
{
	static const char *const files[] = {
		"srfpga10", "srfpga2", "srfpga0", "srfpga", "srfpga1x",
		"xsrfpga3", "srfpga-1", "srfpga0000000001",
	};
	char dir[] = "/tmp/srfpga-test-XXXXXX";
	char names[4][SRFPGA_DEVICE_NAME_LEN] = { "" };
	char want[4][SRFPGA_DEVICE_NAME_LEN];

	if (!CHECK(mkdtemp(dir)))
		return;
	CHECK_EQ(enumerate_devices(dir, NULL, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		touch(dir, files[i]);
	CHECK_EQ(enumerate_devices(dir, names, 4), 3);
	snprintf(want[0], sizeof(want[0]), "%s/srfpga0", dir);
	snprintf(want[1], sizeof(want[1]), "%s/srfpga2", dir);
	snprintf(want[2], sizeof(want[2]), "%s/srfpga10", dir);
	for (int i = 0; i < 3; i++)
		CHECK(!strcmp(names[i], want[i]));
	names[1][0] = '\0';
	CHECK_EQ(enumerate_devices(dir, names, 1), 3);
	CHECK(!names[1][0]);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		remove_file(dir, files[i]);
	rmdir(dir);
	CHECK_EQ(enumerate_devices(dir, names, 4), -ENOENT);
}

static void test_info(void)
{
	struct srfpga_soft_model *model = fake_model_create(12);
	const struct srfpga_device_info *info;
	struct srfpga_device *dev;
	uint32_t radius, factor;

	if (!CHECK_EQ(fake_device_open(model, &dev), 0))
		return;
	info = srfpga_device_get_info(dev);
	CHECK(!strcmp(info->name, "fake.onnx"));
	CHECK(!strcmp(info->path, "soft:dir/fake.onnx"));
	CHECK_EQ(info->is_soft, 1);
	CHECK_EQ(info->num_ports, 2);
	CHECK_EQ(info->num_inputs, 1);
	CHECK_EQ(info->num_outputs, 1);
	CHECK(info->max_jobs && info->max_queued && info->max_frames);
	CHECK_EQ(srfpga_device_get_state(dev), SRFPGA_STATE_READY);
	CHECK_EQ(srfpga_device_get_radius(dev, &radius, &factor), 0);
	CHECK(radius == 7 && factor == 2);
	srfpga_device_close(dev);
}

static void test_ports(void)
{
	struct srfpga_soft_model *model = fake_model_create(12);
	const struct srfpga_port *port;
	struct srfpga_device *dev;

	model->ports[0].dtype = SRFPGA_DTYPE_INT;
	model->ports[0].bits = 4;
	model->ports[0].folded_rank = 2;
	model->ports[0].folded_shape[0] = 4;
	model->ports[0].folded_shape[1] = 3;
	model->ports[0].frame_bytes = 8;
	if (!CHECK_EQ(fake_device_open(model, &dev), 0))
		return;
	port = srfpga_device_get_port(dev, 0);
	CHECK(!strcmp(port->name, "in"));
	CHECK_EQ(port->role, SRFPGA_PORT_INPUT);
	CHECK_EQ(port->elem, SRFPGA_ELEM_S8);
	CHECK_EQ(port->normal_shape[0], 12);
	CHECK_EQ(port->layout.rows, 4);
	CHECK_EQ(port->layout.row_elems, 3);
	CHECK_EQ(port->frame_elems, 12);
	CHECK_EQ(port->frame_bytes, 8);
	CHECK(port->scale == 0.5 && port->zero_point == 3);
	port = srfpga_device_get_port(dev, 1);
	CHECK_EQ(port->role, SRFPGA_PORT_OUTPUT);
	CHECK_EQ(port->index, 1);
	CHECK(!srfpga_device_get_port(dev, 2));
	srfpga_device_close(dev);
}

static int open_changed(void (*change)(struct srfpga_soft_model *model))
{
	struct srfpga_soft_model *model = fake_model_create(12);
	struct srfpga_device *dev;
	int freed = 0, ret;

	model->freed = &freed;
	change(model);
	ret = fake_device_open(model, &dev);
	CHECK_EQ(freed, ret != 0);
	if (!ret)
		srfpga_device_close(dev);
	return ret;
}

static void no_ports(struct srfpga_soft_model *model)
{
	model->num_ports = 0;
}

static void many_ports(struct srfpga_soft_model *model)
{
	model->num_ports = SRFPGA_MAX_PORTS + 1;
}

static void wrong_frame(struct srfpga_soft_model *model)
{
	model->ports[1].frame_bytes++;
}

static void wrong_rank(struct srfpga_soft_model *model)
{
	model->ports[0].folded_rank = SRFPGA_MAX_RANK + 1;
}

static void wrong_type(struct srfpga_soft_model *model)
{
	model->ports[0].bits = 77;
}

static void nothing(struct srfpga_soft_model *model)
{
}

static void test_disagreement(void)
{
	CHECK_EQ(open_changed(nothing), 0);
	CHECK_EQ(open_changed(no_ports), -E2BIG);
	CHECK_EQ(open_changed(many_ports), -E2BIG);
	CHECK_EQ(open_changed(wrong_frame), -E2BIG);
	CHECK_EQ(open_changed(wrong_rank), -E2BIG);
	CHECK_EQ(open_changed(wrong_type), -E2BIG);
}

/* A driver of another time, behind a backend that knows only GET_INFO. */
static struct srfpga_get_info other_info;
static int other_error;
static int other_closed;

static int other_get_info(void *backend, struct srfpga_get_info *info)
{
	*info = other_info;
	return other_error;
}

static int other_get_port(void *backend, struct srfpga_get_port *port,
			  struct port_extra *extra)
{
	return -EIO;
}

static void other_close(void *backend)
{
	other_closed++;
}

static const struct backend_ops other_ops = {
	.get_info = other_get_info,
	.get_port = other_get_port,
	.close = other_close,
};

static int open_other(uint32_t version, uint32_t ports, int error, char *err)
{
	const struct backend backend = { .ops = &other_ops };
	const struct error_text text = { .text = err, .len = 200 };
	struct srfpga_device *dev;
	int ret;

	other_info.abi_version = version;
	other_info.num_ports = ports;
	other_error = error;
	other_closed = 0;
	ret = device_open_backend(backend, "/dev/other", &dev, &text);
	CHECK_EQ(other_closed, 1);
	return ret;
}

static void test_other_driver(void)
{
	char err[200];

	CHECK_EQ(open_other(2, 1, 0, err), -EPROTO);
	CHECK(strstr(err, "interface 2"));
	CHECK_EQ(open_other(1, 0, 0, err), -E2BIG);
	CHECK_EQ(open_other(1, 17, 0, err), -E2BIG);
	CHECK_EQ(open_other(1, 1, -ENOTTY, err), -ENOTTY);
	CHECK(strstr(err, "not an srfpga device"));
	CHECK_EQ(open_other(1, 1, -ENODEV, err), -ENODEV);
	CHECK_EQ(open_other(1, 1, 0, err), -EIO);
	CHECK(strstr(err, "port 0"));
}

static void test_null(void)
{
	srfpga_device_close(NULL);
	srfpga_buffer_free(NULL);
	srfpga_submission_free(NULL);
	CHECK(!strcmp(srfpga_version_get(), SRFPGA_VERSION));
}

/* Where the machine has a device of the driver, NULL opens it. */
static void test_first(void)
{
	char name[1][SRFPGA_DEVICE_NAME_LEN];
	int count = srfpga_device_enumerate(name, 1);
	struct srfpga_device *dev;
	char err[200] = "";
	int ret;

	ret = srfpga_device_open(NULL, &dev, err, sizeof(err));
	if (!count) {
		CHECK_EQ(ret, -ENODEV);
		CHECK(strstr(err, "no /dev/srfpga"));
		return;
	}
	if (CHECK_EQ(ret, 0)) {
		CHECK(!strcmp(srfpga_device_get_info(dev)->path, name[0]));
		srfpga_device_close(dev);
	}
}

static const struct test tests[] = {
	{ "names and errors of opening", test_refusals },
	{ "no room for the error's text", test_no_text },
	{ "enumerate", test_enumerate },
	{ "what a device is", test_info },
	{ "what a port is", test_ports },
	{ "a model that disagrees with itself", test_disagreement },
	{ "a driver of another version", test_other_driver },
	{ "NULL is fine", test_null },
	{ "the first device", test_first },
};

TEST_MAIN(tests)
