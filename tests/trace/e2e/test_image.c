// SPDX-License-Identifier: MIT
/*
 * test_image.c - op streams that no trace gives, in real guests: an image is untrusted input to the guest.
 *
 * Whatever it holds, the guest performs it, refuses it (exit 2) or reports failures (exit 1). It never crashes, never
 * breaks an invariant, and never hangs. The undamaged image passes, and its result adds up.
 */
#include <check.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/runner.h"
#include "tools/trace/trace.h"
#include "tools/view/view.h"
#include "vmm/run.h"

#define NR_DAMAGED 20

/* mmvisor's own lies beside its main(). */
void run_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("mmvisor: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

/* Allocations and frees on two CPUs, all kinds, with objects that move. */
static const char trace_line[] =
	"t-%u [00%u] .....  1.0: kmalloc: call_site=f ptr=%08x bytes_req=%u bytes_alloc=1024 "
	"gfp_flags=GFP_KERNEL|__GFP_ZERO\n"
	"t-%u [00%u] .....  1.0: kmem_cache_alloc: call_site=f ptr=%08x name=cache%u bytes_req=120 bytes_alloc=128 "
	"gfp_flags=GFP_ATOMIC\n"
	"t-%u [00%u] .....  1.0: mm_page_alloc: page=1 pfn=0x%x order=%u migratetype=0 "
	"gfp_flags=GFP_KERNEL|__GFP_COMP\n";
static const char free_line[] = "t-%u [00%u] .....  1.0: kfree: call_site=f ptr=%08x\n"
				"t-%u [00%u] .....  1.0: kmem_cache_free: call_site=f ptr=%08x name=x\n"
				"t-%u [00%u] .....  1.0: mm_page_free: page=1 pfn=0x%x order=%u\n";

static void write_trace(FILE *f)
{
	for (unsigned int i = 0; i < 200; i++) {
		unsigned int cpu = i % 2, order = i % 4, old = i - 40;

		fprintf(f, trace_line, cpu + 1, cpu, 0x1000 + i, 8 + i * 5, cpu + 1, cpu, 0x200000 + i, i % 3, cpu + 1,
			cpu, 0x1000 + 16 * i, order);
		cpu = i / 3 % 2;
		if (i >= 40)
			fprintf(f, free_line, cpu + 1, cpu, 0x1000 + old, cpu + 1, cpu, 0x200000 + old, cpu + 1, cpu,
				0x1000 + 16 * old, old % 4);
	}
}

static struct trace_program program(void)
{
	char path[] = "/tmp/test_image.XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	struct trace_program p;
	struct trace_error err = {""};

	ck_assert_ptr_nonnull(f);
	write_trace(f);
	fclose(f);
	ck_assert_msg(!trace_compile(path, NULL, &p, &err), "%s", err.text);
	unlink(path);
	return p;
}

/* The kernel lies one folder above this program. */
static const char *kernel(void)
{
	static char path[PATH_MAX + 32];
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ck_assert_int_gt(n, 0);
	self[n] = '\0';
	snprintf(path, sizeof(path), "%s/../kernel.elf", dirname(self));
	return path;
}

static void start(struct run_result *res, const struct replay_header *image, uint64_t size)
{
	struct run_config cfg;

	run_config_init(&cfg);
	cfg.cpus = 2;
	cfg.kernel = kernel();
	cfg.replay = image;
	cfg.replay_size = size;
	cfg.quiet_console = true;
	cfg.timeout = 100;
	run_guest(&cfg, res);
	ck_assert_int_ne(res->end, END_SETUP);
	run_report(&cfg, res, NULL);
}

START_TEST(undamaged)
{
	struct trace_program p = program();
	size_t size = replay_result_size(p.image->nr_streams, p.image->nr_caches, p.image->nr_classes);
	void *result = malloc(size);
	const struct mm_root *root;
	struct run_result res;
	struct trace_totals t;
	struct trace_error err = {""};
	char why[VIEW_ERR_MAX];

	start(&res, p.image, p.image->total_size);
	ck_assert_int_eq(res.exit_code, RUN_OK);
	ck_assert_int_eq(res.broken, 0);
	root = view_root(res.view, why);
	ck_assert_ptr_nonnull(root);
	ck_assert_int_eq(view_read(res.view, root->replay_result, result, size), 0);
	ck_assert_msg(!trace_totals(&p, result, size, &t, &err), "%s", err.text);
	ck_assert_int_eq(t.state, REPLAY_DONE);
	for (int k = 0; k < NR_REPLAY_KINDS; k++) {
		ck_assert_uint_eq(t.allocs[k], 200);
		ck_assert_uint_eq(t.frees[k], 160);
		ck_assert_uint_eq(t.failed[k], 0);
	}
	ck_assert_uint_eq(t.corrupt + t.not_zero, 0);
	trace_totals_free(&t);
	run_free(&res);
	free(result);
	trace_program_free(&p);
}
END_TEST

/* A guest that is too small: failures are told one by one, and nothing else goes wrong. */
START_TEST(too_large)
{
	struct trace_program p = program();
	struct replay_class *class = (struct replay_class *)((char *)p.image + p.image->classes_off);
	struct run_result res;

	for (uint32_t i = 0; i < p.image->nr_classes; i++) {
		class[i].order = (uint8_t)(class[i].kind == REPLAY_PAGES ? 8 + i % 56 : 0);
		if (class[i].kind == REPLAY_KMALLOC)
			class[i].size = 0x10000000u * (1 + i % 15);
		class[i].gfp |= trace_gfp_bit("__GFP_NOWARN");
	}
	start(&res, p.image, p.image->total_size);
	ck_assert_int_eq(res.exit_code, RUN_FAILED);
	ck_assert_int_eq(res.broken, 0);
	run_free(&res);
	trace_program_free(&p);
}
END_TEST

static uint64_t *random_op(struct replay_header *h, unsigned int *seed)
{
	uint64_t *ops = (uint64_t *)((char *)h + h->ops_off);

	return &ops[(unsigned int)rand_r(seed) % h->nr_ops];
}

static uint64_t *find_op(struct replay_header *h, unsigned int code, unsigned int *seed)
{
	uint64_t *op;

	do
		op = random_op(h, seed);
	while (REPLAY_OP_CODE(*op) != code);
	return op;
}

/* What is damaged, by seed: ops, a stream's place, the head, a cache. (Waits that never end take the guest half a minute to notice.) */
static void damage(struct replay_header *h, unsigned int seed)
{
	struct replay_stream *streams = (struct replay_stream *)((char *)h + h->streams_off);
	struct replay_cache *caches = (struct replay_cache *)((char *)h + h->caches_off);
	uint64_t *words = (uint64_t *)h, *op;

	switch (seed % 10) {
	case 0:
		*random_op(h, &seed) = ~0ull;
		break;
	case 1:
		*random_op(h, &seed) = REPLAY_OP(REPLAY_ALLOC, h->nr_classes, 0);
		break;
	case 2:
		*random_op(h, &seed) = REPLAY_OP(REPLAY_FREE, 0, h->nr_slots);
		break;
	case 3: /* the same slot twice */
		*random_op(h, &seed) = *random_op(h, &seed);
		break;
	case 8: /* an object freed as something else */
		op = find_op(h, REPLAY_FREE, &seed);
		*op = REPLAY_OP(REPLAY_FREE, (REPLAY_OP_CLASS(*op) + 1 + seed % 3) % h->nr_classes,
				REPLAY_OP_SLOT(*op));
		break;
	case 9: /* freed, and nothing was there */
		op = find_op(h, REPLAY_ALLOC, &seed);
		*op = REPLAY_OP(REPLAY_KFREE, REPLAY_OP_CLASS(*op), REPLAY_OP_SLOT(*op));
		break;
	case 4:
		streams[seed % h->nr_streams].ops_off += 1ull << (3 + rand_r(&seed) % 40);
		break;
	case 5:
		words[rand_r(&seed) % (sizeof(*h) / 8)] ^= 1ull << rand_r(&seed) % 64;
		break;
	case 6:
		caches[0].object_size = seed & 8 ? 0 : 0x7fffffff;
		break;
	case 7:
		*random_op(h, &seed) = REPLAY_OP(REPLAY_WAIT, h->nr_streams, 1);
		break;
	}
}

START_TEST(damaged)
{
	struct trace_program p = program();
	uint64_t size = p.image->total_size;
	struct run_result res;

	damage(p.image, (unsigned int)_i);
	start(&res, p.image, size);
	ck_assert_msg(res.exit_code == RUN_OK || res.exit_code == RUN_FAILED || res.exit_code == RUN_USAGE,
		      "exit code %d: %s", res.exit_code, res.reason);
	ck_assert_int_eq(res.broken, 0);
	/* what is wrong for certain is refused */
	if (strchr("0126789", '0' + _i % 10))
		ck_assert_int_eq(res.exit_code, RUN_USAGE);
	run_free(&res);
	trace_program_free(&p);
}
END_TEST

START_TEST(cut_short)
{
	struct trace_program p = program();
	uint64_t sizes[] = {8, sizeof(struct replay_header) - 8, sizeof(struct replay_header), p.image->total_size / 2};
	struct run_result res;

	start(&res, p.image, sizes[_i]);
	ck_assert_int_eq(res.exit_code, RUN_USAGE);
	run_free(&res);
	trace_program_free(&p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("image");
	TCase *t = tcase_create("image");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, undamaged);
	tcase_add_test(t, too_large);
	tcase_add_loop_test(t, damaged, 0, NR_DAMAGED);
	tcase_add_loop_test(t, cut_short, 0, 4);
	suite_add_tcase(s, t);
	return run_to_end(srunner_create(s));
}
