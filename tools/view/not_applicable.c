// SPDX-License-Identifier: MIT
/*
 * not_applicable.c - what no rule proves, and why not: the rest of the list of invariants.
 *
 * Every number of the list is in the table of rules or in this one, in one of them only (tests/sabotage sees to it): whoever
 * writes a rule takes its number out of here. What is left the guest does not have, or it shows no trace of it at the moment
 * that a check looks at.
 */
#include <stdlib.h>

#include "tools/view/check.h"

#define NO_COUNTER "the guest keeps no such counter: listings count"
#define NO_MEMCG "no memory cgroups"
#define OF_LISTINGS "about listings, not the guest: tests compare them"

static const struct check_gap gaps[] = {
	{3, 3, "page <-> pfn round trip", "an entry keeps no section, zone or node: its address is its pfn"},
	{30, 30, "guard pages between free blocks", "the page allocator makes no guard pages"},
	{31, 32, "free pages reported or ballooned to the host", "no free page reporting, no balloon"},
	{43, 43, "lock of per-CPU page lists", "they have no lock: only their CPU changes them"},
	{54, 54, "mixed pageblocks", "a measure, not a rule: mm-inspect pagetypeinfo"},
	{55, 57, "CMA areas", "no CMA"},
	{64, 64, "compound destructors", "no destructors"},
	{65, 65, "map counts of large folios", "only single pages are mapped"},
	{66, 67, "hugetlb pages", "no hugetlb"},
	{68, 68, "list of huge pages to split", "no transparent huge pages"},
	{73, 73, "total of reserves", "the guest adds it up when asked: nothing is kept"},
	{75, 75, "who went below the min mark",
	 "who may by his mask leaves no mark on the page, pages got without any have PG_PFMEMALLOC, which their owners "
	 "may "
	 "clear: suites prove the way"},
	{80, 80, "per-CPU differences of counters", "counters are exact: there are no differences"},
	{84, 84, "NUMA counters", "one node"},
	{86, 87, "meminfo, kernel stacks", "the guest keeps no sums: meminfo and show_mem count when asked"},
	{96, 98, "CPU slabs", "no CPU slabs: slab.cpu.* prove the per-CPU arrays instead"},
	{107, 107, "transaction number of a CPU slab", "no CPU slabs"},
	{109, 109, "slab page counters", NO_COUNTER},
	{111, 111, "pages of RCU caches", "that a page waited for readers leaves no trace: suites prove it"},
	{114, 114, "bulk calls", "a call leaves nothing to look at"},
	{115, 115, "constructed contents of free objects", "what they must be is the owner's; a check sees one moment"},
	{117, 117, "charges of slab objects", NO_MEMCG},
	{119, 119, "random order of free lists", "free lists are not shuffled"},
	{129, 129, "sampled guarded objects", "no KFENCE"},
	{130, 130, "shadow memory", "no KASAN"},
	{132, 133, "pointers to freed objects, objects without pointers",
	 "a scan for what looks like a pointer accuses the innocent: a listing, not a rule (mm-inspect leaks)"},
	{152, 152, "free pages are unmapped", "no debug_pagealloc: poison instead"},
	{158, 158, "TLB generations",
	 "what a TLB holds cannot be read; vmalloc.lazy proves that nothing waiting for a flush is reused"},
	{168, 168, "generations of pages", "two lists of each kind, no generations"},
	{178, 178, "compressed swap", "no zswap or zram"},
	{182, 184, "charges, limits, stocks", NO_MEMCG},
	{186, 190, "charged objects, cgroups' counts", NO_MEMCG},
	{191, 195, "compressed pages", "no zsmalloc"},
	{196, 197, "per-CPU chunks", "no per-CPU allocator: one area per CPU, made at boot"},
	{199, 199, "balloon", "no balloon"},
	{200, 200, "page fragments", "a cache of fragments is its user's: nobody lists them"},
	{201, 201, "poisoned hardware pages", "no memory failure handling"},
	{209, 209, "synchronized ranges and directions", "of calls: the debug kernel does"},
	{214, 214, "stale bytes in bounce buffers",
	 "while a device writes, any byte may be the right one; the buffer is filled before it is mapped, as suites "
	 "prove"},
	{216, 216, "IOMMU tables", "no IOMMU"},
	{218, 218, "pool for atomic coherent memory", "no such pool"},
	{221, 221, "cached stacks", "stacks are not cached"},
	{226, 226, "per-CPU state is touched by its CPU only", "of accesses: nothing of it remains to look at"},
	{230, 230, "free pages in buddyinfo, pagetypeinfo and zoneinfo", OF_LISTINGS},
	{231, 231, "slab pages in slabinfo and meminfo", OF_LISTINGS},
	{234, 234, "committed memory", "user memory is given out without counting promises"},
	{237, 237, "reverse lookups", "of the inspector: tests look up what listings name"},
	{241, 241, "totals before and after a workload",
	 "what may stay is the workload's to say: mm-inspect diff, and the leak report after each payload"},
	{242, 242, "fragmentation indices", OF_LISTINGS},
	{243, 243, "pageblocks change type by stealing only", "they do when blocks merge, too, and nobody counts that"},
	{245, 245, "a stopped guest reads the same twice", "tests compare two looks at a paused guest"},
};

bool check_numbered(unsigned int number)
{
	unsigned int nr;
	const struct check_rule *rules = check_rules(&nr);

	for (unsigned int i = 0; i < nr; i++)
		for (const char *at = rules[i].numbers; *at;) {
			char *end;
			unsigned long n = strtoul(at, &end, 10);

			if (end != at && n == number)
				return true;
			/* Some have a letter: they belong to another list. */
			while (*end && *end != ',')
				end++;
			at = *end ? end + 1 : end;
		}
	return false;
}

const struct check_gap *check_gaps(unsigned int *nr)
{
	*nr = sizeof(gaps) / sizeof(gaps[0]);
	return gaps;
}
