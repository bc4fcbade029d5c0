/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of one repository section, loaded once and then only read. A file that is missing, empty
 * or unreadable is a failure of the whole: with a key list, and more so with a list of revoked
 * keys, "nothing in it" and "not there" must not look alike (attacks.md M10).
 */
#include "commit/signers.h"

#include <ctype.h>

#include "crypto/digest.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"

#define FINGERPRINT_PREFIX "SHA256:"

void pdg_signers_free(struct pdg_signers *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->n_rings; i++)
		pdg_pgp_ring_free(s->rings[i]);
	for (i = 0; i < s->n_forge_rings; i++)
		pdg_pgp_ring_free(s->forge_rings[i]);
	for (i = 0; i < s->n_lists; i++)
		pdg_allowed_signers_free(s->lists[i]);
	free(s->rings);
	free(s->forge_rings);
	free(s->lists);
	free(s->forge_ssh.v);
	free(s->revoked.v);
	free(s);
}

static int compare(const void *a, const void *b)
{
	const char *left = a;
	const char *right = b;

	return strcmp(left, right);
}

bool pdg_ssh_set_has(const struct pdg_ssh_set *set, const char *fingerprint)
{
	return set->n && bsearch(fingerprint, set->v, set->n, sizeof(*set->v), compare);
}

static int set_add(struct pdg_ssh_set *set, struct pdg_bytes fingerprint, struct pdg_error *err)
{
	int rc = pdg_array_grow(&set->v, set->n, &set->cap, sizeof(*set->v), PDG_LIMIT_KEYS);

	if (rc == -2)
		return pdg_fail(err, PDG_E_LIMIT, "more than %d keys", PDG_LIMIT_KEYS);
	if (rc < 0)
		return pdg_nomem(err);
	memcpy(set->v[set->n], fingerprint.p, PDG_SSH_FINGERPRINT_LEN);
	set->v[set->n][PDG_SSH_FINGERPRINT_LEN] = '\0';
	set->n++;
	return 0;
}

/* The fingerprint of any kind of key: one that is not judged can still be revoked. */
static int add_key_line(struct pdg_ssh_set *set, struct pdg_bytes line, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_SSH_FINGERPRINT_LEN);
	uint8_t digest[PDG_SHA256_LEN];
	int rc;

	rc = pdg_sshkey_line(line, &blob, err);
	if (rc < 0)
		return rc;
	rc = pdg_sha256(pdg_buf_bytes(&blob), digest, err);
	if (rc < 0)
		return rc;
	pdg_buf_puts(&text, FINGERPRINT_PREFIX);
	pdg_base64_nopad(pdg_bytes(digest, sizeof(digest)), &text);
	rc = pdg_buf_check(&text, err);
	return rc < 0 ? rc : set_add(set, pdg_buf_bytes(&text), err);
}

/* "SHA256:…", alone or with a comment behind a blank. */
static int add_fingerprint_line(struct pdg_ssh_set *set, struct pdg_bytes line,
				struct pdg_error *err)
{
	size_t end = pdg_bytes_find_byte(line, ' ', 0);
	struct pdg_bytes word = pdg_bytes_head(line, end);
	size_t i;

	if (word.n != PDG_SSH_FINGERPRINT_LEN)
		return pdg_fail(err, PDG_E_FORMAT, "not a whole SHA256 fingerprint");
	for (i = strlen(FINGERPRINT_PREFIX); i < word.n; i++) {
		if (!isalnum(word.p[i]) && word.p[i] != '+' && word.p[i] != '/')
			return pdg_fail(err, PDG_E_FORMAT, "not a SHA256 fingerprint");
	}
	return set_add(set, word, err);
}

/* Public keys, one a line; fingerprints too where they are enough. */
static int set_read(struct pdg_ssh_set *set, struct pdg_bytes text, bool fingerprints,
		    struct pdg_error *err)
{
	struct pdg_bytes line;
	size_t before = set->n;
	size_t number = 0;

	while (pdg_bytes_line(&text, &line)) {
		int rc;

		number++;
		line = pdg_bytes_trim(line, " \t\r");
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (fingerprints && pdg_bytes_starts(line, FINGERPRINT_PREFIX))
			rc = add_fingerprint_line(set, line, err);
		else
			rc = add_key_line(set, line, err);
		if (rc < 0)
			return pdg_context(err, rc, "line %zu", number);
	}
	if (set->n == before)
		return pdg_fail(err, PDG_E_FORMAT, "there is no key in it");
	qsort(set->v, set->n, sizeof(*set->v), compare);
	return 0;
}

