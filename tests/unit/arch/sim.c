// SPDX-License-Identifier: MIT
/*
 * sim.c - the simulated machine (see sim.h), and the few calls of guest/kernel that guest/mm makes.
 *
 * RAM is one sparse memfd, mapped at PAGE_OFFSET range by range; holes are not mapped. struct pages are anonymous memory at
 * vmemmap, for RAM only, as on the machine. vmalloc addresses are further mappings of the same memfd.
 * Inner allocations (alloc_pages_owner(), kmem_cache_alloc(), ...) are wrapped by the linker so that one of them can be refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shared/mm.h"
#include "tests/unit/arch/include/asm/page.h"
#include "tests/unit/arch/include/asm/pgtable.h"
#include "tests/unit/arch/sim.h"

/* Of guest/mm and guest/kernel; their headers and the C library's do not mix well. */
extern struct mm_root mm_root;
extern unsigned int __preempt_count;
void mm_init(void);
bool oom_killer_disable(long timeout);
int slab_debug_setup(char *value);
int memblock_add(unsigned long long base, unsigned long long size);
struct page *pgtable_alloc(unsigned int gfp);
int printk(const char *fmt, ...);
void warn_at(const char *file, int line, const char *fmt, ...);
void bug_at(const char *file, int line);
void panic(const char *fmt, ...);
unsigned long warn_count(void);
void report_note(const char *what);
void dump_stack(void);
unsigned int stack_trace_save(unsigned long *store, unsigned int size, unsigned int skip);
uint64_t get_random_u64(void);
void *memchr_inv(const void *s, int c, size_t n);
void print_hex_dump(const char *level, const char *prefix, int prefix_type, int rowsize, int groupsize, const void *buf,
		    size_t len, bool ascii);
void stack_trace_print(const unsigned long *entries, unsigned int nr, int spaces);
void print_hex_dump(const char *level, const char *prefix, int type, int row, int group, const void *buf, size_t len,
		    _Bool ascii);
char *skip_spaces(const char *s);
int scnprintf(char *buf, size_t size, const char *fmt, ...);
long strscpy(char *to, const char *from, size_t size);
void on_each_cpu(void (*fn)(void *), void *info, int wait);
void on_each_cpu_cond(bool (*cond)(int, void *), void (*fn)(void *), void *info, bool wait);
void schedule(void);
void preempt_schedule(void);
int __cond_resched(void);
int cond_resched(void);
char *skip_spaces(const char *s);
void msleep(unsigned int ms);

#define HARDIRQ_OFFSET (1u << 16)
#define PREEMPT_ENABLED 0x80000000u

unsigned int sim_cpu;
unsigned long sim_irq_flags;
unsigned int nr_cpu_ids = 1;
unsigned long cpu_online_bits = 1;
unsigned int __preempt_count = PREEMPT_ENABLED;
volatile unsigned long jiffies = 1000;
int console_loglevel = 7;
/* struct task_struct, of which guest/mm reads only the name: zero is "". */
_Alignas(64) char sim_task[4096];

static int ram = -1;
static struct sim_range ram_ranges[8];
static unsigned int nr_ram;

/* What the guest allocates is not the C library's business, and a process is forked for each test. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* ---- console ---- */

static char log_text[1 << 16];
static size_t log_len;
static unsigned int warnings;

static void log_add(const char *fmt, va_list args)
{
	int n = vsnprintf(log_text + log_len, sizeof(log_text) - log_len, fmt, args);

	if (getenv("MM_TEST_VERBOSE"))
		fputs(log_text + log_len, stderr);
	if (n > 0)
		log_len += (size_t)n;
	if (log_len >= sizeof(log_text))
		log_len = sizeof(log_text) - 1;
}

int printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_add(fmt, args);
	va_end(args);
	return 0;
}

void warn_at(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	printk("WARNING: %s:%d ", file, line);
	va_start(args, fmt);
	if (fmt)
		log_add(fmt, args);
	va_end(args);
	warnings++;
}

