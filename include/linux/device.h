/* SPDX-License-Identifier: MIT */
/*
 * device.h - devices, as far as memory for them goes; and what they give back by themselves ("devres").
 *
 * struct device is in shared/dma.h. All devices that were added are on mm_root.dma's list, for the inspector.
 */
#ifndef _LINUX_DEVICE_H
#define _LINUX_DEVICE_H

#include <linux/gfp_types.h>
#include <linux/types.h>

#include "shared/dma.h"

/** device_initialize - no driver, no name, 32 address bits for transfers and coherent memory: what a bus does. Any context. */
void device_initialize(struct device *dev);

/** device_add - on the list of devices; device_initialize() came first. Return: 0, -EEXIST if it is there already. */
int device_add(struct device *dev);
int device_register(struct device *dev);

/** device_del - the driver lets go of it (device_release_driver()), then off the list. Context: task, may sleep. */
void device_del(struct device *dev);
void device_unregister(struct device *dev);

/**
 * device_release_driver - give back all devres, newest first; the debug kernel reports what is still mapped
 * Context: task, may sleep.
 */
void device_release_driver(struct device *dev);

__printf(2, 3) int dev_set_name(struct device *dev, const char *fmt, ...);

static inline const char *dev_name(const struct device *dev)
{
	return dev->name;
}

static inline void *dev_get_drvdata(const struct device *dev)
{
	return dev->driver_data;
}

static inline void dev_set_drvdata(struct device *dev, void *data)
{
	dev->driver_data = data;
}

/* ---- devres ---- */

typedef void (*dr_release_t)(struct device *dev, void *res);
typedef int (*dr_match_t)(struct device *dev, void *res, void *match_data);

/** devres_alloc - @size bytes of zeros that @release is called with; belongs to nobody before devres_add(). */
void *devres_alloc(dr_release_t release, size_t size, gfp_t gfp);
/** devres_free - one that was not added, or was removed. */
void devres_free(void *res);
void devres_add(struct device *dev, void *res);
/** devres_remove - take the newest with that release function that @match (or NULL: any) accepts; no release. */
void *devres_remove(struct device *dev, dr_release_t release, dr_match_t match, void *match_data);
/** devres_release, devres_destroy - the same, with and without calling the function; freed. Return: 0 or -ENOENT. */
int devres_release(struct device *dev, dr_release_t release, dr_match_t match, void *match_data);
int devres_destroy(struct device *dev, dr_release_t release, dr_match_t match, void *match_data);

#define dev_err(dev, fmt, ...) pr_err("%s: " fmt, dev_name(dev), ##__VA_ARGS__)
#define dev_warn(dev, fmt, ...) pr_warn("%s: " fmt, dev_name(dev), ##__VA_ARGS__)
#define dev_info(dev, fmt, ...) pr_info("%s: " fmt, dev_name(dev), ##__VA_ARGS__)

#endif