static int load_revoked(const char *path, struct pdg_signers *s, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	int rc;

	rc = pdg_fs_read(path, &text, err);
	if (rc < 0)
		return rc;
	if (pdg_bytes_starts(pdg_buf_bytes(&text), "SSHKRL\n")) {
		rc = pdg_fail(err, PDG_E_FORMAT,
			      "%s: binary revocation lists (KRL) are not read by this version",
			      path);
		pdg_fix(err, "list the revoked keys or their SHA256 fingerprints, one a line");
		return rc;
	}
	rc = set_read(&s->revoked, pdg_buf_bytes(&text), true, err);
	return pdg_context(err, rc, "%s", path);
}

static int load_ring(const char *path, const char *cache_dir, struct pdg_pgp_ring **rings,
		     size_t *n, struct pdg_error *err)
{
	int rc = pdg_pgp_ring_load(path, cache_dir, &rings[*n], err);

	if (rc == 0)
		(*n)++;
	return rc;
}

static int load_list(const char *path, struct pdg_signers *s, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	int rc;

	rc = pdg_fs_read(path, &text, err);
	if (rc == 0)
		rc = pdg_allowed_signers_parse(pdg_buf_bytes(&text), path, &s->lists[s->n_lists],
					       err);
	if (rc == 0)
		s->n_lists++;
	return rc;
}

/* OpenPGP, armored or in packets (whose first byte has its top bit set), or SSH public keys. */
static int load_forge(const char *path, const char *cache_dir, struct pdg_signers *s,
		      struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	struct pdg_bytes in;
	int rc;

	rc = pdg_fs_read(path, &text, err);
	if (rc < 0)
		return rc;
	in = pdg_buf_bytes(&text);
	if ((in.n && in.p[0] & 0x80) ||
	    pdg_bytes_find(in, pdg_bytes_str("-----BEGIN PGP "), 0) != SIZE_MAX)
		return load_ring(path, cache_dir, s->forge_rings, &s->n_forge_rings, err);
	return pdg_context(err, set_read(&s->forge_ssh, in, false, err), "%s", path);
}

static int load_all(const struct pdg_policy_repository *repo, const char *cache_dir,
		    struct pdg_signers *s, struct pdg_error *err)
{
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < repo->openpgp_keys.n; i++)
		rc = load_ring(repo->openpgp_keys.v[i], cache_dir, s->rings, &s->n_rings, err);
	for (i = 0; rc == 0 && i < repo->ssh_allowed_signers.n; i++)
		rc = load_list(repo->ssh_allowed_signers.v[i], s, err);
	for (i = 0; rc == 0 && i < repo->forge_keys.n; i++)
		rc = load_forge(repo->forge_keys.v[i], cache_dir, s, err);
	for (i = 0; rc == 0 && i < repo->revoked.n; i++)
		rc = load_revoked(repo->revoked.v[i], s, err);
	return rc;
}

int pdg_signers_load(const struct pdg_policy_repository *repo, const char *cache_dir,
		     struct pdg_signers **out, struct pdg_error *err)
{
	PDG_AUTO(signers) struct pdg_signers *s = NULL;
	int rc;

	/* A forge's key merges what people signed; alone it could make nothing good. */
	if (repo->openpgp_keys.n == 0 && repo->ssh_allowed_signers.n == 0) {
		rc = pdg_reject(err, "SGN-1",
				"[repository \"%s\"] names no key that could sign a commit",
				repo->uri);
		pdg_fix(err, "add openpgpKeys or sshAllowedSigners to the section");
		return rc;
	}
	s = pdg_calloc(1, sizeof(*s));
	if (!s)
		return pdg_nomem(err);
	s->require_committer_match = repo->require_committer_match;
	s->rings = pdg_calloc(repo->openpgp_keys.n, sizeof(struct pdg_pgp_ring *));
	s->lists = pdg_calloc(repo->ssh_allowed_signers.n, sizeof(struct pdg_allowed_signers *));
	s->forge_rings = pdg_calloc(repo->forge_keys.n, sizeof(struct pdg_pgp_ring *));
	if (!s->rings || !s->lists || !s->forge_rings)
		return pdg_nomem(err);
	rc = pdg_as_rule(err, load_all(repo, cache_dir, s, err), "POL-5");
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(s);
	return 0;
}
