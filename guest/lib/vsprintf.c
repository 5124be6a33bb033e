// SPDX-License-Identifier: MIT
/*
 * vsprintf.c - formatted text; the conversions are listed in <linux/sprintf.h>.
 *
 * Never writes beyond the buffer, always counts what there would have been. An unknown conversion is printed as it stands.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/string.h>

/** struct out - the text so far: @len counts beyond @size too */
struct out {
	char *buf;
	size_t size;
	size_t len;
};

/** struct spec - one conversion. @precision: -1 if not given */
struct spec {
	bool left, plus, space, alt, zero;
	int width, precision;
	unsigned int bytes; /* of the integer argument */
	char conv;
};

static void put(struct out *o, char c)
{
	if (o->len < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_run(struct out *o, const char *s, size_t n)
{
	if (o->len < o->size)
		memcpy(o->buf + o->len, s, min(n, o->size - o->len));
	o->len += n;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_text(struct out *o, const char *s, size_t n, const struct spec *f)
{
	int fill = f->width - (int)n;

	if (!f->left)
		pad(o, ' ', fill);
	put_run(o, s, n);
	if (f->left)
		pad(o, ' ', fill);
}

static void put_number(struct out *o, unsigned long long v, bool negative, const struct spec *f)
{
	const char *digits = f->conv == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned int base = f->conv == 'o' ? 8 : (f->conv | 32) == 'x' ? 16 : 10;
	char text[24], prefix[2];
	int nr_prefix = 0;
	int n = 0;
	int zeros, fill;

	/* v is 0 with precision 0: no digit at all. */
	for (unsigned long long rest = v; rest || (n == 0 && f->precision != 0); rest /= base)
		text[n++] = digits[rest % base];
	if (negative)
		prefix[nr_prefix++] = '-';
	else if (f->plus)
		prefix[nr_prefix++] = '+';
	else if (f->space)
		prefix[nr_prefix++] = ' ';
	if (f->alt && base == 16 && v) {
		prefix[0] = '0';
		prefix[1] = f->conv;
		nr_prefix = 2;
	}
	zeros = f->precision - n;
	if (f->alt && base == 8 && zeros < 1 && (!n || text[n - 1] != '0'))
		zeros = 1;
	if (f->zero && !f->left && f->precision < 0)
		zeros = f->width - nr_prefix - n;
	zeros = max(zeros, 0);
	fill = f->width - nr_prefix - zeros - n;
	if (!f->left)
		pad(o, ' ', fill);
	put_run(o, prefix, (size_t)nr_prefix);
	pad(o, '0', zeros);
	while (n)
		put(o, text[--n]);
	if (f->left)
		pad(o, ' ', fill);
}

static const char *errname(long err)
{
	static const struct {
		int nr;
		const char *name;
	} names[] = {
		{EPERM, "-EPERM"},         {ENOENT, "-ENOENT"},
		{EINTR, "-EINTR"},         {EIO, "-EIO"},
		{ENXIO, "-ENXIO"},         {E2BIG, "-E2BIG"},
		{ENOEXEC, "-ENOEXEC"},     {EBADF, "-EBADF"},
		{EAGAIN, "-EAGAIN"},       {ENOMEM, "-ENOMEM"},
		{EACCES, "-EACCES"},       {EFAULT, "-EFAULT"},
		{EBUSY, "-EBUSY"},         {EEXIST, "-EEXIST"},
		{ENODEV, "-ENODEV"},       {EINVAL, "-EINVAL"},
		{ENOSPC, "-ENOSPC"},       {ERANGE, "-ERANGE"},
		{EDEADLK, "-EDEADLK"},     {ENOSYS, "-ENOSYS"},
		{ENODATA, "-ENODATA"},     {EOVERFLOW, "-EOVERFLOW"},
		{EMSGSIZE, "-EMSGSIZE"},   {EOPNOTSUPP, "-EOPNOTSUPP"},
		{ENOBUFS, "-ENOBUFS"},     {ETIMEDOUT, "-ETIMEDOUT"},
		{ECANCELED, "-ECANCELED"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].nr == -err)
			return names[i].name;
	return NULL;
}

static void put_pointer(struct out *o, const void *p, const struct spec *given)
{
	struct spec f = *given;

	f.conv = 'x';
	f.zero = true;
	if (f.width < 16 && !f.left)
		f.width = 16;
	put_number(o, (uintptr_t)p, false, &f);
}

static void format(struct out *o, const char *fmt, va_list args);

/* @fmt is behind the 'G'. */
static const char *put_flags(struct out *o, const char *fmt, const void *p, const struct spec *f)
{
	char names[256];

	if (*fmt == 'g')
		gfp_names(names, sizeof(names), *(const gfp_t *)p);
	else if (*fmt == 'p')
		page_flag_names(names, sizeof(names), *(const u32 *)p);
	else
		return fmt;
	put_text(o, names, strlen(names), f);
	return fmt + 1;
}

/* @fmt is behind the 'p'. Return: behind the letters that were used. */
static const char *put_pointer_kind(struct out *o, const char *fmt, const void *p, const struct spec *f)
{
	const struct va_format *inner;

	switch (*fmt) {
	case 'x':
	case 'K':
		fmt++;
		break;
	case 's':
	case 'S':
	case 'B':
		put_run(o, "[<", 2);
		put_pointer(o, p, &(struct spec){.precision = -1});
		put_run(o, ">]", 2);
		return fmt + 1;
	case 'e':
		fmt++;
		if (IS_ERR(p) && errname(PTR_ERR(p))) {
			put_text(o, errname(PTR_ERR(p)), strlen(errname(PTR_ERR(p))), f);
			return fmt;
		}
		if (IS_ERR(p)) {
			put_number(o, (unsigned long long)-PTR_ERR(p), true, f);
			return fmt;
		}
		break;
	case 'G':
		return put_flags(o, fmt + 1, p, f);
	case 'V':
		inner = p;
		format(o, inner->fmt, *inner->va);
		return fmt + 1;
	case 'a':
		put_run(o, "0x", 2);
		put_pointer(o, (const void *)(uintptr_t) * (const phys_addr_t *)p, f);
		return fmt + (fmt[1] == 'p' || fmt[1] == 'd' ? 2 : 1);
	}
	put_pointer(o, p, f);
	return fmt;
}

static const char *parse_flags(const char *fmt, struct spec *f)
{
	for (;; fmt++) {
		switch (*fmt) {
		case '-':
			f->left = true;
			break;
		case '+':
			f->plus = true;
			break;
		case ' ':
			f->space = true;
			break;
		case '#':
			f->alt = true;
			break;
		case '0':
			f->zero = true;
			break;
		default:
			return fmt;
		}
	}
}

/* Digits as a small number; what no screen has room for is cut. */
static const char *parse_int(const char *fmt, int *v)
{
	for (*v = 0; isdigit(*fmt); fmt++)
		*v = min(*v * 10 + (*fmt - '0'), 4096);
	return fmt;
}

static const char *parse_length(const char *fmt, struct spec *f)
{
	f->bytes = sizeof(int);
	switch (*fmt) {
	case 'h':
		f->bytes = fmt[1] == 'h' ? sizeof(char) : sizeof(short);
		return fmt + (fmt[1] == 'h' ? 2 : 1);
	case 'l':
		f->bytes = sizeof(long);
		return fmt + (fmt[1] == 'l' ? 2 : 1);
	case 'q':
	case 'L':
	case 'j':
	case 'z':
	case 'Z':
	case 't':
		f->bytes = sizeof(long);
		return fmt + 1;
	}
	return fmt;
}

static void put_signed(struct out *o, long long v, const struct spec *f)
{
	unsigned int above = 64 - 8 * f->bytes;

	/* What came as an int may be a char or a short: its sign is the highest bit of those bytes. */
	v = (long long)((unsigned long long)v << above) >> above;
	put_number(o, v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v, v < 0, f);
}

static void put_unsigned(struct out *o, unsigned long long v, struct spec *f)
{
	if (f->bytes < sizeof(long))
		v &= (1ull << (8 * f->bytes)) - 1;
	f->plus = false;
	f->space = false;
	put_number(o, v, false, f);
}

static void put_string(struct out *o, const char *s, const struct spec *f)
{
	/* The first page is never mapped: what points there is a mistake, not a string. */
	if ((uintptr_t)s < 4096)
		s = s ? "(efault)" : "(null)";
	put_text(o, s, f->precision < 0 ? strlen(s) : strnlen(s, (size_t)f->precision), f);
}

/* A va_list that several functions take from in turn. */
struct args {
	va_list list;
};

/* @fmt is behind the '%'. Return: at the letter that says what kind of conversion it is. */
static const char *parse_spec(const char *fmt, struct spec *f, struct args *a)
{
	fmt = parse_flags(fmt, f);
	if (*fmt == '*') {
		f->width = clamp(va_arg(a->list, int), -4096, 4096);
		f->left |= f->width < 0;
		f->width = f->width < 0 ? -f->width : f->width;
		fmt++;
	} else {
		fmt = parse_int(fmt, &f->width);
	}
	if (*fmt == '.' && fmt[1] == '*') {
		f->precision = clamp(va_arg(a->list, int), -1, 4096);
		fmt += 2;
	} else if (*fmt == '.') {
		fmt = parse_int(fmt + 1, &f->precision);
	}
	return parse_length(fmt, f);
}

/* @fmt is behind the conversion that began at @from. Return: where the text goes on. */
static const char *put_arg(struct out *o, const char *from, const char *fmt, struct spec *f, struct args *a)
{
	bool wide = f->bytes == sizeof(long);
	char c;

	switch (f->conv) {
	case 'd':
	case 'i':
		put_signed(o, wide ? va_arg(a->list, long) : va_arg(a->list, int), f);
		break;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_unsigned(o, wide ? va_arg(a->list, unsigned long) : va_arg(a->list, unsigned int), f);
		break;
	case 'c':
		c = (char)va_arg(a->list, int);
		put_text(o, &c, 1, f);
		break;
	case 's':
		put_string(o, va_arg(a->list, const char *), f);
		break;
	case 'p':
		return put_pointer_kind(o, fmt, va_arg(a->list, const void *), f);
	case '%':
		put(o, '%');
		break;
	default:
		put_run(o, from, (size_t)(fmt - from));
	}
	return fmt;
}

static void format(struct out *o, const char *fmt, va_list args)
{
	struct args a;

	va_copy(a.list, args); /* NOLINT(clang-analyzer-valist.Uninitialized): it may come out of a va_format */
	while (*fmt) {
		struct spec f = {.precision = -1};
		const char *from = fmt;

		while (*fmt && *fmt != '%')
			fmt++;
		put_run(o, from, (size_t)(fmt - from));
		if (!*fmt)
			break;
		from = fmt;
		fmt = parse_spec(fmt + 1, &f, &a);
		f.conv = *fmt;
		fmt += *fmt != 0;
		fmt = put_arg(o, from, fmt, &f, &a);
	}
	va_end(a.list);
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = {buf, size, 0};

	format(&o, fmt, args);
	if (size)
		buf[min(o.len, size - 1)] = 0;
	return (int)o.len;
}
EXPORT_SYMBOL(vsnprintf);

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int len = vsnprintf(buf, size, fmt, args);

	if (!size)
		return 0;
	return (size_t)len < size ? len : (int)size - 1;
}
EXPORT_SYMBOL(vscnprintf);

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}
EXPORT_SYMBOL(snprintf);

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}
EXPORT_SYMBOL(scnprintf);

int vsprintf(char *buf, const char *fmt, va_list args)
{
	return vsnprintf(buf, INT_MAX, fmt, args);
}
EXPORT_SYMBOL(vsprintf);

int sprintf(char *buf, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsprintf(buf, fmt, args);
	va_end(args);
	return len;
}
EXPORT_SYMBOL(sprintf);
