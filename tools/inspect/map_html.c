// SPDX-License-Identifier: MIT
/*
 * map_html.c - `mm-inspect map --html`: the page of map.html with the data put in its place.
 *
 * The page needs nothing from anywhere else. Data is JSON; what comes out of the guest or from the command line goes through the
 * library that writes JSON, and '<' never appears in it, so that no text can end the script.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inspect/map.h"

#define PLACE "/*DATA*/null"

/* The file, a NUL behind it, is part of the program. */
__asm__(".section .rodata\n"
	"map_page:\n"
	".incbin \"tools/inspect/map.html\"\n"
	".byte 0\n"
	".previous\n");
extern const char map_page[] __attribute__((visibility("hidden")));

/** struct style - what runs have in common; -1: says nothing */
struct style {
	int class, order, type, name;
};

struct styles {
	struct style *all;
	size_t nr;
};

static struct style style_of(const struct map_run *r)
{
	bool says = r->kind != MAP_RESERVED && r->kind != MAP_LOST;

	return (struct style){(int)MAP_CLASS(r->kind, r->owner), says ? r->order : -1, says ? r->migratetype : -1,
			      r->name == MAP_NO_NAME ? -1 : (int)r->name};
}

/* There are few: classes times orders, and one for each slab cache. */
static size_t find_style(struct styles *s, struct style want)
{
	struct style *more;

	for (size_t i = s->nr; i-- > 0;)
		if (!memcmp(&s->all[i], &want, sizeof(want)))
			return i;
	more = realloc(s->all, (s->nr + 1) * sizeof(want));
	if (!more)
		return 0;
	s->all = more;
	s->all[s->nr] = want;
	return s->nr++;
}

static struct json_object *numbers(const int *n, size_t nr)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < nr; i++)
		json_object_array_add(a, json_object_new_int(n[i]));
	return a;
}

static struct json_object *all_runs(const struct pagemap *m, struct styles *s)
{
	struct json_object *a = json_object_new_array();
	uint64_t at = 0;

	for (size_t i = 0; i < m->nr_runs; i++) {
		const struct map_run *r = &m->runs[i];

		json_object_array_add(a, json_object_new_int64((int64_t)(r->pfn - at)));
		json_object_array_add(a, json_object_new_int64((int64_t)r->nr));
		json_object_array_add(a, json_object_new_int64((int64_t)find_style(s, style_of(r))));
		at = r->pfn + r->nr;
	}
	return a;
}

static struct json_object *all_blocks(const struct pagemap *m)
{
	struct json_object *a = json_object_new_array();

	for (uint64_t i = 0, n; i < m->nr_blocks; i += n) {
		unsigned int type = PAGEBLOCK_TYPE(m->blocks[i]);

		for (n = 1; i + n < m->nr_blocks && m->blocks[i + n] == m->blocks[i]; n++)
			;
		json_object_array_add(a, json_object_new_int(type < MIGRATE_TYPES ? (int)type : MIGRATE_UNMOVABLE));
		json_object_array_add(a, json_object_new_int64((int64_t)n));
	}
	return a;
}

static struct json_object *all_zones(const struct pagemap *m)
{
	struct json_object *a = json_object_new_array();

	for (unsigned int i = 0; i < m->nr_zones; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "name", json_object_new_string(m->zones[i].name));
		json_object_object_add(o, "start", json_object_new_int64((int64_t)m->zones[i].start));
		json_object_object_add(o, "spanned", json_object_new_int64((int64_t)m->zones[i].spanned));
		json_object_array_add(a, o);
	}
	return a;
}

static struct json_object *words(const char *const *text, size_t nr)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < nr; i++)
		json_object_array_add(a, json_object_new_string(text[i]));
	return a;
}

static struct json_object *all_classes(void)
{
	struct json_object *a = json_object_new_array();

	for (unsigned int i = 0; i < NR_MAP_CLASSES; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "label", json_object_new_string(map_class_label(i)));
		json_object_object_add(o, "color", json_object_new_string(map_color(i)));
		json_object_array_add(a, o);
	}
	return a;
}

static struct json_object *all_data(const struct pagemap *m, const char *source)
{
	static const char *const types[] = MIGRATE_TYPE_NAMES;
	struct json_object *top = json_object_new_object(), *names = json_object_new_array(),
			   *looks = json_object_new_array();
	struct styles s = {0};

	json_object_object_add(top, "source", json_object_new_string(source));
	json_object_object_add(top, "pageblock", json_object_new_int(PAGEBLOCK_PAGES));
	json_object_object_add(top, "zones", all_zones(m));
	json_object_object_add(top, "types", words(types, MIGRATE_TYPES));
	json_object_object_add(top, "classes", all_classes());
	for (uint32_t i = 0; i < m->nr_names; i++)
		json_object_array_add(names, json_object_new_string(m->names[i].text));
	json_object_object_add(top, "names", names);
	json_object_object_add(top, "runs", all_runs(m, &s));
	for (size_t i = 0; i < s.nr; i++)
		json_object_array_add(looks, numbers(&s.all[i].class, 4));
	json_object_object_add(top, "styles", looks);
	json_object_object_add(top, "blocks", all_blocks(m));
	free(s.all);
	return top;
}

void map_html(const struct pagemap *m, const char *source, FILE *out)
{
	const char *place = strstr(map_page, PLACE);
	struct json_object *data = all_data(m, source);

	fwrite(map_page, 1, (size_t)(place - map_page), out);
	for (const char *c = json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN); *c; c++) {
		if (*c == '<')
			fputs("\\u003c", out);
		else
			fputc(*c, out);
	}
	fputs(place + strlen(PLACE), out);
	json_object_put(data);
}
