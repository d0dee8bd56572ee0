// SPDX-License-Identifier: GPL-2.0
/*
 * The character device: translates between user space's structs and the
 * driver's. Must not know registers, nor how jobs are ordered.
 */
#include <linux/dma-buf.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/property.h>

#include <uapi/srfpga.h>

#include "srfpga.h"
#include "srfpga_abi.h"

#define CDEV_MINORS	256

static dev_t cdev_base;
static DEFINE_IDA(cdev_ids);

static_assert(SRFPGA_NAME_LEN == SRFPGA_NAME_BYTES);
static_assert(SRFPGA_MAX_RANK == SRFPGA_RANK_LIMIT);
static_assert(SRFPGA_MAX_PORTS == SRFPGA_PORT_LIMIT);

static int chr_get_info(struct srfpga_file *file, void __user *arg, u32 size)
{
	struct srfpga_device *sdev = file->sdev;
	struct srfpga_get_info info;
	int ret;

	ret = srfpga_abi_copy_in(&sdev->dev, "get_info", &info, sizeof(info),
				 arg, size);
	if (ret)
		return ret;

	memset(&info, 0, sizeof(info));
	info.size = sizeof(info);
	info.abi_version = SRFPGA_ABI_VERSION;
	info.engine = SRFPGA_ENGINE_FINN;
	info.num_ports = sdev->num_ports;
	if (sdev->has_irq)
		info.caps |= SRFPGA_CAP_INTERRUPT;
	if (device_get_dma_attr(sdev->parent) == DEV_DMA_COHERENT)
		info.caps |= SRFPGA_CAP_COHERENT;
	if (sdev->reset)
		info.caps |= SRFPGA_CAP_RESET;
	info.state = READ_ONCE(sdev->state) == SRFPGA_WEDGED ?
		SRFPGA_STATE_WEDGED : SRFPGA_STATE_READY;
	info.dma_bits = sdev->dma_bits;
	info.buffer_align = SRFPGA_ALIGN_BYTES;
	info.max_jobs = SRFPGA_CLIENT_JOBS;
	info.max_queued = SRFPGA_CLIENT_QUEUED;
	info.max_frames = sdev->max_frames;
	info.max_attachments = SRFPGA_CLIENT_ATTACHED;
	info.max_memory = sdev->max_memory;
	info.default_timeout_ns = sdev->timeout_ns;
	info.clock_hz = sdev->clock_hz;
	strscpy(info.name, sdev->label, sizeof(info.name));
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static const u8 chr_role[] = {
	[SRFPGA_ROLE_INPUT] = SRFPGA_PORT_INPUT,
	[SRFPGA_ROLE_OUTPUT] = SRFPGA_PORT_OUTPUT,
	[SRFPGA_ROLE_WEIGHTS] = SRFPGA_PORT_WEIGHTS,
};

static const u8 chr_dtype[] = {
	[SRFPGA_ELEM_UINT] = SRFPGA_DTYPE_UINT,
	[SRFPGA_ELEM_INT] = SRFPGA_DTYPE_INT,
	[SRFPGA_ELEM_BIPOLAR] = SRFPGA_DTYPE_BIPOLAR,
	[SRFPGA_ELEM_TERNARY] = SRFPGA_DTYPE_TERNARY,
	[SRFPGA_ELEM_FLOAT] = SRFPGA_DTYPE_FLOAT,
};

static int chr_get_port(struct srfpga_file *file, void __user *arg, u32 size)
{
	struct srfpga_device *sdev = file->sdev;
	const struct srfpga_port *port;
	struct srfpga_get_port out;
	u32 index;
	int ret;

	ret = srfpga_abi_copy_in(&sdev->dev, "get_port", &out, sizeof(out),
				 arg, size);
	if (ret)
		return ret;
	index = out.index;
	if (index >= sdev->num_ports) {
		dev_dbg(&sdev->dev, "get_port: no port %u\n", index);
		return -EINVAL;
	}

	port = &sdev->port[array_index_nospec(index, sdev->num_ports)];
	memset(&out, 0, sizeof(out));
	out.size = sizeof(out);
	out.index = index;
	out.role = chr_role[port->role];
	out.dtype = chr_dtype[port->elem];
	out.bits = port->bits;
	out.normal_rank = port->normal.rank;
	out.folded_rank = port->folded.rank;
	out.frame_bytes = port->frame_bytes;
	memcpy(out.normal_shape, port->normal.dim, sizeof(out.normal_shape));
	memcpy(out.folded_shape, port->folded.dim, sizeof(out.folded_shape));
	strscpy(out.name, port->name, sizeof(out.name));
	return copy_to_user(arg, &out, sizeof(out)) ? -EFAULT : 0;
}

static int chr_alloc(struct srfpga_file *file, void __user *arg, u32 size)
{
	struct srfpga_alloc __user *user = arg;
	struct device *dev = &file->sdev->dev;
	struct srfpga_alloc in;
	struct dma_buf *dmabuf;
	int fd, ret;

	ret = srfpga_abi_copy_in(dev, "alloc", &in, sizeof(in), arg, size);
	if (ret)
		return ret;
	if (in.flags || in.pad || !in.bytes) {
		dev_dbg(dev, "alloc: unknown flags %#x, padding or no bytes\n",
			in.flags);
		return -EINVAL;
	}

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		dev_dbg(dev, "alloc: no free file descriptor\n");
		return fd;
	}
	dmabuf = srfpga_buffer_create(file, in.bytes);
	if (IS_ERR(dmabuf)) {
		ret = PTR_ERR(dmabuf);
		dev_dbg(dev, "alloc: no memory for %llu bytes: %d\n", in.bytes,
			ret);
		put_unused_fd(fd);
		return ret;
	}
	if (put_user(fd, &user->fd)) {
		dma_buf_put(dmabuf);
		put_unused_fd(fd);
		return -EFAULT;
	}
	fd_install(fd, dmabuf->file);
	return 0;
}

