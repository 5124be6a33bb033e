/* SPDX-License-Identifier: MIT */
/*
 * platform.h - what ops.c needs of the kernel it measures; this one: Linux. The other: ../mmvisor/platform.h.
 */
#ifndef BENCH_PLATFORM_H
#define BENCH_PLATFORM_H

#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/platform_device.h>
#include <linux/pseudo_fs.h>
#include <linux/sched.h>
#include <linux/vmstat.h>
#include <asm/msr.h>

/* A batch that an interrupt came into is not counted; ticks stand for them. */
#define bench_ticks() jiffies

/* A device for what devices need; NULL if it cannot be had. */
static struct platform_device *bench_pdev;

static struct device *bench_device(void)
{
	bench_pdev = platform_device_register_simple("bench", -1, NULL, 0);
	return IS_ERR(bench_pdev) ? NULL : &bench_pdev->dev;
}
#define bench_device_done(dev) platform_device_unregister(bench_pdev)

/* Memory of a user: whoever loads the module is one. */
#define bench_mm_begin() (current->mm)
#define bench_mm_end(mm) ((void)(mm))

/* A file without a disk: an inode on a mount of its own. */
#define BENCH_ORDERS MAX_ORDER

static int bench_read_folio(struct file *file, struct folio *folio)
{
	folio_mark_uptodate(folio);
	folio_unlock(folio);
	return 0;
}

static const struct address_space_operations bench_aops = {.read_folio = bench_read_folio};

static int bench_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, 0x62656e63) ? 0 : -ENOMEM;
}

static struct file_system_type bench_fs = {
	.name = "bench", .owner = THIS_MODULE, .init_fs_context = bench_fs_context, .kill_sb = kill_anon_super};
static struct vfsmount *bench_mount;

static struct address_space *bench_mapping_begin(void)
{
	struct inode *inode;

	bench_mount = kern_mount(&bench_fs);
	if (IS_ERR(bench_mount))
		return NULL;
	inode = alloc_anon_inode(bench_mount->mnt_sb);
	if (IS_ERR(inode)) {
		kern_unmount(bench_mount);
		return NULL;
	}
	inode->i_mapping->a_ops = &bench_aops;
	return inode->i_mapping;
}

static void bench_mapping_end(struct address_space *mapping)
{
	iput(mapping->host);
	kern_unmount(bench_mount);
}

/* Pages that kswapd has freed since boot. */
static unsigned long bench_kswapd_freed(void)
{
	static unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[PGSTEAL_KSWAPD];
}

/* From before kswapd is woken until it sleeps again: how long had it the processor? */
static u64 bench_kswapd_before;

static u64 bench_kswapd_runtime(void)
{
	return READ_ONCE(NODE_DATA(numa_node_id())->kswapd->se.sum_exec_runtime);
}
#define bench_kswapd_begin() (bench_kswapd_before = bench_kswapd_runtime())

static u64 bench_kswapd_ticks(void)
{
	u64 now = 0, last;

	do {
		last = now;
		msleep(400);
		now = bench_kswapd_runtime();
	} while (now != last);
	return now - bench_kswapd_before;
}

/* Once, when the module is loaded. Some of what it calls is for modules under the GPL only. */
#define BENCH_MODULE(fn)                                                                                               \
	static int __init measure(void)                                                                                \
	{                                                                                                              \
		return fn();                                                                                           \
	}                                                                                                              \
	module_init(measure);                                                                                          \
	static void __exit leave(void)                                                                                 \
	{                                                                                                              \
	}                                                                                                              \
	module_exit(leave);                                                                                            \
	MODULE_LICENSE("Dual MIT/GPL")

#endif
