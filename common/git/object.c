/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects as bytes: read whole, hashed by libgit2 against their name (with SHA-1 collision
 * detection), never parsed by it. Replace refs and grafts are git's; libgit2's object database
 * knows neither, and history is walked by parents that stand in the raw commit.
 */
#include <string.h>

#include "git/impl.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"

#define TAG_DEPTH 32 /* tags of tags */

int pdg_git_oid(const char *hex, git_oid *out, struct pdg_error *err)
{
	if (!hex || !pdg_is_hex(pdg_bytes_str(hex), GIT_OID_HEXSZ) || git_oid_fromstr(out, hex) < 0)
		return pdg_reject(err, "GIT-4",
				  "\"%s\" is not the name of an object (%d hex digits)",
				  hex ? hex : "", GIT_OID_HEXSZ);
	return 0;
}

/*
 * Whoever may push chooses how large an object is, and all of it would be in memory: its header
 * says so first. Files (blobs, trees) are larger than commits and tags, and are never read.
 */
int pdg_git_read(const struct pdg_repo *r, const git_oid *oid, git_object_t *out_type,
		 git_odb_object **out, struct pdg_error *err)
{
	git_object_t type = GIT_OBJECT_INVALID;
	char hex[PDG_GIT_HEX];
	size_t size = 0;
	int rc = git_odb_read_header(&size, &type, r->odb, oid);

	(void)git_oid_tostr(hex, sizeof(hex), oid);
	if (rc == 0 && (type == GIT_OBJECT_COMMIT || type == GIT_OBJECT_TAG)) {
		*out_type = type;
		if (size > PDG_LIMIT_COMMIT)
			return pdg_reject(err, "COM-6", "object %s has %zu bytes, more than %zu",
					  hex, size, PDG_LIMIT_COMMIT);
		rc = git_odb_read(out, r->odb, oid);
	}
	if (rc == GIT_ENOTFOUND)
		return pdg_fail(err, PDG_E_NOTFOUND, "object %s is not in the repository", hex);
	if (rc < 0)
		return pdg_git_failed(err, "object %s", hex);
	*out_type = type;
	return 0;
}

static const char *type_name(git_object_t type)
{
	switch (type) {
	case GIT_OBJECT_COMMIT:
		return "commit";
	case GIT_OBJECT_TAG:
		return "tag";
	case GIT_OBJECT_TREE:
		return "tree";
	default:
		return "blob";
	}
}

int pdg_repo_type(const struct pdg_repo *r, const char *hex, const char **out_type,
		  struct pdg_error *err)
{
	git_object_t type;
	git_oid oid;
	size_t size;
	int rc = pdg_git_oid(hex, &oid, err);

	if (rc < 0)
		return rc;
	rc = git_odb_read_header(&size, &type, r->odb, &oid);
	if (rc == GIT_ENOTFOUND)
		return pdg_fail(err, PDG_E_NOTFOUND, "object %s is not in the repository", hex);
	if (rc < 0)
		return pdg_git_failed(err, "object %s", hex);
	*out_type = type_name(type);
	return 0;
}

static struct pdg_bytes object_bytes(git_odb_object *o)
{
	return pdg_bytes(git_odb_object_data(o), git_odb_object_size(o));
}

int pdg_repo_read(const struct pdg_repo *r, const char *hex, struct pdg_buf *out,
		  const char **out_type, struct pdg_error *err)
{
	PDG_AUTO(git_odb_object) git_odb_object *o = NULL;
	git_object_t type;
	git_oid oid;
	int rc = pdg_git_oid(hex, &oid, err);

	if (rc == 0)
		rc = pdg_git_read(r, &oid, &type, &o, err);
	if (rc < 0)
		return rc;
	if (o)
		pdg_buf_put(out, object_bytes(o));
	rc = pdg_buf_check(out, err);
	if (rc < 0)
		return pdg_context(err, rc, "object %s", hex);
	*out_type = type_name(type);
	return 0;
}