static enum dma_data_direction chr_direction(u32 direction)
{
	switch (direction) {
	case SRFPGA_ATTACH_READ:
		return DMA_TO_DEVICE;
	case SRFPGA_ATTACH_WRITE:
		return DMA_FROM_DEVICE;
	case SRFPGA_ATTACH_READ | SRFPGA_ATTACH_WRITE:
		return DMA_BIDIRECTIONAL;
	default:
		return DMA_NONE;
	}
}

static int chr_attach(struct srfpga_file *file, void __user *arg, u32 size)
{
	struct srfpga_attach __user *user = arg;
	enum dma_data_direction dir;
	struct srfpga_attach in;
	u32 handle;
	u64 bytes;
	int ret;

	ret = srfpga_abi_copy_in(&file->sdev->dev, "attach", &in, sizeof(in),
				 arg, size);
	if (ret)
		return ret;
	dir = chr_direction(in.direction);
	if (in.flags || in.pad || dir == DMA_NONE) {
		dev_dbg(&file->sdev->dev,
			"attach: unknown flags %#x, direction %#x or padding\n",
			in.flags, in.direction);
		return -EINVAL;
	}

	ret = srfpga_file_attach(file, in.fd, dir, &handle, &bytes);
	if (ret) {
		dev_dbg(&file->sdev->dev, "attach: fd %d: %d\n", in.fd, ret);
		return ret;
	}
	if (put_user(handle, &user->handle) || put_user(bytes, &user->bytes)) {
		srfpga_file_detach(file, handle);
		return -EFAULT;
	}
	return 0;
}

static int chr_detach(struct srfpga_file *file, void __user *arg, u32 size)
{
	struct srfpga_detach in;
	int ret;

	ret = srfpga_abi_copy_in(&file->sdev->dev, "detach", &in, sizeof(in),
				 arg, size);
	if (ret)
		return ret;
	ret = srfpga_file_detach(file, in.handle);
	if (ret)
		dev_dbg(&file->sdev->dev, "detach: no handle %u\n", in.handle);
	return ret;
}

