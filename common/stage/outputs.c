/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of POST /api/v1/builds under its grammar. Names are data: one that could be taken for a
 * place in a file system or for a command to a terminal is refused here, before it is signed and
 * shown to others.
 */
#include "stage/outputs.h"

#include <stdlib.h>
#include <string.h>

#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/utf8.h"

#define NAME_MAX_BYTES 1024

static const char *const members[] = {"artifacts", "dependencies", "builder", "repository",
				      "commit",	   "ref",	   NULL};
static const char *const artifact_members[] = {"name", "digest", NULL};
static const char *const artifact_digests[] = {"sha256", NULL};
static const char *const dependency_members[] = {"uri", "digest", "name", NULL};

/* Digests whose length is known, in hex digits. */
static const struct {
	const char *algorithm;
	size_t digits, or_digits;
} lengths[] = {
	{"sha256", 64, 64},    {"sha384", 96, 96}, {"sha512", 128, 128},
	{"gitCommit", 40, 64}, {"sha1", 40, 40},
};

void pdg_outputs_done(struct pdg_outputs *o)
{
	pdg_json_free(o->root);
	*o = (struct pdg_outputs){0};
}

/* Characters that people see, and no more than a name has. */
static bool is_shown(const char *s)
{
	struct pdg_bytes b = pdg_bytes_str(s);
	size_t at = 0;

	while (at < b.n && b.n <= NAME_MAX_BYTES) {
		uint32_t c = 0;
		size_t n = pdg_utf8_next(b, at, &c);

		if (n == 0 || !pdg_str_is_printable(c))
			return false;
		at += n;
	}
	return at > 0;
}

/* Not absolute, no part "." or "..", no backslash; a registry's host with its port, a slash or two
 * are fine. */
static bool is_name(const char *s)
{
	const char *at = s;

	if (!is_shown(s) || strchr(s, '\\') || strstr(s, "://"))
		return false;
	for (;;) {
		size_t n = strcspn(at, "/");

		if (n == 0 || (n == 1 && at[0] == '.') || (n == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		if (at[n] == '\0')
			return true;
		at += n + 1;
	}
}

static bool is_digest(const char *algorithm, const char *value)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-";
	struct pdg_bytes hex = pdg_bytes_str(value);
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		if (pdg_str_eq(lengths[i].algorithm, algorithm))
			return pdg_is_hex(hex, lengths[i].digits) ||
			       pdg_is_hex(hex, lengths[i].or_digits);
	}
	return algorithm[0] && algorithm[strspn(algorithm, letters)] == '\0' && is_shown(value);
}

static int check_digests(const json_t *o, const char *const *only, struct pdg_error *err)
{
	const json_t *digests = NULL;
	const json_t *value;
	const char *algorithm;
	void *iter = NULL;
	int rc = pdg_json_obj(o, "digest", &digests, err);

	if (rc == 0 && only)
		rc = pdg_json_only(digests, only, err);
	if (rc < 0)
		return rc;
	if (pdg_json_members(digests) > PDG_LIMIT_DIGESTS)
		return pdg_reject(err, "STM-2", "more than %d digests", PDG_LIMIT_DIGESTS);
	while ((iter = pdg_json_next(digests, iter, &algorithm, &value))) {
		const char *text = pdg_json_str_value(value);

		if (!text || !is_digest(algorithm, text))
			return pdg_reject(err, "BLD-10", "a digest %s is not of its form",
					  algorithm);
	}
	return pdg_json_members(digests) ? 0 : pdg_reject(err, "BLD-10", "no digest");
}

static int check_artifact(const json_t *o, struct pdg_error *err)
{
	const char *name = NULL;
	int rc;

	if (!pdg_json_is_obj(o))
		return pdg_reject(err, "BLD-10", "it is no object");
	rc = pdg_json_only(o, artifact_members, err);
	if (rc == 0)
		rc = pdg_json_str(o, "name", &name, err);
	if (rc < 0)
		return rc;
	if (!is_name(name))
		return pdg_reject(err, "BLD-10", "its name could be taken for something else");
	return check_digests(o, artifact_digests, err);
}

