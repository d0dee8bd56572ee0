// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupt lines: optional, named like the registers that they belong to,
 * perhaps one for several of them. Must not know what an interrupt means.
 */
#include <linux/interrupt.h>
#include <linux/platform_device.h>
#include <linux/property.h>

#include "srfpga.h"

static irqreturn_t irq_handle(int number, void *data)
{
	struct srfpga_irq *irq = data;
	irqreturn_t ret = IRQ_NONE;
	unsigned int l;

	for (l = 0; l < irq->sdev->num_lanes; l++)
		if ((irq->lanes & BIT(l)) && srfpga_ring_irq(irq->sdev, l))
			ret = IRQ_HANDLED;
	return ret;
}

static struct srfpga_irq *irq_line(struct srfpga_device *sdev, int number)
{
	unsigned int i;

	for (i = 0; i < sdev->num_irqs; i++)
		if (sdev->irq[i].number == number)
			return &sdev->irq[i];
	sdev->irq[i].sdev = sdev;
	sdev->irq[i].number = number;
	sdev->num_irqs++;
	return &sdev->irq[i];
}

/**
 * srfpga_irq_find() - find the lines of the lanes
 * @sdev: the device, with its lanes
 * @pdev: its platform device
 *
 * A lane without a line is polled; a line that is named and cannot be had is a
 * mistake in the devicetree.
 *
 * Return: 0 or a negative errno.
 */
int srfpga_irq_find(struct srfpga_device *sdev, struct platform_device *pdev)
{
	const char *name;
	unsigned int l;
	int number;

	for (l = 0; l < sdev->num_lanes; l++) {
		name = sdev->port[l].dt_name;
		if (device_property_match_string(&pdev->dev, "interrupt-names",
						 name) < 0)
			continue;
		number = platform_get_irq_byname_optional(pdev, name);
		if (number <= 0)
			return dev_err_probe(&pdev->dev, number ?: -EINVAL,
					     "%s: interrupt\n", name);
		irq_line(sdev, number)->lanes |= BIT(l);
		sdev->lane[l].irq = true;
	}
	return 0;
}

static void irq_free(struct srfpga_device *sdev, unsigned int n)
{
	while (n--)
		free_irq(sdev->irq[n].number, &sdev->irq[n]);
}

/**
 * srfpga_irq_request() - begin to take interrupts
 * @sdev: the device
 *
 * The lines are not shared with other devices: they are masked while the
 * clocks are off.
 *
 * Return: 0 or a negative errno.
 */
int srfpga_irq_request(struct srfpga_device *sdev)
{
	unsigned int i;
	int ret;

	for (i = 0; i < sdev->num_irqs; i++) {
		ret = request_irq(sdev->irq[i].number, irq_handle, 0,
				  dev_name(sdev->parent), &sdev->irq[i]);
		if (ret) {
			irq_free(sdev, i);
			return dev_err_probe(sdev->parent, ret,
					     "interrupt %d\n",
					     sdev->irq[i].number);
		}
	}
	sdev->irqs_requested = true;
	return 0;
}

/**
 * srfpga_irq_free() - undo srfpga_irq_request()
 * @sdev: the device
 */
void srfpga_irq_free(struct srfpga_device *sdev)
{
	irq_free(sdev, sdev->num_irqs);
	sdev->irqs_requested = false;
}

/**
 * srfpga_irq_mask() - do not listen while nobody could ask why
 * @sdev: the device, about to become unreachable
 *
 * A line that is high for whatever reason could not be quietened, and would
 * occupy a processor until the kernel disables it for good: so this comes before
 * what makes the device unreachable. Waits for handlers that run.
 */
void srfpga_irq_mask(struct srfpga_device *sdev)
{
	unsigned int i;

	for (i = 0; sdev->irqs_requested && i < sdev->num_irqs; i++)
		disable_irq(sdev->irq[i].number);
}

/**
 * srfpga_irq_unmask() - undo srfpga_irq_mask()
 * @sdev: the device, reachable again
 */
void srfpga_irq_unmask(struct srfpga_device *sdev)
{
	unsigned int i;

	for (i = 0; sdev->irqs_requested && i < sdev->num_irqs; i++)
		enable_irq(sdev->irq[i].number);
}
