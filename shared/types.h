/* SPDX-License-Identifier: MIT */
/*
 * types.h - the words that both sides of the VM border are written in.
 *
 * A structure that the guest keeps and the host reads is declared once, here in shared/. Its
 * pointers are real pointers in the guest (MM_GUEST is 1) and inert 64-bit guest addresses on the
 * host, so that a tool cannot dereference one by accident: only view_read() and friends take them.
 *
 * The host build of guest/mm (tests/unit) is guest code too and sets MM_GUEST to 1.
 */
#ifndef MMV_SHARED_TYPES_H
#define MMV_SHARED_TYPES_H

#ifndef MM_GUEST
#define MM_GUEST 0
#endif

#include <stddef.h>
#include <stdint.h>

/** gpa_t - a guest-physical address, in bytes. */
typedef uint64_t gpa_t;
/** gva_t - a guest-virtual address as a number: never a pointer, on either side. */
typedef uint64_t gva_t;

#if MM_GUEST
#define GPTR(T) T *
#else
/** struct gptr - a guest pointer as the host sees it. */
typedef struct gptr {
	gva_t va;
} gptr_t;
#define GPTR(T) gptr_t
#endif

/* Every shared structure asserts its size, so a change on one side cannot go unnoticed. */
#define MMV_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " is " #bytes " bytes on both sides")
#define MMV_AT(type, field, off) _Static_assert(offsetof(type, field) == (off), #type "." #field " sits at " #off)

/** struct list_head - a circular doubly linked list; an empty head points at itself. */
struct list_head {
	GPTR(struct list_head) next;
	GPTR(struct list_head) prev;
};
MMV_SIZE(struct list_head, 16);

/**
 * struct rb_node - a node of a red-black tree.
 * @parent_color: address of the parent, with the colour in bit 0 (0 red, 1 black)
 */
struct rb_node {
	uint64_t parent_color;
	GPTR(struct rb_node) right;
	GPTR(struct rb_node) left;
};
MMV_SIZE(struct rb_node, 24);

struct rb_root {
	GPTR(struct rb_node) node;
};

/**
 * struct mm_lock - a spinlock as memory shows it.
 * @word: 0 when free; when held, 1 + the number of the holding CPU
 * @seq:  odd while the holder changes what the lock covers, even otherwise; grows by two per change.
 *        A reader with the vCPUs paused skips what is odd; a live reader trusts a walk only if @seq
 *        was even and did not change meanwhile.
 * @class: debug kernel: which kind of lock it is to the lock checker; 0: not seen yet
 * @ip:   debug kernel: low half of the address that took it last (code lies in the top 2 GiB), 0 if unknown
 */
struct mm_lock {
	uint32_t word;
	uint32_t seq;
	uint32_t class;
	uint32_t ip;
};
MMV_SIZE(struct mm_lock, 16);

/** struct wait_queue_head - who waits for something: struct wait_queue_entry of theirs (linux/wait.h), under @lock. */
struct wait_queue_head {
	struct mm_lock lock;
	struct list_head head;
};
MMV_SIZE(struct wait_queue_head, 32);

#endif
