/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only file beside json_build.c that calls jansson. Every JSON text from outside comes in here:
 * measured, scanned by json_scan.c, built by json_build.c; readers get borrowed const nodes and
 * must name the type they want.
 */
#include "util/json.h"

#include <string.h>

#include "util/codec.h"
#include "util/json_build.h"
#include "util/json_scan.h"

#define RULE_LIMIT   "JSN-2"
#define RULE_MEMBER  "JSN-3"
#define RULE_UNKNOWN "JSN-4"

/* jansson's reference counts and iterators want a pointer that is not const; nothing is changed. */
static json_t *unconst(const json_t *j)
{
	return (json_t *)(uintptr_t)j;
}

int pdg_json_load(struct pdg_bytes in, size_t max, json_t **out, struct pdg_error *err)
{
	int rc;

	if (in.n > max)
		return pdg_reject(err, RULE_LIMIT, "JSON: %zu bytes, at most %zu are taken", in.n,
				  max);
	rc = pdg_json_scan(in, err);
	return rc < 0 ? rc : pdg_json_build(in, out, err);
}

void pdg_json_free(json_t *j)
{
	json_decref(j);
}

/* A member that is there and not null, or NULL. */
static const json_t *present(const json_t *o, const char *name)
{
	const json_t *j = json_object_get(o, name);

	return json_is_null(j) ? NULL : j;
}

static int missing(struct pdg_error *err, const char *name, const char *type)
{
	return pdg_reject(err, RULE_MEMBER, "member \"%s\" (%s) is missing", name, type);
}

static int wrong_type(struct pdg_error *err, const char *name, const char *type)
{
	return pdg_reject(err, RULE_MEMBER, "member \"%s\" must be %s", name, type);
}

/* Required members: what stands there by the name, absent and null alike being a failure. */
static int need(const json_t *o, const char *name, const char *type, const json_t **out,
		struct pdg_error *err)
{
	const json_t *j = json_object_get(o, name);

	if (!j)
		return missing(err, name, type);
	*out = j;
	return 0;
}

/* An optional member @j that must satisfy @is_type when it is there. */
static int opt_node(const json_t *o, const char *name, const char *type,
		    bool (*is_type)(const json_t *), const json_t **out, struct pdg_error *err)
{
	const json_t *j = present(o, name);

	if (j && !is_type(j))
		return wrong_type(err, name, type);
	*out = j;
	return 0;
}

static int need_node(const json_t *o, const char *name, const char *type,
		     bool (*is_type)(const json_t *), const json_t **out, struct pdg_error *err)
{
	const json_t *j = NULL;
	int rc;

	rc = need(o, name, type, &j, err);
	if (rc < 0)
		return rc;
	if (!is_type(j))
		return wrong_type(err, name, type);
	*out = j;
	return 0;
}

int pdg_json_str(const json_t *o, const char *name, const char **out, struct pdg_error *err)
{
	const json_t *j = NULL;
	int rc;

	rc = need_node(o, name, "a string", pdg_json_is_str, &j, err);
	if (rc < 0)
		return rc;
	*out = json_string_value(j);
	return 0;
}

int pdg_json_opt_str(const json_t *o, const char *name, const char **out, struct pdg_error *err)
{
	const json_t *j = NULL;
	int rc;

	rc = opt_node(o, name, "a string", pdg_json_is_str, &j, err);
	if (rc < 0)
		return rc;
	*out = json_string_value(j);
	return 0;
}

int pdg_json_obj(const json_t *o, const char *name, const json_t **out, struct pdg_error *err)
{
	return need_node(o, name, "an object", pdg_json_is_obj, out, err);
}

int pdg_json_opt_obj(const json_t *o, const char *name, const json_t **out, struct pdg_error *err)
{
	return opt_node(o, name, "an object", pdg_json_is_obj, out, err);
}

int pdg_json_arr(const json_t *o, const char *name, const json_t **out, struct pdg_error *err)
{
	return need_node(o, name, "an array", pdg_json_is_arr, out, err);
}

int pdg_json_opt_arr(const json_t *o, const char *name, const json_t **out, struct pdg_error *err)
{
	return opt_node(o, name, "an array", pdg_json_is_arr, out, err);
}

static bool is_bool(const json_t *j)
{
	return json_is_boolean(j);
}

