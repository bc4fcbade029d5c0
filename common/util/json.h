/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only door to jansson. Loading is strict: one document, UTF-8, no BOM, no trailing
 * bytes, no duplicate member at any depth, no NUL in a string, depth and number of values
 * counted by a scan of our own before the library allocates anything.
 *
 * Getters report the member's name; the caller adds the path with pdg_context().
 */
#ifndef PDG_UTIL_JSON_H
#define PDG_UTIL_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/bytes.h"
#include "util/error.h"

/**
 * Load one JSON document whose outermost value is an object.
 *
 * @in       at most @max bytes
 * @out      owned by the caller, free with pdg_json_free()
 *
 * Returns 0, PDG_E_LIMIT (JSN-2: size, depth, values), PDG_E_FORMAT (JSN-1), PDG_E_NOMEM.
 */
int pdg_json_load(struct pdg_bytes in, size_t max, json_t **out,
		  struct pdg_error *err) PDG_MUST_CHECK;

void pdg_json_free(json_t *j);
PDG_AUTO_DEFINE(json, json_t *, pdg_json_free)

/*
 * Members of the object @o. Required forms fail with PDG_E_FORMAT (JSN-3) when the member is
 * absent or of another type; optional forms give NULL / the default when it is absent or
 * null, and fail only for another type. Strings and nodes are borrowed from @o.
 */
int pdg_json_str(const json_t *o, const char *name, const char **out,
		 struct pdg_error *err) PDG_MUST_CHECK;
int pdg_json_opt_str(const json_t *o, const char *name, const char **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
int pdg_json_obj(const json_t *o, const char *name, const json_t **out,
		 struct pdg_error *err) PDG_MUST_CHECK;
int pdg_json_opt_obj(const json_t *o, const char *name, const json_t **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
int pdg_json_arr(const json_t *o, const char *name, const json_t **out,
		 struct pdg_error *err) PDG_MUST_CHECK;
int pdg_json_opt_arr(const json_t *o, const char *name, const json_t **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
int pdg_json_bool(const json_t *o, const char *name, bool *out,
		  struct pdg_error *err) PDG_MUST_CHECK;
int pdg_json_opt_bool(const json_t *o, const char *name, bool dflt, bool *out,
		      struct pdg_error *err) PDG_MUST_CHECK;
/** A non-negative integer, as a JSON integer or (protojson) as a decimal string. */
int pdg_json_u64(const json_t *o, const char *name, uint64_t *out,
		 struct pdg_error *err) PDG_MUST_CHECK;
int pdg_json_opt_u64(const json_t *o, const char *name, uint64_t dflt, uint64_t *out,
		     struct pdg_error *err) PDG_MUST_CHECK;
/** A base64 string, decoded and appended to @out (protojson bytes: both alphabets). */
int pdg_json_base64(const json_t *o, const char *name, struct pdg_buf *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** The member's value of any type, or NULL. Borrowed. */
const json_t *pdg_json_get(const json_t *o, const char *name);

bool pdg_json_is_obj(const json_t *j);
bool pdg_json_is_arr(const json_t *j);
bool pdg_json_is_str(const json_t *j);

/** Characters of a string value (NULL for another type). Borrowed. */
const char *pdg_json_str_value(const json_t *j);

/** Elements of an array (0 and NULL for another type). */
size_t pdg_json_len(const json_t *arr);
const json_t *pdg_json_at(const json_t *arr, size_t i);

/** Members of an object in the order of the document: call with @iter NULL first. */
void *pdg_json_next(const json_t *o, void *iter, const char **out_name, const json_t **out_value);
size_t pdg_json_members(const json_t *o);

/**
 * Refuse every member of @o that is not in the NULL-ended list @names.
 * Returns 0 or PDG_E_FORMAT (JSN-4).
 */
int pdg_json_only(const json_t *o, const char *const *names, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Where the value of the outermost object's member @name stands in the text @in, which
 * pdg_json_load() has accepted: so that a foreign document can be kept as its own bytes.
 * Returns 0 or PDG_E_NOTFOUND.
 */
int pdg_json_span(struct pdg_bytes in, const char *name, struct pdg_bytes *out,
		  struct pdg_error *err) PDG_MUST_CHECK;

#endif
