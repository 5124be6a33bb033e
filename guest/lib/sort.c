// SPDX-License-Identifier: MIT
/*
 * sort.c - heap sort (Williams 1964, with Floyd's linear heap construction) and binary search.
 */
#include <linux/export.h>
#include <linux/sort.h>

static void swap_bytes(void *a, void *b, int size)
{
	char *x = a;
	char *y = b;

	while (size--) {
		char t = *x;

		*x++ = *y;
		*y++ = t;
	}
}

struct sorting {
	char *base;
	size_t size;
	cmp_r_func_t cmp;
	swap_func_t swap;
	const void *priv;
};

/* The heap in [0, n) is right except that @at may be too small: let it sink. */
static void sift_down(const struct sorting *s, size_t at, size_t n)
{
	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= n)
			return;
		if (child + 1 < n && s->cmp(s->base + child * s->size, s->base + (child + 1) * s->size, s->priv) < 0)
			child++;
		if (s->cmp(s->base + at * s->size, s->base + child * s->size, s->priv) >= 0)
			return;
		s->swap(s->base + at * s->size, s->base + child * s->size, (int)s->size);
		at = child;
	}
}

void sort_r(void *base, size_t num, size_t size, cmp_r_func_t cmp, swap_func_t swap_func, const void *priv)
{
	struct sorting s = {base, size, cmp, swap_func ? swap_func : swap_bytes, priv};

	for (size_t i = num / 2; i-- > 0;)
		sift_down(&s, i, num);
	for (size_t n = num; n-- > 1;) {
		s.swap(s.base, s.base + n * size, (int)size);
		sift_down(&s, 0, n);
	}
}
EXPORT_SYMBOL(sort_r);

static int cmp_without_priv(const void *a, const void *b, const void *priv)
{
	return (*(const cmp_func_t *)priv)(a, b);
}

void sort(void *base, size_t num, size_t size, cmp_func_t cmp, swap_func_t swap_func)
{
	sort_r(base, num, size, cmp_without_priv, swap_func, &cmp);
}
EXPORT_SYMBOL(sort);

#if !__STDC_HOSTED__
void *bsearch(const void *key, const void *base, size_t num, size_t size, cmp_func_t cmp)
{
	const char *lo = base;

	while (num) {
		const char *mid = lo + num / 2 * size;
		int c = cmp(key, mid);

		if (!c)
			return (void *)mid;
		if (c > 0) {
			lo = mid + size;
			num--;
		}
		num /= 2;
	}
	return NULL;
}
EXPORT_SYMBOL(bsearch);
#endif
