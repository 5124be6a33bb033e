/* SPDX-License-Identifier: MIT */
/*
 * devwin.h - device registers through the device window: mapped uncached at DEV_VA from the first instruction on; and I/O ports,
 * which only other VMMs' machines have.
 */
#ifndef DRIVERS_DEVWIN_H
#define DRIVERS_DEVWIN_H

#include <stdbool.h>

#include "shared/devices.h"
#include "shared/layout.h"

/* @gpa: of an 8-byte register inside the window */
static inline void dev_write(gpa_t gpa, uint64_t value)
{
	asm volatile("movq %0, %1" : : "r"(value), "m"(*(volatile uint64_t *)(DEV_VA + (gpa - DEV_GPA))) : "memory");
}

/* @gpa: of a 4-byte register inside the window */
static inline void dev_write32(gpa_t gpa, uint32_t value)
{
	asm volatile("movl %0, %1" : : "r"(value), "m"(*(volatile uint32_t *)(DEV_VA + (gpa - DEV_GPA))) : "memory");
}

static inline uint32_t dev_read32(gpa_t gpa)
{
	uint32_t value;

	asm volatile("movl %1, %0" : "=r"(value) : "m"(*(volatile uint32_t *)(DEV_VA + (gpa - DEV_GPA))) : "memory");
	return value;
}

static inline uint64_t dev_read(gpa_t gpa)
{
	uint64_t value;

	asm volatile("movq %1, %0" : "=r"(value) : "m"(*(volatile uint64_t *)(DEV_VA + (gpa - DEV_GPA))) : "memory");
	return value;
}

static inline void port_write(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

#endif
