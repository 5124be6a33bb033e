/* SPDX-License-Identifier: MIT */
/*
 * schema.c - does a JSON value have the form that a schema demands?
 *
 * As much of JSON Schema as tools/schema/mm-inspect.json uses: $ref into $defs, type, enum, pattern, properties, required,
 * additionalProperties, items, anyOf. A keyword that it does not know is an error: what nobody checks would be no schema.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/e2e.h"

#define PATH 512

struct checker {
	struct json_object *defs;
	char why[2 * PATH];
};

static bool check(struct checker *c, struct json_object *schema, struct json_object *o, const char *path);

static bool wrong(struct checker *c, const char *path, const char *what, const char *more)
{
	snprintf(c->why, sizeof(c->why), "%s: %s%s", *path ? path : "(all)", what, more);
	return false;
}

static bool is_of(struct json_object *o, const char *type)
{
	if (!strcmp(type, "number"))
		return json_object_is_type(o, json_type_int) || json_object_is_type(o, json_type_double);
	return (!strcmp(type, "integer") && json_object_is_type(o, json_type_int)) ||
	       (!strcmp(type, "string") && json_object_is_type(o, json_type_string)) ||
	       (!strcmp(type, "boolean") && json_object_is_type(o, json_type_boolean)) ||
	       (!strcmp(type, "object") && json_object_is_type(o, json_type_object)) ||
	       (!strcmp(type, "array") && json_object_is_type(o, json_type_array)) || (!strcmp(type, "null") && !o);
}

static bool check_type(struct checker *c, struct json_object *type, struct json_object *o, const char *path)
{
	if (json_object_is_type(type, json_type_string))
		return is_of(o, json_object_get_string(type)) ||
		       wrong(c, path, "is not of type ", json_object_get_string(type));
	for (size_t i = 0; i < json_object_array_length(type); i++)
		if (is_of(o, json_object_get_string(json_object_array_get_idx(type, i))))
			return true;
	return wrong(c, path, "is of none of the types ", json_object_get_string(type));
}

static bool check_members(struct checker *c, struct json_object *schema, struct json_object *o, const char *path)
{
	struct json_object *properties = NULL, *others = NULL, *required = NULL, *known;
	char at[PATH];

	json_object_object_get_ex(schema, "properties", &properties);
	json_object_object_get_ex(schema, "additionalProperties", &others);
	json_object_object_get_ex(schema, "required", &required);
	for (size_t i = 0; required && i < json_object_array_length(required); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(required, i));

		if (!json_object_object_get_ex(o, name, NULL))
			return wrong(c, path, "lacks ", name);
	}
	json_object_object_foreach (o, name, value) {
		snprintf(at, sizeof(at), "%.400s.%.100s", path, name);
		if (properties && json_object_object_get_ex(properties, name, &known)) {
			if (!check(c, known, value, at))
				return false;
		} else if (json_object_is_type(others, json_type_object)) {
			if (!check(c, others, value, at))
				return false;
		} else if (others && !json_object_get_boolean(others)) {
			return wrong(c, at, "tools/schema/mm-inspect.json does not say what it is", "");
		}
	}
	return true;
}

static bool check_any(struct checker *c, struct json_object *list, struct json_object *o, const char *path)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (check(c, json_object_array_get_idx(list, i), o, path))
			return true;
	return false; /* the last one's reason */
}

static bool check_enum(struct checker *c, struct json_object *list, struct json_object *o, const char *path)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (json_object_equal(json_object_array_get_idx(list, i), o))
			return true;
	return wrong(c, path, "is none of the values allowed: ", json_object_get_string(o));
}

static bool check_items(struct checker *c, struct json_object *items, struct json_object *o, const char *path)
{
	char at[PATH];

	for (size_t i = 0; i < json_object_array_length(o); i++) {
		snprintf(at, sizeof(at), "%.480s[%zu]", path, i);
		if (!check(c, items, json_object_array_get_idx(o, i), at))
			return false;
	}
	return true;
}

static bool check_ref(struct checker *c, const char *ref, struct json_object *o, const char *path)
{
	struct json_object *def;

	ck_assert_msg(!strncmp(ref, "#/$defs/", 8) && json_object_object_get_ex(c->defs, ref + 8, &def), "schema: %s",
		      ref);
	return check(c, def, o, path);
}

static bool check(struct checker *c, struct json_object *schema, struct json_object *o, const char *path)
{
	static const char *const passive[] = {"description", "additionalProperties", "required"};

	json_object_object_foreach (schema, key, value) {
		bool fine = true;

		if (!strcmp(key, "$ref"))
			fine = check_ref(c, json_object_get_string(value), o, path);
		else if (!strcmp(key, "type"))
			fine = check_type(c, value, o, path);
		else if (!strcmp(key, "enum"))
			fine = check_enum(c, value, o, path);
		else if (!strcmp(key, "anyOf"))
			fine = check_any(c, value, o, path);
		else if (!strcmp(key, "items"))
			fine = check_items(c, value, o, path);
		else if (!strcmp(key, "pattern"))
			fine = matches(json_object_get_string(o), json_object_get_string(value)) ||
			       wrong(c, path, "does not look right: ", json_object_get_string(o));
		else if (strcmp(key, "properties") && strcmp(key, passive[0]) && strcmp(key, passive[1]) &&
			 strcmp(key, passive[2]))
			ck_abort_msg("schema: keyword %s is not known here", key);
		if (!fine)
			return false;
	}
	return !json_object_is_type(o, json_type_object) || check_members(c, schema, o, path);
}

const char *schema_complaint(struct json_object *schema, const char *name, struct json_object *o)
{
	static struct checker c;
	struct json_object *def;

	c.why[0] = 0;
	c.defs = json_member(schema, "$defs");
	ck_assert_msg(json_object_object_get_ex(c.defs, name, &def), "tools/schema/mm-inspect.json has nothing for %s",
		      name);
	return check(&c, def, o, "") ? NULL : c.why;
}
