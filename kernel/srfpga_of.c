// SPDX-License-Identifier: GPL-2.0
/*
 * What the devicetree says about an accelerator. The hardware cannot be asked:
 * whatever is wrong here must be found here.
 */
#include <linux/ctype.h>
#include <linux/math.h>
#include <linux/of.h>
#include <linux/overflow.h>

#include "srfpga.h"

#define OF_DMA_BITS		32
#define OF_TIMEOUT_MS		10000
#define OF_BITS_LIMIT		32

static int of_bad(struct device *dev, const struct device_node *np,
		  const char *what)
{
	return dev_err_probe(dev, -EINVAL, "%pOFn: %s\n", np, what);
}

static int of_role(struct device *dev, const struct device_node *np,
		   struct srfpga_port *port)
{
	const char *direction;

	if (of_property_read_string(np, "srfpga,direction", &direction))
		return of_bad(dev, np, "srfpga,direction is missing");
	if (!strcmp(direction, "input"))
		port->role = SRFPGA_ROLE_INPUT;
	else if (!strcmp(direction, "output"))
		port->role = SRFPGA_ROLE_OUTPUT;
	else if (!strcmp(direction, "weights"))
		port->role = SRFPGA_ROLE_WEIGHTS;
	else
		return of_bad(dev, np, "srfpga,direction is unknown");
	return 0;
}

static int of_set_type(struct srfpga_port *port, enum srfpga_elem elem,
		       u32 bits)
{
	port->elem = elem;
	port->bits = bits;
	return bits && bits <= OF_BITS_LIMIT ? 0 : -EINVAL;
}

/* As FINN writes it: kstrtou32() would take a sign and leading zeroes, too. */
static u32 of_bits(const char *digits)
{
	u32 bits = 0;

	if (*digits == '0')
		return 0;
	while (isdigit(*digits) && bits <= OF_BITS_LIMIT)
		bits = bits * 10 + *digits++ - '0';
	return *digits ? 0 : bits;
}

static int of_parse_type(struct srfpga_port *port, const char *name)
{
	if (!strcmp(name, "BIPOLAR"))
		return of_set_type(port, SRFPGA_ELEM_BIPOLAR, 1);
	if (!strcmp(name, "BINARY"))
		return of_set_type(port, SRFPGA_ELEM_UINT, 1);
	if (!strcmp(name, "TERNARY"))
		return of_set_type(port, SRFPGA_ELEM_TERNARY, 2);
	if (!strcmp(name, "FLOAT32"))
		return of_set_type(port, SRFPGA_ELEM_FLOAT, 32);
	if (strstarts(name, "UINT"))
		return of_set_type(port, SRFPGA_ELEM_UINT, of_bits(name + 4));
	if (strstarts(name, "INT"))
		return of_set_type(port, SRFPGA_ELEM_INT, of_bits(name + 3));
	return -EINVAL;
}

static int of_type(struct device *dev, const struct device_node *np,
		   struct srfpga_port *port)
{
	const char *name;

	if (of_property_read_string(np, "srfpga,data-type", &name))
		return of_bad(dev, np, "srfpga,data-type is missing");
	if (of_parse_type(port, name))
		return of_bad(dev, np, "srfpga,data-type is unknown");
	return 0;
}

static int of_shape(const struct device_node *np, const char *name,
		    struct srfpga_shape *shape)
{
	int n;

	n = of_property_read_variable_u32_array(np, name, shape->dim, 1,
						SRFPGA_RANK_LIMIT);
	if (n < 0)
		return n;
	shape->rank = n;
	return 0;
}

/* Returns 0 if a dimension is, or if there are too many elements to count. */
static u64 shape_elements(const struct srfpga_shape *shape)
{
	u64 n = 1;
	u32 i;

	for (i = 0; i < shape->rank; i++)
		if (check_mul_overflow(n, (u64)shape->dim[i], &n))
			return 0;
	return n;
}

/* Each row of the folded shape is packed and padded to whole bytes. */
static u64 port_frame_bytes(const struct srfpga_port *port)
{
	u32 inner = port->folded.dim[port->folded.rank - 1];
	u64 row = DIV_ROUND_UP_ULL((u64)inner * port->bits, 8);
	u64 rows = div_u64(shape_elements(&port->folded), inner);
	u64 bytes;

	if (check_mul_overflow(row, rows, &bytes))
		return 0;
	return bytes;
}

static int of_shapes(struct device *dev, const struct device_node *np,
		     struct srfpga_port *port)
{
	u32 bytes;
	u64 n;
	int ret;

	if (of_shape(np, "srfpga,shape", &port->normal))
		return of_bad(dev, np, "srfpga,shape is missing or too long");
	ret = of_shape(np, "srfpga,folded-shape", &port->folded);
	if (ret == -EINVAL)
		port->folded = port->normal;
	else if (ret)
		return of_bad(dev, np, "srfpga,folded-shape is too long");

