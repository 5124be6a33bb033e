/* SPDX-License-Identifier: MIT */
/*
 * gfp_types.h - the bits that say how memory is to be found, and the masks people use.
 *
 * Groups: zone bits name the highest zone allowed; mobility bits say whether the page can be moved or dropped;
 * watermark bits say how deep into the reserve a request may dig; reclaim bits say what it may do when memory is
 * short; action bits say what to do with the result. Test bits, never compare whole masks.
 */
#ifndef _LINUX_GFP_TYPES_H
#define _LINUX_GFP_TYPES_H

typedef unsigned int gfp_t;

/* Zone bits: at most one of DMA, DMA32, HIGHMEM. No bit: the highest ordinary zone. */
#define __GFP_DMA ((gfp_t)0x01u)
#define __GFP_HIGHMEM ((gfp_t)0x02u)
#define __GFP_DMA32 ((gfp_t)0x04u)
#define __GFP_MOVABLE ((gfp_t)0x08u)
#define GFP_ZONEMASK (__GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32 | __GFP_MOVABLE)

/* Mobility (with __GFP_MOVABLE above), placement and accounting. */
#define __GFP_RECLAIMABLE ((gfp_t)0x10u)
#define __GFP_WRITE ((gfp_t)0x1000u)
#define __GFP_HARDWALL ((gfp_t)0x100000u)
#define __GFP_THISNODE ((gfp_t)0x200000u)
#define __GFP_ACCOUNT ((gfp_t)0x400000u)

/* Watermarks: HIGH may use half of the min reserve, MEMALLOC all of it; NOMEMALLOC beats MEMALLOC. */
#define __GFP_HIGH ((gfp_t)0x20u)
#define __GFP_MEMALLOC ((gfp_t)0x20000u)
#define __GFP_NOMEMALLOC ((gfp_t)0x80000u)

/* Reclaim: what the request may do to get memory. DIRECT_RECLAIM means "may sleep". */
#define __GFP_IO ((gfp_t)0x40u)
#define __GFP_FS ((gfp_t)0x80u)
#define __GFP_DIRECT_RECLAIM ((gfp_t)0x400u)
#define __GFP_KSWAPD_RECLAIM ((gfp_t)0x800u)
#define __GFP_RECLAIM (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define __GFP_RETRY_MAYFAIL ((gfp_t)0x4000u)
#define __GFP_NOFAIL ((gfp_t)0x8000u)
#define __GFP_NORETRY ((gfp_t)0x10000u)

/* Action. */
#define __GFP_ZERO ((gfp_t)0x100u)
#define __GFP_NOWARN ((gfp_t)0x2000u)
#define __GFP_COMP ((gfp_t)0x40000u)
#define __GFP_ZEROTAGS ((gfp_t)0x800000u)
#define __GFP_SKIP_ZERO ((gfp_t)0)
#define __GFP_SKIP_KASAN ((gfp_t)0)
#define __GFP_SKIP_KASAN_POISON ((gfp_t)0)
#define __GFP_SKIP_KASAN_UNPOISON ((gfp_t)0)
#define __GFP_NO_OBJ_EXT ((gfp_t)0)
#define __GFP_NOLOCKDEP ((gfp_t)0)

#define __GFP_BITS_SHIFT 24
#define __GFP_BITS_MASK ((gfp_t)((1u << __GFP_BITS_SHIFT) - 1))

/* The masks. */
#define GFP_ATOMIC (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOWAIT (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_NOIO (__GFP_RECLAIM)
#define GFP_NOFS (__GFP_RECLAIM | __GFP_IO)
#define GFP_USER (__GFP_RECLAIM | __GFP_IO | __GFP_FS | __GFP_HARDWALL)
#define GFP_DMA __GFP_DMA
#define GFP_DMA32 __GFP_DMA32
#define GFP_HIGHUSER (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)
#define GFP_TRANSHUGE_LIGHT ((GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC | __GFP_NOWARN) & ~__GFP_RECLAIM)
#define GFP_TRANSHUGE (GFP_TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM)

/* Names of older kernels, kept so that old source compiles. */
#define __GFP_WAIT __GFP_RECLAIM
#define __GFP_HIGHIO ((gfp_t)0)
#define __GFP_ATOMIC ((gfp_t)0)
#define __GFP_REPEAT __GFP_RETRY_MAYFAIL
#define __GFP_COLD ((gfp_t)0)
#define __GFP_NOTRACK ((gfp_t)0)
#define __GFP_OTHER_NODE ((gfp_t)0)
#define GFP_TEMPORARY (GFP_KERNEL | __GFP_RECLAIMABLE)
#define GFP_IOFS (__GFP_IO | __GFP_FS)
#define GFP_THISNODE (__GFP_THISNODE | __GFP_NOWARN | __GFP_NORETRY)
#define GFP_RECLAIM __GFP_RECLAIM
#define GFP_NOWARN __GFP_NOWARN
/* Spellings of an old tutorial: GFP_AUTOMATIC for GFP_ATOMIC, one underscore for two. */
#define GFP_AUTOMATIC GFP_ATOMIC
#define _GFP_WAIT __GFP_WAIT
#define _GFP_HIGH __GFP_HIGH
#define _GFP_IO __GFP_IO
#define _GFP_FS __GFP_FS
#define _GFP_HIGHIO __GFP_HIGHIO
#define _GFP_DMA __GFP_DMA
#define _GFP_DMA32 __GFP_DMA32
#define _GFP_HIGHMEM __GFP_HIGHMEM

#endif
