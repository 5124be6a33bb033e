// SPDX-License-Identifier: MIT
/*
 * check_ring.c - rings of descriptors that devices take their requests from: what a device may be told to read or write.
 *
 * A ring whose lock is held is being changed and is left alone. Indices are taken modulo nothing: one that is out of bounds is
 * a fault. Walks mark what they pass, so none passes a descriptor twice.
 */
#include <stdio.h>
#include <string.h>

#include "shared/devices.h"
#include "shared/virtio.h"
#include "tools/view/check_impl.h"

#define MAX_RINGS 1024

/** struct ring_check - one ring while it is looked at. @at: its structure */
struct ring_check {
	struct check_ctx *c;
	gva_t at;
	struct mm_ring ring;
};

static struct check_fault *ring_fault(const struct ring_check *k, enum rule rule, uint32_t n)
{
	size_t size = k->ring.kind == RING_VIRTQ ? sizeof(struct virtq_desc) : sizeof(struct dma_desc);

	return check_fault(k->c, rule, CHECK_NO_PFN, k->ring.desc.va + n * size, "ring of %.16s, descriptor %u",
			   k->ring.name, n);
}

/* [addr, addr + len) is somebody's: nothing of it is free, fresh or no RAM at all. */
static void check_buffer(const struct ring_check *k, uint32_t n, gpa_t addr, uint64_t len)
{
	gpa_t end = addr + len;

	for (gpa_t at = addr & ~(MMV_PAGE_SIZE - 1); at < end || at < addr; at += MMV_PAGE_SIZE) {
		uint64_t pfn = at >> MMV_PAGE_SHIFT;
		struct check_fault *f;
		struct page head;

		if (page_reserved(k->c, pfn) || (pfn < k->c->max_pfn && frame_state(k->c, pfn, &head) == PAGE_USED))
			continue;
		f = ring_fault(k, R_RING_BUFFER, n);
		check_got(f, "%lu bytes at %#lx: pfn %#lx is %s", len, addr, pfn,
			  page_ram(k->c, pfn) ? "free" : "no RAM");
		check_want(f, "allocated or reserved memory");
		return;
	}
}

/* ---- virtqueues ---- */

/* Marks what is free. Return: was the chain whole? */
static bool walk_free(const struct ring_check *k, const struct virtq_desc *desc, bool *is_free)
{
	uint32_t n = k->ring.first;

	for (uint32_t i = 0; i < k->ring.nr; i++) {
		struct check_fault *f;

		if (n < k->ring.size && !is_free[n]) {
			is_free[n] = true;
			n = desc[n].next;
			continue;
		}
		f = ring_fault(k, R_RING_FREE, n);
		check_got(f, n < k->ring.size ? "a free descriptor that was passed before" : "a link out of the ring");
		check_want(f, "%u different free descriptors, not %u", k->ring.nr, i);
		return false;
	}
	return true;
}

/* Those in use: chains that go on in those in use only, no two into the same, and no circle. */
static void check_chains(const struct ring_check *k, const struct virtq_desc *desc, const bool *is_free)
{
	bool follows[VIRTQ_MAX] = {false}, passed[VIRTQ_MAX] = {false};
	struct check_fault *f;

	for (uint32_t n = 0; n < k->ring.size; n++) {
		if (is_free[n] || !(desc[n].flags & VIRTQ_DESC_F_NEXT))
			continue;
		if (desc[n].next < k->ring.size && !is_free[desc[n].next] && !follows[desc[n].next]) {
			follows[desc[n].next] = true;
			continue;
		}
		f = ring_fault(k, R_RING_CHAIN, n);
		check_got(f, "next %u", desc[n].next);
		check_want(f, "one in use that follows no other");
		return;
	}
	for (uint32_t n = 0; n < k->ring.size; n++)
		for (uint32_t at = n; !is_free[n] && !follows[n] && !passed[at]; at = desc[at].next) {
			passed[at] = true;
			if (!(desc[at].flags & VIRTQ_DESC_F_NEXT))
				break;
		}
	for (uint32_t n = 0; n < k->ring.size; n++) {
		if (is_free[n] || passed[n])
			continue;
		f = ring_fault(k, R_RING_CHAIN, n);
		check_got(f, "part of a circle");
		check_want(f, "chains that end");
		return;
	}
}

