// SPDX-License-Identifier: GPL-2.0
/*
 * What the tests need of the system: time, children, small files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "testdev.h"

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

void sleep_ms(unsigned int ms)
{
	struct timespec ts = {
		.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l,
	};

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

int child_wait(int pid, int ms)
{
	uint64_t end = now_ns() + ms * 1000000ull;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_ns() > end) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -ETIME;
		}
		sleep_ms(1);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int file_read(const char *path, char *text, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, all = 0;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, text + all, len - 1 - all)) > 0)
		all += n;
	if (n < 0)
		all = -errno;
	close(fd);
	if (all < 0)
		return all;
	text[all] = '\0';
	if (all && text[all - 1] == '\n')
		text[--all] = '\0';
	return all;
}

int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

#define COREDUMPS	"/sys/class/devcoredump"

/** Read and remove every core dump: the length of the last one in @text. */
static int coredump_now(char *text, size_t len)
{
	DIR *dir = opendir(COREDUMPS);
	struct dirent *entry;
	char path[512];
	int ret = -ETIME;

	if (!dir)
		return -ENOTSUP;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "devcd", 5))
			continue;
		snprintf(path, sizeof(path), COREDUMPS "/%s/data",
			 entry->d_name);
		ret = file_read(path, text, len);
		file_write(path, "0");
	}
	closedir(dir);
	return ret;
}

int coredump_take(char *text, size_t len, int ms)
{
	int ret;

	while ((ret = coredump_now(text, len)) == -ETIME && ms-- > 0)
		sleep_ms(1);
	return ret;
}

long long text_number(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	char *end;
	long long value;

	if (!at)
		return -1;
	at += strlen(key);
	at += strspn(at, ": \t");
	value = strtoll(at, &end, 0);
	return end == at ? -1 : value;
}

long long file_number(const char *path, const char *key)
{
	size_t len = 1 << 18;
	char *text = malloc(len);
	long long n = -1;

	if (text && file_read(path, text, len) >= 0)
		n = key ? text_number(text, key) : strtoll(text, NULL, 0);
	free(text);
	return n;
}

long long file_settles(const char *path, const char *key, long long wanted,
		       int ms)
{
	long long n;

	while ((n = file_number(path, key)) > wanted && ms > 0) {
		sleep_ms(50);
		ms -= 50;
	}
	return n;
}
