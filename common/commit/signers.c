/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of one repository section, loaded once and then only read. A file that is missing, empty
 * or unreadable is a failure of the whole: with a key list, and more so with a list of revoked
 * keys, "nothing in it" and "not there" must not look alike (attacks.md M10).
 */
#include "commit/signers.h"

#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"

void pdg_signers_free(struct pdg_signers *s)
{
	size_t i;

	if (!s)
		return;
	pdg_pgp_gnupg_free(s->gnupg);
	for (i = 0; i < s->n_rings; i++)
		pdg_pgp_ring_free(s->rings[i]);
	for (i = 0; i < s->n_forge_rings; i++)
		pdg_pgp_ring_free(s->forge_rings[i]);
	for (i = 0; i < s->n_lists; i++)
		pdg_allowed_signers_free(s->lists[i]);
	for (i = 0; i < s->n_krls; i++)
		pdg_sshkrl_free(s->krls[i]);
	pdg_signers_x509_done(&s->x509);
	free(s->krls);
	free(s->rings);
	free(s->forge_rings);
	free(s->lists);
	free(s->forge_ssh.v);
	free(s->revoked.v);
	free(s);
}

static int load_ring(const char *path, const char *cache_dir, struct pdg_pgp_ring **rings,
		     size_t *n, struct pdg_error *err)
{
	int rc = pdg_pgp_ring_load(path, cache_dir, &rings[*n], err);

	if (rc == 0)
		(*n)++;
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
	return pdg_context(err, pdg_ssh_set_read(&s->forge_ssh, in, false, err), "%s", path);
}

/* Which key of which section named the file that cannot be used. */
static int in_key(const char *key, const struct pdg_policy_repository *repo, int rc,
		  struct pdg_error *err)
{
	return pdg_context(err, rc, "[repository \"%.200s\"] (line %u of the policy), %s",
			   repo->uri, repo->line, key);
}

static int load_all(const struct pdg_policy_repository *repo, const char *cache_dir,
		    struct pdg_signers *s, struct pdg_error *err)
{
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < repo->openpgp_keys.n; i++)
		rc = in_key(
			"openpgpKeys", repo,
			load_ring(repo->openpgp_keys.v[i], cache_dir, s->rings, &s->n_rings, err),
			err);
	for (i = 0; rc == 0 && i < repo->ssh_allowed_signers.n; i++)
		rc = in_key("sshAllowedSigners", repo,
			    pdg_signers_load_list(repo->ssh_allowed_signers.v[i], s, err), err);
	for (i = 0; rc == 0 && i < repo->forge_keys.n; i++)
		rc = in_key("forgeKeys", repo, load_forge(repo->forge_keys.v[i], cache_dir, s, err),
			    err);
	for (i = 0; rc == 0 && i < repo->revoked.n; i++)
		rc = in_key("revoked", repo, pdg_signers_load_revoked(repo->revoked.v[i], s, err),
			    err);
	return rc == 0 ? pdg_signers_load_x509(repo, s, err) : rc;
}

bool pdg_signers_revoke(const struct pdg_signers *s, const char *fingerprint, int64_t at)
{
	const struct pdg_validity *said = pdg_revocations_find(s->revocations, fingerprint);

	return said && pdg_validity_at(said, at, false) != PDG_STANDING_GOOD;
}

void pdg_signers_of_push(struct pdg_signers *s)
{
	pdg_pgp_gnupg_bound(s->gnupg, PDG_LIMIT_GNUPG_WRONG);
}

int pdg_signers_load(const struct pdg_policy_repository *repo, const char *cache_dir,
		     struct pdg_signers **out, struct pdg_error *err)
{
	PDG_AUTO(signers) struct pdg_signers *s = NULL;
	int rc;

	/* A forge's key merges what people signed; alone it could make nothing good. */
	if (repo->openpgp_keys.n == 0 && repo->ssh_allowed_signers.n == 0 &&
	    repo->x509_roots.n == 0 && !repo->trusted_root) {
		rc = pdg_reject(err, "SGN-1",
				"[repository \"%s\"] (line %u of the policy) names no key that "
				"could sign a commit",
				repo->uri, repo->line);
		pdg_fix(err, "add openpgpKeys, sshAllowedSigners or x509Roots to the section");
		return rc;
	}
	s = pdg_calloc(1, sizeof(*s));
	if (!s)
		return pdg_nomem(err);
	s->require_committer_match = repo->require_committer_match;
	s->revocations = repo->revocations;
	s->rings = pdg_calloc(repo->openpgp_keys.n, sizeof(struct pdg_pgp_ring *));
	s->lists = pdg_calloc(repo->ssh_allowed_signers.n, sizeof(struct pdg_allowed_signers *));
	s->forge_rings = pdg_calloc(repo->forge_keys.n, sizeof(struct pdg_pgp_ring *));
	s->krls = pdg_calloc(repo->revoked.n, sizeof(struct pdg_sshkrl *));
	if (!s->rings || !s->lists || !s->forge_rings || !s->krls)
		return pdg_nomem(err);
	rc = pdg_pgp_gnupg_new(&s->gnupg, err);
	if (rc < 0)
		return rc;
	rc = pdg_as_rule(err, load_all(repo, cache_dir, s, err), "POL-5");
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(s);
	return 0;
}