int pdg_json_bool(const json_t *o, const char *name, bool *out, struct pdg_error *err)
{
	const json_t *j = NULL;
	int rc;

	rc = need_node(o, name, "true or false", is_bool, &j, err);
	if (rc < 0)
		return rc;
	*out = json_is_true(j);
	return 0;
}

int pdg_json_opt_bool(const json_t *o, const char *name, bool dflt, bool *out,
		      struct pdg_error *err)
{
	const json_t *j = NULL;
	int rc;

	rc = opt_node(o, name, "true or false", is_bool, &j, err);
	if (rc < 0)
		return rc;
	*out = j ? json_is_true(j) : dflt;
	return 0;
}

/* A value as an unsigned number, by either of its two forms. */
static int read_u64(const json_t *j, const char *name, uint64_t *out, struct pdg_error *err)
{
	if (json_is_integer(j) && json_integer_value(j) >= 0) {
		*out = (uint64_t)json_integer_value(j);
		return 0;
	}
	if (json_is_string(j) &&
	    pdg_bytes_u64(pdg_bytes(json_string_value(j), json_string_length(j)), UINT64_MAX, out))
		return 0;
	return wrong_type(err, name, "a whole number, not negative");
}

int pdg_json_u64(const json_t *o, const char *name, uint64_t *out, struct pdg_error *err)
{
	const json_t *j = NULL;
	int rc;

	rc = need(o, name, "a whole number", &j, err);
	if (rc < 0)
		return rc;
	return read_u64(j, name, out, err);
}

int pdg_json_opt_u64(const json_t *o, const char *name, uint64_t dflt, uint64_t *out,
		     struct pdg_error *err)
{
	const json_t *j = present(o, name);

	if (j)
		return read_u64(j, name, out, err);
	*out = dflt;
	return 0;
}

int pdg_json_base64(const json_t *o, const char *name, struct pdg_buf *out, struct pdg_error *err)
{
	const json_t *j = NULL;
	int rc;

	rc = need_node(o, name, "a base64 string", pdg_json_is_str, &j, err);
	if (rc < 0)
		return rc;
	rc = pdg_unbase64(pdg_bytes(json_string_value(j), json_string_length(j)), PDG_BASE64_PROTO,
			  out, err);
	return pdg_context(err, rc, "member \"%s\"", name);
}

const json_t *pdg_json_get(const json_t *o, const char *name)
{
	return json_object_get(o, name);
}

bool pdg_json_is_obj(const json_t *j)
{
	return json_is_object(j);
}

bool pdg_json_is_arr(const json_t *j)
{
	return json_is_array(j);
}

bool pdg_json_is_str(const json_t *j)
{
	return json_is_string(j);
}

const char *pdg_json_str_value(const json_t *j)
{
	return json_string_value(j);
}

size_t pdg_json_len(const json_t *arr)
{
	return json_array_size(arr);
}

const json_t *pdg_json_at(const json_t *arr, size_t i)
{
	return json_array_get(arr, i);
}

void *pdg_json_next(const json_t *o, void *iter, const char **out_name, const json_t **out_value)
{
	json_t *object = unconst(o);

	iter = iter ? json_object_iter_next(object, iter) : json_object_iter(object);
	if (iter) {
		*out_name = json_object_iter_key(iter);
		*out_value = json_object_iter_value(iter);
	}
	return iter;
}

size_t pdg_json_members(const json_t *o)
{
	return json_object_size(o);
}

static bool is_among(const char *name, const char *const *names)
{
	for (; *names; names++) {
		if (strcmp(name, *names) == 0)
			return true;
	}
	return false;
}

int pdg_json_only(const json_t *o, const char *const *names, struct pdg_error *err)
{
	const char *name = NULL;
	const json_t *value = NULL;
	void *iter = NULL;

	while ((iter = pdg_json_next(o, iter, &name, &value))) {
		if (!is_among(name, names))
			return pdg_reject(err, RULE_UNKNOWN, "member \"%s\" is not known here",
					  name);
	}
	return 0;
}

int pdg_json_span(struct pdg_bytes in, const char *name, struct pdg_bytes *out,
		  struct pdg_error *err)
{
	if (!pdg_json_scan_member(in, name, out))
		return pdg_fail(err, PDG_E_NOTFOUND, "member \"%s\" is missing", name);
	return 0;
}
