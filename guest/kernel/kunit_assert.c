// SPDX-License-Identifier: MIT
/*
 * kunit_assert.c - what a failed expectation says: where, what was expected, and the values that were there instead.
 *
 * A report is put together in one buffer and printed at once: a message a line would cost a doorbell each, and lines
 * of other CPUs could come in between.
 */
#include <linux/export.h>

#include "guest/kernel/kunit.h"

#define REPORT_SIZE 900
#define MEM_SHOWN 64

/** struct report - text so far; what does not fit is cut */
struct report {
	size_t len;
	int depth;
	char text[REPORT_SIZE];
};

__printf(2, 3) static void add(struct report *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	r->len += (size_t)vscnprintf(r->text + r->len, sizeof(r->text) - r->len, fmt, args);
	va_end(args);
}

static void indent(struct report *r, int more)
{
	add(r, "%*s", 4 * r->depth + more, "");
}

static void begin(struct report *r, struct kunit *test, const struct kunit_loc *loc)
{
	r->len = 0;
	r->depth = kunit_depth();
	indent(r, 0);
	add(r, "# %s: %s FAILED at %s:%d\n", test->name, loc->type == KUNIT_ASSERTION ? "ASSERTION" : "EXPECTATION",
	    loc->file, loc->line);
	if (!loc->left)
		return;
	indent(r, 4);
	if (!loc->op)
		add(r, "Expected %s to be true, but is false\n", loc->left);
	else
		add(r, "Expected %s %s %s, but\n", loc->left, loc->op, loc->right);
}

static void end(struct report *r, struct kunit *test, const struct kunit_loc *loc, const char *fmt, va_list args)
{
	struct va_format text = {.fmt = fmt};
	va_list copy;

	if (fmt) {
		va_copy(copy, args);
		text.va = &copy;
		indent(r, 4);
		add(r, "%pV\n", &text);
		va_end(copy);
	}
	printk(KERN_EMERG "%s%s", r->text, r->text[r->len - 1] == '\n' ? "" : "...\n");
	kunit_set_failed(test);
	if (loc->type == KUNIT_ASSERTION)
		kunit_abort(test);
}

/* The macros' common end: the caller's message, if there is one. */
#define FINISH(r, test, loc, fmt)                                                                                      \
	do {                                                                                                           \
		va_list __args;                                                                                        \
		va_start(__args, fmt);                                                                                 \
		end(r, test, loc, fmt, __args);                                                                        \
		va_end(__args);                                                                                        \
	} while (0)

void kunit_fail_unary(struct kunit *test, const struct kunit_loc *loc, const char *fmt, ...)
{
	struct report r;

	begin(&r, test, loc);
	FINISH(&r, test, loc, fmt);
}
EXPORT_SYMBOL_GPL(kunit_fail_unary);

/* "name == value", unless the text is the value already. */
static void show_int(struct report *r, const char *text, long long v, bool is_unsigned)
{
	char plain[24];

	snprintf(plain, sizeof(plain), is_unsigned ? "%llu" : "%lld", v);
	if (!strcmp(plain, text))
		return;
	indent(r, 8);
	add(r, "%s == %s (0x%llx)\n", text, plain, (unsigned long long)v);
}

void kunit_fail_int(struct kunit *test, const struct kunit_loc *loc, long long left, long long right, bool is_unsigned,
		    const char *fmt, ...)
{
	struct report r;

	begin(&r, test, loc);
	show_int(&r, loc->left, left, is_unsigned);
	show_int(&r, loc->right, right, is_unsigned);
	FINISH(&r, test, loc, fmt);
}
EXPORT_SYMBOL_GPL(kunit_fail_int);

static void show_ptr(struct report *r, const char *text, const void *p)
{
	if (!strcmp(text, "NULL"))
		return;
	indent(r, 8);
	add(r, IS_ERR(p) ? "%s == %px (%ld)\n" : "%s == %px\n", text, p, PTR_ERR(p));
}

void kunit_fail_ptr(struct kunit *test, const struct kunit_loc *loc, const void *left, const void *right,
		    const char *fmt, ...)
{
	struct report r;

	begin(&r, test, loc);
	show_ptr(&r, loc->left, left);
	show_ptr(&r, loc->right, right);
	FINISH(&r, test, loc, fmt);
}
EXPORT_SYMBOL_GPL(kunit_fail_ptr);

static void show_str(struct report *r, const char *text, const char *s)
{
	/* A literal says its value itself. */
	if (text[0] == '"')
		return;
	indent(r, 8);
	if (s)
		add(r, "%s == \"%s\"\n", text, s);
	else
		add(r, "%s == NULL\n", text);
}

void kunit_fail_str(struct kunit *test, const struct kunit_loc *loc, const char *left, const char *right,
		    const char *fmt, ...)
{
	struct report r;

	begin(&r, test, loc);
	show_str(&r, loc->left, left);
	show_str(&r, loc->right, right);
	FINISH(&r, test, loc, fmt);
}
EXPORT_SYMBOL_GPL(kunit_fail_str);

/* Bytes, those that differ from @other in angle brackets. */
static void show_mem(struct report *r, const char *text, const u8 *p, const u8 *other, size_t size)
{
	indent(r, 8);
	if (!p) {
		add(r, "%s == NULL\n", text);
		return;
	}
	add(r, "%s ==", text);
	for (size_t i = 0; i < min(size, (size_t)MEM_SHOWN); i++)
		add(r, other && p[i] != other[i] ? " <%02x>" : " %02x", p[i]);
	add(r, size > MEM_SHOWN ? " ...\n" : "\n");
}

void kunit_fail_mem(struct kunit *test, const struct kunit_loc *loc, const void *left, const void *right, size_t size,
		    const char *fmt, ...)
{
	struct report r;

	begin(&r, test, loc);
	show_mem(&r, loc->left, left, right, size);
	show_mem(&r, loc->right, right, left, size);
	FINISH(&r, test, loc, fmt);
}
EXPORT_SYMBOL_GPL(kunit_fail_mem);

void kunit_log_line(const char *level, struct kunit *test, const char *fmt, ...)
{
	struct va_format text;
	va_list args;
	size_t len;

	va_start(args, fmt);
	text.fmt = fmt;
	text.va = &args;
	len = strlen(fmt);
	printk("%s%*s# %s: %pV%s", level, 4 * kunit_depth(), "", test->name, &text,
	       len && fmt[len - 1] == '\n' ? "" : "\n");
	va_end(args);
}
EXPORT_SYMBOL_GPL(kunit_log_line);

void kunit_check_fault(struct kunit *test, const struct kunit_loc *loc, const struct fault_info *got,
		       enum fault_kind want, const volatile void *addr, struct fault_info *out)
{
	bool place = want == FAULT_NONE || want == FAULT_OTHER || (got->has_addr && got->addr == (unsigned long)addr);
	struct kunit_loc here = *loc;
	char text[256];

	if (out)
		*out = *got;
	if (got->kind == want && place)
		return;
	here.left = NULL;
	kunit_fail_unary(test, &here, "%s: expected %s at 0x%lx, but found: %s", loc->left, fault_kind_name(want),
			 (unsigned long)addr, fault_text(got, text, sizeof(text)));
}
EXPORT_SYMBOL_GPL(kunit_check_fault);
