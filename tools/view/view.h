/* SPDX-License-Identifier: MIT */
/*
 * view.h - a guest's memory as the host sees it: open it, translate addresses, read.
 *
 *	view_open(path)        a control socket (live guest) or an ELF core
 *	view_open_regions(t)   in process: a table of mappings (the VMM, at the end of a run)
 *	view_read(v, gva, …)   copy from a kernel address, through the guest's own page tables
 *	view_phys(v, gpa, n)   bounded pointer into the mapping, or NULL
 *
 * Everything that comes out of a guest is untrusted: no function here follows a guest pointer without checking it,
 *walks without a bound, or recurses on guest data. Memory is only ever mapped read-only by view_open().
 *
 * Other headers of this library: symtab.h (names of addresses), check.h (the invariants), list.h (buddyinfo & co.).
 * A view is used by one thread at a time. Errors are one line without newline in the caller's @err.
 */
#ifndef MMV_TOOLS_VIEW_H
#define MMV_TOOLS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/control.h"
#include "shared/mm.h"
#include "shared/task.h"

struct view;

/** Large enough for every error line of this library. */
#define VIEW_ERR_MAX 512

/** Page-table entry bits, as view_translate() and view_walk() report them: the effective ones over all levels. */
#define VIEW_PTE_PRESENT (1ULL << 0)
#define VIEW_PTE_WRITE (1ULL << 1)
#define VIEW_PTE_USER (1ULL << 2)
#define VIEW_PTE_NOCACHE (1ULL << 4)
#define VIEW_PTE_ACCESSED (1ULL << 5)
#define VIEW_PTE_DIRTY (1ULL << 6)
#define VIEW_PTE_HUGE (1ULL << 7)
#define VIEW_PTE_GLOBAL (1ULL << 8)
#define VIEW_PTE_NX (1ULL << 63)

/**
 * struct view_region - guest-physical [gpa, gpa + size) is mapped at @host.
 * @fd, @offset: the file behind it, so that holes can be found without touching them; -1: unknown, all counts as
 * present
 */
struct view_region {
	gpa_t gpa;
	uint64_t size;
	const void *host;
	int fd;
	uint64_t offset;
	bool is_ram;
};

enum view_kind { VIEW_LIVE, VIEW_CORE, VIEW_REGIONS };

/**
 * view_open - open a control socket or an ELF core, whichever @source is
 * A live guest is not paused (but for a moment if its page tables cannot be found otherwise); view_regs() knows nothing
 * before view_pause().
 * Return: the view, or NULL and the reason in @err (at least VIEW_ERR_MAX bytes).
 */
struct view *view_open(const char *source, char *err);

/**
 * view_open_regions - look at memory that this process has mapped
 * @root: address of struct mm_root, 0 if the guest never said: then only reads and backtraces work
 * @regs: one per vCPU (copied); they say which page tables to start with
 * @kernel: path of the kernel ELF, or NULL
 */
struct view *view_open_regions(const struct view_region *regions, unsigned int nr_regions, gva_t root,
			       const struct guest_regs *regs, unsigned int nr_cpus, const char *kernel, char *err);

/** view_close - give back everything, resume the guest if this view paused it. view_close(NULL) is fine. */
void view_close(struct view *v);

enum view_kind view_kind(const struct view *v);
/** view_kernel - path of the kernel ELF, "" if unknown. */
const char *view_kernel(const struct view *v);
/** view_modules - paths of the payloads' object files, as far as they are known; @nr gets how many. They live as long as @v. */
const char *const *view_modules(const struct view *v, unsigned int *nr);
/** view_reason - for a core: the one line that says why it was written, else "". */
const char *view_reason(const struct view *v);
/** view_crashed_cpu - for a core: index of the vCPU that crashed, or -1. */
int view_crashed_cpu(const struct view *v);

/**
 * view_pause, view_resume - stop and continue the vCPUs of a live guest; nothing to do for other views
 * Pausing also reads root and registers again.
 * Return: 0, or -errno with the reason in @err.
 */
int view_pause(struct view *v, char *err);
int view_resume(struct view *v, char *err);
/** view_paused_ns - for how long this view has paused the guest so far, in nanoseconds. */
uint64_t view_paused_ns(const struct view *v);

struct json_object;

/**
 * view_ask - one request to the VMM of a live guest, as shared/control.h has them
 * Return: its reply, also if it refuses; NULL and one line in @err: there is none. The caller owns it.
 */
struct json_object *view_ask(struct view *v, const char *request, char *err);

/** view_snapshot - have the VMM of a live guest write a core. Return: its reply, or NULL and one line in @err. */
struct json_object *view_snapshot(struct view *v, const char *path, char *err);

/**
 * view_log - what the guest printed, as CORE_NOTE_LOG has it (shared/core.h); free() it
 * Return: NULL and one line in @err if it is not known.
 */
char *view_log(struct view *v, char *err);

