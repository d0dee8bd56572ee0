// SPDX-License-Identifier: GPL-2.0
/*
 * Many users: 64 processes at once, two devices side by side, and one who is
 * not root.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../kselftest_harness.h"
#include "testbed.h"

#define CLIENTS		64
#define ROUNDS		4
#define DEPTH		4
#define NOBODY		65534

FIXTURE(clients) {
	struct test_bed bed;
};

FIXTURE_SETUP(clients)
{
	BED_SETUP(&self->bed, 0, 0);
	bed_timing(&self->bed, 400, 100);
}

FIXTURE_TEARDOWN(clients)
{
	BED_TEARDOWN(&self->bed);
}

/** One user: rounds of a few submissions each, every result checked. */
static int client(struct test_bed *bed, unsigned int index, unsigned int seed)
{
	struct test_job job[DEPTH];
	struct test_dev dev;
	unsigned int round, i;
	int ret = dev_open(&dev, index, 0);

	for (i = 0; i < DEPTH && !ret; i++)
		ret = job_init(&job[i], &dev, 1, seed + i);
	for (round = 0; round < ROUNDS && !ret; round++) {
		for (i = 0; i < DEPTH && !ret; i++) {
			job_fill(&job[i], seed + round * DEPTH + i);
			job_spoil(&job[i]);
			ret = job_submit(&job[i], i);
		}
		for (i = 0; i < DEPTH && !ret; i++)
			ret = job_wait(&job[i], i);
		for (i = 0; i < DEPTH && !ret; i++)
			if (!bed_job_right(bed, &job[i]))
				ret = -EBADMSG;
	}
	dev_close(&dev);
	return ret;
}

TEST_F_TIMEOUT(clients, at_once, 180)
{
	int pid[CLIENTS], in = dev_port(&self->bed.dev, SRFPGA_PORT_INPUT);
	unsigned int i;

	for (i = 0; i < CLIENTS; i++) {
		pid[i] = fork();
		ASSERT_GE(pid[i], 0);
		if (!pid[i])
			_exit(-client(&self->bed, 0, i * 1000));
	}
	for (i = 0; i < CLIENTS; i++)
		EXPECT_EQ(0, child_wait(pid[i], 150000));
	EXPECT_EQ(CLIENTS * ROUNDS * DEPTH,
		  model_starts(&self->bed.model, in));
}

/* Both work at the same time, with buffers of their own. */
TEST_F_TIMEOUT(clients, two_devices, 120)
{
	struct test_bed second;
	int pid[8];
	unsigned int i;

	if (!dev_present(1))
		SKIP(return, "no second device");
	ASSERT_EQ(0, bed_open(&second, 1, 0));
	for (i = 0; i < 8; i++) {
		pid[i] = fork();
		ASSERT_GE(pid[i], 0);
		if (!pid[i])
			_exit(-client(i % 2 ? &second : &self->bed, i % 2,
				      i * 1000));
	}
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, child_wait(pid[i], 60000));
	EXPECT_GT(model_read(&self->bed.model, FPGA_CTL_FRAMES_OUT), 0);
	EXPECT_GT(model_read(&second.model, FPGA_CTL_FRAMES_OUT), 0);
	EXPECT_EQ(0, bed_close(&second));
}

/* One hangs and is reset, the other does not notice. */
TEST_F_TIMEOUT(clients, hang_of_the_other_device, 60)
{
	struct test_bed second;
	struct test_job bad, good;
	unsigned int i;

	if (!dev_present(1))
		SKIP(return, "no second device");
	ASSERT_EQ(0, bed_open(&second, 1, 0));
	if (!(second.dev.info.caps & SRFPGA_CAP_RESET)) {
		EXPECT_EQ(0, bed_close(&second));
		SKIP(return, "no reset line at the second device");
	}
	ASSERT_EQ(0, job_init(&bad, &second.dev, 1, 1));
	ASSERT_EQ(0, job_init(&good, &self->bed.dev, 1, 2));
	model_fault(&second.model, FPGA_FAULT_HANG, 1, 0, 0);
	bad.sub.timeout_ns = 200000000;
	ASSERT_EQ(0, job_submit(&bad, 1));
	for (i = 0; i < 20; i++)
		EXPECT_EQ(0, job_run(&good, i));
	EXPECT_EQ(-ETIMEDOUT, job_wait(&bad, 1));
	EXPECT_EQ(0, job_run(&bad, 2));
	job_free(&bad);
	job_free(&good);
	EXPECT_EQ(0, bed_close(&second));
}

