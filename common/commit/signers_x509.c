/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading the X.509 side of a repository section: roots of its own, the authorities and logs of its
 * trusted root, and whose certificates count.
 */
#include "commit/signers.h"

#include "util/fs.h"
#include "util/limits.h"

static int load_roots(const char *path, struct pdg_signers_x509 *x, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	int rc = pdg_fs_read(path, &text, err);

	if (rc < 0)
		return rc;
	return pdg_context(err, pdg_x509_anchors_pem(x->anchors, pdg_buf_bytes(&text), err), "%s",
			   path);
}

static int add_authority(const struct pdg_root_ca *ca, struct pdg_signers_x509 *x,
			 struct pdg_error *err)
{
	struct pdg_bytes certs[PDG_LIMIT_CHAIN_CERTS];
	size_t i;

	if (ca->n_certs > PDG_LIMIT_CHAIN_CERTS)
		return pdg_fail(err, PDG_E_LIMIT, "an authority with %zu certificates",
				ca->n_certs);
	for (i = 0; i < ca->n_certs; i++)
		certs[i] = pdg_buf_bytes(&ca->certs[i]);
	return pdg_x509_anchors_chain(x->anchors, certs, ca->n_certs, ca->valid_from,
				      ca->valid_until, err);
}

/* Everybody has, or can have, a certificate of a public authority: there, names are needed. */
static int check_names(const struct pdg_policy_repository *repo, const struct pdg_root *root,
		       struct pdg_error *err)
{
	int rc;

	if (root->n_cas == 0 || (repo->x509_identities.n && repo->x509_issuers.n))
		return 0;
	rc = pdg_reject(
		err, "POL-8",
		"[repository \"%s\"] has a trustedRoot with certificate authorities and no %s",
		repo->uri, repo->x509_identities.n ? "x509Issuer" : "x509Identity");
	pdg_fix(err, "name the owners and the OIDC issuers whose certificates count");
	return rc;
}

static int load_trusted_root(const struct pdg_policy_repository *repo, struct pdg_signers_x509 *x,
			     struct pdg_error *err)
{
	size_t i;
	int rc = pdg_root_load(repo->trusted_root, &x->root, err);

	if (rc == 0)
		rc = check_names(repo, x->root, err);
	for (i = 0; rc == 0 && i < x->root->n_cas; i++)
		rc = pdg_context(err, add_authority(&x->root->cas[i], x, err),
				 "%s: certificateAuthorities[%zu]", repo->trusted_root, i);
	return rc;
}

int pdg_signers_load_x509(const struct pdg_policy_repository *repo, struct pdg_signers *s,
			  struct pdg_error *err)
{
	struct pdg_signers_x509 *x = &s->x509;
	size_t i;
	int rc;

	if (repo->x509_roots.n == 0 && !repo->trusted_root)
		return 0;
	x->identities = &repo->x509_identities;
	x->issuers = &repo->x509_issuers;
	rc = pdg_x509_anchors_new(&x->anchors, err);
	for (i = 0; rc == 0 && i < repo->x509_roots.n; i++)
		rc = load_roots(repo->x509_roots.v[i], x, err);
	if (rc == 0 && repo->trusted_root)
		rc = load_trusted_root(repo, x, err);
	if (rc == 0 && pdg_x509_anchors_count(x->anchors) == 0)
		return pdg_fail(err, PDG_E_FORMAT, "%s: there is no certificate authority in it",
				repo->trusted_root);
	return rc;
}

void pdg_signers_x509_done(struct pdg_signers_x509 *x)
{
	pdg_x509_anchors_free(x->anchors);
	pdg_root_free(x->root);
}
