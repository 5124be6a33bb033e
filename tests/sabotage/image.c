// SPDX-License-Identifier: MIT
/*
 * image.c - making, loading and reaching into the guest image. See image.h.
 */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sabotage/image.h"

#define GUEST_SECONDS 120
#define GUEST_CRASHED 4

static struct {
	char dir[64];
	char core[128];
	char *map;
	size_t size;
	struct view *view; /* on the private copy */
	struct view_region regions[MMV_NR_RANGES + 2];
	unsigned int nr_regions;
	struct guest_regs regs[MMV_NR_CPUS];
	unsigned int nr_cpus;
	gva_t root;
} image;

/* ---- making it ---- */

const char *image_program(const char *name)
{
	static char path[PATH_MAX + 64];
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ck_assert_int_gt((int)n, 0);
	self[n] = '\0';
	/* build/sabotage/test_sabotage: programs are one folder up */
	snprintf(path, sizeof(path), "%s/../%s", dirname(self), name);
	return path;
}

const char *image_core(void)
{
	return image.core;
}

/* Run the payload to its end, leaving @core. */
static void image_make(const char *core, bool debug)
{
	char program[PATH_MAX], payload[PATH_MAX], out[160];
	int status;
	pid_t pid;

	snprintf(program, sizeof(program), "%s", image_program("mmvisor"));
	snprintf(payload, sizeof(payload), "%s", image_program("sabotage/rich.ko"));
	snprintf(out, sizeof(out), "%s.out", core);
	pid = fork();
	if (!pid) {
		int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, 1);
		dup2(fd, 2);
		alarm(GUEST_SECONDS);
		execl(program, program, "run", "--cpus", "2", "--no-check", "--core", core, payload, "--swap", "1M",
		      debug ? "--debug-kernel" : NULL, "--append", "movablecore=16M", NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == GUEST_CRASHED && !access(core, R_OK)) {
		unlink(out);
		return;
	}
	fprintf(stderr, "%s run %s: status %#x, output in %s\n", program, payload, (unsigned int)status, out);
	ck_abort_msg("no image to sabotage: the guest did not end as it should");
}

/* A view on memory that can be written to, and is ours alone. */
static void copy_regions(struct view *core)
{
	const struct view_region *r;

	for (unsigned int i = 0; (r = view_region(core, i)); i++) {
		struct view_region mine = *r;

		mine.host = image.map + r->offset;
		/* what is written here never reaches the file: its holes say nothing any more */
		mine.fd = -1;
		image.regions[image.nr_regions++] = mine;
	}
	image.nr_cpus = view_nr_cpus(core);
	for (unsigned int i = 0; i < image.nr_cpus; i++)
		image.regs[i] = *view_regs(core, i);
	image.root = view_root_addr(core);
}

