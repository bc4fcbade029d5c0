/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What git hands on in its environment: "git -c name=value" and GIT_CONFIG_COUNT (git(1),
 * git-config(1)). It counts for git's own settings, never for pedigree.* (rules.md 2.1).
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "git/files.h"
#include "util/limits.h"

/* Take one word in single quotes, as sh reads it, off *@rest. */
static bool take_quoted(const char **rest, struct pdg_buf *out)
{
	const char *p = *rest;

	if (*p != '\'')
		return false;
	for (p++; *p; p++) {
		if (*p != '\'') {
			pdg_buf_putc(out, (uint8_t)*p);
		} else if (strncmp(p, "'\\''", 4) == 0 || strncmp(p, "'\\!'", 4) == 0) {
			pdg_buf_putc(out, (uint8_t)p[2]);
			p += 3;
		} else {
			*rest = p + 1;
			return true;
		}
	}
	return false;
}

/* A name as the reader of files gives it: section and key in lower case. */
static void fold_name(char *name)
{
	char *dot = strchr(name, '.');
	char *last = strrchr(name, '.');
	char *p;

	for (p = name; *p; p++) {
		if (!dot || p <= dot || p >= last)
			*p = (char)tolower((unsigned char)*p);
	}
}

static int give(int (*take)(void *ctx, const char *name, const char *value, struct pdg_error *err),
		void *ctx, const char *name, const char *value, struct pdg_error *err)
{
	PDG_AUTO(mem) char *folded = strdup(name);

	if (!folded)
		return pdg_nomem(err);
	fold_name(folded);
	return take(ctx, folded, value, err);
}

/* GIT_CONFIG_PARAMETERS: words in quotes; 'name'='value' since git 2.31, 'name=value' before. */
static int give_parameters(int (*take)(void *ctx, const char *name, const char *value,
				       struct pdg_error *err),
			   void *ctx, struct pdg_error *err)
{
	const char *rest = getenv("GIT_CONFIG_PARAMETERS");
	PDG_AUTO(buf) struct pdg_buf name = PDG_BUF_INIT(PDG_LIMIT_GIT_CONFIG);
	PDG_AUTO(buf) struct pdg_buf value = PDG_BUF_INIT(PDG_LIMIT_GIT_CONFIG);

	while (rest && *(rest += strspn(rest, " "))) {
		PDG_AUTO(mem) char *key = NULL;
		const char *v = NULL;
		char *equals;
		int rc;

		pdg_buf_reset(&name);
		pdg_buf_reset(&value);
		if (!take_quoted(&rest, &name))
			break;
		key = pdg_bytes_dup(pdg_buf_bytes(&name));
		if (!key)
			return pdg_nomem(err);
		equals = strchr(key, '=');
		if (*rest == '=') {
			rest++;
			if (*rest == '\'' && !take_quoted(&rest, &value))
				break;
			v = pdg_buf_cstr(&value);
		} else if (equals) {
			*equals = '\0';
			v = equals + 1;
		}
		rc = give(take, ctx, key, v, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int pdg_gitconfig_environment(int (*take)(void *ctx, const char *name, const char *value,
					  struct pdg_error *err),
			      void *ctx, struct pdg_error *err)
{
	const char *count = getenv("GIT_CONFIG_COUNT");
	uint64_t n = 0;
	uint64_t i;

	if (count && !pdg_bytes_u64(pdg_bytes_str(count), UINT16_MAX, &n))
		n = 0;
	for (i = 0; i < n; i++) {
		char key[64];
		char value[64];
		int rc = 0;

		(void)snprintf(key, sizeof(key), "GIT_CONFIG_KEY_%ju", (uintmax_t)i);
		(void)snprintf(value, sizeof(value), "GIT_CONFIG_VALUE_%ju", (uintmax_t)i);
		if (getenv(key) && getenv(value))
			rc = give(take, ctx, getenv(key), getenv(value), err);
		if (rc < 0)
			return rc;
	}
	return give_parameters(take, ctx, err);
}
