/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device under test: open files, buffers, ready-made jobs, events.
 *
 * Knows the ABI and nothing of what stands behind it. Every function returns
 * 0 (or a count) or a negative errno, and every wait ends by itself.
 */
#ifndef SELFTESTS_TESTDEV_H
#define SELFTESTS_TESTDEV_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/srfpga.h>

/** What a wait for something that must happen may take, ms: emulation is slow. */
#define TEST_WAIT_MS	8000
/** How long something that must not happen is waited for, ms. */
#define TEST_QUIET_MS	60

/** struct test_dev - one open file of a device, with what it says of itself */
struct test_dev {
	int fd;
	struct srfpga_get_info info;
	struct srfpga_get_port port[SRFPGA_MAX_PORTS];
};

/** struct test_buf - one dma-buf: exported, perhaps attached and mapped */
struct test_buf {
	int fd;
	uint32_t handle;
	size_t len;
	uint8_t *map;
};

/** struct test_job - a valid submission of one job, to be sent or to be spoilt */
struct test_job {
	struct test_dev *dev;
	struct test_buf buf[SRFPGA_MAX_PORTS];
	struct srfpga_job_buffer jb[SRFPGA_MAX_PORTS];
	struct srfpga_job job;
	struct srfpga_submit sub;
};

/** The device node of one instance: $SRFPGA_DEVICE or /dev/srfpga0; index 1 is
 * $SRFPGA_DEVICE1 or /dev/srfpga1.
 */
const char *dev_path(unsigned int index);
/** "srfpgaN" of dev_path(). */
const char *dev_name(unsigned int index);

/** Open and ask for everything; @flags as of open(2). */
int dev_open(struct test_dev *dev, unsigned int index, int flags);
void dev_close(struct test_dev *dev);
/** True if the device node of @index is there. */
bool dev_present(unsigned int index);
int dev_ioctl(int fd, unsigned long request, void *arg);
/** First port of a role, or -ENOENT. */
int dev_port(const struct test_dev *dev, uint32_t role);
/** Bytes that @frames frames of port @index take. */
size_t dev_port_bytes(const struct test_dev *dev, unsigned int index,
		      unsigned int frames);
uint32_t dev_port_direction(const struct test_dev *dev, unsigned int index);

/** poll() for @events: the returned events, 0 after @ms, or -errno. */
int dev_poll(int fd, short events, int ms);
/** The next event within @ms, or -ETIME. */
int dev_event(int fd, struct srfpga_event *ev, int ms);
/** Read events until one has @user_data; the others are forgotten. */
int dev_event_of(int fd, struct srfpga_event *ev, uint64_t user_data, int ms);

int buf_alloc(const struct test_dev *dev, struct test_buf *buf, uint64_t bytes);
int buf_attach(const struct test_dev *dev, struct test_buf *buf,
	       uint32_t direction);
int buf_map(struct test_buf *buf);
/** Begin (@begin) or end CPU access. */
int buf_sync(const struct test_buf *buf, bool begin, bool write);
int buf_detach(const struct test_dev *dev, struct test_buf *buf);
/** Unmap and close; what is attached stays attached. */
void buf_drop(struct test_buf *buf);

/** A job of @frames frames with buffers of its own, inputs filled by @seed. */
int job_init(struct test_job *job, struct test_dev *dev, unsigned int frames,
	     unsigned int seed);
/** Detach and close the buffers. */
void job_free(struct test_job *job);
void job_fill(struct test_job *job, unsigned int seed);
void job_fill_port(struct test_job *job, unsigned int index, unsigned int seed);
/** Overwrite the outputs, so that stale results are seen. */
void job_spoil(struct test_job *job);
int job_submit(struct test_job *job, uint64_t user_data);
/** The event of @user_data: its status, or -ETIME. */
int job_wait(struct test_job *job, uint64_t user_data);
/** Submit and wait: the status of the end. */
int job_run(struct test_job *job, uint64_t user_data);
/** Submit with @count jobs that are all this one. */
int job_submit_many(struct test_job *job, unsigned int count,
		    uint64_t user_data);

uint64_t now_ns(void);
void sleep_ms(unsigned int ms);
/** Wait for a child: its exit status, -signal, or -ETIME (it is killed). */
int child_wait(int pid, int ms);
/** One line of a file, without the newline; or -errno. */
int file_read(const char *path, char *text, size_t len);
int file_write(const char *path, const char *text);
/** Take and remove the device core dump that comes within @ms: its length;
 * -ETIME; -ENOTSUP if the kernel makes none.
 */
int coredump_take(char *text, size_t len, int ms);
/** The number behind @key in a text of "key: number" lines, or -1. */
long long text_number(const char *text, const char *key);
/** The number behind @key in a file, or its first one without; -1: none. */
long long file_number(const char *path, const char *key);
/** The same, once it is not above @wanted any more, or after @ms. */
long long file_settles(const char *path, const char *key, long long wanted,
		       int ms);

/** Where the kernel says who uses the driver, and how many dma-bufs there are. */
#define MODULE_REFS	"/sys/module/srfpga/refcnt", NULL
#define DMABUF_COUNT	"/sys/kernel/debug/dma_buf/bufinfo", "\n\nTotal"
/** The longest limit of a job that the module allows, ms. */
#define TIMEOUT_LIMIT	"/sys/module/srfpga/parameters/timeout_limit_ms"

#endif /* SELFTESTS_TESTDEV_H */