/* The object that a raw tag names: "object <hex>" in its first line. */
static bool tag_target(struct pdg_bytes raw, git_oid *out)
{
	struct pdg_bytes line;

	if (!pdg_bytes_line(&raw, &line) || !pdg_bytes_starts(line, "object "))
		return false;
	line = pdg_bytes_from(line, strlen("object "));
	return pdg_is_hex(line, GIT_OID_HEXSZ) &&
	       git_oid_fromstrn(out, (const char *)line.p, line.n) == 0;
}

int pdg_git_peel(const struct pdg_repo *r, const git_oid *oid, git_oid *out, struct pdg_error *err)
{
	git_oid at = *oid;
	char hex[PDG_GIT_HEX];
	int depth;

	for (depth = 0; depth < TAG_DEPTH; depth++) {
		PDG_AUTO(git_odb_object) git_odb_object *o = NULL;
		git_object_t type = GIT_OBJECT_INVALID;
		int rc = pdg_git_read(r, &at, &type, &o, err);

		/* Whatever is too large in it is for the judge to refuse. */
		if (type == GIT_OBJECT_COMMIT && (rc == 0 || rc == PDG_E_LIMIT)) {
			*out = at;
			return 0;
		}
		if (rc < 0)
			return rc;
		if (type != GIT_OBJECT_TAG || !tag_target(object_bytes(o), &at))
			break;
	}
	(void)git_oid_tostr(hex, sizeof(hex), oid);
	return pdg_reject(err, "GIT-4", "%s is no commit, and no tag that points at one", hex);
}

/* Seconds in "committer Name <address> 1700000000 +0200"; 0 when there are none. */
static int64_t line_time(struct pdg_bytes line)
{
	size_t at = SIZE_MAX;
	size_t next;
	struct pdg_bytes rest;
	uint64_t seconds;

	for (next = pdg_bytes_find_byte(line, '>', 0); next != SIZE_MAX;
	     next = pdg_bytes_find_byte(line, '>', at + 1))
		at = next;
	if (at == SIZE_MAX)
		return 0;
	rest = pdg_bytes_from(line, at + 2);
	rest = pdg_bytes_head(rest, pdg_bytes_find_byte(rest, ' ', 0));
	return pdg_bytes_u64(rest, INT64_MAX, &seconds) ? (int64_t)seconds : 0;
}

/*
 * Take the parent lines off *@rest, up to one more than there may be. *@line is then the last one
 * taken, or the first line that is none, or empty.
 */
static int take_parents(struct pdg_bytes *rest, struct pdg_bytes *line, git_oid **out,
			size_t *out_n, struct pdg_error *err)
{
	PDG_AUTO(mem) git_oid *parents = NULL;
	size_t n = 0;
	size_t cap = 0;

	while (n <= PDG_LIMIT_COMMIT_PARENTS && pdg_bytes_line(rest, line) &&
	       pdg_bytes_starts(*line, "parent ")) {
		struct pdg_bytes hex = pdg_bytes_from(*line, strlen("parent "));

		if (!pdg_is_hex(hex, GIT_OID_HEXSZ))
			break;
		if (pdg_array_grow(&parents, n, &cap, sizeof(*parents),
				   PDG_LIMIT_COMMIT_PARENTS + 1) < 0)
			return pdg_nomem(err);
		if (git_oid_fromstrn(&parents[n], (const char *)hex.p, hex.n) < 0)
			break;
		n++;
	}
	*out_n = n;
	*out = PDG_TAKE(parents);
	return 0;
}

int pdg_git_links(struct pdg_bytes raw, git_oid **out_parents, size_t *out_n, int64_t *out_time,
		  struct pdg_error *err)
{
	struct pdg_bytes line = {NULL, 0};
	git_oid *parents = NULL;
	size_t n = 0;
	int64_t time = 0;

	if (pdg_bytes_line(&raw, &line) && pdg_bytes_starts(line, "tree ")) {
		int rc = take_parents(&raw, &line, &parents, &n, err);

		if (rc < 0)
			return rc;
		while (line.n && !pdg_bytes_starts(line, "committer ")) {
			if (!pdg_bytes_line(&raw, &line))
				break;
		}
		time = line_time(line);
	}
	*out_parents = parents;
	*out_n = n;
	*out_time = time;
	return 0;
}