static int check_dependency(const json_t *o, struct pdg_error *err)
{
	const char *uri = NULL;
	const char *name = NULL;
	int rc;

	if (!pdg_json_is_obj(o))
		return pdg_reject(err, "BLD-10", "it is no object");
	rc = pdg_json_only(o, dependency_members, err);
	if (rc == 0)
		rc = pdg_json_str(o, "uri", &uri, err);
	if (rc == 0)
		rc = pdg_json_opt_str(o, "name", &name, err);
	if (rc < 0)
		return rc;
	if (!is_shown(uri) || strchr(uri, ' ') || (name && !is_shown(name)))
		return pdg_reject(err, "BLD-10", "its uri or name is empty, too long or not plain");
	return check_digests(o, NULL, err);
}

static int check_all(const json_t *arr, const char *what,
		     int (*check)(const json_t *o, struct pdg_error *err), struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	if (pdg_json_len(arr) > PDG_LIMIT_SUBJECTS)
		return pdg_reject(err, "STM-2", "more than %d %s", PDG_LIMIT_SUBJECTS, what);
	for (i = 0; rc == 0 && i < pdg_json_len(arr); i++) {
		rc = check(pdg_json_at(arr, i), err);
		if (rc < 0)
			rc = pdg_context(err, rc, "%s[%zu]", what, i);
	}
	return rc;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Two of one name could be meant for each other. */
static int check_names(const json_t *artifacts, struct pdg_error *err)
{
	size_t n = pdg_json_len(artifacts);
	PDG_AUTO(mem) const char **names = pdg_calloc(n, sizeof(*names));
	size_t i;

	if (!names)
		return pdg_nomem(err);
	for (i = 0; i < n; i++)
		names[i] = pdg_json_str_value(pdg_json_get(pdg_json_at(artifacts, i), "name"));
	qsort(names, n, sizeof(*names), compare);
	for (i = 1; i < n; i++) {
		if (strcmp(names[i - 1], names[i]) == 0)
			return pdg_reject(err, "BLD-10", "two artifacts are called %s", names[i]);
	}
	return 0;
}

static int read_said(struct pdg_outputs *o, struct pdg_error *err)
{
	int rc = pdg_json_opt_str(o->root, "builder", &o->builder, err);

	if (rc == 0)
		rc = pdg_json_opt_str(o->root, "repository", &o->repository, err);
	if (rc == 0)
		rc = pdg_json_opt_str(o->root, "commit", &o->commit, err);
	if (rc == 0)
		rc = pdg_json_opt_str(o->root, "ref", &o->ref, err);
	return rc;
}

int pdg_outputs_read(struct pdg_bytes body, struct pdg_outputs *out, struct pdg_error *err)
{
	PDG_AUTO(outputs) struct pdg_outputs o = {0};
	int rc = pdg_json_load(body, PDG_LIMIT_OUTPUTS, &o.root, err);

	if (rc == 0)
		rc = pdg_json_only(o.root, members, err);
	if (rc == 0)
		rc = pdg_json_arr(o.root, "artifacts", &o.artifacts, err);
	if (rc == 0)
		rc = pdg_json_opt_arr(o.root, "dependencies", &o.dependencies, err);
	if (rc == 0)
		rc = read_said(&o, err);
	if (rc == 0 && pdg_json_len(o.artifacts) == 0)
		rc = pdg_reject(err, "BLD-10", "no artifact was built");
	if (rc == 0)
		rc = check_all(o.artifacts, "artifacts", check_artifact, err);
	if (rc == 0)
		rc = check_all(o.dependencies, "dependencies", check_dependency, err);
	if (rc == 0)
		rc = check_names(o.artifacts, err);
	if (rc < 0)
		return rc;
	*out = o;
	o = (struct pdg_outputs){0};
	return 0;
}