void bug_at(const char *file, int line)
{
	fprintf(stderr, "%s", log_text);
	fprintf(stderr, "BUG: %s:%d\n", file, line);
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	abort();
}

unsigned long warn_count(void)
{
	return warnings;
}

void report_note(const char *what)
{
	(void)what;
	warnings++;
}

const char *sim_log(void)
{
	return log_text;
}

void sim_log_clear(void)
{
	log_len = 0;
	log_text[0] = '\0';
	warnings = 0;
}

unsigned int sim_warnings(void)
{
	return warnings;
}

void dump_stack(void)
{
	printk("Call Trace:\n");
}

/* One caller, as if the test's code lay where the kernel's does. */
unsigned int stack_trace_save(unsigned long *store, unsigned int size, unsigned int skip)
{
	(void)skip;
	if (size)
		store[0] = 0xffffffff80000000UL | (unsigned long)__builtin_return_address(0);
	return size > 0;
}

void stack_trace_print(const unsigned long *entries, unsigned int nr, int spaces)
{
	for (unsigned int i = 0; i < nr; i++)
		printk("%*s [<%016lx>]\n", spaces, "", entries[i]);
}

void print_hex_dump(const char *level, const char *prefix, int type, int row, int group, const void *buf, size_t len,
		    _Bool ascii)
{
	(void)type, (void)row, (void)group, (void)ascii;
	printk("%s%s", level, prefix);
	for (size_t i = 0; i < len; i++)
		printk("%02x%s", ((const unsigned char *)buf)[i], i % 16 == 15 || i + 1 == len ? "\n" : " ");
}

/* ---- small things of the kernel ---- */

char *skip_spaces(const char *s)
{
	return (char *)s + strspn(s, " \t\n");
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n < (int)size ? n : (int)size - 1;
}

long strscpy(char *to, const char *from, size_t size)
{
	size_t n = strnlen(from, size - 1);

	memcpy(to, from, n);
	to[n] = '\0';
	return from[n] ? -E2BIG : (long)n;
}

void *memchr_inv(const void *s, int c, size_t n)
{
	for (const unsigned char *p = s; n--; p++)
		if (*p != (unsigned char)c)
			return (void *)(uintptr_t)p;
	return NULL;
}

/* What caches encode their links with: any numbers, the same in each run. */
uint64_t get_random_u64(void)
{
	static uint64_t x;

	x = x * 6364136223846793005u + 1442695040888963407u;
	return x ^ x >> 29;
}

void on_each_cpu(void (*fn)(void *), void *info, int wait)
{
	unsigned int me = sim_cpu;
	unsigned long flags = sim_irq_flags;

	(void)wait;
	sim_irq_flags = 0;
	for (sim_cpu = 0; sim_cpu < nr_cpu_ids; sim_cpu++)
		fn(info);
	sim_cpu = me;
	sim_irq_flags = flags;
}

void on_each_cpu_cond(bool (*cond)(int, void *), void (*fn)(void *), void *info, bool wait)
{
	unsigned int me = sim_cpu;
	unsigned long flags = sim_irq_flags;

	(void)wait;
	sim_irq_flags = 0;
	for (sim_cpu = 0; sim_cpu < nr_cpu_ids; sim_cpu++)
		if (cond((int)sim_cpu, info))
			fn(info);
	sim_cpu = me;
	sim_irq_flags = flags;
}

void schedule(void)
{
}

void preempt_schedule(void)
{
}

void msleep(unsigned int ms)
{
	jiffies += ms;
}

int cond_resched(void)
{
	return 0;
}

int __cond_resched(void)
{
	return 0;
}

/* One thread: nobody holds it. */
struct mutex;
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);

void mutex_lock(struct mutex *lock)
{
	(void)lock;
}

void mutex_unlock(struct mutex *lock)
{
	(void)lock;
}

void sim_interrupt_enter(void)
{
	sim_irq_flags = 0;
	__preempt_count += HARDIRQ_OFFSET;
}

void sim_interrupt_exit(void)
{
	__preempt_count -= HARDIRQ_OFFSET;
	sim_irq_flags = 0x200;
}

