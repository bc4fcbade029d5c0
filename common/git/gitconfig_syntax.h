/* SPDX-License-Identifier: Apache-2.0 */
/* git-config's syntax, as git reads it (git-config(1), CONFIGURATION FILE). Private to this folder.
 */
#ifndef PDG_GIT_GITCONFIG_SYNTAX_H
#define PDG_GIT_GITCONFIG_SYNTAX_H

#include "util/buf.h"

struct pdg_gitconfig_reader {
	/* @name: section and key in lower case, a subsection as it is; @value: NULL when there is
	 * no "=". A negative return stops and is returned. */
	int (*value)(void *ctx, const char *name, const char *value, struct pdg_error *err);
	void *ctx;
};

/** Read @text. Returns 0, PDG_E_FORMAT (not git's syntax; the line is named), PDG_E_NOMEM, _LIMIT.
 */
int pdg_gitconfig_parse(struct pdg_bytes text, const struct pdg_gitconfig_reader *reader,
			struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Does @text match @pattern as git matches paths (wildmatch with WM_PATHNAME)? "*" and "?" stop at
 * a slash; two stars between slashes, or at an end, do not. Cases as in ASCII when @fold.
 */
bool pdg_gitconfig_match(const char *pattern, const char *text, bool fold);

#endif
