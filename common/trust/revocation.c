/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revocation files: read when the policy is, before anything else of it, and as strictly. A list
 * of revoked keys that is missing, empty or cannot be read is a failure: "nobody is revoked" must
 * be said by leaving the file out (attacks.md M10).
 */
#include "trust/revocation.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "trust/config.h"
#include "util/buf.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define SSH_PREFIX "SHA256:"
#define KEY_PREFIX "sha256:"

static const struct pdg_config_key keys[] = {
	{"key", true, "revokedSince", PDG_CFG_TIME, false},
	{"key", true, "compromisedSince", PDG_CFG_TIME, false},
	{0},
};

void pdg_revocations_done(struct pdg_revocations *r)
{
	free(r->v);
	*r = (struct pdg_revocations){0};
}

static int compare(const void *left, const void *right)
{
	const struct pdg_revocation *a = left;
	const struct pdg_revocation *b = right;

	return strcmp(a->fingerprint, b->fingerprint);
}

static int compare_name(const void *name, const void *entry)
{
	const struct pdg_revocation *b = entry;

	return strcmp(name, b->fingerprint);
}

const struct pdg_validity *pdg_revocations_find(const struct pdg_revocations *r,
						const char *fingerprint)
{
	const struct pdg_revocation *found = NULL;

	if (r && r->n)
		found = bsearch(fingerprint, r->v, r->n, sizeof(*r->v), compare_name);
	return found ? &found->when : NULL;
}

void pdg_key_fingerprint(const uint8_t spki_sha256[32], char out[PDG_KEY_FINGERPRINT])
{
	size_t n = strlen(KEY_PREFIX);

	memcpy(out, KEY_PREFIX, n);
	pdg_hex(pdg_bytes(spki_sha256, 32), out + n);
}

static bool is_fingerprint(const char *s)
{
	if (pdg_str_starts(s, SSH_PREFIX))
		return pdg_is_base64_sha256(pdg_bytes_str(s + strlen(SSH_PREFIX)));
	if (pdg_str_starts(s, KEY_PREFIX))
		return pdg_is_hex(pdg_bytes_str(s + strlen(KEY_PREFIX)), 64);
	return strlen(s) == 40 && strspn(s, "0123456789ABCDEF") == 40;
}

/* Room for the sections of @c behind what is there, named and without dates. */
static int add_sections(struct pdg_revocations *r, const struct pdg_config *c,
			struct pdg_error *err)
{
	size_t before = r->n;
	size_t i;

	for (i = 0; i < c->n_sections; i++) {
		const struct pdg_config_section *s = &c->sections[i];
		const struct pdg_revocations earlier = {.v = r->v, .n = before};

		if (!is_fingerprint(s->subsection))
			return pdg_config_reject(
				err, c, s->line, "POL-3",
				"[key \"%.100s\"] is no fingerprint: 40 upper-case hex digits, "
				"SHA256:… of ssh-keygen -l, or sha256:… of \"pedigree key show\"",
				s->subsection);
		if (pdg_revocations_find(&earlier, s->subsection))
			return pdg_config_reject(err, c, s->line, "POL-3",
						 "[key \"%.100s\"] is given twice, in two files",
						 s->subsection);
		if (pdg_array_grow(&r->v, r->n, &r->cap, sizeof(*r->v), SIZE_MAX) < 0)
			return pdg_nomem(err);
		memcpy(r->v[r->n++].fingerprint, s->subsection, strlen(s->subsection) + 1);
	}
	return 0;
}

/* The dates of the sections whose entries begin at @v, in the order of @c. */
static int set_dates(struct pdg_revocation *v, const struct pdg_config *c, struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct pdg_config_entry *e = &c->v[i];
		struct pdg_validity *when = &v[e->at].when;
		bool revoked = strcasecmp(e->key, "revokedSince") == 0;
		int rc = pdg_time_parse(pdg_bytes_str(e->value),
					revoked ? &when->revoked_since : &when->compromised_since,
					err);

		if (rc < 0)
			return rc;
	}
	for (i = 0; i < c->n_sections; i++) {
		if ((v[i].when.revoked_since == 0) != (v[i].when.compromised_since == 0))
			continue;
		return pdg_config_reject(err, c, c->sections[i].line, "POL-8",
					 "[key \"%s\"] needs either revokedSince or "
					 "compromisedSince",
					 v[i].fingerprint);
	}
	return 0;
}

static int add_file(struct pdg_revocations *r, const struct pdg_config *c, struct pdg_error *err)
{
	size_t before = r->n;
	int rc = add_sections(r, c, err);

	if (rc == 0 && r->n > before)
		rc = set_dates(r->v + before, c, err);
	if (rc == 0 && r->n > 1)
		qsort(r->v, r->n, sizeof(*r->v), compare);
	return rc;
}

int pdg_revocations_load(struct pdg_revocations *r, const char *path, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(config) struct pdg_config *c = NULL;
	int rc;

	rc = pdg_fs_read(path, &in, err);
	if (rc < 0)
		return pdg_as_rule(err, rc, rc == PDG_E_LIMIT ? "POL-10" : "POL-5");
	rc = pdg_config_parse(pdg_buf_bytes(&in), path, &c, err);
	if (rc == 0)
		rc = pdg_config_check(c, keys, err);
	if (rc < 0)
		return rc;
	if (c->n_sections == 0) {
		rc = pdg_reject(err, "POL-5", "the revocation file '%.400s' names no key", path);
		pdg_fix(err, "take its line out of [revocation] until a key is revoked");
		return rc;
	}
	return add_file(r, c, err);
}