/* ---- RAM ---- */

static void map_at(unsigned long va, unsigned long size, int flags, int fd, unsigned long offset)
{
	void *p = mmap((void *)va, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED_NOREPLACE, fd, (off_t)offset);

	if (p != (void *)va) {
		fprintf(stderr, "sim: cannot map %#lx + %#lx: %s\n", va, size, strerror(errno));
		abort();
	}
}

/* struct pages of [base, base + size), to the host page. Two ranges may share one. */
static void map_pages_of(uint64_t base, uint64_t size)
{
	unsigned long page = SIM_VMEMMAP + (base >> PAGE_SHIFT) * sizeof(struct page);
	unsigned long end = SIM_VMEMMAP + ((base + size) >> PAGE_SHIFT) * sizeof(struct page);

	page &= PAGE_MASK;
	end = (end + PAGE_SIZE - 1) & PAGE_MASK;
	if (mmap((void *)page, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) != (void *)page &&
	    errno != EEXIST)
		abort();
	page += PAGE_SIZE;
	if (page < end)
		map_at(page, end - page, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

void sim_start_raw(const struct sim_range *ranges, unsigned int cpus)
{
	uint64_t end = 0;

	for (const struct sim_range *r = ranges; r->size; r++)
		if (r->base + r->size > end)
			end = r->base + r->size;
	ram = memfd_create("ram", MFD_CLOEXEC);
	if (ram < 0 || ftruncate(ram, (off_t)end))
		abort();
	for (const struct sim_range *r = ranges; r->size; r++) {
		map_at(PAGE_OFFSET + r->base, r->size, MAP_SHARED | MAP_NORESERVE, ram, r->base);
		map_pages_of(r->base, r->size);
		if (memblock_add(r->base, r->size) || nr_ram == sizeof(ram_ranges) / sizeof(ram_ranges[0]))
			abort();
		ram_ranges[nr_ram++] = *r;
	}
	nr_cpu_ids = cpus;
	cpu_online_bits = (cpus < 64 ? 1UL << cpus : 0) - 1;
	mm_root.nr_cpus = cpus;
	mm_root.nr_cpus_online = 1;
}

const char *sim_slab_debug = "-";

static void sim_slab_debug_setup(void)
{
	const char *given = getenv("MM_TEST_SLUB_DEBUG");
	char value[100];

	strscpy(value, given ? given : sim_slab_debug, sizeof(value));
	if (!slab_debug_setup(value))
		abort();
}

void sim_start(const struct sim_range *ranges, unsigned int cpus)
{
	sim_start_raw(ranges, cpus);
	sim_slab_debug_setup();
	mm_init();
	/* There is nobody to kill: requests fail. */
	oom_killer_disable(0);
	mm_root.nr_cpus_online = cpus;
	mm_root.tsc_booted = 1;
	sim_irq_flags = 0x200;
}

/* ---- mappings ---- */

#define VM_SLOTS ((VMALLOC_END - VMALLOC_START) >> PAGE_SHIFT)
#define MOD_SLOTS ((MODULES_END - MODULES_START) >> PAGE_SHIFT)
#define PER_TABLE 512

enum pte_state { PTE_NONE, PTE_MAPPED, PTE_STALE };

struct pte {
	uint64_t pa;
	enum pte_state state;
};

static struct pte ptes[VM_SLOTS + MOD_SLOTS];
static struct page *tables[(VM_SLOTS + MOD_SLOTS) / PER_TABLE];
static unsigned long mapped, flushes, large;
/* Indexes of stale entries lie in here. */
static unsigned long stale_from = ~0UL, stale_to;

static struct pte *pte_of(unsigned long va)
{
	if (va - VMALLOC_START < VMALLOC_END - VMALLOC_START)
		return &ptes[(va - VMALLOC_START) >> PAGE_SHIFT];
	if (va - MODULES_START < MODULES_END - MODULES_START)
		return &ptes[VM_SLOTS + ((va - MODULES_START) >> PAGE_SHIFT)];
	return NULL;
}

static unsigned long va_of(const struct pte *pte)
{
	unsigned long i = (unsigned long)(pte - ptes);

	return i < VM_SLOTS ? VMALLOC_START + (i << PAGE_SHIFT) : MODULES_START + ((i - VM_SLOTS) << PAGE_SHIFT);
}

static void check(bool good, const char *what, unsigned long va)
{
	if (good)
		return;
	fprintf(stderr, "sim: %s at %#lx\n", what, va);
	abort();
}

static bool is_ram(uint64_t pa)
{
	for (unsigned int i = 0; i < nr_ram; i++)
		if (pa - ram_ranges[i].base < ram_ranges[i].size)
			return true;
	return false;
}

/* Is the page a part of an allocated block? */
static bool allocated(uint64_t pa)
{
	const struct page *first = (const struct page *)SIM_VMEMMAP;
	unsigned long pfn = pa >> PAGE_SHIFT, head = pfn;

	while (first[head].state == PAGE_QUIET && head & ((1UL << MAX_PAGE_ORDER) - 1))
		head &= head - 1;
	return first[head].state == PAGE_USED && !((pfn - head) >> first[head].order);
}

/* ---- entries ---- */

/* From MAPPED to STALE: as a machine whose TLB forgets nothing by itself. */
static void unmap_one(struct pte *pte)
{
	unsigned long i = (unsigned long)(pte - ptes);

	if (pte->state != PTE_MAPPED)
		return;
	pte->state = PTE_STALE;
	mapped--;
	if (i < stale_from)
		stale_from = i;
	if (i >= stale_to)
		stale_to = i + 1;
}

static void forget(struct pte *pte)
{
	check(!munmap((void *)va_of(pte), PAGE_SIZE), "munmap", va_of(pte));
	check(!is_ram(pte->pa) || allocated(pte->pa), "page freed before the flush", va_of(pte));
	*pte = (struct pte){0};
}

static int map_one(unsigned long at, uint64_t pa, pgprot_t prot, gfp_t gfp)
{
	int rights = pgprot_val(prot) & _PAGE_RW ? PROT_READ | PROT_WRITE : PROT_READ;
	struct pte *pte = pte_of(at);
	struct page **table;

	check(pte != NULL, "mapping outside", at);
	check(pte->state == PTE_NONE, pte->state == PTE_STALE ? "address reused before the flush" : "mapped twice", at);
	table = &tables[(pte - ptes) / PER_TABLE];
	if (!*table)
		*table = pgtable_alloc(gfp);
	if (!*table)
		return -ENOMEM;
	check(!is_ram(pa) || allocated(pa), "mapping a page that is not allocated", at);
	check((pgprot_val(prot) & (_PAGE_RW | _PAGE_NX)) != _PAGE_RW, "writable and executable", at);
	check(mmap((void *)at, PAGE_SIZE, rights, MAP_SHARED | MAP_FIXED_NOREPLACE, ram, (off_t)pa) == (void *)at,
	      "mmap", at);
	*pte = (struct pte){pa, PTE_MAPPED};
	mapped++;
	return 0;
}

static unsigned long pa_of(const struct page *page)
{
	return (unsigned long)(page - (struct page *)SIM_VMEMMAP) << PAGE_SHIFT;
}

int arch_vmap_pages(unsigned long va, struct page **pages, unsigned long nr, pgprot_t prot, gfp_t gfp)
{
	for (unsigned long i = 0; i < nr; i++) {
		if (!map_one(va + i * PAGE_SIZE, pa_of(pages[i]), prot, gfp))
			continue;
		arch_vunmap_range(va, i * PAGE_SIZE);
		return -ENOMEM;
	}
	return 0;
}

int arch_vmap_range(unsigned long va, uint64_t pa, unsigned long size, pgprot_t prot, gfp_t gfp)
{
	large += !((va | pa) & (PMD_SIZE - 1)) && size >= PMD_SIZE;
	for (unsigned long at = 0; at < size; at += PAGE_SIZE) {
		if (!map_one(va + at, pa + at, prot, gfp))
			continue;
		arch_vunmap_range(va, at);
		return -ENOMEM;
	}
	return 0;
}

void arch_vunmap_range(unsigned long va, unsigned long size)
{
	for (unsigned long at = va; at < va + size; at += PAGE_SIZE)
		unmap_one(pte_of(at));
}

void arch_vunmap_mapped(unsigned long va, unsigned long size)
{
	for (unsigned long at = va; at < va + size; at += PAGE_SIZE)
		check(pte_of(at)->state == PTE_MAPPED, "said to be mapped", at);
	arch_vunmap_range(va, size);
}

void arch_unhook_tables(unsigned long start, unsigned long end, struct list_head *gone)
{
	for (unsigned long at = start; at < end; at = (at | (PMD_SIZE - 1)) + 1) {
		unsigned long t = (unsigned long)(pte_of(at) - ptes) / PER_TABLE;
		bool used = false;

		for (unsigned long i = t * PER_TABLE; i < (t + 1) * PER_TABLE; i++)
			used |= ptes[i].state == PTE_MAPPED;
		if (used || !tables[t])
			continue;
		tables[t]->lru.next = gone->next;
		tables[t]->lru.prev = gone;
		gone->next->prev = &tables[t]->lru;
		gone->next = &tables[t]->lru;
		tables[t] = NULL;
	}
}

/* ---- flushes ---- */

void arch_flush_tlb_local(unsigned long start, unsigned long end)
{
	(void)start; /* other CPUs remember still */
	(void)end;
}

void arch_flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	unsigned long left_from = ~0UL, left_to = 0;

	check(nr_cpu_ids == 1 || sim_irq_flags || !mm_root.tsc_booted, "flush with interrupts off", start);
	flushes++;
	for (unsigned long i = stale_from; i < stale_to; i++) {
		struct pte *pte = &ptes[i];

		if (pte->state != PTE_STALE)
			continue;
		if (va_of(pte) >= start && va_of(pte) < end) {
			forget(pte);
			continue;
		}
		left_from = left_from == ~0UL ? i : left_from;
		left_to = i + 1;
	}
	stale_from = left_from;
	stale_to = left_to;
}

void arch_flush_tlb_all(void)
{
	arch_flush_tlb_kernel_range(0, ~0UL);
}

struct page *arch_vmalloc_to_page(const void *va)
{
	struct pte *pte = pte_of((unsigned long)va);

	return pte && pte->state == PTE_MAPPED ? (struct page *)SIM_VMEMMAP + (pte->pa >> PAGE_SHIFT) : NULL;
}

/* ---- the direct map ---- */

int set_direct_map_invalid_noflush(struct page *page);
int set_direct_map_default_noflush(struct page *page);

int set_direct_map_invalid_noflush(struct page *page)
{
	return mprotect((void *)(PAGE_OFFSET + pa_of(page)), PAGE_SIZE, PROT_NONE) ? -EINVAL : 0;
}

int set_direct_map_default_noflush(struct page *page)
{
	return mprotect((void *)(PAGE_OFFSET + pa_of(page)), PAGE_SIZE, PROT_READ | PROT_WRITE) ? -EINVAL : 0;
}

unsigned long sim_large_mappings(void)
{
	return large;
}

unsigned long sim_tables(void)
{
	unsigned long n = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		n += tables[i] != NULL;
	return n;
}

unsigned long sim_flushes(void)
{
	return flushes;
}

unsigned long sim_mapped_pages(void)
{
	return mapped;
}

/* ---- faults ---- */

static sigjmp_buf fault_env;

static void on_fault(int sig)
{
	siglongjmp(fault_env, sig);
}

static bool faults(volatile char *addr, bool write)
{
	struct sigaction act = {.sa_handler = on_fault}, old_segv, old_bus;
	bool hit = false;

	sigaction(SIGSEGV, &act, &old_segv);
	sigaction(SIGBUS, &act, &old_bus);
	if (sigsetjmp(fault_env, 1)) {
		hit = true;
	} else {
		char c = *addr;

		if (write)
			*addr = c;
	}
	sigaction(SIGSEGV, &old_segv, NULL);
	sigaction(SIGBUS, &old_bus, NULL);
	return hit;
}

bool sim_faults(const volatile void *addr)
{
	return faults((volatile char *)addr, false);
}

bool sim_write_faults(volatile void *addr)
{
	return faults((volatile char *)addr, true);
}

/* ---- refusing allocations: the linker sends calls between files through these (-Wl,--wrap) ---- */

static long fail_countdown = -1;
static bool fail_done;

void sim_fail_at(long n)
{
	fail_countdown = n;
	fail_done = fail_done && n < 0;
}

bool sim_fail_hit(void)
{
	return fail_done;
}

static bool fail_always;

void sim_fail_always(bool yes)
{
	fail_always = yes;
}

static bool refuse(void)
{
	if (fail_always)
		return true;
	if (fail_countdown < 0 || fail_countdown-- > 0)
		return false;
	fail_done = true;
	return true;
}

struct page *__real_alloc_pages_owner(unsigned int gfp, unsigned int order, enum page_owner owner);
struct page *__wrap_alloc_pages_owner(unsigned int gfp, unsigned int order, enum page_owner owner);
unsigned long __real_alloc_pages_bulk_owner(unsigned int gfp, unsigned long nr, struct page **pages,
					    enum page_owner owner);
unsigned long __wrap_alloc_pages_bulk_owner(unsigned int gfp, unsigned long nr, struct page **pages,
					    enum page_owner owner);
void *__real_kmem_cache_alloc(struct kmem_cache *s, unsigned int gfp);
void *__wrap_kmem_cache_alloc(struct kmem_cache *s, unsigned int gfp);
void *__real___kmalloc_cache(struct kmem_cache *s, unsigned int gfp, size_t size);
void *__wrap___kmalloc_cache(struct kmem_cache *s, unsigned int gfp, size_t size);
void *__real___kmalloc(size_t size, unsigned int gfp);
void *__wrap___kmalloc(size_t size, unsigned int gfp);

struct page *__wrap_alloc_pages_owner(unsigned int gfp, unsigned int order, enum page_owner owner)
{
	return refuse() ? NULL : __real_alloc_pages_owner(gfp, order, owner);
}

/* Refused half-way: the caller must cope with a partial answer. */
unsigned long __wrap_alloc_pages_bulk_owner(unsigned int gfp, unsigned long nr, struct page **pages,
					    enum page_owner owner)
{
	return __real_alloc_pages_bulk_owner(gfp, refuse() ? nr / 2 : nr, pages, owner);
}

void *__wrap_kmem_cache_alloc(struct kmem_cache *s, unsigned int gfp)
{
	return refuse() ? NULL : __real_kmem_cache_alloc(s, gfp);
}

void *__wrap___kmalloc_cache(struct kmem_cache *s, unsigned int gfp, size_t size)
{
	return refuse() ? NULL : __real___kmalloc_cache(s, gfp, size);
}

void *__wrap___kmalloc(size_t size, unsigned int gfp)
{
	return refuse() ? NULL : __real___kmalloc(size, gfp);
}

/* ---- randomness: splitmix64 ---- */

static uint64_t seed_now;

uint64_t sim_random(void)
{
	static bool begun;
	uint64_t z;

	if (!begun) {
		const char *text = getenv("MM_TEST_SEED");

		seed_now = text ? strtoull(text, NULL, 0) : (uint64_t)getpid() * 0x9e3779b97f4a7c15ULL;
		fprintf(stderr, "MM_TEST_SEED=%#llx\n", (unsigned long long)seed_now);
		begun = true;
	}
	z = seed_now += 0x9e3779b97f4a7c15ULL;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint32_t sim_below(uint32_t limit)
{
	return (uint32_t)((sim_random() >> 32) * limit >> 32);
}

unsigned long sim_steps(unsigned long standard)
{
	const char *text = getenv("MM_TEST_STEPS");

	return text ? strtoul(text, NULL, 0) : standard;
}
