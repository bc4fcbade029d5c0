/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last step of loading a policy: do its parts fit together? An empty policy, a section that
 * can never allow anything, one key in two roles and two sections for one repository are
 * mistakes of the writer, found here instead of in a verdict that surprises him.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/policy_read.h"
#include "util/size.h"

static const char *const role_names[] = {
	[PDG_ROLE_SERVICE] = "serviceKey",	  [PDG_ROLE_JOURNAL] = "journalKey",
	[PDG_ROLE_SERVER] = "serverKey",	  [PDG_ROLE_BUILDER] = "a builder's key",
	[PDG_ROLE_PRODUCER] = "a producer's key",
};

static int check_empty(const struct pdg_policy_reading *r, struct pdg_error *err)
{
	const struct pdg_policy *p = r->p;
	int rc;

	if (p->n_repositories || p->n_builders || p->n_producers || p->n_approvers ||
	    p->service_keys.n || p->journal_keys.n || p->trusted_root)
		return 0;
	rc = pdg_reject(err, "POL-4", "%s: the policy is empty: it names no repository and no key",
			r->c->file);
	pdg_fix(err, "write a [repository \"URI\"] section with protect, openpgpKeys or "
		     "sshAllowedSigners");
	return rc;
}

/* @count of @what in the section that begins on @line must not be nothing. */
static int need(const struct pdg_policy_reading *r, unsigned line, const char *section,
		const char *name, size_t count, const char *what, struct pdg_error *err)
{
	char text[PDG_CONFIG_SECTION_TEXT];

	if (count > 0)
		return 0;
	return pdg_config_reject(err, r->c, line, "POL-8", "%s needs %s",
				 pdg_config_section_text(section, name, text), what);
}

static int check_repositories(const struct pdg_policy_reading *r, struct pdg_error *err)
{
	const struct pdg_policy_repository *v = r->p->repositories;
	size_t i;
	size_t k;

	for (i = 0; i < r->p->n_repositories; i++) {
		for (k = 0; k < i; k++) {
			if (strcmp(v[i].normal, v[k].normal) == 0)
				return pdg_config_reject(
					err, r->c, v[i].line, "POL-8",
					"[repository \"%.100s\"] is the repository of "
					"line %u again",
					v[i].uri, v[k].line);
			if (v[i].path && v[k].path && strcmp(v[i].path, v[k].path) == 0)
				return pdg_config_reject(err, r->c, v[i].line, "POL-8",
							 "[repository \"%.100s\"] has the path of "
							 "line %u's section",
							 v[i].uri, v[k].line);
		}
		if (v[i].source_from != PDG_GRADE_SERVER)
			continue;
		if (v[i].server_keys.n == 0 || v[i].protect.n == 0)
			return pdg_config_reject(
				err, r->c, v[i].line, "POL-8",
				"[repository \"%.100s\"] has sourceFrom = server and "
				"no %s",
				v[i].uri, v[i].server_keys.n == 0 ? "serverKey" : "protect");
	}
	return 0;
}

/* Whose certificates count must be said, unless a root of one's own and the address say it. */
static int check_x509(const struct pdg_policy_reading *r, struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < r->p->n_repositories; i++) {
		const struct pdg_policy_repository *v = &r->p->repositories[i];
		bool roots = v->x509_roots.n > 0;
		size_t names = v->x509_identities.n + v->x509_issuers.n;

		if (names && !roots && !v->trusted_root)
			rc = need(r, v->line, "repository", v->uri, 0,
				  "x509Roots or a trustedRoot beside x509Identity and x509Issuer",
				  err);
		else if (v->trusted_root && !roots)
			rc = need(r, v->line, "repository", v->uri,
				  v->x509_identities.n && v->x509_issuers.n,
				  "x509Identity and x509Issuer: a public authority gives "
				  "everybody a certificate",
				  err);
		else if (roots && !v->require_committer_match)
			rc = need(r, v->line, "repository", v->uri, v->x509_identities.n,
				  "x509Identity beside x509Roots without requireCommitterMatch",
				  err);
	}
	return rc;
}

/*
 * One way of proof in a section (rules.md 5.6), and what it needs: of a token the audience, or one
 * made for another service would do here; and a claim, for an issuer of many gives everybody one.
 */
static int check_proof(const struct pdg_policy_reading *r, unsigned line, const char *section,
		       const char *name, size_t keys, const struct pdg_policy_proof *p,
		       struct pdg_error *err)
{
	bool token = p->oidc_issuer || p->oidc_audience || p->oidc_claims.n || p->events.n;
	char text[PDG_CONFIG_SECTION_TEXT];
	int rc;

	if ((keys > 0) + token + (p->client_certificates.n > 0) > 1)
		return pdg_config_reject(err, r->c, line, "POL-8",
					 "%s has several ways of proof: key, oidcIssuer and "
					 "clientCertificate belong into sections of their own",
					 pdg_config_section_text(section, name, text));
	if (!token)
		return need(r, line, section, name, keys + p->client_certificates.n,
			    "a key, an oidcIssuer or a clientCertificate", err);
	rc = need(r, line, section, name, p->oidc_issuer != NULL,
		  "an oidcIssuer beside oidcAudience, oidcClaim and event", err);
	if (rc == 0)
		rc = need(r, line, section, name, p->oidc_audience != NULL,
			  "an oidcAudience: a token made for another service must not do here",
			  err);
	if (rc == 0)
		rc = need(r, line, section, name, p->oidc_claims.n,
			  "an oidcClaim: an issuer of many gives everybody a token", err);
	return rc;
}

