/* SPDX-License-Identifier: MIT */
/*
 * module.h - what makes an object a payload.
 *
 * module_init(fn) and module_exit(fn) name the functions that the loader calls before and after the payload's KUnit
 * suites; both may be missing. The same code linked into the kernel is not called: built-in code has suites only.
 */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/stringify.h>

struct module;
#define THIS_MODULE ((struct module *)NULL)

/* The loader finds these by name; the alias keeps the function itself static. */
#define module_init(initfn)                                                                                            \
	static inline initcall_t __maybe_unused __inittest(void)                                                       \
	{                                                                                                              \
		return initfn;                                                                                         \
	}                                                                                                              \
	int init_module(void) __attribute__((alias(#initfn), cold))
#define module_exit(exitfn)                                                                                            \
	static inline exitcall_t __maybe_unused __exittest(void)                                                       \
	{                                                                                                              \
		return exitfn;                                                                                         \
	}                                                                                                              \
	void cleanup_module(void) __attribute__((alias(#exitfn), cold))

#define __MODULE_TEXT(kind, unique, text)                                                                              \
	static const char unique[] __attribute__((__used__, __section__(".modinfo"))) = kind "=" text
#define MODULE_INFO(tag, text) __MODULE_TEXT(#tag, __UNIQUE_ID(modinfo), text)
#define MODULE_LICENSE(text) MODULE_INFO(license, text)
#define MODULE_AUTHOR(text) MODULE_INFO(author, text)
#define MODULE_DESCRIPTION(text) MODULE_INFO(description, text)
#define MODULE_VERSION(text) MODULE_INFO(version, text)
#define MODULE_ALIAS(text) MODULE_INFO(alias, text)
#define MODULE_IMPORT_NS(ns) MODULE_INFO(import_ns, __stringify(ns))

#endif
