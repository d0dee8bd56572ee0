// SPDX-License-Identifier: GPL-2.0
/*
 * Mistakes on purpose, one a load: "insmod seeded.ko bug=NAME". Shows that the
 * debug kernel and the check of its log see them. Never installed.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#define SEED_BYTES	256
#define SEED_RACE_MS	5000

static char *bug = "none";
module_param(bug, charp, 0);
MODULE_PARM_DESC(bug, "none, use-after-free, lock-order, sleep-in-atomic, unmap-size, leak or data-race");

static int seed_none(void)
{
	return 0;
}

static int seed_use_after_free(void)
{
	char *freed = kzalloc(SEED_BYTES, GFP_KERNEL);

	if (!freed)
		return -ENOMEM;
	/* The compiler must not see that it is the same. */
	OPTIMIZER_HIDE_VAR(freed);
	kfree(freed);
	return READ_ONCE(freed[1]) == 1;
}

static DEFINE_MUTEX(seed_first);
static DEFINE_MUTEX(seed_second);

/* Never a deadlock here: one thread, one order after the other. */
static int seed_lock_order(void)
{
	mutex_lock(&seed_first);
	mutex_lock(&seed_second);
	mutex_unlock(&seed_second);
	mutex_unlock(&seed_first);

	mutex_lock(&seed_second);
	mutex_lock(&seed_first);
	mutex_unlock(&seed_first);
	mutex_unlock(&seed_second);
	return 0;
}

static int seed_sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	mutex_lock(&seed_first);
	mutex_unlock(&seed_first);
	spin_unlock(&lock);
	return 0;
}

static int seed_unmap_size(void)
{
	struct platform_device *pdev;
	dma_addr_t addr;
	void *memory;

	pdev = platform_device_register_simple("seeded", -1, NULL, 0);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	memory = kzalloc(SEED_BYTES, GFP_KERNEL | GFP_DMA);
	if (memory) {
		addr = dma_map_single(&pdev->dev, memory, SEED_BYTES,
				      DMA_TO_DEVICE);
		if (!dma_mapping_error(&pdev->dev, addr))
			dma_unmap_single(&pdev->dev, addr, SEED_BYTES / 2,
					 DMA_TO_DEVICE);
	}
	kfree(memory);
	platform_device_unregister(pdev);
	return 0;
}

static int seed_leak(void)
{
	unsigned int i;

	/* Several: a stale copy of one pointer may hide one of them. */
	for (i = 0; i < 8; i++)
		if (!kzalloc(SEED_BYTES, GFP_KERNEL))
			return -ENOMEM;
	return 0;
}

static unsigned long seed_shared;

/* Counts in common without a lock, nor anything else that orders it. */
static int seed_count(void *unused)
{
	unsigned int i;

	while (!kthread_should_stop()) {
		for (i = 0; i < 1000; i++) {
			seed_shared++;
			barrier();
		}
		cond_resched();
	}
	return 0;
}

static int seed_data_race(void)
{
	struct task_struct *other, *task = kthread_run(seed_count, NULL, "seed0");

	if (IS_ERR(task))
		return PTR_ERR(task);
	other = kthread_run(seed_count, NULL, "seed1");
	msleep(SEED_RACE_MS);
	kthread_stop(task);
	if (IS_ERR(other))
		return PTR_ERR(other);
	kthread_stop(other);
	return 0;
}

static const struct {
	const char *name;
	int (*plant)(void);
} seeds[] = {
	{ "none", seed_none },
	{ "use-after-free", seed_use_after_free },
	{ "lock-order", seed_lock_order },
	{ "sleep-in-atomic", seed_sleep_in_atomic },
	{ "unmap-size", seed_unmap_size },
	{ "leak", seed_leak },
	{ "data-race", seed_data_race },
};

static int __init seeded_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seeds); i++)
		if (!strcmp(bug, seeds[i].name))
			return seeds[i].plant();
	return -EINVAL;
}
module_init(seeded_init);

static void __exit seeded_exit(void)
{
}
module_exit(seeded_exit);

MODULE_DESCRIPTION("Bugs that the debug kernel must report");
MODULE_LICENSE("GPL");
