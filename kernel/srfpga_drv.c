// SPDX-License-Identifier: GPL-2.0
/*
 * Neural accelerators in FPGA fabric: binding to a device and letting go of
 * it. Must not know what a job is.
 */
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_reserved_mem.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/property.h>
#include <linux/reset.h>
#include <linux/slab.h>

#include "compat.h"
#include "srfpga.h"

static unsigned int memory_limit_mib = 512;
module_param(memory_limit_mib, uint, 0444);
MODULE_PARM_DESC(memory_limit_mib,
		 "buffer memory one open file may allocate, MiB (512)");

static void device_release(struct device *dev)
{
	struct srfpga_device *sdev =
		container_of(dev, struct srfpga_device, dev);

	of_reserved_mem_device_release(dev);
	if (sdev->wq)
		destroy_workqueue(sdev->wq);
	if (sdev->reap_wq)
		destroy_workqueue(sdev->reap_wq);
	srfpga_dump_free(sdev);
	cleanup_srcu_struct(&sdev->srcu);
	mutex_destroy(&sdev->attach_lock);
	mutex_destroy(&sdev->files_lock);
	put_device(sdev->parent);
	kfree(sdev);
}

/*
 * The class device allocates the buffers: memory that was allocated before an
 * unbind is freed after it, to the region that it came from.
 */
static void device_init_dma(struct srfpga_device *sdev)
{
	struct device *dev = &sdev->dev;

	sdev->dma_mask = DMA_BIT_MASK(sdev->dma_bits);
	dev->dma_mask = &sdev->dma_mask;
	dev->coherent_dma_mask = sdev->dma_mask;
	dev->bus_dma_limit = sdev->parent->bus_dma_limit;
	dev->dma_parms = &sdev->dma_parms;
	dma_set_max_seg_size(dev, UINT_MAX);
}

static struct srfpga_device *device_create_unbound(struct device *parent)
{
	struct srfpga_device *sdev;
	int ret;

	sdev = kzalloc(sizeof(*sdev), GFP_KERNEL);
	if (!sdev)
		return NULL;
	ret = init_srcu_struct(&sdev->srcu);
	if (ret) {
		kfree(sdev);
		return NULL;
	}
	device_initialize(&sdev->dev);
	sdev->dev.release = device_release;
	sdev->dev.parent = parent;
	sdev->parent = get_device(parent);
	mutex_init(&sdev->attach_lock);
	INIT_LIST_HEAD(&sdev->attachments);
	mutex_init(&sdev->files_lock);
	INIT_LIST_HEAD(&sdev->files);
	spin_lock_init(&sdev->lock);
	/* A buffer's length is a size_t, also rounded up to pages. */
	sdev->max_memory = min_t(u64, (u64)memory_limit_mib << 20,
				 SIZE_MAX & PAGE_MASK);
	srfpga_queue_init(sdev);
	srfpga_ring_init(sdev);
	INIT_WORK(&sdev->recover_work, srfpga_recover_work);
	INIT_DELAYED_WORK(&sdev->quarantine_work, srfpga_quarantine_work);
	return sdev;
}

/* Everything that probing may defer on, before anything is touched. */
static int device_collect(struct srfpga_device *sdev,
			  struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	int ret;

	ret = srfpga_of_read(sdev, dev);
	if (ret)
		return ret;
	sdev->engine = device_get_match_data(dev);
	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(sdev->dma_bits));
	if (ret)
		return dev_err_probe(dev, ret, "no DMA with %u bits\n",
				     sdev->dma_bits);
	dma_set_max_seg_size(dev, UINT_MAX);
	device_init_dma(sdev);
	ret = of_reserved_mem_device_init_by_idx(&sdev->dev, dev->of_node, 0);
	if (ret && ret != -ENODEV && ret != -EINVAL)
		return dev_err_probe(dev, ret, "memory-region\n");

	sdev->reset = devm_reset_control_get_optional_exclusive(dev, NULL);
	if (IS_ERR(sdev->reset))
		return dev_err_probe(dev, PTR_ERR(sdev->reset), "no reset\n");
	ret = sdev->engine->probe(sdev, pdev);
	if (ret)
		return ret;
	ret = srfpga_irq_find(sdev, pdev);
	if (ret)
		return ret;
	srfpga_ring_setup(sdev);

	sdev->wq = alloc_workqueue("srfpga",
				   WQ_UNBOUND | WQ_MEM_RECLAIM | WQ_HIGHPRI, 0);
	sdev->reap_wq = alloc_workqueue("srfpga_reap", WQ_UNBOUND, 0);
	if (!sdev->wq || !sdev->reap_wq)
		return -ENOMEM;
	return srfpga_dump_init(sdev);
}

