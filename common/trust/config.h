/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The syntax of policy and daemon files: git-config's, strictly. Sections `[name]` and
 * `[name "sub"]`, `key = value` lines, comments by # and ;, double quotes with \" and \\ and \t
 * and \n, a backslash at the end of a line goes on. No include, no [a.b] form, no bare key, no NUL,
 * UTF-8 only. A section may be opened more than once in one file.
 *
 * What git reads in a way that its writer may not expect is refused instead: a # or ; inside an
 * unquoted value, a carriage return, a key on the line of its section, an empty section name.
 */
#ifndef PDG_TRUST_CONFIG_H
#define PDG_TRUST_CONFIG_H

#include <stdint.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/bytes.h"
#include "util/error.h"

/* Every section opened, once, also one without a key. */
struct pdg_config_section {
	char *section;	  /* lower case */
	char *subsection; /* as written, or NULL */
	unsigned line;	  /* where it is opened first */
};

struct pdg_config_entry {
	size_t at;		/* index of its section in pdg_config.sections */
	const char *section;	/* borrowed from there */
	const char *subsection; /* borrowed from there, or NULL */
	char *key;		/* as written; compared without case */
	char *value;
	unsigned line;
};

struct pdg_config {
	char *file;		    /* as given, for errors */
	char *dir;		    /* its folder, absolute; NULL until pdg_config_check() */
	struct pdg_config_entry *v; /* in the order of the file */
	size_t n;
	struct pdg_config_section *sections;
	size_t n_sections;
};

/**
 * Parse @in; @file names it in errors and is the place that relative paths start from.
 * Returns 0, PDG_E_USAGE (POL-1, "file:line: …"; POL-10).
 */
int pdg_config_parse(struct pdg_bytes in, const char *file, struct pdg_config **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
/** Append the file's bytes to @out. Returns 0, PDG_E_USAGE (POL-9: cannot be read; POL-10). */
int pdg_config_read(const char *path, struct pdg_buf *out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_config_free(struct pdg_config *c);
PDG_AUTO_DEFINE(config, struct pdg_config *, pdg_config_free)

/*
 * A table of the keys that a file may hold. The daemon's file uses the same reader with
 * its own table, so that both refuse unknown keys in the same words.
 */
enum pdg_config_kind {
	PDG_CFG_STRING,
	PDG_CFG_PATH,	  /* comes out absolute, relative ones from the file's folder */
	PDG_CFG_BOOL,	  /* true or false */
	PDG_CFG_NUMBER,	  /* 0 … 2^53 */
	PDG_CFG_DURATION, /* 90d 24h 15m 5s, more than nothing */
	PDG_CFG_TIME,	  /* RFC 3339 */
	PDG_CFG_LATER,	  /* known, but not in this version: POL-7 */
};

struct pdg_config_key {
	const char *section;
	bool subsection; /* the section has a name: [repository "URI"] */
	const char *key;
	enum pdg_config_kind kind;
	bool many; /* may repeat */
};

/**
 * Check every section and entry of @c against @table (ended by a NULL section): known, of its
 * kind, not empty, single-valued ones once in a section. Rewrites PDG_CFG_PATH values in place.
 * Returns 0, PDG_E_USAGE (POL-2, POL-3, POL-7) with "file:line: …" and the nearest known key,
 * POL-10, PDG_E_IO (the file's folder is gone).
 */
int pdg_config_check(struct pdg_config *c, const struct pdg_config_key *table,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** The @i-th value of a key (from 0), or NULL. @subsection NULL: the section without a name. */
const char *pdg_config_get(const struct pdg_config *c, const char *section, const char *subsection,
			   const char *key, size_t i, unsigned *out_line);

/**
 * @value as PDG_CFG_PATH gives it, for keys that hold a path among other things.
 * Only after pdg_config_check(). Owned by the caller (free()); NULL when there is no memory.
 */
char *pdg_config_path(const struct pdg_config *c, const char *value);

/** pdg_reject() with "file:line: " before the text. */
int pdg_config_reject(struct pdg_error *err, const struct pdg_config *c, unsigned line,
		      const char *rule, const char *fmt, ...) PDG_PRINTF(5, 6);

/** How errors name a section: `[name]` or `[name "sub"]`, cut when long. @out for its text. */
#define PDG_CONFIG_SECTION_TEXT 160
const char *pdg_config_section_text(const char *section, const char *subsection,
				    char out[PDG_CONFIG_SECTION_TEXT]);

#endif
