// SPDX-License-Identifier: MIT
/*
 * programs.c - mm-inspect itself on damaged cores and on a live guest that is damaged under its eyes: exit codes, names of
 * rules, one line of error.
 */
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shared/core.h"
#include "tests/sabotage/image.h"
#include "tools/view/list.h"

#define SECONDS 120

static char out[1 << 16], err[1 << 12];
static char dir[64], core[128], sock[128];

/* ---- running mm-inspect ---- */

static void slurp(const char *name, char *buf, size_t size)
{
	char path[192];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(buf, 1, size - 1, f);
	buf[n] = '\0';
	fclose(f);
	unlink(path);
}

static void redirect(int fd, const char *name)
{
	char path[192];
	int file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(file, fd);
	close(file);
}

static int inspect(const char *a, const char *b, const char *c, const char *d)
{
	const char *program = image_program("mm-inspect");
	int status;
	pid_t pid = fork();

	if (!pid) {
		redirect(1, "out");
		redirect(2, "err");
		alarm(60);
		execl(program, "mm-inspect", a, b, c, d, NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	slurp("out", out, sizeof(out));
	slurp("err", err, sizeof(err));
	ck_assert_msg(WIFEXITED(status), "mm-inspect %s died: status %#x\n%s", a, (unsigned int)status, err);
	return WEXITSTATUS(status);
}

static void expect_error(const char *word)
{
	ck_assert_msg(!strncmp(err, "mm-inspect: ", 12) && strchr(err, '\n') == err + strlen(err) - 1 &&
			      strstr(err, word),
		      "not one line with '%s': %s", word, err);
	ck_assert_str_eq(out, "");
}

/* ---- copies of the core ---- */

static void copy_core(void)
{
	int from = open(image_core(), O_RDONLY), to = open(core, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct stat st;
	off_t at = 0;

	ck_assert(from >= 0 && to >= 0 && !fstat(from, &st) && !ftruncate(to, st.st_size));
	for (;;) {
		off_t data = lseek(from, at, SEEK_DATA), hole;

		if (data < 0)
			break;
		hole = lseek(from, data, SEEK_HOLE);
		while (data < hole)
			ck_assert(copy_file_range(from, &data, to, &(off_t){data}, (size_t)(hole - data), 0) > 0);
		at = hole;
	}
	close(from);
	close(to);
}

/* Where the bytes of a guest address lie in the core. */
static off_t file_offset(gva_t va)
{
	const struct view_region *r;
	gpa_t gpa;

	ck_assert_int_eq(view_translate(image_view(), view_cr3(image_view()), va, &gpa, NULL, NULL), 0);
	for (unsigned int i = 0; (r = view_region(image_view(), i)); i++)
		if (gpa >= r->gpa && gpa < r->gpa + r->size)
			return (off_t)(r->offset + (gpa - r->gpa));
	ck_abort_msg("%#lx is nowhere", va);
	return 0;
}

static void patch(off_t at, const void *bytes, size_t len)
{
	int fd = open(core, O_RDWR);

	ck_assert(pwrite(fd, bytes, len, at) == (ssize_t)len);
	close(fd);
}

static void patch64(gva_t va, uint64_t x)
{
	patch(file_offset(va), &x, sizeof(x));
}

static void patch32(gva_t va, uint32_t x)
{
	patch(file_offset(va), &x, sizeof(x));
}

static void begin(void)
{
	strcpy(dir, "/tmp/sabotage-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(core, sizeof(core), "%s/copy.core", dir);
	snprintf(sock, sizeof(sock), "%s/control", dir);
}

static void end(void)
{
	unlink(core);
	ck_assert_msg(!rmdir(dir), "something was left behind in %s", dir);
}

/* ---- cores ---- */

START_TEST(copy_holds)
{
	copy_core();
	ck_assert_int_eq(inspect("check", core, NULL, NULL), 0);
	ck_assert_msg(strstr(out, "invariants hold"), "%s", out);
	ck_assert_str_eq(err, "");
}
END_TEST

/* ---- the debug kernel's core ---- */

/* It keeps more and moves less; the rules are the same. */
START_TEST(debug_kernel_holds)
{
	ck_assert_int_eq(inspect("check", image_core(), NULL, NULL), 0);
	ck_assert_msg(strstr(out, "invariants hold"), "%s", out);
}
END_TEST

/* A page of the payload's: the stack of its allocation leads to the payload. */
START_TEST(debug_kernel_knows_owners)
{
	char pfn[32];
	struct json_object *o, *story, *x;

	snprintf(pfn, sizeof(pfn), "%#lx", used_page(OWNER_RAW, 0));
	ck_assert_int_eq(inspect("page", image_core(), pfn, NULL), 0);
	ck_assert_msg(strstr(out, "owner    raw") && strstr(out, "GFP_KERNEL") && strstr(out, "run_body"), "%s", out);
	ck_assert_msg(strstr(out, "allocated by thread ") && strstr(out, "\n    alloc_pages"), "%s", out);
	ck_assert_int_eq(inspect("page", "--json", image_core(), pfn), 0);
	o = json_tokener_parse(out);
	ck_assert_msg(o && json_object_object_get_ex(o, "allocation", &story), "%s", out);
	ck_assert(json_object_object_get_ex(story, "stack", &x) && json_object_array_length(x) >= 4);
	ck_assert(json_object_object_get_ex(story, "freed", &x) && !json_object_get_boolean(x));
	json_object_put(o);
}
END_TEST

/* What the lock checker would call the lock. */
static const char *class_name(gva_t lock)
{
	static char name[sizeof(((struct mm_lock_class *)0)->name) + 1];
	uint32_t class = peek32(AT(lock, struct mm_lock, class));

	ck_assert_uint_ne(class, 0);
	ck_assert_uint_lt(class, image_root()->nr_lock_classes);
	peek(image_root()->lock_classes.va + class * sizeof(struct mm_lock_class) +
		     offsetof(struct mm_lock_class, name),
	     name, sizeof(name) - 1);
	return name;
}

START_TEST(debug_kernel_names_its_locks)
{
	ck_assert_str_eq(class_name(AT(zone_addr(ZONE_NORMAL), struct zone, lock)), "zone Normal");
	ck_assert_str_eq(class_name(AT(zone_addr(ZONE_DMA), struct zone, lock)), "zone DMA");
	ck_assert_str_eq(class_name(AT(cache_named("kmalloc-64"), struct kmem_cache, lock)), "slab cache");
	ck_assert_str_eq(class_name(AT(image_root()->vmalloc.va, struct vmap_space, lock)), "vmalloc space");
	ck_assert_str_eq(class_name(AT(view_root_addr(image_view()), struct mm_root, slab_lock)), "slab caches");
}
END_TEST

/* ---- damaged cores ---- */

/* A violation comes with what lies around it, and with who allocated the page. */
START_TEST(neighbours_and_owners_are_named)
{
	uint64_t pfn = used_page(OWNER_RAW, 0);
	uint8_t nobody = 200;
	char page[64];

	copy_core();
	patch(file_offset(AT(view_page_addr(pfn), struct page, owner)), &nobody, 1);
	ck_assert_int_eq(inspect("check", core, NULL, NULL), 3);
	snprintf(page, sizeof(page), "\n    page   pfn %#lx: used, order 0, unknown", pfn);
	ck_assert_msg(strstr(out, "BROKEN page.kind: ") && strstr(out, page), "%s", out);
	ck_assert_msg(strstr(out, "\n    before pfn ") && strstr(out, "\n    behind pfn "), "%s", out);
	ck_assert_msg(strstr(out, "\n    allocated at\n      alloc_") && strstr(out, "\n      run_body+"), "%s", out);
}
END_TEST

/* The second object that is free in a partial slab of the payload's, with a neighbour on either side. */
static gva_t free_inside(struct kmem_cache *s)
{
	gva_t cache = cache_named("rich-mixed"), first, at;
	uint64_t pfn = first_slab(cache, offsetof(struct kmem_cache, partial));
	uint32_t objects = peek32(AT(view_page_addr(pfn), struct slab, objects));

	peek(cache, s, sizeof(*s));
	first = DIRECT_MAP + (pfn << MMV_PAGE_SHIFT) + s->first;
	at = peek64(AT(view_page_addr(pfn), struct slab, freelist));
	while (at == first || at == first + (objects - 1) * s->size)
		at = slab_link(s->random, at + s->offset, peek64(at + s->offset));
	ck_assert_uint_ne(at, 0);
	return at;
}

/* One line of what check says about an object of a slab, up to its state. */
static char *object_line(const char *which, const struct kmem_cache *s, gva_t obj)
{
	static char line[160];
	uint64_t head, pfn = (obj - DIRECT_MAP) >> MMV_PAGE_SHIFT;
	struct page page;
	gva_t first;

	ck_assert_int_eq(view_page_head(image_view(), pfn, &head, &page), 0);
	first = DIRECT_MAP + (head << MMV_PAGE_SHIFT) + s->first;
	snprintf(line, sizeof(line), "\n    %s %lu of %u at %#lx, cache rich-mixed: ", which, (obj - first) / s->size,
		 peek32(AT(view_page_addr(head), struct slab, objects)), obj);
	return line;
}

/* Something wrote in front of an object: who has it, and who has what lies before and behind it. */
START_TEST(objects_beside_are_named)
{
	struct json_object *o, *faults, *objects, *one, *x;
	static const uint8_t junk[2] = {0x41, 0x41};
	struct kmem_cache s;
	gva_t obj = free_inside(&s);

	copy_core();
	patch(file_offset(obj - 2), junk, sizeof(junk));
	ck_assert_int_eq(inspect("check", core, NULL, NULL), 3);
	ck_assert_msg(strstr(out, "BROKEN slab.debug.redzone: "), "%s", out);
	ck_assert_msg(strstr(out, object_line("object", &s, obj)), "%s%s", object_line("object", &s, obj), out);
	ck_assert_msg(strstr(out, ": free; byte -2: left red zone\n      allocated by pid "), "%s", out);
	ck_assert_msg(strstr(out, "\n      freed by pid "), "%s", out);
	ck_assert_msg(strstr(out, object_line("object before", &s, obj - s.size)), "%s", out);
	ck_assert_msg(strstr(out, object_line("object behind", &s, obj + s.size)), "%s", out);
	/* The payload had all of them: its function stands in the stacks of both neighbours as well. */
	for (const char *at = strstr(out, "\n    object before "); at; at = NULL) {
		const char *next = strstr(at, "\n    object behind ");

		ck_assert_ptr_nonnull(next);
		ck_assert(strstr(at, "\n        run_body+") && strstr(at, "\n        run_body+") < next);
		ck_assert_msg(strstr(next, "\n        run_body+"), "%s", next);
	}
	ck_assert_int_eq(inspect("check", "--json", core, NULL), 3);
	o = json_tokener_parse(out);
	ck_assert(o && json_object_object_get_ex(o, "faults", &faults));
	ck_assert_msg(json_object_object_get_ex(json_object_array_get_idx(faults, 0), "slab_objects", &objects), "%s",
		      out);
	ck_assert(json_object_object_get_ex(objects, "this", &one) && json_object_object_get_ex(one, "freed", &x));
	ck_assert_uint_ge(json_object_array_length(x), 3);
	ck_assert(json_object_object_get_ex(one, "offset", &x) && json_object_get_int(x) == -2);
	ck_assert(json_object_object_get_ex(objects, "before", &one) &&
		  json_object_object_get_ex(one, "allocated", &x));
	ck_assert_uint_ge(json_object_array_length(x), 3);
	ck_assert(json_object_object_get_ex(objects, "behind", &one) &&
		  json_object_object_get_ex(one, "allocated", &x));
	json_object_put(o);
}
END_TEST

/* The release kernel keeps no records, but which objects lie there, and whether they are free, can be seen. */
START_TEST(objects_beside_are_named_without_records)
{
	struct kmem_cache s;
	gva_t obj = free_inside(&s);
	uint64_t wild = 0x4141414141414141;

	copy_core();
	patch(file_offset(obj + s.offset), (const uint8_t *)&wild, sizeof(wild));
	ck_assert_int_eq(inspect("check", core, NULL, NULL), 3);
	ck_assert_msg(strstr(out, "BROKEN slab.freelist.closed: "), "%s", out);
	ck_assert_msg(strstr(out, object_line("object", &s, obj)), "%s", out);
	ck_assert_msg(strstr(out, object_line("object before", &s, obj - s.size)), "%s", out);
	ck_assert_msg(strstr(out, object_line("object behind", &s, obj + s.size)), "%s", out);
	ck_assert_ptr_null(strstr(out, " by pid "));
}
END_TEST

START_TEST(release_kernel_knows_no_owners)
{
	char pfn[32];

	snprintf(pfn, sizeof(pfn), "%#lx", used_page(OWNER_RAW, 0));
	ck_assert_int_eq(inspect("page", image_core(), pfn, NULL), 0);
	ck_assert_ptr_nonnull(strstr(out, "owner    raw"));
	ck_assert_ptr_null(strstr(out, "allocated by"));
}
END_TEST

START_TEST(damage_is_named)
{
	struct json_object *o, *faults, *rule;

	copy_core();
	patch64(AT(zone_addr(ZONE_NORMAL), struct zone, nr_free), 12345);
	ck_assert_int_eq(inspect("check", core, NULL, NULL), 3);
	ck_assert_msg(strstr(out, "BROKEN buddy.total: zone Normal") && strstr(out, "12345"), "%s", out);
	ck_assert_int_eq(inspect("check", "--json", core, NULL), 3);
	o = json_tokener_parse(out);
	ck_assert_msg(o && json_object_object_get_ex(o, "faults", &faults) && json_object_array_length(faults) == 1,
		      "%s", out);
	ck_assert(json_object_object_get_ex(json_object_array_get_idx(faults, 0), "rule", &rule));
	ck_assert_str_eq(json_object_get_string(rule), "buddy.total");
	json_object_put(o);
	ck_assert_int_eq(inspect("check", "--skip", "buddy.*", core), 0);
	ck_assert_int_eq(inspect("check", "--only", "slab.*", core), 0);
	ck_assert_int_eq(inspect("check", "--only", "nonsense", core), 2);
	expect_error("nonsense");
}
END_TEST

static gva_t root_field(size_t offset)
{
	return view_root_addr(image_view()) + offset;
}

START_TEST(other_versions_are_refused)
{
	copy_core();
	patch32(root_field(offsetof(struct mm_root, version)), 77);
	ck_assert_int_eq(inspect("check", core, NULL, NULL), 2);
	expect_error("77");
	ck_assert_int_eq(inspect("buddyinfo", core, NULL, NULL), 2);
	expect_error("version 77");
	copy_core();
	patch32(root_field(offsetof(struct mm_root, page_size)), 56);
	ck_assert_int_eq(inspect("check", core, NULL, NULL), 2);
	expect_error("56");
	copy_core();
	patch32(root_field(offsetof(struct mm_root, size)), 16);
	ck_assert_int_eq(inspect("slabinfo", core, NULL, NULL), 2);
	expect_error("16 bytes");
}
END_TEST

START_TEST(lost_root_is_broken)
{
	copy_core();
	patch64(root_field(offsetof(struct mm_root, magic)), 0);
	ck_assert_int_eq(inspect("check", core, NULL, NULL), 3);
	ck_assert_msg(strstr(out, "BROKEN root.valid"), "%s", out);
}
END_TEST

/* Pointers to nowhere end a listing with one line. */
START_TEST(pointers_to_nowhere)
{
	copy_core();
	patch64(root_field(offsetof(struct mm_root, slab_caches)), 0x1234);
	patch64(root_field(offsetof(struct mm_root, zones)), 0xffffc8ff00000000);
	patch64(root_field(offsetof(struct mm_root, vmalloc)), 8);
	patch64(root_field(offsetof(struct mm_root, memblock)), ~0ULL);
	ck_assert_int_eq(inspect("check", core, NULL, NULL), 3);
	ck_assert_int_eq(inspect("slabinfo", core, NULL, NULL), 2);
	expect_error("caches");
	ck_assert_int_eq(inspect("buddyinfo", core, NULL, NULL), 2);
	expect_error("zone");
	ck_assert_int_eq(inspect("vmallocinfo", core, NULL, NULL), 2);
	expect_error("address space");
	ck_assert_int_eq(inspect("page", core, "0x100", NULL), 2);
	expect_error("memblock");
	ck_assert_int_eq(inspect("vtop", core, "0xffffc8ff00000000", NULL), 2);
	expect_error("not mapped");
}
END_TEST

START_TEST(cores_cut_short)
{
	struct stat st;

	copy_core();
	ck_assert_int_eq(stat(core, &st), 0);
	for (off_t len = st.st_size - 1; len > 0; len = len * 2 / 3) {
		ck_assert_int_eq(truncate(core, len), 0);
		ck_assert_int_eq(inspect("check", core, NULL, NULL), 2);
		expect_error("copy.core");
	}
}
END_TEST

/* Headers and notes overwritten at random: an answer of any kind, but no crash. */
START_TEST(garbage_headers)
{
	static char head[1024];
	unsigned int seed = 1;
	int fd;

	copy_core();
	fd = open(core, O_RDONLY);
	ck_assert(read(fd, head, sizeof(head)) == (ssize_t)sizeof(head));
	close(fd);
	for (int round = 0; round < 60; round++) {
		patch(0, head, sizeof(head));
		for (int i = 0; i < 3; i++) {
			uint32_t x = (uint32_t)rand_r(&seed);

			patch(rand_r(&seed) % (int)(sizeof(head) - 4), &x, 1 + (size_t)round % 4);
		}
		ck_assert_int_ne(inspect("check", core, NULL, NULL), 127);
	}
}
END_TEST

START_TEST(usage)
{
	ck_assert_int_eq(inspect("check", "/nowhere/at/all", NULL, NULL), 2);
	expect_error("/nowhere/at/all");
	ck_assert_int_eq(inspect("check", "/dev/null", NULL, NULL), 2);
	expect_error("/dev/null");
	ck_assert_int_eq(inspect("check", NULL, NULL, NULL), 2);
	expect_error("usage");
	ck_assert_int_eq(inspect("conjure", "x", NULL, NULL), 2);
	expect_error("conjure");
	ck_assert_int_eq(inspect("vtop", image_core(), "12monkeys", NULL), 2);
	expect_error("12monkeys");
	ck_assert_int_eq(inspect("buddyinfo", "--list", NULL, NULL), 2);
	expect_error("--list");
	ck_assert_int_eq(inspect("check", "--list", NULL, NULL), 0);
	ck_assert_ptr_nonnull(strstr(out, "buddy.merged"));
	ck_assert_int_eq(inspect("check", "--list", "--json", NULL), 0);
}
END_TEST

START_TEST(listings_and_lookups)
{
	static const char *const listings[] = {"buddyinfo", "zoneinfo",    "pagetypeinfo", "extfrag",
					       "slabinfo",  "vmallocinfo", "meminfo",      "map",
					       "dma",       "vmstat",      "lru"};
	char addr[32];
	struct vm_struct vm;

	for (size_t i = 0; i < sizeof(listings) / sizeof(listings[0]); i++) {
		struct json_object *o;

		ck_assert_int_eq(inspect(listings[i], image_core(), NULL, NULL), 0);
		ck_assert_uint_gt(strlen(out), 80);
		ck_assert_int_eq(inspect(listings[i], "--json", image_core(), NULL), 0);
		o = json_tokener_parse(out);
		ck_assert_msg(o != NULL, "%s: %s", listings[i], out);
		json_object_put(o);
	}
	ck_assert_int_eq(inspect("dma", image_core(), NULL, NULL), 0);
	ck_assert_msg(strstr(out, "pool rich                        4 of"), "%s", out);
	ck_assert_msg(strstr(out, "6 of 384 slots in use"), "%s", out);
	some_area(0, &vm);
	snprintf(addr, sizeof(addr), "%#lx", vm.addr);
	ck_assert_int_eq(inspect("page", image_core(), addr, NULL), 0);
	ck_assert_msg(strstr(out, "owner    vmalloc"), "%s", out);
	ck_assert_int_eq(inspect("vtop", image_core(), addr, NULL), 0);
	ck_assert_msg(strstr(out, "RW NX KERNEL"), "%s", out);
	ck_assert_int_eq(inspect("vtop", "--json", image_core(), addr), 0);
	snprintf(addr, sizeof(addr), "%#lx", first_slab(cache_named("rich-mixed"), offsetof(struct kmem_cache, full)));
	ck_assert_int_eq(inspect("page", image_core(), addr, NULL), 0);
	ck_assert_msg(strstr(out, "cache rich-mixed"), "%s", out);
}
END_TEST

/* Two listings count the same pages, each in its way. */
START_TEST(listings_agree)
{
	struct list_zone zones[MAX_NR_ZONES];
	struct list_cache *caches;
	struct list_memory m;
	char verr[VIEW_ERR_MAX];
	uint64_t slab = 0, unused = 0;
	int n;

	ck_assert_int_eq(list_memory(image_view(), &m, verr), 0);
	n = list_caches(image_view(), &caches, verr);
	ck_assert_int_gt(n, 0);
	for (int i = 0; i < n; i++)
		slab += caches[i].pages;
	free(caches);
	ck_assert_uint_eq(slab, m.owner[OWNER_SLAB]);
	n = list_zones(image_view(), zones, verr);
	for (int i = 0; i < n; i++) {
		uint64_t listed = 0;

		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
			listed += zones[i].free[o] << o;
		ck_assert_uint_eq(listed, zones[i].nr_free);
		unused += listed + zones[i].pcp_pages;
	}
	ck_assert_uint_eq(unused, m.free);
}
END_TEST

/* Two moments of one run; and a run that is another one. */
START_TEST(two_moments)
{
	copy_core();
	ck_assert_int_eq(inspect("check", "--since", image_core(), core), 0);
	patch64(AT(image_root()->cpus.va, struct mm_cpu, switches), 0);
	ck_assert_int_eq(inspect("check", "--since", image_core(), core), 3);
	ck_assert_msg(strstr(out, "BROKEN pair.counters: CPU 0"), "%s", out);
	patch64(root_field(offsetof(struct mm_root, tsc_entry)), 12345);
	ck_assert_int_eq(inspect("check", "--since", image_core(), core), 2);
	expect_error("another run");
}
END_TEST

/* ---- live ---- */

/* mmvisor run --no-check --control SOCK @options @what, its output in files */
static pid_t start_run(const char *option, const char *value, const char *what)
{
	char program[512];
	pid_t pid;

	snprintf(program, sizeof(program), "%s", image_program("mmvisor"));
	pid = fork();
	if (!pid) {
		redirect(1, "guest.out");
		redirect(2, "guest.err");
		alarm(SECONDS);
		execl(program, program, "run", "--no-check", "--control", sock, option, value, what, NULL);
		_exit(127);
	}
	return pid;
}

static pid_t start_guest(void)
{
	char payload[512], verr[VIEW_ERR_MAX];
	struct timespec nap = {.tv_nsec = 20000000};
	pid_t pid;

	snprintf(payload, sizeof(payload), "%s", image_program("sabotage/idle.ko"));
	pid = start_run("--cpus", "2", payload);
	for (int i = 0; i < 500; i++) {
		struct view *v = access(sock, F_OK) ? NULL : view_open(sock, verr);
		bool ready =
			v && view_root(v, NULL) &&
			view_root(v, NULL)->modules.next.va != view_root_addr(v) + offsetof(struct mm_root, modules);

		view_close(v);
		if (ready)
			return pid;
		nanosleep(&nap, NULL);
	}
	slurp("guest.err", err, sizeof(err));
	slurp("guest.out", out, sizeof(out));
	ck_abort_msg("the guest did not come up: %s%s", out, err);
	return -1;
}

static gva_t zones_of(const struct view *v)
{
	return view_root(v, NULL)->zones.va;
}

/* Guest-physical @gpa, mapped for writing. */
static volatile uint64_t *writable(const struct view *v, gpa_t gpa)
{
	const struct view_region *r;

	for (unsigned int i = 0; (r = view_region(v, i)); i++) {
		char *p, path[32];
		int fd;

		if (gpa < r->gpa || gpa - r->gpa >= r->size)
			continue;
		/* What the VMM hands out is for reading; the owner of the file may have more. */
		snprintf(path, sizeof(path), "/proc/self/fd/%d", r->fd);
		fd = open(path, O_RDWR | O_CLOEXEC);
		ck_assert_int_ge(fd, 0);
		p = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)r->offset);
		close(fd);
		ck_assert_msg(p != MAP_FAILED, "the guest's memory cannot be mapped for writing");
		return (volatile uint64_t *)(p + (gpa - r->gpa));
	}
	ck_abort_msg("%#lx is nowhere", gpa);
	abort();
}

/* What a paused guest's memory says of what its CPUs change all the time, twice. */
static void stands_still(struct view *v)
{
	static char once[2][sizeof(struct mm_cpu) * 2 + sizeof(struct zone) * MAX_NR_ZONES];
	struct timespec nap = {.tv_nsec = 30000000};
	char verr[VIEW_ERR_MAX];

	ck_assert_int_eq(view_pause(v, verr), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(view_read(v, view_root(v, NULL)->cpus.va, once[i], sizeof(struct mm_cpu) * 2), 0);
		ck_assert_int_eq(view_read(v, zones_of(v), once[i] + sizeof(struct mm_cpu) * 2,
					   sizeof(struct zone) * MAX_NR_ZONES),
				 0);
		nanosleep(&nap, NULL);
	}
	ck_assert_int_eq(memcmp(once[0], once[1], sizeof(once[0])), 0);
	ck_assert_int_eq(view_resume(v, verr), 0);
}

/* A mark of a running guest goes off (one that it never looks at): noticed while it is, fine again when it is put right, and the guest runs on. */
START_TEST(live_damage_is_noticed)
{
	char verr[VIEW_ERR_MAX] = "", path[192];
	pid_t pid = start_guest();
	struct view *v = view_open(sock, verr);
	volatile uint64_t *mark;
	uint64_t was;
	int status;
	gpa_t gpa;

	ck_assert_msg(v && view_root(v, verr), "%s", verr);
	stands_still(v);
	ck_assert_int_eq(inspect("check", sock, NULL, NULL), 0);
	ck_assert_msg(strstr(err, "paused"), "%s", err);
	ck_assert_int_eq(
		view_translate(v, view_cr3(v), AT(zones_of(v), struct zone, watermark[WMARK_HIGH]), &gpa, NULL, NULL),
		0);
	mark = writable(v, gpa);
	was = *mark;
	*mark = 1;
	ck_assert_int_eq(inspect("check", sock, NULL, NULL), 3);
	ck_assert_msg(strstr(out, "BROKEN zone.watermarks: zone DMA"), "%s", out);
	*mark = was;
	ck_assert_int_eq(inspect("check", sock, NULL, NULL), 0);
	ck_assert_int_eq(inspect("slabinfo", sock, NULL, NULL), 0);
	view_close(v);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	slurp("guest.out", out, sizeof(out));
	snprintf(path, sizeof(path), "%s/guest.err", dir);
	unlink(path);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x: %s", (unsigned int)status, out);
}
END_TEST

void add_debug_program_tests(TCase *t)
{
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, debug_kernel_holds);
	tcase_add_test(t, debug_kernel_knows_owners);
	tcase_add_test(t, debug_kernel_names_its_locks);
	tcase_add_test(t, neighbours_and_owners_are_named);
	tcase_add_test(t, objects_beside_are_named);
}

/* The guest's output, so far. */
static bool said(const char *word)
{
	char path[192], text[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/guest.out", dir);
	f = fopen(path, "r");
	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return strstr(text, word);
}

/* Paused in its first suite: let go for a few milliseconds at a time until it is there. */
static struct view *pause_in_suite(void)
{
	struct timespec nap = {.tv_nsec = 5000000};
	char verr[VIEW_ERR_MAX];
	struct view *v = NULL;

	for (int i = 0; i < 4000; i++) {
		if (!v && !access(sock, F_OK))
			v = view_open(sock, verr);
		if (v && !view_pause(v, verr)) {
			if (said("# Subtest: "))
				return v;
			ck_assert_int_eq(view_resume(v, verr), 0);
		}
		nanosleep(&nap, NULL);
	}
	ck_abort_msg("no suite has begun");
	abort();
}

/* The left red zone of an object that somebody has for good. */
static gva_t red_zone_of_a_lasting_object(const struct view *v)
{
	struct list_cache *caches;
	char verr[VIEW_ERR_MAX];
	struct kmem_cache s;
	gva_t obj = 0, slab;
	uint8_t red = 0;
	uint64_t pfn;
	int n = list_caches(v, &caches, verr);

	for (int i = 0; i < n; i++)
		if (!strcmp(caches[i].name, "vmap_area"))
			obj = caches[i].addr;
	free(caches);
	ck_assert_msg(obj && !view_read(v, obj, &s, sizeof(s)) && s.red_left, "no cache vmap_area with red zones");
	slab = s.nr_full ? s.full.next.va : s.partial.next.va;
	ck_assert_int_eq(view_pfn_of(slab - offsetof(struct slab, slab_list), &pfn), 0);
	for (obj = DIRECT_MAP + (pfn << MMV_PAGE_SHIFT) + s.first; red != 0xcc; obj += red == 0xcc ? 0 : s.size)
		ck_assert_int_eq(view_read(v, obj - 1, &red, 1), 0);
	return obj - 8;
}

/* What no allocation and no free comes across is found when a suite of the debug kernel's own has ended, and fails it. */
START_TEST(damage_is_found_behind_a_suite)
{
	pid_t pid = start_run("--debug-kernel", "timers", "rcu");
	struct view *v = pause_in_suite();
	gva_t red = red_zone_of_a_lasting_object(v);
	volatile uint64_t *word;
	char verr[VIEW_ERR_MAX];
	int status;
	gpa_t gpa;

	ck_assert_int_eq(view_translate(v, view_cr3(v), red, &gpa, NULL, NULL), 0);
	word = writable(v, gpa);
	ck_assert_uint_eq(*word, 0xcccccccccccccccc);
	*word = 0xcc41cccccccccccc;
	ck_assert_int_eq(view_resume(v, verr), 0);
	view_close(v);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	slurp("guest.out", out, sizeof(out));
	slurp("guest.err", err, sizeof(err));
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1, "status %#x: %s%s", (unsigned int)status, out,
		      err);
	ck_assert_msg(strstr(out, "Left Redzone overwritten"), "%s", out);
	ck_assert_msg(strstr(out, ": damage: 1 place in slabs overwritten"), "%s", out);
	/* Said once, and put right: only one of the two suites failed. */
	ck_assert_msg(strstr(out, "\nok ") && strstr(out, "\nnot ok "), "%s", out);
}
END_TEST

TCase *program_tests(void)
{
	TCase *t = tcase_create("programs");

	tcase_set_timeout(t, SECONDS);
	tcase_add_unchecked_fixture(t, image_load, image_unload);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, copy_holds);
	tcase_add_test(t, release_kernel_knows_no_owners);
	tcase_add_test(t, damage_is_named);
	tcase_add_test(t, objects_beside_are_named_without_records);
	tcase_add_test(t, other_versions_are_refused);
	tcase_add_test(t, lost_root_is_broken);
	tcase_add_test(t, pointers_to_nowhere);
	tcase_add_test(t, cores_cut_short);
	tcase_add_test(t, garbage_headers);
	tcase_add_test(t, usage);
	tcase_add_test(t, listings_and_lookups);
	tcase_add_test(t, listings_agree);
	tcase_add_test(t, two_moments);
	tcase_add_test(t, live_damage_is_noticed);
	tcase_add_test(t, damage_is_found_behind_a_suite);
	return t;
}