static int chr_submit(struct srfpga_file *file, void __user *arg, u32 size)
{
	struct srfpga_submit in;
	int ret;

	ret = srfpga_abi_copy_in(&file->sdev->dev, "submit", &in, sizeof(in),
				 arg, size);
	if (ret)
		return ret;
	return srfpga_submit(file, &in, arg);
}

static int (*const chr_ioctls[])(struct srfpga_file *file, void __user *arg,
				  u32 size) = {
	[_IOC_NR(SRFPGA_IOC_GET_INFO)] = chr_get_info,
	[_IOC_NR(SRFPGA_IOC_GET_PORT)] = chr_get_port,
	[_IOC_NR(SRFPGA_IOC_ALLOC)] = chr_alloc,
	[_IOC_NR(SRFPGA_IOC_ATTACH)] = chr_attach,
	[_IOC_NR(SRFPGA_IOC_DETACH)] = chr_detach,
	[_IOC_NR(SRFPGA_IOC_SUBMIT)] = chr_submit,
};

static long chr_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct srfpga_file *file = filp->private_data;
	void __user *user = (void __user *)arg;
	unsigned int nr = _IOC_NR(cmd);
	u32 size;
	int ret;

	if (cmd != _IO(SRFPGA_IOC_MAGIC, nr) || nr >= ARRAY_SIZE(chr_ioctls))
		return -ENOTTY;
	nr = array_index_nospec(nr, ARRAY_SIZE(chr_ioctls));
	if (READ_ONCE(file->sdev->gone)) {
		dev_dbg(&file->sdev->dev, "call %u: the device is gone\n", nr);
		return -ENODEV;
	}
	/* Every argument starts with its size. */
	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	ret = chr_ioctls[nr](file, user, size);
	if (ret)
		dev_dbg(&file->sdev->dev, "call %u, argument of %u bytes: %d\n",
			nr, size, ret);
	return ret;
}

static int chr_copy_event(const struct srfpga_completion *done,
			  char __user *buf)
{
	struct srfpga_event event = {
		.size = sizeof(event),
		.status = done->status,
		.user_data = done->user_data,
		.seqno = done->seqno,
		.jobs_done = done->jobs_done,
		.queued_ns = ktime_to_ns(done->queued),
		.started_ns = ktime_to_ns(done->started),
		.finished_ns = ktime_to_ns(done->finished),
	};

	return copy_to_user(buf, &event, sizeof(event)) ? -EFAULT : 0;
}

/* Deliver what there is; an event that cannot be delivered stays. */
static ssize_t chr_read_events(struct srfpga_file *file, char __user *buf,
			       size_t count, bool block)
{
	struct srfpga_completion *done;
	size_t filled = 0;
	int ret = 0;

	/* Another reader may wait for the memory that it reads into. */
	if (!block && !mutex_trylock(&file->read_lock))
		return -EAGAIN;
	if (block && mutex_lock_interruptible(&file->read_lock))
		return -ERESTARTSYS;
	while (count - filled >= sizeof(struct srfpga_event)) {
		done = srfpga_file_event_get(file);
		if (!done)
			break;
		ret = chr_copy_event(done, buf + filled);
		if (ret) {
			srfpga_file_event_unget(file, done);
			break;
		}
		srfpga_file_event_done(file, done);
		filled += sizeof(struct srfpga_event);
	}
	mutex_unlock(&file->read_lock);
	return filled ?: ret;
}

