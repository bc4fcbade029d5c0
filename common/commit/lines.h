/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headers of a raw commit or tag object, one at a time. Private to this folder: object.c and
 * tag.c say which headers stand where; what a header is, is said here once.
 */
#ifndef PDG_COMMIT_LINES_H
#define PDG_COMMIT_LINES_H

#include "commit/object.h"

/* One header: "name SP value\n" and the lines behind it that begin with a space. Borrowed. */
struct pdg_header {
	struct pdg_bytes name;
	struct pdg_bytes value;	 /* of the first line, without its \n */
	struct pdg_bytes folded; /* the continuation lines as stored, " …\n" each; mostly none */
	struct pdg_bytes whole;	 /* everything, with the final \n */
};

struct pdg_lines {
	struct pdg_bytes rest;	 /* not yet read; behind the empty line: the message */
	const char *const *once; /* NULL-ended: headers that may come once */
	unsigned seen;		 /* bit i: once[i] came */
	size_t n;		 /* header lines so far */
};

/**
 * Check what holds for the whole object before any line of it is read: not empty, not over
 * PDG_LIMIT_COMMIT, no NUL. Returns 0, PDG_E_LIMIT (COM-6), PDG_E_FORMAT (COM-1, COM-4).
 */
int pdg_lines_init(struct pdg_lines *l, struct pdg_bytes raw, const char *const *once,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Take the next header off @l. *@out_more is false when the empty line came instead.
 *
 * Returns 0, PDG_E_FORMAT (COM-1: not of the form above, or no empty line at all; COM-2: again one
 * of the headers that come once; COM-3: a name that begins with gpgsig and is none of git's),
 * PDG_E_LIMIT (COM-6).
 */
int pdg_lines_next(struct pdg_lines *l, struct pdg_header *out, bool *out_more,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Take the next header, which must be @name and of one line. Else PDG_E_FORMAT (COM-1 …). */
int pdg_lines_want(struct pdg_lines *l, const char *name, struct pdg_header *out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Is @h the header @name? */
bool pdg_header_is(const struct pdg_header *h, const char *name);

/** COM-1 when @h has continuation lines. */
int pdg_header_flat(const struct pdg_header *h, struct pdg_error *err) PDG_MUST_CHECK;

/** COM-1 unless the value is an object name: lower-case hex of the right length. */
int pdg_header_hex(const struct pdg_header *h, bool sha256, struct pdg_bytes *out,
		   struct pdg_error *err) PDG_MUST_CHECK;

#define PDG_DATE_MAX (UINT64_C(1) << 53) /* a date that every JSON reader keeps exactly */

/** "+hhmm"; like git, without a look at what hours or minutes may be. False: not of this form. */
bool pdg_zone_parse(struct pdg_bytes b, int *out_minutes);

/**
 * "Name <email> seconds +hhmm" as `git fsck` wants it. @what is the header's name, for messages.
 * Returns 0 or PDG_E_FORMAT (COM-1).
 */
int pdg_person_parse(struct pdg_bytes value, const char *what, struct pdg_person *out,
		     struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Which form has a signature text? Decided by its first line alone, which must be one of three.
 * Returns 0 or PDG_E_FORMAT (COM-5).
 */
int pdg_sig_format_of(struct pdg_bytes text, enum pdg_sig_format *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** Append the value of @h as it was before it was folded into lines, with a final newline. */
int pdg_header_unfold(const struct pdg_header *h, struct pdg_buf *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Unfold a signature header into @out_text (empty before) and name its form.
 * Returns 0, PDG_E_FORMAT (COM-5), PDG_E_LIMIT (COM-6).
 */
int pdg_header_signature(const struct pdg_header *h, struct pdg_buf *out_text,
			 enum pdg_sig_format *out_format, struct pdg_error *err) PDG_MUST_CHECK;

/** Append @raw less @cut_n non-overlapping runs of it, in order (empty runs allowed). */
int pdg_lines_cut(struct pdg_bytes raw, const struct pdg_bytes *cut, size_t cut_n,
		  struct pdg_buf *out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