	n = shape_elements(&port->normal);
	if (!n || n != shape_elements(&port->folded))
		return of_bad(dev, np, "the shapes are empty or differ in size");
	port->frame_bytes = port_frame_bytes(port);
	if (of_property_read_u32(np, "srfpga,frame-bytes", &bytes))
		return of_bad(dev, np, "srfpga,frame-bytes is missing");
	if (bytes != port->frame_bytes)
		return of_bad(dev, np,
			      "srfpga,frame-bytes contradicts shape and type");
	return 0;
}

static int of_port(struct srfpga_device *sdev, struct device *dev,
		   const struct device_node *np, struct srfpga_port *port)
{
	const char *label = port->dt_name;
	int ret;

	ret = of_role(dev, np, port);
	if (!ret)
		ret = of_type(dev, np, port);
	if (!ret)
		ret = of_shapes(dev, np, port);
	if (ret)
		return ret;

	port->reps = 1;
	of_property_read_u32(np, "srfpga,reps-per-frame", &port->reps);
	if (!port->reps || port->reps > INT_MAX ||
	    (port->reps != 1 && port->role != SRFPGA_ROLE_WEIGHTS))
		return of_bad(dev, np, "srfpga,reps-per-frame makes no sense");
	sdev->max_frames = min_t(u32, sdev->max_frames, INT_MAX / port->reps);
	of_property_read_string(np, "label", &label);
	strscpy(port->name, label, sizeof(port->name));
	return 0;
}

/* Name and node of one DMA; both are its own. */
static int of_named_port(struct srfpga_device *sdev, struct device *dev,
			 const char *name, unsigned int index)
{
	struct srfpga_port *port = &sdev->port[index];
	struct device_node *child;
	unsigned int i;
	int ret;

	if (strscpy(port->dt_name, name, sizeof(port->dt_name)) < 0)
		return of_bad(dev, dev->of_node,
			      "an entry of reg-names is too long");
	for (i = 0; i < index; i++)
		if (!strcmp(sdev->port[i].dt_name, name))
			return of_bad(dev, dev->of_node,
				      "two entries of reg-names are the same");
	child = of_get_child_by_name(dev->of_node, name);
	if (!child)
		return dev_err_probe(dev, -EINVAL, "%s: no node of that name\n",
				     name);
	ret = of_port(sdev, dev, child, port);
	of_node_put(child);
	return ret;
}

static int of_ports(struct srfpga_device *sdev, struct device *dev)
{
	struct device_node *np = dev->of_node;
	unsigned int roles = 0;
	const char *name;
	int i, n, ret;

	n = of_property_count_strings(np, "reg-names");
	if (n < 1 || n > SRFPGA_PORT_LIMIT)
		return of_bad(dev, np,
			      "reg-names is missing or has too many entries");
	for (i = 0; i < n; i++) {
		of_property_read_string_index(np, "reg-names", i, &name);
		ret = of_named_port(sdev, dev, name, i);
		if (ret)
			return ret;
		roles |= BIT(sdev->port[i].role);
	}
	if (!(roles & BIT(SRFPGA_ROLE_INPUT)))
		return of_bad(dev, np, "none of the DMAs is an input");
	if (!(roles & BIT(SRFPGA_ROLE_OUTPUT)))
		return of_bad(dev, np, "none of the DMAs is an output");
	sdev->num_ports = n;
	return 0;
}

/**
 * srfpga_of_read() - read the devicetree node
 * @sdev: the device; label, ports, limits are filled in
 * @dev: with the node
 *
 * Return: 0, or -EINVAL with the reason in the log.
 */
int srfpga_of_read(struct srfpga_device *sdev, struct device *dev)
{
	struct device_node *np = dev->of_node;
	u32 timeout_ms = OF_TIMEOUT_MS;
	const char *label;

	sdev->max_frames = SRFPGA_FRAMES_LIMIT;
	sdev->dma_bits = OF_DMA_BITS;
	of_property_read_u32(np, "srfpga,dma-address-bits", &sdev->dma_bits);
	if (sdev->dma_bits < OF_DMA_BITS || sdev->dma_bits > 64)
		return of_bad(dev, np, "srfpga,dma-address-bits is not 32..64");
	of_property_read_u32(np, "srfpga,timeout-ms", &timeout_ms);
	if (!timeout_ms)
		return of_bad(dev, np, "srfpga,timeout-ms is 0");
	sdev->timeout_ns = (u64)timeout_ms * NSEC_PER_MSEC;

	if (of_property_read_string(np, "label", &label))
		snprintf(sdev->label, sizeof(sdev->label), "%pOFn", np);
	else
		strscpy(sdev->label, label, sizeof(sdev->label));
	return of_ports(sdev, dev);
}
