# SPDX-License-Identifier: MIT
#
# count.awk - an independent count of a trace in ftrace's format, for comparison: no table of flags, no slots, no streams.
# Prints "name number" lines. A page allocation counts as internal when it has NORETRY and COMP and neither
# HIGHMEM, MOVABLE nor a mask that contains them, and the next event of the same task at the same interrupt level allocates an object.

function value(key) {
	if (!match($0, " " key "=[^ ]*"))
		return ""
	return substr($0, RSTART + length(key) + 2, RLENGTH - length(key) - 2)
}

/^#/ || /^CPU:/ { next }

{
	events++
	what = $5
	context = $1 substr($3, 3, 1)
	if ($1 ~ /^<idle>/)
		context = context $2
	allocates = what == "kmalloc:" || what == "kmem_cache_alloc:"
	own = what == "mm_page_alloc:" && /NORETRY/ && /COMP/ && !/MOVABLE|HIGHMEM|HIGHUSER/
	if (context in open && !own) {
		if (allocates) {
			n = split(open[context], pfns, " ")
			for (i = 1; i <= n; i++) {
				internal++
				inner[pfns[i]] = 1
				delete page[pfns[i]]
			}
		}
		delete open[context]
	}
}

what == "kmalloc:" || what == "kmem_cache_alloc:" {
	allocs[what]++
	if (value("ptr") in object)
		reused++
	object[value("ptr")] = what
}

what == "mm_page_alloc:" {
	allocs[what]++
	page[value("pfn")] = 1
	delete inner[value("pfn")]
	if (own)
		open[context] = open[context] " " value("pfn")
}

what == "kfree:" || what == "kmem_cache_free:" {
	p = value("ptr")
	if (p == "0000000000000000") {
		null_frees++
	} else if (p in object) {
		frees[object[p]]++
		delete object[p]
	} else {
		unknown++
	}
}

what == "mm_page_free:" {
	p = value("pfn")
	if (p in inner) {
		internal_frees++
		delete inner[p]
	} else if (p in page) {
		frees["mm_page_alloc:"]++
		delete page[p]
	} else {
		unknown++
	}
}

END {
	print "events", events + 0
	print "kmalloc", allocs["kmalloc:"] + 0
	print "cache", allocs["kmem_cache_alloc:"] + 0
	print "pages", allocs["mm_page_alloc:"] + 0
	print "internal", internal + 0
	print "kmalloc_frees", frees["kmalloc:"] + 0
	print "cache_frees", frees["kmem_cache_alloc:"] + 0
	print "page_frees", frees["mm_page_alloc:"] + 0
	print "internal_frees", internal_frees + 0
	print "unknown", unknown + 0
	print "null_frees", null_frees + 0
	print "reused", reused + 0
}
