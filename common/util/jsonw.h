/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON writer onto a buffer: members come out in the order in which they are written,
 * without white space, strings escaped as RFC 8785 does (only ", \ and controls), so that
 * members written in code-point order give canonical bytes.
 *
 * Failure is sticky in the buffer. Commas are the writer's business.
 *
 *	pdg_jw_obj(&w);                       {
 *	pdg_jw_key(&w, "reference");            "reference":
 *	pdg_jw_str(&w, ref);                      "sha256:…"
 *	pdg_jw_end(&w);                       }
 */
#ifndef PDG_UTIL_JSONW_H
#define PDG_UTIL_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

#define PDG_JW_DEPTH 32

struct pdg_jw {
	struct pdg_buf *out; /* borrowed */
	unsigned depth;
	char close[PDG_JW_DEPTH];
	bool first[PDG_JW_DEPTH];
	bool after_key;
};

void pdg_jw_init(struct pdg_jw *w, struct pdg_buf *out);

void pdg_jw_obj(struct pdg_jw *w);
void pdg_jw_arr(struct pdg_jw *w);
void pdg_jw_end(struct pdg_jw *w); /* closes what was opened last */
void pdg_jw_key(struct pdg_jw *w, const char *key);
/** A string; bytes that are no UTF-8 are each written as U+FFFD. NULL writes null. */
void pdg_jw_str(struct pdg_jw *w, const char *s);
void pdg_jw_bytes(struct pdg_jw *w, struct pdg_bytes s);
void pdg_jw_u64(struct pdg_jw *w, uint64_t v);
void pdg_jw_i64(struct pdg_jw *w, int64_t v);
void pdg_jw_u64_str(struct pdg_jw *w, uint64_t v); /* protojson: "17" */
void pdg_jw_bool(struct pdg_jw *w, bool v);
void pdg_jw_null(struct pdg_jw *w);
void pdg_jw_base64(struct pdg_jw *w, struct pdg_bytes raw); /* standard, padded */
/** RFC 3339 in UTC, seconds. */
void pdg_jw_time(struct pdg_jw *w, int64_t unix_seconds);
/** A value that is JSON already, validated by the caller: its bytes as they are. */
void pdg_jw_raw(struct pdg_jw *w, struct pdg_bytes json);

/* Member in one call. */
void pdg_jw_kobj(struct pdg_jw *w, const char *key); /* opens an object */
void pdg_jw_kstr(struct pdg_jw *w, const char *key, const char *s);
void pdg_jw_ku64(struct pdg_jw *w, const char *key, uint64_t v);
void pdg_jw_kbool(struct pdg_jw *w, const char *key, bool v);

#endif