static ssize_t chr_read(struct file *filp, char __user *buf, size_t count,
			loff_t *pos)
{
	struct srfpga_file *file = filp->private_data;
	bool block = !(filp->f_flags & O_NONBLOCK);
	ssize_t ret;

	if (count < sizeof(struct srfpga_event))
		return -EINVAL;
	do {
		ret = srfpga_file_event_wait(file, block);
		if (!ret)
			ret = chr_read_events(file, buf, count, block);
		/* 0: another reader was faster. */
	} while (!ret);
	return ret;
}

static __poll_t chr_poll(struct file *filp, poll_table *wait)
{
	struct srfpga_file *file = filp->private_data;

	poll_wait(filp, &file->wait, wait);
	return srfpga_file_poll(file);
}

static int chr_open(struct inode *inode, struct file *filp)
{
	struct srfpga_device *sdev =
		container_of(inode->i_cdev, struct srfpga_device, cdev);
	struct srfpga_file *file;

	file = srfpga_file_create(sdev);
	if (IS_ERR(file))
		return PTR_ERR(file);
	filp->private_data = file;
	return stream_open(inode, filp);
}

static int chr_release(struct inode *inode, struct file *filp)
{
	srfpga_file_close(filp->private_data);
	return 0;
}

static void chr_show_fdinfo(struct seq_file *m, struct file *filp)
{
	srfpga_file_show(filp->private_data, m);
}

static const struct file_operations chr_fops = {
	.owner = THIS_MODULE,
	.open = chr_open,
	.release = chr_release,
	.read = chr_read,
	.poll = chr_poll,
	.unlocked_ioctl = chr_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = chr_show_fdinfo,
};

static struct class srfpga_class = {
	.name = "srfpga",
	.dev_groups = srfpga_sysfs_groups,
};

/**
 * srfpga_cdev_unnumber() - the number may be used again
 * @sdev: a device that is not registered (any more)
 */
void srfpga_cdev_unnumber(struct srfpga_device *sdev)
{
	ida_free(&cdev_ids, sdev->id);
}

/**
 * srfpga_cdev_number() - give a new device its number and name
 * @sdev: the device, not registered yet
 *
 * Return: 0, -ENOSPC: too many devices; -ENOMEM.
 */
int srfpga_cdev_number(struct srfpga_device *sdev)
{
	int id, ret;

	id = ida_alloc_max(&cdev_ids, CDEV_MINORS - 1, GFP_KERNEL);
	if (id < 0)
		return id;
	sdev->id = id;
	sdev->dev.devt = cdev_base + id;
	sdev->dev.class = &srfpga_class;
	ret = dev_set_name(&sdev->dev, "srfpga%d", id);
	if (ret)
		srfpga_cdev_unnumber(sdev);
	return ret;
}

/**
 * srfpga_cdev_add() - let users in
 * @sdev: the device, complete
 *
 * Return: 0 or a negative errno.
 */
int srfpga_cdev_add(struct srfpga_device *sdev)
{
	cdev_init(&sdev->cdev, &chr_fops);
	sdev->cdev.owner = THIS_MODULE;
	return cdev_device_add(&sdev->cdev, &sdev->dev);
}

/**
 * srfpga_cdev_del() - let nobody in any more
 * @sdev: the device
 */
void srfpga_cdev_del(struct srfpga_device *sdev)
{
	cdev_device_del(&sdev->cdev, &sdev->dev);
}

/**
 * srfpga_cdev_init() - register the class and the device numbers
 *
 * Return: 0 or a negative errno.
 */
int srfpga_cdev_init(void)
{
	int ret;

	ret = alloc_chrdev_region(&cdev_base, 0, CDEV_MINORS, "srfpga");
	if (ret)
		return ret;
	ret = class_register(&srfpga_class);
	if (ret)
		unregister_chrdev_region(cdev_base, CDEV_MINORS);
	return ret;
}

/**
 * srfpga_cdev_exit() - undo srfpga_cdev_init()
 */
void srfpga_cdev_exit(void)
{
	class_unregister(&srfpga_class);
	unregister_chrdev_region(cdev_base, CDEV_MINORS);
}