/** struct rule - what the udev rule makes of a device node */
struct rule {
	char kernel[64];	/* which nodes, a pattern */
	char subsystem[32];
	gid_t group;
	mode_t mode;
};

/** The value of @key in a rule, KEY=="value" or KEY="value"; "" without. */
static void rule_value(const char *text, const char *key, char *value,
		       size_t len)
{
	const char *at = strstr(text, key), *from, *to;

	*value = '\0';
	from = at ? strchr(at, '"') : NULL;
	to = from ? strchr(from + 1, '"') : NULL;
	if (to)
		snprintf(value, len, "%.*s", (int)(to - from - 1), from + 1);
}

/** The number of a group by its name, from /etc/group: 0 if there is none. */
static gid_t group_number(const char *name)
{
	char text[4096], key[80], *at;

	snprintf(key, sizeof(key), "\n%s:", name);
	if (file_read("/etc/group", text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, key);
	at = at ? strchr(at + strlen(key), ':') : NULL;
	return at ? atoi(at + 1) : 0;
}

/** Read the rule that is installed with the driver; -ENOENT: not told where. */
static int rule_read(struct rule *rule)
{
	const char *path = getenv("SRFPGA_RULES");
	char text[1024], value[64], *line;

	if (!path || file_read(path, text, sizeof(text)) < 0)
		return -ENOENT;
	line = strstr(text, "\nSUBSYSTEM");
	if (!line)
		return -EINVAL;
	rule_value(line, "SUBSYSTEM==", rule->subsystem,
		   sizeof(rule->subsystem));
	rule_value(line, "KERNEL==", rule->kernel, sizeof(rule->kernel));
	rule_value(line, "GROUP=", value, sizeof(value));
	rule->group = group_number(value);
	rule_value(line, "MODE=", value, sizeof(value));
	rule->mode = strtoul(value, NULL, 8);
	return 0;
}

/** Become nobody, in the group that the udev rule gives the node to. */
static int drop_privileges(gid_t group)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct cap[2];

	if (setgroups(1, &group) || setgid(NOBODY) || setuid(NOBODY) ||
	    syscall(SYS_capget, &head, cap))
		return -errno;
	return cap[0].effective | cap[1].effective ? -EPERM : 0;
}

TEST_F(clients, without_any_capability)
{
	char subsystem[64], target[PATH_MAX] = "";
	struct stat before;
	struct rule rule;
	int pid;

	if (rule_read(&rule) == -ENOENT)
		SKIP(return, "SRFPGA_RULES does not say which udev rule");
	EXPECT_EQ(0, fnmatch(rule.kernel, dev_name(0), 0));
	snprintf(subsystem, sizeof(subsystem), "/sys/class/srfpga/%s/subsystem",
		 dev_name(0));
	ASSERT_GT(readlink(subsystem, target, sizeof(target) - 1), 0);
	EXPECT_STREQ(rule.subsystem, strrchr(target, '/') + 1);
	EXPECT_EQ(0, rule.mode & 0007);
	ASSERT_NE(0, rule.group);
	ASSERT_EQ(0, stat(dev_path(0), &before));
	ASSERT_EQ(0, chown(dev_path(0), 0, rule.group));
	ASSERT_EQ(0, chmod(dev_path(0), rule.mode));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(drop_privileges(rule.group) ? 255 :
		      -client(&self->bed, 0, 77));
	EXPECT_EQ(0, child_wait(pid, TEST_WAIT_MS));
	EXPECT_EQ(0, chown(dev_path(0), before.st_uid, before.st_gid));
	EXPECT_EQ(0, chmod(dev_path(0), before.st_mode & 0777));
}

/* Nobody gets in where the rule has not been applied. */
TEST_F(clients, default_mode_is_private)
{
	struct stat node;

	ASSERT_EQ(0, stat(dev_path(0), &node));
	EXPECT_TRUE(S_ISCHR(node.st_mode));
	EXPECT_EQ(0, node.st_mode & 0077);
}

/* A thousand files that come and go leave no trace. */
TEST_F_TIMEOUT(clients, open_and_close, 60)
{
	struct test_dev dev;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, dev_open(&dev, 0, 0));
		dev_close(&dev);
	}
}

TEST_HARNESS_MAIN