static int device_publish(struct srfpga_device *sdev)
{
	int ret;

	ret = srfpga_recover_probe(sdev);
	if (ret)
		return ret;
	srfpga_quarantine_forget(sdev->parent->of_node);
	ret = srfpga_irq_request(sdev);
	if (ret)
		return ret;
	srfpga_debug_add(sdev);
	ret = srfpga_cdev_add(sdev);
	if (ret) {
		srfpga_debug_del(sdev);
		srfpga_irq_free(sdev);
	}
	return ret;
}

static int srfpga_probe(struct platform_device *pdev)
{
	struct srfpga_device *sdev;
	int ret;

	sdev = device_create_unbound(&pdev->dev);
	if (!sdev)
		return -ENOMEM;
	platform_set_drvdata(pdev, sdev);
	ret = srfpga_cdev_number(sdev);
	if (ret)
		goto put;
	ret = device_collect(sdev, pdev);
	if (ret)
		goto unnumber;
	ret = srfpga_pm_init(sdev);
	if (ret)
		goto unnumber;
	ret = device_publish(sdev);
	if (ret)
		goto power_off;

	dev_info(&pdev->dev, "%s: %s, engine %s, %u ports, %s%s\n",
		 dev_name(&sdev->dev), sdev->label, sdev->engine->name,
		 sdev->num_ports, sdev->has_irq ? "interrupt" : "polling",
		 sdev->reset ? ", reset line" : "");
	srfpga_pm_put(sdev);
	return 0;

power_off:
	srfpga_pm_fini(sdev);
unnumber:
	srfpga_cdev_unnumber(sdev);
put:
	put_device(&sdev->dev);
	return ret;
}

/* From here on nobody starts anything. */
static void device_announce_end(struct srfpga_device *sdev)
{
	spin_lock_irq(&sdev->lock);
	WRITE_ONCE(sdev->gone, true);
	sdev->suspended = true;
	spin_unlock_irq(&sdev->lock);
	srfpga_queue_fail_all(sdev, -ENODEV);
	synchronize_srcu(&sdev->srcu);
}

static void device_end_jobs(struct srfpga_device *sdev, bool stopped)
{
	spin_lock_irq(&sdev->lock);
	srfpga_ring_fail(sdev, -ENODEV, -ENODEV, !stopped);
	spin_unlock_irq(&sdev->lock);
	srfpga_queue_fail_all(sdev, -ENODEV);

	srfpga_queue_flush(sdev);
	cancel_delayed_work_sync(&sdev->quarantine_work);
	if (stopped)
		srfpga_quarantine_release(sdev);
	else
		srfpga_quarantine_keep(sdev);
}

/**
 * srfpga_unbind() - let go of a device
 * @pdev: the device
 *
 * When this returns nothing refers to the hardware any more; files, fences and
 * buffers live on without it.
 */
void srfpga_unbind(struct platform_device *pdev)
{
	struct srfpga_device *sdev = platform_get_drvdata(pdev);
	bool stopped;

	pm_runtime_get_sync(&pdev->dev);
	srfpga_debug_del(sdev);
	srfpga_cdev_del(sdev);
	srfpga_cdev_unnumber(sdev);
	device_announce_end(sdev);

	stopped = srfpga_recover_remove(sdev);
	srfpga_irq_free(sdev);
	device_end_jobs(sdev, stopped);
	srfpga_attachments_revoke(sdev);
	cancel_work_sync(&sdev->wake_work);
	srfpga_pm_fini(sdev);
	put_device(&sdev->dev);
}

static const struct of_device_id srfpga_of_match[] = {
	{ .compatible = "srfpga,finn", .data = &srfpga_engine_finn },
	{ }
};
MODULE_DEVICE_TABLE(of, srfpga_of_match);

static struct platform_driver srfpga_driver = {
	.probe = srfpga_probe,
	.remove = srfpga_remove,
	.driver = {
		.name = "srfpga",
		.of_match_table = srfpga_of_match,
		.pm = pm_ptr(&srfpga_pm_ops),
	},
};

static int __init srfpga_init(void)
{
	int ret;

	ret = srfpga_cdev_init();
	if (ret)
		return ret;
	srfpga_debug_init();
	ret = platform_driver_register(&srfpga_driver);
	if (ret) {
		srfpga_debug_exit();
		srfpga_cdev_exit();
	}
	return ret;
}
module_init(srfpga_init);

static void __exit srfpga_exit(void)
{
	platform_driver_unregister(&srfpga_driver);
	srfpga_quarantine_exit();
	srfpga_debug_exit();
	srfpga_cdev_exit();
	/* Fences are freed from there, by code of this module. */
	rcu_barrier();
}
module_exit(srfpga_exit);

MODULE_DESCRIPTION("Neural accelerators in FPGA fabric");
MODULE_LICENSE("GPL");
/* Not MODULE_IMPORT_NS(): its argument changed from a token to a string. */
MODULE_INFO(import_ns, "DMA_BUF");