/* Everyone who may sign needs something to prove himself by, and something to speak of. */
static int check_signers(const struct pdg_policy_reading *r, struct pdg_error *err)
{
	const struct pdg_policy *p = r->p;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < p->n_builders; i++) {
		const struct pdg_policy_builder *b = &p->builders[i];

		rc = check_proof(r, b->line, "builder", b->id, b->keys.n, &b->proof, err);
		if (rc == 0)
			rc = need(r, b->line, "builder", b->id, b->repositories.n, "a repository",
				  err);
	}
	for (i = 0; rc == 0 && i < p->n_producers; i++) {
		const struct pdg_policy_producer *d = &p->producers[i];

		rc = check_proof(r, d->line, "producer", d->name, d->keys.n + d->key_service,
				 &d->proof, err);
		if (rc == 0)
			rc = need(r, d->line, "producer", d->name, d->repositories.n,
				  "a repository", err);
		if (rc == 0)
			rc = need(r, d->line, "producer", d->name, d->stages.n, "a stage", err);
	}
	for (i = 0; rc == 0 && i < p->n_approvers; i++) {
		const struct pdg_policy_approver *a = &p->approvers[i];

		rc = need(r, a->line, "approver", a->address, a->openpgp_keys.n + a->ssh_keys.n,
			  "an openpgpKey or sshKey", err);
		if (rc == 0)
			rc = need(r, a->line, "approver", a->address, a->repositories.n,
				  "a repository", err);
		if (rc == 0)
			rc = need(r, a->line, "approver", a->address, a->scopes.n, "a scope", err);
	}
	return rc;
}

/* A [revocation] that names no file revokes nobody, which cannot be what it was opened for. */
static int check_revocation(const struct pdg_policy_reading *r, struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < r->c->n_sections; i++) {
		const struct pdg_config_section *s = &r->c->sections[i];

		if (strcmp(s->section, "revocation") == 0)
			rc = need(r, s->line, s->section, NULL, r->p->revocation_files.n, "a file",
				  err);
	}
	return rc;
}

/* [trust "name"]: a window that is one, around at least one key. */
static int check_windows(const struct pdg_policy_reading *r, struct pdg_error *err)
{
	size_t i;
	size_t k;
	int rc;

	for (i = 0; i < r->c->n_sections; i++) {
		const struct pdg_config_section *s = &r->c->sections[i];
		const struct pdg_validity *w = &r->windows[i];
		size_t keys = 0;

		if (strcmp(s->section, "trust") != 0 || !s->subsection)
			continue;
		for (k = 0; k < r->n_uses; k++)
			keys += r->uses[k].section == i;
		rc = need(r, s->line, s->section, s->subsection, keys, "a serviceKey or journalKey",
			  err);
		if (rc < 0)
			return rc;
		if (w->after && w->before && w->after >= w->before)
			return pdg_config_reject(err, r->c, s->line, "POL-8",
						 "[trust \"%.100s\"] ends before it begins",
						 s->subsection);
	}
	return 0;
}

static const uint8_t *use_digest(const struct pdg_key_use *use)
{
	return pdg_key_spki_sha256(use->list->v[use->index].key);
}

/* By key, then role, then section. */
static int compare_uses(const void *left, const void *right)
{
	const struct pdg_key_use *a = left;
	const struct pdg_key_use *b = right;
	int c = memcmp(use_digest(a), use_digest(b), 32);

	if (c != 0)
		return c;
	if (a->role != b->role)
		return a->role < b->role ? -1 : 1;
	return a->section == b->section ? 0 : a->section < b->section ? -1 : 1;
}

static int check_pair(const struct pdg_policy_reading *r, const struct pdg_key_use *a,
		      const struct pdg_key_use *b, struct pdg_error *err)
{
	const struct pdg_key_use *later = a->line > b->line ? a : b;
	const struct pdg_key_use *earlier = later == a ? b : a;

	if (memcmp(use_digest(a), use_digest(b), 32) != 0)
		return 0;
	if (a->role != b->role)
		return pdg_config_reject(
			err, r->c, later->line, "POL-6",
			"%s is the same key as %s on line %u: one key has one role",
			role_names[later->role], role_names[earlier->role], earlier->line);
	/* Two windows for one key: the wider one would undo the other. */
	if ((a->role == PDG_ROLE_SERVICE || a->role == PDG_ROLE_JOURNAL) &&
	    a->section != b->section)
		return pdg_config_reject(
			err, r->c, later->line, "POL-8",
			"%s is the same key as on line %u, in another [trust] section",
			role_names[a->role], earlier->line);
	return 0;
}

static int check_roles(const struct pdg_policy_reading *r, struct pdg_error *err)
{
	PDG_AUTO(mem) struct pdg_key_use *sorted = pdg_calloc(r->n_uses, sizeof(*sorted));
	size_t i;
	int rc = 0;

	if (!sorted)
		return pdg_nomem(err);
	if (r->n_uses > 0)
		memcpy(sorted, r->uses, r->n_uses * sizeof(*sorted));
	qsort(sorted, r->n_uses, sizeof(*sorted), compare_uses);
	for (i = 1; rc == 0 && i < r->n_uses; i++)
		rc = check_pair(r, &sorted[i - 1], &sorted[i], err);
	return rc;
}

int pdg_policy_check(const struct pdg_policy_reading *r, struct pdg_error *err)
{
	int rc = check_empty(r, err);

	if (rc == 0)
		rc = check_repositories(r, err);
	if (rc == 0)
		rc = check_x509(r, err);
	if (rc == 0)
		rc = check_signers(r, err);
	if (rc == 0)
		rc = check_revocation(r, err);
	if (rc == 0)
		rc = check_windows(r, err);
	if (rc == 0)
		rc = check_roles(r, err);
	return rc;
}
