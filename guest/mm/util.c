// SPDX-License-Identifier: MIT
/*
 * util.c - copies of memory and strings in memory of their own, for kfree(): kmemdup(), kstrdup(), kasprintf() and kin.
 *
 * A string form given NULL returns NULL. The _const forms return a constant of the kernel itself instead of a copy;
 * kfree_const() knows those. From user space: an error pointer instead of NULL.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/sprintf.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/sections.h>

#include "internal.h"

void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *copy = kmalloc_track_caller(len, gfp);

	if (copy && len)
		memcpy(copy, src, len);
	return copy;
}
EXPORT_SYMBOL(kmemdup);

void *kvmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *copy = kvmalloc(len, gfp);

	if (copy && len)
		memcpy(copy, src, len);
	return copy;
}
EXPORT_SYMBOL(kvmemdup);

char *kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	char *copy = s ? kmalloc_track_caller(size_add(len, 1), gfp) : NULL;

	if (copy) {
		memcpy(copy, s, len);
		copy[len] = '\0';
	}
	return copy;
}
EXPORT_SYMBOL(kmemdup_nul);

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kmemdup(s, strlen(s) + 1, gfp) : NULL;
}
EXPORT_SYMBOL(kstrdup);

const char *kstrdup_const(const char *s, gfp_t gfp)
{
	return is_kernel_rodata((unsigned long)s) ? s : kstrdup(s, gfp);
}
EXPORT_SYMBOL(kstrdup_const);

void kfree_const(const void *obj)
{
	if (!is_kernel_rodata((unsigned long)obj))
		kfree(obj);
}
EXPORT_SYMBOL(kfree_const);

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return s ? kmemdup_nul(s, strnlen(s, max), gfp) : NULL;
}
EXPORT_SYMBOL(kstrndup);

char *kvasprintf(gfp_t gfp, const char *fmt, va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	text = kmalloc_track_caller((size_t)len + 1, gfp);
	if (text)
		vsnprintf(text, (size_t)len + 1, fmt, args);
	return text;
}
EXPORT_SYMBOL(kvasprintf);

/* A format without conversions, or "%s" alone, needs no text of its own if what it says is constant. */
const char *kvasprintf_const(gfp_t gfp, const char *fmt, va_list args)
{
	if (!strchr(fmt, '%'))
		return kstrdup_const(fmt, gfp);
	if (!strcmp(fmt, "%s"))
		return kstrdup_const(va_arg(args, const char *), gfp);
	return kvasprintf(gfp, fmt, args);
}
EXPORT_SYMBOL(kvasprintf_const);

char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = kvasprintf(gfp, fmt, args);
	va_end(args);
	return text;
}
EXPORT_SYMBOL(kasprintf);

/* ---- from user space ---- */

/* Fill @copy, which may be NULL, or free it. */
static void *filled(void *copy, const void __user *src, size_t len)
{
	if (!copy)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(copy, src, len)) {
		kvfree(copy);
		return ERR_PTR(-EFAULT);
	}
	return copy;
}

void *memdup_user(const void __user *src, size_t len)
{
	return filled(kmalloc_track_caller(len, GFP_USER | __GFP_NOWARN), src, len);
}
EXPORT_SYMBOL(memdup_user);

void *vmemdup_user(const void __user *src, size_t len)
{
	return filled(kvmalloc(len, GFP_USER), src, len);
}
EXPORT_SYMBOL(vmemdup_user);

void *memdup_user_nul(const void __user *src, size_t len)
{
	char *copy = filled(kmalloc_track_caller(size_add(len, 1), GFP_KERNEL), src, len);

	if (!IS_ERR(copy))
		copy[len] = '\0';
	return copy;
}
EXPORT_SYMBOL(memdup_user_nul);

char *strndup_user(const char __user *s, long n)
{
	long len = strnlen_user(s, n);
	char *copy;

	if (!len)
		return ERR_PTR(-EFAULT);
	if (len > n)
		return ERR_PTR(-EINVAL);
	copy = memdup_user(s, (size_t)len);
	if (!IS_ERR(copy))
		copy[len - 1] = '\0';
	return copy;
}
EXPORT_SYMBOL(strndup_user);
