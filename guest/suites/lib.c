// SPDX-License-Identifier: MIT
/*
 * lib.c - suite: bytes, strings, numbers, formats, patterns, sorting.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/glob.h>
#include <linux/log2.h>
#include <linux/prandom.h>
#include <linux/smp.h>
#include <linux/sort.h>

/* Copies are looked at in a field with a margin, so that a byte too many shows. */
#define MARGIN 16
#define LONGEST 40

struct field {
	u8 src[LONGEST + 2 * MARGIN];
	u8 dst[LONGEST + 2 * MARGIN];
	u8 want[LONGEST + 2 * MARGIN];
};

static void fresh(struct field *f)
{
	for (unsigned int i = 0; i < sizeof(f->src); i++) {
		f->src[i] = (u8)(i * 3 + 1);
		f->dst[i] = (u8)~i;
		f->want[i] = (u8)~i;
	}
}

static void copies_any_size(struct kunit *test)
{
	struct field *f = kunit_kmalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	for (unsigned int n = 0; n <= LONGEST; n++) {
		unsigned int from = n % 8;
		unsigned int to = MARGIN - n % 5;

		fresh(f);
		for (unsigned int i = 0; i < n; i++)
			f->want[to + i] = f->src[from + i];
		KUNIT_EXPECT_PTR_EQ(test, memcpy(f->dst + to, f->src + from, n), f->dst + to);
		KUNIT_EXPECT_MEMEQ_MSG(test, f->dst, f->want, sizeof(f->dst), "memcpy of %u bytes", n);
		for (unsigned int i = 0; i < n; i++)
			f->want[to + i] = 0x5a;
		KUNIT_EXPECT_PTR_EQ(test, memset(f->dst + to, 0x15a, n), f->dst + to);
		KUNIT_EXPECT_MEMEQ_MSG(test, f->dst, f->want, sizeof(f->dst), "memset of %u bytes", n);
	}
}

static void moves_overlapping(struct kunit *test)
{
	struct field *f = kunit_kmalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	for (int shift = -9; shift <= 9; shift++) {
		for (unsigned int n = 0; n <= LONGEST; n += n < 18 ? 1 : 7) {
			u8 *to = f->dst + MARGIN + shift;

			fresh(f);
			for (unsigned int i = 0; i < n; i++)
				f->want[MARGIN + shift + (int)i] = f->dst[MARGIN + i];
			memmove(to, f->dst + MARGIN, n);
			KUNIT_EXPECT_MEMEQ_MSG(test, f->dst, f->want, sizeof(f->dst), "memmove of %u bytes by %d", n,
					       shift);
		}
	}
}

static void compares_and_finds(struct kunit *test)
{
	u8 a[40], b[40];

	memset(a, 7, sizeof(a));
	memset(b, 7, sizeof(b));
	for (unsigned int i = 0; i < sizeof(a); i++) {
		KUNIT_EXPECT_EQ(test, memcmp(a, b, sizeof(a)), 0);
		b[i] = 200;
		KUNIT_EXPECT_LT(test, memcmp(a, b, sizeof(a)), 0);
		KUNIT_EXPECT_GT(test, memcmp(b, a, sizeof(a)), 0);
		KUNIT_EXPECT_EQ(test, memcmp(a, b, i), 0);
		KUNIT_EXPECT_PTR_EQ(test, memchr(b, 200, sizeof(b)), &b[i]);
		KUNIT_EXPECT_NULL(test, memchr(b, 200, i));
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(b, 7, sizeof(b)), &b[i]);
		KUNIT_EXPECT_NULL(test, memchr_inv(b, 7, i));
		b[i] = 7;
	}
}