static void check_virtq(const struct ring_check *k)
{
	struct virtq_desc desc[VIRTQ_MAX];
	bool is_free[VIRTQ_MAX] = {false};
	struct check_fault *f;

	if (!k->ring.size || k->ring.size > VIRTQ_MAX || k->ring.nr > k->ring.size ||
	    view_read(k->c->v, k->ring.desc.va, desc, k->ring.size * sizeof(desc[0]))) {
		f = ring_fault(k, R_RING_FREE, 0);
		check_got(f, "%u free of %u", k->ring.nr, k->ring.size);
		check_want(f, "a ring in memory of at most %d descriptors", VIRTQ_MAX);
		return;
	}
	if (!walk_free(k, desc, is_free))
		return;
	check_chains(k, desc, is_free);
	for (uint32_t n = 0; n < k->ring.size; n++)
		if (!is_free[n])
			check_buffer(k, n, desc[n].addr, desc[n].len);
}

/* ---- the engine's ---- */

/* Addresses only when the guest is done: a suite may ask the engine for what it must refuse. */
static void check_engine(const struct ring_check *k)
{
	struct check_fault *f;

	if (k->ring.size > DMA_RING_MAX || k->ring.first >= k->ring.size || k->ring.nr > k->ring.size) {
		f = ring_fault(k, R_RING_FREE, 0);
		check_got(f, "%u descriptors from %u on, of %u", k->ring.nr, k->ring.first, k->ring.size);
		check_want(f, "no more than the ring has, %d at most", DMA_RING_MAX);
		return;
	}
	for (uint32_t i = 0; i < k->ring.nr && !k->c->busy; i++) {
		uint32_t n = (k->ring.first + i) % k->ring.size;
		struct dma_desc desc;

		if (view_read(k->c->v, k->ring.desc.va + n * sizeof(desc), &desc, sizeof(desc)) ||
		    desc.status != DMA_PENDING)
			continue;
		if ((desc.op == DMA_COPY || desc.op == DMA_CRC32C) && !(desc.flags & DMA_F_SRC_SG))
			check_buffer(k, n, desc.src, desc.len);
		if ((desc.op == DMA_COPY || desc.op == DMA_FILL) && !(desc.flags & DMA_F_DST_SG))
			check_buffer(k, n, desc.dst, desc.len);
	}
}

/* ---- the list ---- */

static bool in_flux(const struct ring_check *k)
{
	struct mm_lock lock;

	return view_read(k->c->v, k->ring.lock.va, &lock, sizeof(lock)) || lock.word;
}

static void check_ring(const struct ring_check *k)
{
	if (in_flux(k)) {
		check_flux(k->c, R_RING_FREE, R_RING_BUFFER);
		return;
	}
	check_ran_all(k->c, R_RING_FREE, R_RING_BUFFER);
	if (k->ring.kind == RING_VIRTQ)
		check_virtq(k);
	else
		check_engine(k);
}

void check_rings(struct check_ctx *c)
{
	gva_t head = view_root_addr(c->v) + offsetof(struct mm_root, rings), prev = head;
	gva_t at = c->root->rings.next.va;
	struct check_fault *f;

	if (!check_lock(c, &c->root->ring_lock, view_root_addr(c->v) + offsetof(struct mm_root, ring_lock),
			"the list of rings")) {
		check_flux(c, R_RING_LINKED, R_RING_BUFFER);
		return;
	}
	check_ran(c, R_RING_LINKED);
	for (unsigned int n = 0; at != head; n++) {
		struct ring_check k = {.c = c, .at = at - offsetof(struct mm_ring, node)};

		if (n == MAX_RINGS || view_read(c->v, k.at, &k.ring, sizeof(k.ring)) || k.ring.node.prev.va != prev ||
		    (k.ring.kind != RING_VIRTQ && k.ring.kind != RING_ENGINE)) {
			f = check_fault(c, R_RING_LINKED, CHECK_NO_PFN, at, "list of rings");
			check_got(f, "no ring, or one that does not lead back");
			check_want(f, "a ring whose prev is %#lx", prev);
			return;
		}
		check_ring(&k);
		prev = at;
		at = k.ring.node.next.va;
	}
	if (c->root->rings.prev.va == prev)
		return;
	f = check_fault(c, R_RING_LINKED, CHECK_NO_PFN, head, "list of rings");
	check_got(f, "last ring at %#lx", c->root->rings.prev.va);
	check_want(f, "%#lx", prev);
}