/** view_regs - registers of a vCPU as last read; NULL if there is none. */
const struct guest_regs *view_regs(const struct view *v, unsigned int cpu);
unsigned int view_nr_cpus(const struct view *v);

/** view_region - the nth region, NULL past the end. Sorted by address. */
const struct view_region *view_region(const struct view *v, unsigned int n);

/** view_root_addr - address of struct mm_root, 0 if the guest has not said. */
gva_t view_root_addr(const struct view *v);

/**
 * view_root - the guest's struct mm_root, a copy as of the last open or pause
 * @err: if not NULL, gets the reason when it is unusable: never announced, unreadable, wrong magic, version or size
 * Return: the copy, or NULL.
 */
const struct mm_root *view_root(const struct view *v, char *err);

/* ---- memory ---- */

/** view_phys - pointer to guest-physical [gpa, gpa + len), or NULL if any of it is outside the regions. */
const void *view_phys(const struct view *v, gpa_t gpa, uint64_t len);

/**
 * view_span - pointer to the byte at @gpa
 * @len: in: how many bytes are wanted; out: how many of them lie there in one piece
 * Return: NULL if nothing is at @gpa.
 */
const void *view_span(const struct view *v, gpa_t gpa, uint64_t *len);

/** view_read_phys - copy out. Return: 0, or -EFAULT and nothing copied. */
int view_read_phys(const struct view *v, gpa_t gpa, void *buf, size_t len);

/**
 * view_backed - the first run of bytes that exist in the file behind, at or after @gpa
 * What lies between is a hole: it reads as zero, and asking for it by view_phys() would make it exist.
 * @end: where the caller's interest ends; start and length of the run go to @start, @len
 * Return: whether there is one.
 */
bool view_backed(const struct view *v, gpa_t gpa, gpa_t end, gpa_t *start, uint64_t *len);

/** view_cr3 - the kernel's page tables, as used for view_read(). */
gpa_t view_cr3(const struct view *v);

/**
 * view_translate - walk 4-level page tables
 * @cr3: top table; view_cr3() for the kernel's
 * @page_size: 4 KiB, 2 MiB or 1 GiB; may be NULL. @flags: VIEW_PTE_*; may be NULL.
 * Return: 0, or -EFAULT: not canonical, not present, or a table lies outside memory.
 */
int view_translate(const struct view *v, gpa_t cr3, gva_t va, gpa_t *gpa, uint64_t *page_size, uint64_t *flags);

/** view_entry - the entry that maps @va in the kernel's tables, whatever its level. Return: 0, or -EFAULT: not mapped. */
int view_entry(const struct view *v, gva_t va, uint64_t *entry);

/** struct view_step - one level of a walk, for those who want to show it. */
struct view_step {
	int level; /* 4 (top) .. 1 */
	gpa_t entry_gpa;
	uint64_t entry;
};

/** view_walk - as view_translate(), and note each entry visited. Return: entries in @steps (1..4), 0 if cr3 is nowhere.
 */
int view_walk(const struct view *v, gpa_t cr3, gva_t va, struct view_step steps[4]);

/** view_read - copy @len bytes from a kernel address. Return: 0, or -EFAULT (@buf is then undefined). */
int view_read(const struct view *v, gva_t va, void *buf, size_t len);

/** view_read_str - a string of at most @size - 1 bytes, always terminated; unprintable bytes become '?'. */
int view_read_str(const struct view *v, gva_t va, char *buf, size_t size);

/* ---- pages ---- */

/** view_page - copy of the entry of @pfn, through vmemmap. Return: 0 or -EFAULT. */
int view_page(const struct view *v, uint64_t pfn, struct page *page);

/** view_page_head - the pfn whose entry speaks for @pfn, by the rule in shared/mm.h; @page gets the entry. -ENOENT:
 * none. */
int view_page_head(const struct view *v, uint64_t pfn, uint64_t *head, struct page *page);

/** view_pfn_of - which pfn's entry lies at @page. Return: 0, or -EINVAL: outside vmemmap or between two entries. */
int view_pfn_of(gva_t page, uint64_t *pfn);

static inline gva_t view_page_addr(uint64_t pfn)
{
	return VMEMMAP + pfn * sizeof(struct page);
}

/* ---- stacks ---- */

/**
 * view_backtrace - the chain of frame pointers
 * @cb: called with the program counter first, then every return address; false ends it
 * Return: frames reported. At most VIEW_MAX_FRAMES; ends where a frame pointer is unreadable or does not grow.
 */
#define VIEW_MAX_FRAMES 64
unsigned int view_backtrace(const struct view *v, const struct guest_regs *regs, bool (*cb)(void *ctx, gva_t pc),
			    void *ctx);

/** view_frames - the same from frame pointer @fp on, in the kernel's page tables: for a stack that nobody runs on */
unsigned int view_frames(const struct view *v, gva_t fp, bool (*cb)(void *ctx, gva_t pc), void *ctx);

#endif