static void handles_strings(struct kunit *test)
{
	char buf[16], *p = buf;

	for (unsigned int n = 0; n < 15; n++) {
		memset(buf, 'x', sizeof(buf));
		buf[n] = 0;
		for (unsigned int from = 0; from <= n; from++)
			KUNIT_EXPECT_EQ(test, strlen(buf + from), (size_t)(n - from));
		KUNIT_EXPECT_EQ(test, strnlen(buf, 8), (size_t)min(n, 8U));
	}
	KUNIT_EXPECT_EQ(test, strscpy(buf, "0123456789", 4), (ssize_t)-E2BIG);
	KUNIT_EXPECT_STREQ(test, buf, "012");
	KUNIT_EXPECT_EQ(test, strscpy(buf, "0123", sizeof(buf)), (ssize_t)4);
	KUNIT_EXPECT_PTR_EQ(test, strchr(buf, '2'), buf + 2);
	KUNIT_EXPECT_PTR_EQ(test, strchr(buf, 0), buf + 4);
	KUNIT_EXPECT_NULL(test, strchr(buf, '9'));
	KUNIT_EXPECT_PTR_EQ(test, strrchr(strcpy(buf, "a/b/c"), '/'), buf + 3);
	KUNIT_EXPECT_PTR_EQ(test, strstr(buf, "b/"), buf + 2);
	KUNIT_EXPECT_STREQ(test, strsep(&p, "/"), "a");
	KUNIT_EXPECT_STREQ(test, strsep(&p, "/"), "b");
	KUNIT_EXPECT_STREQ(test, strsep(&p, "/"), "c");
	KUNIT_EXPECT_NULL(test, strsep(&p, "/"));
	KUNIT_EXPECT_STREQ(test, strim(strcpy(buf, "  in it \n")), "in it");
	KUNIT_EXPECT_LT(test, strcmp("abc", "abd"), 0);
	KUNIT_EXPECT_GT(test, strcmp("\xff", "a"), 0);
	strcpy(buf, "abc");
	KUNIT_EXPECT_EQ(test, strncmp(buf, "abd", 2), 0);
	KUNIT_EXPECT_EQ(test, strncasecmp(buf, "ABD", 2), 0);
	KUNIT_EXPECT_NE(test, strncasecmp(buf, "ABD", 3), 0);
	KUNIT_EXPECT_TRUE(test, sysfs_streq("on", "on\n"));
	KUNIT_EXPECT_FALSE(test, sysfs_streq("on", "one"));
}

__printf(3, 4) static void formats(struct kunit *test, const char *want, const char *fmt, ...)
{
	char buf[64];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	KUNIT_EXPECT_STREQ(test, buf, want);
	KUNIT_EXPECT_EQ(test, len, (int)strlen(want));
	/* Cut anywhere, it counts the same and ends in time. */
	memset(buf, '!', sizeof(buf));
	va_start(args, fmt);
	KUNIT_EXPECT_EQ(test, vsnprintf(buf, 4, fmt, args), len);
	va_end(args);
	KUNIT_EXPECT_EQ(test, strncmp(buf, want, 3), 0);
	KUNIT_EXPECT_EQ(test, buf[4], '!');
}

static void formats_text(struct kunit *test)
{
	formats(test, "plain 100%", "plain 100%%");
	formats(test, "[  -42][-42  ][-0042]", "[%5d][%-5d][%05d]", -42, -42, -42);
	formats(test, "+7  7 0007", "%+d % d %.4d", 7, 7, 7);
	formats(test, "ff 0xff FF 017", "%x %#x %X %#o", 255, 255, 255, 15);
	formats(test, "18446744073709551615 -9223372036854775808", "%llu %lld", ~0ULL, LLONG_MIN);
	formats(test, "-1 65535 255", "%hd %hu %hhu", (short)-1, (unsigned short)65535, (unsigned char)255);
	formats(test, "[abc][  abc][abc  ][ab]", "[%s][%5s][%-5s][%.2s]", "abc", "abc", "abc", "abc");
	formats(test, "[   x][x   ]", "[%4c][%-4c]", 'x', 'x');
	formats(test, "[   42][ab]", "[%*d][%.*s]", 5, 42, 2, "abcdef");
	formats(test, "00000000deadbeef", "%px", (void *)0xdeadbeefUL);
	formats(test, "[<ffffffff80001234>]", "%pS", (void *)0xffffffff80001234UL);
	formats(test, "-ENOMEM", "%pe", ERR_PTR(-ENOMEM));
	formats(test, "GFP_KERNEL|__GFP_ZERO", "%pGg", &(gfp_t){GFP_KERNEL | __GFP_ZERO});
	formats(test, "GFP_DMA|__GFP_NORETRY|0x80000000", "%pGg", &(gfp_t){GFP_DMA | __GFP_NORETRY | 1u << 31});
	formats(test, "none GFP_ATOMIC|__GFP_COMP", "%pGg %pGg", &(gfp_t){0}, &(gfp_t){GFP_ATOMIC | __GFP_COMP});
	formats(test, "compound|zeroed", "%pGp", &(u32){PG_COMP | PG_ZEROED});
	formats(test, "123 0x7b", "%zu %#lx", (size_t)123, 123UL);
}

