/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_SENSORS_H
#define SRFPGA_SENSORS_H

#include <stddef.h>

/** enum sensor_kind - what a sensor measures */
enum sensor_kind {
	SENSOR_POWER,		/* W */
	SENSOR_TEMPERATURE,	/* degrees Celsius */
};

/**
 * struct sensor - one reading of the kernel's hwmon class
 * @chip: the chip's name, "ina260_u14"
 * @label: what it measures; its channel if the driver has no label
 */
struct sensor {
	enum sensor_kind kind;
	char chip[64];
	char label[64];
	double value;
};

/**
 * sensors_read() - all power and temperature sensors now
 * @out: receives up to @max of them
 *
 * $SRFPGA_SYSFS replaces /sys.
 *
 * Return: how many were written.
 */
size_t sensors_read(struct sensor *out, size_t max);

/**
 * struct power_meter - the sensor that stands for the whole board
 * @path: file to read; empty if there is none
 * @name: the chip, for tables
 */
struct power_meter {
	char path[256];
	char name[64];
};

/**
 * power_meter_find() - the sensor that is to stand for the board
 * @name: CHIP or CHIP/LABEL as sensors_read() says; NULL: the board's own meter
 *	(ina260 of a Kria), or the file in microwatts that $SRFPGA_POWER names
 *
 * Return: 0, or -ENOENT: there is none, and power_meter_read() says so.
 */
int power_meter_find(struct power_meter *meter, const char *name);

/** sensors_power_text() - all names, for example "a/power1, b/vdd", or "none" */
void sensors_power_text(char *text, size_t len);

/** power_meter_read() - W, or a negative number where there is no meter */
double power_meter_read(const struct power_meter *meter);

#endif /* SRFPGA_SENSORS_H */
