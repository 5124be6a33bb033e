// SPDX-License-Identifier: MIT
/*
 * schema.c - mm-inspect schema: the form of everything that comes as JSON (tools/schema/mm-inspect.json, which is part of the program).
 */
#include <json-c/json.h>
#include <string.h>

#include "tools/inspect/inspect.h"

__asm__(".section .rodata\n"
	"json_schema:\n"
	".incbin \"tools/schema/mm-inspect.json\"\n"
	".byte 0\n"
	".previous\n");
extern const char json_schema[] __attribute__((visibility("hidden")));

int print_schema(const char *name, FILE *out, char *err)
{
	struct json_object *all, *defs, *one;
	int ret = -1;

	if (!name) {
		fputs(json_schema, out);
		return 0;
	}
	all = json_tokener_parse(json_schema);
	if (json_object_object_get_ex(all, "$defs", &defs) && json_object_object_get_ex(defs, name, &one)) {
		fprintf(out, "%s\n",
			json_object_to_json_string_ext(one, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		ret = 0;
	} else {
		snprintf(err, VIEW_ERR_MAX, "schema: there is nothing called '%.40s' in it", name);
	}
	json_object_put(all);
	return ret;
}