static void reads_numbers(struct kunit *test)
{
	unsigned long ul = 1;
	char *end;
	int i = 5;
	bool b;

	KUNIT_EXPECT_EQ(test, kstrtoint("-2147483648", 10, &i), 0);
	KUNIT_EXPECT_EQ(test, i, INT_MIN);
	KUNIT_EXPECT_EQ(test, kstrtoint("2147483648", 10, &i), -ERANGE);
	KUNIT_EXPECT_EQ(test, kstrtoint("12x", 10, &i), -EINVAL);
	KUNIT_EXPECT_EQ(test, kstrtoint("", 10, &i), -EINVAL);
	KUNIT_EXPECT_EQ(test, i, INT_MIN);
	KUNIT_EXPECT_EQ(test, kstrtoul("0xffffffffffffffff\n", 0, &ul), 0);
	KUNIT_EXPECT_EQ(test, ul, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, kstrtoul("0x10000000000000000", 0, &ul), -ERANGE);
	KUNIT_EXPECT_EQ(test, kstrtoul("017", 0, &ul), 0);
	KUNIT_EXPECT_EQ(test, ul, 15UL);
	KUNIT_EXPECT_EQ(test, kstrtoul("-1", 10, &ul), -EINVAL);
	KUNIT_EXPECT_EQ(test, simple_strtoul("42rest", &end, 10), 42UL);
	KUNIT_EXPECT_STREQ(test, end, "rest");
	KUNIT_EXPECT_EQ(test, memparse("3Mx", &end), 3ULL << 20);
	KUNIT_EXPECT_STREQ(test, end, "x");
	KUNIT_EXPECT_EQ(test, kstrtobool("on", &b), 0);
	KUNIT_EXPECT_TRUE(test, b);
	KUNIT_EXPECT_EQ(test, kstrtobool("0", &b), 0);
	KUNIT_EXPECT_FALSE(test, b);
	KUNIT_EXPECT_EQ(test, kstrtobool("maybe", &b), -EINVAL);
}

static void matches_patterns(struct kunit *test)
{
	static const struct {
		const char *pat, *str;
		bool match;
	} cases[] = {
		{"", "", true},
		{"a", "", false},
		{"*", "", true},
		{"*", "anything", true},
		{"b*y", "buddy", true},
		{"b*d", "buddy", false},
		{"*d*y", "buddy", true},
		{"b?ddy", "buddy", true},
		{"b?y", "buddy", false},
		{"[a-c]x", "bx", true},
		{"[!a-c]x", "bx", false},
		{"[]x]", "]", true},
		{"[abc", "[abc", true},
		{"\\*", "*", true},
		{"\\*", "x", false},
		{"*aab", "aaaaaaab", true},
		{"*a*a*b", "aaaaaa", false},
		{"a**b", "ab", true},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, glob_match(cases[i].pat, cases[i].str), cases[i].match, "'%s' on '%s'",
				    cases[i].pat, cases[i].str);
}

static int by_value(const void *a, const void *b)
{
	u16 x = *(const u16 *)a;
	u16 y = *(const u16 *)b;

	return x < y ? -1 : x > y;
}

static void sorts_and_searches(struct kunit *test)
{
	struct rnd_state rnd;
	u16 v[60];

	prandom_seed_state(&rnd, 3);
	for (unsigned int n = 0; n <= ARRAY_SIZE(v); n = n * 2 + 1) {
		unsigned int sum = 0;

		for (unsigned int i = 0; i < n; i++)
			sum += v[i] = (u16)(prandom_u32_state(&rnd) % 100);
		sort(v, n, sizeof(v[0]), by_value, NULL);
		for (unsigned int i = 0; i < n; i++) {
			sum -= v[i];
			KUNIT_EXPECT_TRUE(test, !i || v[i - 1] <= v[i]);
			KUNIT_EXPECT_NOT_NULL(test, bsearch(&v[i], v, n, sizeof(v[0]), by_value));
		}
		KUNIT_EXPECT_EQ(test, sum, 0U);
		KUNIT_EXPECT_NULL(test, bsearch(&(u16){100}, v, n, sizeof(v[0]), by_value));
	}
}

