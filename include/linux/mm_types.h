/* SPDX-License-Identifier: MIT */
/* mm_types.h - struct page and its relatives: declared once, in shared/mm.h, where the inspector reads them too. */
#ifndef _LINUX_MM_TYPES_H
#define _LINUX_MM_TYPES_H

#include <linux/types.h>
#include "shared/mm.h"

/** struct folio - a block of pages, by the entry of its head */
struct folio {
	struct page page;
};

#endif
