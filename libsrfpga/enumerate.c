// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which devices the kernel driver has made. Opens none of them.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct numbers {
	unsigned int *list;
	size_t count;
	size_t room;
};

/* The N of srfpgaN; false for any other name. */
static bool parse_number(const char *name, unsigned int *number)
{
	char digits[10];
	int end = 0;

	if (sscanf(name, "srfpga%9[0-9]%n", digits, &end) != 1 || name[end])
		return false;
	*number = strtoul(digits, NULL, 10);
	return true;
}

static int add(struct numbers *numbers, unsigned int number)
{
	if (numbers->count == numbers->room) {
		size_t room = numbers->room ? 2 * numbers->room : 16;
		unsigned int *list;

		list = reallocarray(numbers->list, room, sizeof(*list));
		if (!list)
			return -ENOMEM;
		numbers->list = list;
		numbers->room = room;
	}
	numbers->list[numbers->count++] = number;
	return 0;
}

static int compare(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a;
	unsigned int y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

static int scan(DIR *dir, struct numbers *numbers)
{
	const struct dirent *entry;
	unsigned int number;
	int ret = 0;

	while (!ret && (entry = readdir(dir)))
		if (parse_number(entry->d_name, &number))
			ret = add(numbers, number);
	return ret;
}

int enumerate_devices(const char *path, char (*names)[SRFPGA_DEVICE_NAME_LEN],
		      unsigned int max)
{
	struct numbers numbers = { 0 };
	DIR *dir;
	int ret;

	dir = opendir(path);
	if (!dir)
		return -errno;
	ret = scan(dir, &numbers);
	closedir(dir);
	if (!ret && numbers.count)
		qsort(numbers.list, numbers.count, sizeof(*numbers.list),
		      compare);
	for (size_t i = 0; !ret && i < numbers.count && i < max; i++)
		snprintf(names[i], SRFPGA_DEVICE_NAME_LEN, "%s/srfpga%u", path,
			 numbers.list[i]);
	free(numbers.list);
	return ret ? ret : (int)numbers.count;
}

int srfpga_device_enumerate(char (*names)[SRFPGA_DEVICE_NAME_LEN],
			    unsigned int max)
{
	return enumerate_devices("/dev", names, max);
}
