/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting together what several fields of one place say about a build's source: repository, ref,
 * commit. They may complete each other and must not contradict: a value is never chosen from two.
 */
#include "stage/build_source.h"

#include "trust/uri.h"
#include "util/codec.h"
#include "util/str.h"

static bool is_commit(const char *s)
{
	struct pdg_bytes b = pdg_bytes_str(s);

	return pdg_is_hex(b, PDG_OID_SHA1) || pdg_is_hex(b, PDG_OID_SHA256);
}

static int ambiguous(const char *what, const char *a, const char *b, struct pdg_error *err)
{
	return pdg_reject(err, "BLD-4", "the source's %s is named as \"%s\" and as \"%s\"", what, a,
			  b);
}

/* Put a copy of @value into *@have, or compare with what is there. */
static int merge(char **have, const char *value, const char *what, struct pdg_error *err)
{
	if (!value || !value[0])
		return 0;
	if (*have)
		return pdg_str_eq(*have, value) ? 0 : ambiguous(what, *have, value, err);
	*have = pdg_str_dup(value);
	return *have ? 0 : pdg_nomem(err);
}

/* The normal form of @uri, or NULL where it is none. */
static int normal(const char *uri, char **out, struct pdg_error *err)
{
	int rc = pdg_uri_normal(uri, out, NULL);

	return rc == PDG_E_NOMEM ? pdg_nomem(err) : 0;
}

int pdg_build_same_uri(const char *a, const char *b, bool *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *left = NULL;
	PDG_AUTO(mem) char *right = NULL;
	int rc;

	rc = normal(a, &left, err);
	if (rc == 0)
		rc = normal(b, &right, err);
	if (rc < 0)
		return rc;
	*out = left && pdg_str_eq(left, right);
	return 0;
}

int pdg_build_add_uri(struct pdg_build *b, const char *text, struct pdg_error *err)
{
	PDG_AUTO(mem) char *uri = NULL;
	PDG_AUTO(mem) char *ref = NULL;
	PDG_AUTO(mem) char *commit = NULL;
	struct pdg_error inner = {0};
	bool same;
	int rc;

	if (!text || !text[0])
		return 0;
	rc = pdg_uri_split(text, &uri, &ref, &commit, &inner);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc < 0)
		return pdg_reject(err, "BLD-1", "%s", inner.text);
	if (b->source_uri) {
		rc = pdg_build_same_uri(b->source_uri, uri, &same, err);
		if (rc < 0)
			return rc;
		if (!same)
			return ambiguous("repository", b->source_uri, uri, err);
	} else {
		b->source_uri = PDG_TAKE(uri);
	}
	rc = merge(&b->source_commit, commit, "commit", err);
	return rc < 0 ? rc : pdg_build_add_ref(b, ref, err);
}

int pdg_build_add_ref(struct pdg_build *b, const char *ref, struct pdg_error *err)
{
	const char *commit = ref;

	if (!ref || !ref[0])
		return 0;
	if (pdg_str_starts(ref, "sha1:"))
		commit = ref + strlen("sha1:");
	if (is_commit(commit))
		return merge(&b->source_commit, commit, "commit", err);
	return merge(&b->source_ref, ref, "ref", err);
}

static int add_digest(struct pdg_build *b, const char *algorithm, const char *value,
		      struct pdg_error *err)
{
	struct pdg_bytes hex = pdg_bytes_str(value);
	bool git = pdg_str_eq(algorithm, "gitCommit") || pdg_str_eq(algorithm, "sha1");
	bool sha256 = pdg_str_eq(algorithm, "sha256");

	if (!value)
		return pdg_reject(err, "BLD-1", "the source's digest %s is no text", algorithm);
	if (!git && !sha256)
		return b->source_other ? 0 : merge(&b->source_other, algorithm, "digest", err);
	if (!is_commit(value))
		return pdg_reject(err, "BLD-1",
				  "the source's digest %s is not lower-case hex of its length",
				  algorithm);
	/* GitLab writes SHA-1 commits under sha256 (ecosystem.md 7). */
	if (git || pdg_is_hex(hex, PDG_OID_SHA1))
		return merge(&b->source_commit, value, "commit", err);
	return merge(&b->source_sha256, value, "sha256", err);
}

int pdg_build_add_digests(struct pdg_build *b, const json_t *holder, struct pdg_error *err)
{
	const json_t *digests = NULL;
	const json_t *value;
	const char *name;
	void *iter = NULL;
	int rc = pdg_json_opt_obj(holder, "digest", &digests, err);

	while (rc == 0 && digests && (iter = pdg_json_next(digests, iter, &name, &value)))
		rc = add_digest(b, name, pdg_json_str_value(value), err);
	return rc;
}

/* A dependency's URI, NULL when it has none, and its parts, NULL when it cannot be parted. */
struct parted {
	const char *text; /* borrowed */
	char *uri;
	char *ref;
	char *commit;
};

static void parted_done(struct parted *p)
{
	free(p->uri);
	free(p->ref);
	free(p->commit);
}
PDG_AUTO_DEFINE_VALUE(parted, struct parted, parted_done)

static int part(const json_t *dep, struct parted *out, struct pdg_error *err)
{
	int rc;

	if (!pdg_json_is_obj(dep))
		return pdg_reject(err, "BLD-1", "a dependency is no object");
	rc = pdg_json_opt_str(dep, "uri", &out->text, err);
	if (rc < 0 || !out->text)
		return rc;
	rc = pdg_uri_split(out->text, &out->uri, &out->ref, &out->commit, NULL);
	return rc == PDG_E_NOMEM ? pdg_nomem(err) : 0;
}

int pdg_build_add_resolved(struct pdg_build *b, const json_t *deps, struct pdg_error *err)
{
	size_t i;

	for (i = 0; b->source_uri && i < pdg_json_len(deps); i++) {
		PDG_AUTO(parted) struct parted p = {0};
		const json_t *dep = pdg_json_at(deps, i);
		bool same = false;
		int rc;

		rc = part(dep, &p, err);
		if (rc == 0 && p.uri)
			rc = pdg_build_same_uri(p.uri, b->source_uri, &same, err);
		if (rc == 0 && same)
			rc = pdg_build_add_uri(b, p.text, err);
		if (rc == 0 && same)
			rc = pdg_build_add_digests(b, dep, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool has_digest(const json_t *dep, const char *algorithm)
{
	const json_t *digests = pdg_json_get(dep, "digest");

	return pdg_json_is_obj(digests) && pdg_json_get(digests, algorithm);
}

/*
 * By its URI, also by one that cannot be read; by its digest; or, where nothing else was ever
 * written, by being fetched with a sha1.
 */
static bool looks_like_git(const json_t *dep, const struct parted *p, bool bare)
{
	static const char *const begins[] = {"git+", "git://", "git@", "ssh://"};
	const char *uri = p->uri ? p->uri : p->text ? p->text : "";
	size_t i;

	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		if (pdg_str_starts(uri, begins[i]))
			return true;
	}
	return pdg_str_ends(uri, ".git") || p->commit || has_digest(dep, "gitCommit") ||
	       (bare && pdg_str_starts(uri, "https://") && has_digest(dep, "sha1"));
}

int pdg_build_is_git(const json_t *dep, bool bare, bool *out, struct pdg_error *err)
{
	PDG_AUTO(parted) struct parted p = {0};
	int rc = part(dep, &p, err);

	if (rc < 0)
		return rc;
	*out = looks_like_git(dep, &p, bare);
	return 0;
}
