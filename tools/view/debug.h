/* SPDX-License-Identifier: MIT */
/*
 * debug.h - what the debug kernel remembers: call stacks, and whose every page is and was.
 *
 * In a guest with the release kernel there is nothing: no stack, no entry; no error either.
 */
#ifndef MMV_TOOLS_DEBUG_H
#define MMV_TOOLS_DEBUG_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/view/symtab.h"
#include "tools/view/view.h"

struct json_object;

/**
 * view_stack - the return addresses behind a handle of the guest's stack depot, innermost call first
 * Return: how many, at most @max; 0: handle 0, no depot, or nothing sane there.
 */
unsigned int view_stack(const struct view *v, uint32_t handle, gva_t *entries, unsigned int max);

/** print_stack - such a stack, a line for each entry, each begun by @indent; @s may be NULL. Return: lines. */
unsigned int print_stack(const struct view *v, const struct symtab *s, uint32_t handle, const char *indent, FILE *out);

/** json_stack - the same as an array of strings, empty if there is none */
struct json_object *json_stack(const struct view *v, const struct symtab *s, uint32_t handle);

/** view_depot - how full the depot is. False: there is none. */
bool view_depot(const struct view *v, struct stack_depot *depot);

/** view_page_debug - how the guest watches its pages. False: it does not. */
bool view_page_debug(const struct view *v, struct page_debug *debug);

/** view_page_ext - the debug kernel's entry of @pfn. Return: 0, or -1: there is none. */
int view_page_ext(const struct view *v, uint64_t pfn, struct page_ext *ext);

/**
 * view_page_story - who had the page last: the youngest entry whose block covers it
 * @head: gets the pfn at which that block began
 * Return: 0, or -1: nobody ever, or nobody knows.
 */
int view_page_story(const struct view *v, uint64_t pfn, uint64_t *head, struct page_ext *ext);

/** view_gfp_names - "GFP_KERNEL|__GFP_ZERO", what has no name in hex. Return: @buf. */
char *view_gfp_names(uint32_t gfp, char *buf, size_t size);

#endif
