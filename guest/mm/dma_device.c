// SPDX-License-Identifier: MIT
/*
 * dma_device.c - devices, and what they give back when their driver lets go of them.
 *
 * Shape:   dma_root.devices lists what was added; device->devres what it holds, the newest first.
 * Locking: dma_root.lock covers both kinds of list and every device's list of pools. Nothing is allocated or called under it.
 * Not here: buses, drivers, reference counts: a device belongs to who made it, and must outlive what is mapped for it.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/slab.h>

#include "dma.h"

struct dma_root dma_root = {.devices = LIST_HEAD_INIT(dma_root.devices)};

/** struct devres - in front of what devres_alloc() returns. */
struct devres {
	struct list_head node;
	dr_release_t release;
	u64 pad; /* what follows is aligned to 16 */
	char data[];
};

void device_initialize(struct device *dev)
{
	memset(dev, 0, sizeof(*dev));
	INIT_LIST_HEAD(&dev->node);
	INIT_LIST_HEAD(&dev->dma_pools);
	INIT_LIST_HEAD(&dev->devres);
	dev->own_dma_mask = dev->coherent_dma_mask = DMA_BIT_MASK(32);
	dev->dma_mask = &dev->own_dma_mask;
	dev->dma_parms = &dev->own_dma_parms;
}
EXPORT_SYMBOL_GPL(device_initialize);

int dev_set_name(struct device *dev, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(dev->name, sizeof(dev->name), fmt, args);
	va_end(args);
	return 0;
}
EXPORT_SYMBOL_GPL(dev_set_name);

int device_add(struct device *dev)
{
	unsigned long irq = mm_lock_write(&dma_root.lock);
	int err = list_empty(&dev->node) ? 0 : -EEXIST;

	if (!err)
		list_add_tail(&dev->node, &dma_root.devices);
	mm_unlock_write(&dma_root.lock, irq);
	return err;
}
EXPORT_SYMBOL_GPL(device_add);

int device_register(struct device *dev)
{
	device_initialize(dev);
	return device_add(dev);
}
EXPORT_SYMBOL_GPL(device_register);

void device_del(struct device *dev)
{
	unsigned long irq;

	device_release_driver(dev);
	irq = mm_lock_write(&dma_root.lock);
	list_del_init(&dev->node);
	mm_unlock_write(&dma_root.lock, irq);
}
EXPORT_SYMBOL_GPL(device_del);

void device_unregister(struct device *dev)
{
	device_del(dev);
}
EXPORT_SYMBOL_GPL(device_unregister);

/* ---- devres ---- */

static struct devres *devres_of(void *res)
{
	return container_of(res, struct devres, data);
}

void *devres_alloc(dr_release_t release, size_t size, gfp_t gfp)
{
	struct devres *d = kzalloc(sizeof(*d) + size, gfp);

	if (!d)
		return NULL;
	INIT_LIST_HEAD(&d->node);
	d->release = release;
	return d->data;
}
EXPORT_SYMBOL_GPL(devres_alloc);

void devres_free(void *res)
{
	if (!res)
		return;
	WARN_ON(!list_empty(&devres_of(res)->node));
	kfree(devres_of(res));
}
EXPORT_SYMBOL_GPL(devres_free);

void devres_add(struct device *dev, void *res)
{
	unsigned long irq = mm_lock_write(&dma_root.lock);

	list_add(&devres_of(res)->node, &dev->devres);
	mm_unlock_write(&dma_root.lock, irq);
}
EXPORT_SYMBOL_GPL(devres_add);

void *devres_remove(struct device *dev, dr_release_t release, dr_match_t match, void *match_data)
{
	unsigned long irq = mm_lock_write(&dma_root.lock);
	struct devres *d;
	void *res = NULL;

	list_for_each_entry (d, &dev->devres, node) {
		if (d->release != release || (match && !match(dev, d->data, match_data)))
			continue;
		list_del_init(&d->node);
		res = d->data;
		break;
	}
	mm_unlock_write(&dma_root.lock, irq);
	return res;
}
EXPORT_SYMBOL_GPL(devres_remove);

int devres_destroy(struct device *dev, dr_release_t release, dr_match_t match, void *match_data)
{
	void *res = devres_remove(dev, release, match, match_data);

	devres_free(res);
	return res ? 0 : -ENOENT;
}
EXPORT_SYMBOL_GPL(devres_destroy);

int devres_release(struct device *dev, dr_release_t release, dr_match_t match, void *match_data)
{
	void *res = devres_remove(dev, release, match, match_data);

	if (!res)
		return -ENOENT;
	release(dev, res);
	devres_free(res);
	return 0;
}
EXPORT_SYMBOL_GPL(devres_release);

/* The newest of all. */
static struct devres *devres_pop(struct device *dev)
{
	unsigned long irq = mm_lock_write(&dma_root.lock);
	struct devres *d = list_first_entry_or_null(&dev->devres, struct devres, node);

	if (d)
		list_del_init(&d->node);
	mm_unlock_write(&dma_root.lock, irq);
	return d;
}

void device_release_driver(struct device *dev)
{
	struct devres *d;

	while ((d = devres_pop(dev))) {
		d->release(dev, d->data);
		kfree(d);
	}
	dma_debug_release(dev);
	dev->driver_data = NULL;
	dev->driver_name = NULL;
}
EXPORT_SYMBOL_GPL(device_release_driver);