static void load(bool debug)
{
	char err[VIEW_ERR_MAX] = "";
	struct view *core;
	struct stat st;
	int fd;

	strcpy(image.dir, "/tmp/sabotage-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(image.dir));
	snprintf(image.core, sizeof(image.core), "%s/core", image.dir);
	image_make(image.core, debug);
	core = view_open(image.core, err);
	ck_assert_msg(core && view_root(core, err), "%s", err);
	fd = open(image.core, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(fstat(fd, &st), 0);
	image.size = (size_t)st.st_size;
	image.map = mmap(NULL, image.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
	ck_assert_ptr_ne(image.map, MAP_FAILED);
	close(fd);
	copy_regions(core);
	view_close(core);
	image.view =
		view_open_regions(image.regions, image.nr_regions, image.root, image.regs, image.nr_cpus, NULL, err);
	ck_assert_msg(image.view && view_root(image.view, err), "%s", err);
	/* The payload panics between two operations while everything else sleeps: as good as done, so every rule counts. */
	image_done(true);
}

void image_load(void)
{
	load(false);
}

void image_load_debug(void)
{
	load(true);
}

void image_done(bool done)
{
	poke64(image.root + offsetof(struct mm_root, tsc_done), done);
}

void image_unload(void)
{
	view_close(image.view);
	munmap(image.map, image.size);
	unlink(image.core);
	rmdir(image.dir);
	memset(&image, 0, sizeof(image));
}

const struct view *image_view(void)
{
	return image.view;
}

const struct mm_root *image_root(void)
{
	return view_root(image.view, NULL);
}

struct view *image_reopen(char *err)
{
	return view_open_regions(image.regions, image.nr_regions, image.root, image.regs, image.nr_cpus, NULL, err);
}

int image_check(struct check_report *r, char *err)
{
	return image_check_by(0, r, err);
}

int image_check_by(unsigned int workers, struct check_report *r, char *err)
{
	struct view *v = image_reopen(err);
	int ret;

	ck_assert_ptr_nonnull(v);
	check_report_init(r);
	ret = view_check_by(v, workers, r, err);
	view_close(v);
	return ret;
}

int image_check_pair(struct check_report *r, char *err)
{
	struct view *old = view_open(image.core, err), *now = image_reopen(err);
	int ret;

	ck_assert(old && now);
	check_report_init(r);
	ret = view_check_pair(old, now, r, err);
	view_close(old);
	view_close(now);
	return ret;
}

/* ---- as a file ---- */

static void copy_data(int from, int to)
{
	off_t at = 0, data;

	while ((data = lseek(from, at, SEEK_DATA)) >= 0) {
		at = lseek(from, data, SEEK_HOLE);
		ck_assert_int_eq(lseek(from, data, SEEK_SET), data);
		for (off_t n; data < at; data += n) {
			n = sendfile(to, from, NULL, (size_t)(lseek(to, data, SEEK_SET) == data ? at - data : 0));
			ck_assert_int_gt(n, 0);
		}
	}
}

const char *image_share(void)
{
	static char name[64];
	int core = open(image.core, O_RDONLY | O_CLOEXEC), fd = memfd_create("image", 0);

	ck_assert(core >= 0 && fd >= 0 && !ftruncate(fd, (off_t)image.size));
	copy_data(core, fd);
	close(core);
	ck_assert_ptr_eq(mmap(image.map, image.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0), image.map);
	image_done(true);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return name;
}

size_t image_header(uint8_t **bytes)
{
	size_t first = image.size;

	for (unsigned int i = 0; i < image.nr_regions; i++)
		first = image.regions[i].offset < first ? image.regions[i].offset : first;
	*bytes = (uint8_t *)image.map;
	return first;
}

/* ---- bytes ---- */

/*
 * Where [va, va + *len) lies in this process; *len comes down to what is in one page. Asserts only what fails: the library sends
 * a message for every assertion, and there are millions of calls.
 */
static char *host(gva_t va, size_t *len)
{
	size_t left = MMV_PAGE_SIZE - va % MMV_PAGE_SIZE;
	gpa_t gpa = va - DIRECT_MAP;
	const void *p;

	*len = *len < left ? *len : left;
	/* reached by its tables, except in the direct map: that is where tables themselves are changed */
	if ((va < DIRECT_MAP || va - DIRECT_MAP >= DIRECT_MAP_SIZE) &&
	    view_translate(image.view, view_cr3(image.view), va, &gpa, NULL, NULL))
		ck_abort_msg("%#lx is not mapped", va);
	p = view_phys(image.view, gpa, *len);
	if (!p)
		ck_abort_msg("%#lx leads nowhere", va);
	return (char *)(uintptr_t)p;
}

void *image_at(gva_t va, size_t *len)
{
	return host(va, len);
}

void peek(gva_t va, void *buf, size_t len)
{
	for (size_t n; len; len -= n, va += n, buf = (char *)buf + n) {
		const char *from;

		n = len;
		from = host(va, &n);
		memcpy(buf, from, n);
	}
}

void poke(gva_t va, const void *buf, size_t len)
{
	for (size_t n; len; len -= n, va += n, buf = (const char *)buf + n) {
		char *to;

		n = len;
		to = host(va, &n);
		memcpy(to, buf, n);
	}
}

void unlink_node(gva_t node)
{
	uint64_t next = peek64(AT(node, struct list_head, next)), prev = peek64(AT(node, struct list_head, prev));

	poke64(AT(prev, struct list_head, next), next);
	poke64(AT(next, struct list_head, prev), prev);
}

void link_after(gva_t node, gva_t head)
{
	uint64_t next = peek64(AT(head, struct list_head, next));

	poke64(AT(node, struct list_head, next), next);
	poke64(AT(node, struct list_head, prev), head);
	poke64(AT(next, struct list_head, prev), node);
	poke64(AT(head, struct list_head, next), node);
}

/* ---- finding ---- */

gva_t zone_addr(unsigned int zone)
{
	return image_root()->zones.va + zone * sizeof(struct zone);
}

void zone_copy(unsigned int zone, struct zone *z)
{
	peek(zone_addr(zone), z, sizeof(*z));
}

void page_copy(uint64_t pfn, struct page *page)
{
	if (view_page(image.view, pfn, page))
		ck_abort_msg("no entry for pfn %#lx", pfn);
}

/* What the payload writes to ->private of a page that is its own, and nobody else's: of single pages others have some too. */
#define OWN_PAGE 0x72696368UL

uint64_t used_page(unsigned int owner, int order)
{
	for (int i = MAX_NR_ZONES - 1; i >= 0; i--) {
		struct zone z;

		zone_copy((unsigned int)i, &z);
		for (uint64_t pfn = z.start_pfn; pfn < z.start_pfn + z.spanned_pages; pfn++) {
			struct page p;

			if (view_page(image.view, pfn, &p) || p.state != PAGE_USED || p.owner != owner)
				continue;
			if (owner == OWNER_RAW && !order && p.private != OWN_PAGE)
				continue;
			if (order < 0 ? p.order >= 1 : p.order == order)
				return pfn;
		}
	}
	ck_abort_msg("no block of order %d with owner %u", order, owner);
	return 0;
}

uint64_t free_page_head(unsigned int order, unsigned int *zone)
{
	for (int i = MAX_NR_ZONES - 1; i >= 0; i--) {
		struct zone z;
		uint64_t pfn;

		zone_copy((unsigned int)i, &z);
		for (unsigned int type = 0; z.managed_pages && type < MIGRATE_TYPES; type++) {
			gva_t at = z.free_area[order].free_list[type].next.va;

			if (!(z.avail[type] >> order & 1))
				continue;
			ck_assert_int_eq(view_pfn_of(at - offsetof(struct page, lru), &pfn), 0);
			*zone = (unsigned int)i;
			return pfn;
		}
	}
	ck_abort_msg("no free block of order %u", order);
	return 0;
}

uint64_t fresh_page(unsigned int zone)
{
	struct zone z;

	zone_copy(zone, &z);
	ck_assert_uint_gt(z.nr_fresh, 0);
	ck_assert_uint_lt(z.fresh[0].start, z.fresh[0].end);
	return z.fresh[0].start;
}

uint64_t reserved_page(void)
{
	struct memblock mb;

	peek(image_root()->memblock.va, &mb, sizeof(mb));
	for (uint64_t i = 0; i < mb.reserved.cnt; i++)
		if (mb.reserved.regions[i].base >= DMA32_END)
			return mb.reserved.regions[i].base >> MMV_PAGE_SHIFT;
	ck_abort_msg("nothing reserved above 4 GiB");
	return 0;
}

gva_t cache_named(const char *name)
{
	gva_t head = image.root + offsetof(struct mm_root, slab_caches);

	for (gva_t at = peek64(AT(head, struct list_head, next)); at != head;
	     at = peek64(AT(at, struct list_head, next))) {
		gva_t cache = at - offsetof(struct kmem_cache, list);
		char found[32];

		peek(AT(cache, struct kmem_cache, name), found, sizeof(found));
		if (!strncmp(found, name, sizeof(found)))
			return cache;
	}
	ck_abort_msg("no cache %s", name);
	return 0;
}

uint64_t first_slab(gva_t cache, size_t list)
{
	uint64_t pfn;

	ck_assert_msg(!view_pfn_of(peek64(cache + list) - offsetof(struct slab, slab_list), &pfn), "the list is empty");
	return pfn;
}

gva_t pte_addr(gva_t va, int level)
{
	struct view_step steps[4];
	int n = view_walk(image.view, view_cr3(image.view), va, steps);

	for (int i = 0; i < n; i++)
		if (steps[i].level == level)
			return DIRECT_MAP + steps[i].entry_gpa;
	ck_abort_msg("the tables for %#lx do not reach level %d", va, level);
	return 0;
}

gva_t some_area(unsigned int n, struct vm_struct *vm)
{
	gva_t head = AT(image_root()->vmalloc.va, struct vmap_space, busy);

	for (gva_t at = peek64(head); at != head; at = peek64(at)) {
		gva_t area = at - offsetof(struct vmap_area, list);

		peek(peek64(AT(area, struct vmap_area, vm)), vm, sizeof(*vm));
		if (vm->flags & VM_ALLOC && vm->nr_pages >= 3 && !n--)
			return area;
	}
	ck_abort_msg("not so many vmalloc areas");
	return 0;
}

gva_t free_piece(unsigned int n, struct vmap_area *va)
{
	gva_t head = AT(image_root()->vmalloc.va, struct vmap_space, free), at = peek64(head);

	for (; n && at != head; n--)
		at = peek64(at);
	ck_assert_uint_ne(at, head);
	at -= offsetof(struct vmap_area, list);
	peek(at, va, sizeof(*va));
	return at;
}