static void counts_and_finds_bits(struct kunit *test)
{
	DECLARE_BITMAP(map, 130);
	unsigned long bit, seen = 0;

	bitmap_zero(map, 130);
	set_bit(0, map);
	set_bit(63, map);
	__set_bit(64, map);
	KUNIT_EXPECT_FALSE(test, test_and_set_bit(129, map));
	KUNIT_EXPECT_TRUE(test, test_and_set_bit(129, map));
	for_each_set_bit(bit, map, 130) seen = seen * 1000 + bit;
	KUNIT_EXPECT_EQ(test, seen, 63064129UL);
	KUNIT_EXPECT_EQ(test, bitmap_weight(map, 130), 4U);
	KUNIT_EXPECT_EQ(test, find_next_zero_bit(map, 130, 63), 65UL);
	KUNIT_EXPECT_EQ(test, find_next_bit(map, 129, 65), 129UL);
	for (unsigned int i = 0; i < 64; i++) {
		KUNIT_EXPECT_EQ(test, __ffs(1UL << i), (unsigned long)i);
		KUNIT_EXPECT_EQ(test, __fls(1UL << i), (unsigned long)i);
		KUNIT_EXPECT_EQ(test, fls64(1ULL << i), (int)i + 1);
		KUNIT_EXPECT_EQ(test, hweight64(~0ULL >> i), 64 - i);
	}
	KUNIT_EXPECT_EQ(test, ffs((int)(bit - 130)), 0);
	KUNIT_EXPECT_EQ(test, fls((unsigned int)bit - 130), 0);
	KUNIT_EXPECT_EQ(test, fls64(bit - 130), 0);
	KUNIT_EXPECT_EQ(test, roundup_pow_of_two(bit), 256UL);
	KUNIT_EXPECT_EQ(test, order_base_2(bit), 8);
}

static void repeats_sequences(struct kunit *test)
{
	struct rnd_state a, b;
	u32 low = ~0U, high = 0;

	prandom_seed_state(&a, 99);
	prandom_seed_state(&b, 99);
	for (unsigned int i = 0; i < 64; i++) {
		u32 r = get_random_u32_inclusive(10, 13);

		KUNIT_EXPECT_EQ(test, prandom_u64_state(&a), prandom_u64_state(&b));
		low = min(low, r);
		high = max(high, r);
	}
	KUNIT_EXPECT_EQ(test, low, 10U);
	KUNIT_EXPECT_EQ(test, high, 13U);
	KUNIT_EXPECT_NE(test, get_random_u64(), get_random_u64());
}

static void draw_two(void *numbers)
{
	u64 *mine = (u64 *)numbers + 2 * raw_smp_processor_id();

	mine[0] = get_random_u64();
	mine[1] = get_random_u64();
}

/* Every CPU has a sequence, and one of its own. */
static void each_cpu_has_its_own_sequence(struct kunit *test)
{
	unsigned int nr = 2 * num_online_cpus();
	u64 *numbers = kunit_kcalloc(test, 2 * nr_cpu_ids, sizeof(*numbers), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, numbers);
	on_each_cpu(draw_two, numbers, 1);
	for (unsigned int i = 0; i < nr; i++) {
		KUNIT_EXPECT_NE(test, numbers[i], 0ULL);
		for (unsigned int j = 0; j < i; j++)
			KUNIT_EXPECT_NE(test, numbers[i], numbers[j]);
	}
}

static struct kunit_case lib_cases[] = {
	KUNIT_CASE(copies_any_size),
	KUNIT_CASE(moves_overlapping),
	KUNIT_CASE(compares_and_finds),
	KUNIT_CASE(handles_strings),
	KUNIT_CASE(formats_text),
	KUNIT_CASE(reads_numbers),
	KUNIT_CASE(matches_patterns),
	KUNIT_CASE(sorts_and_searches),
	KUNIT_CASE(counts_and_finds_bits),
	KUNIT_CASE(repeats_sequences),
	KUNIT_CASE(each_cpu_has_its_own_sequence),
	{},
};

static struct kunit_suite lib_suite = {
	.name = "lib",
	.test_cases = lib_cases,
};
kunit_test_suite(lib_suite);
