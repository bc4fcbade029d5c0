/* SPDX-License-Identifier: Apache-2.0 */
/* Repository URIs: normal form and patterns (rules.md 5.7, ecosystem.md 7). */
#ifndef PDG_TRUST_URI_H
#define PDG_TRUST_URI_H

#include <stdbool.h>

#include "util/error.h"

/**
 * Normal form for comparing: without "git+", scheme and host in lower case, "ssh://git@h/p" and
 * "git@h:p" as "https://h/p", no default port, no trailing "/" or ".git". What is no URI (a file's
 * path, user@h:p) only loses trailing "/" and ".git". Anything else that differs, a user name
 * or another port among it, stays different. The normal form's normal form is itself.
 *
 * *@out owned by the caller (free()). Returns 0, PDG_E_FORMAT (URI-1: empty, controls, spaces, no
 * host, "." or ".." in the path), PDG_E_NOMEM.
 */
int pdg_uri_normal(const char *uri, char **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Split "URI@ref" or "URI#ref" or ".../commit/<hex>" as provenance writes it.
 * @out_uri without these; @out_ref, @out_commit NULL when absent. All owned by the caller.
 * A "ref" of 40 or 64 hex digits is a commit. Returns 0, PDG_E_FORMAT (URI-1: also two refs or
 * commits that differ), PDG_E_NOMEM.
 */
int pdg_uri_split(const char *text, char **out_uri, char **out_ref, char **out_commit,
		  struct pdg_error *err) PDG_MUST_CHECK;

/** Are two URIs the same repository? */
bool pdg_uri_same(const char *a, const char *b);

/**
 * Does @name match @pattern? `*` is one or more characters other than `/`; nothing else is
 * special; byte for byte. Both already normalised by the caller where they are URIs.
 */
bool pdg_pattern_match(const char *pattern, const char *name);

#endif
