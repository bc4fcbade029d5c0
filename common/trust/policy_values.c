/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From one key and its value to one field of the policy: a table says which field each key
 * fills and which small function reads it: here where the key gives the value its meaning, in
 * policy_plain.c where any key could have it. Files are opened by policy_files.c; policy_read.c
 * says to which section a value belongs.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "trust/issuer.h"
#include "trust/policy_place.h"
#include "trust/uri.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/str.h"
#include "util/time.h"

/* In the order of enum pdg_stage_id, enum pdg_severity, enum pdg_grade. */
static const char *const stages[] = {"source",	      "build",	    "sbom",
				     "vulnerability", "vex",	    "policy-evaluation",
				     "approval",      "deployment", NULL};
enum { STAGE_SOURCE = 0, STAGE_BUILD = 1, STAGE_APPROVAL = 6 };
static const char *const severities[] = {"none", "negligible", "low", "medium",
					 "high", "critical",   NULL};
static const char *const grades[] = {"none", "clone", "server", NULL};
static const char *const unlisted[] = {"refuse", "warn", NULL};
static const char *const pending[] = {"refuse", "warn", "allow", NULL};
static const char *const modes[] = {"enforce", "warn", "audit", NULL};

/* Compared as it stands: a * would be taken for more than it is. */
static int set_identity(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	if (strchr(e->value, '*'))
		return pdg_policy_refuse_value(
			r, e, "one name, written out: there are no patterns here", err);
	return pdg_strings_add(pdg_policy_field(pl, section), e->value, err);
}

static int set_issuer(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
		      void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	const char *fault = pdg_issuer_fault(e->value);

	return fault ? pdg_policy_refuse_value(r, e, fault, err)
		     : pdg_policy_set_string(r, pl, section, e, err);
}

/* NAME=VALUE; a name that is judged elsewhere, or that no statement keeps, would be judged by
 * nobody again. */
static int set_claim(struct pdg_policy_reading *r, const struct pdg_policy_place *pl, void *section,
		     const struct pdg_config_entry *e, struct pdg_error *err)
{
	PDG_AUTO(mem) char *name = NULL;
	const char *sign = strchr(e->value, '=');

	if (!sign || sign == e->value || !sign[1])
		return pdg_policy_refuse_value(r, e, "NAME=VALUE: a claim and what it must be",
					       err);
	name = pdg_bytes_dup(pdg_bytes(e->value, (size_t)(sign - e->value)));
	if (!name)
		return pdg_nomem(err);
	if (!pdg_policy_claim_kept(name))
		return pdg_policy_refuse_value(
			r, e,
			"a claim that a build statement keeps: not iss, aud, exp, nbf, iat "
			"or jti, and nothing of a user's",
			err);
	return set_identity(r, pl, section, e, err);
}

static int set_ref_pattern(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			   void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	char want[PDG_POLICY_WANT];

	if (!pdg_policy_ref_pattern(e->value, want))
		return pdg_policy_refuse_value(r, e, want, err);
	return pdg_strings_add(pdg_policy_field(pl, section), e->value, err);
}

static int set_baseline(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	struct pdg_bytes hex = pdg_bytes_str(e->value);

	if ((!pdg_is_hex(hex, 40) && !pdg_is_hex(hex, 64)) || strspn(e->value, "0") == hex.n)
		return pdg_policy_refuse_value(
			r, e, "a full commit name of 40 or 64 lower-case hex digits", err);
	return pdg_strings_add(pdg_policy_field(pl, section), e->value, err);
}

static int set_repository_pattern(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
				  void *section, const struct pdg_config_entry *e,
				  struct pdg_error *err)
{
	PDG_AUTO(mem) char *normal = NULL;
	int rc;

	if (strstr(e->value, "**"))
		return pdg_policy_refuse_value(
			r, e, "a pattern: * is one or more characters other than /", err);
	rc = pdg_uri_normal(e->value, &normal, err);
	if (rc == PDG_E_NOMEM)
		return rc;
	if (rc < 0)
		return pdg_policy_refuse_value(r, e, "a repository's URI, or a pattern of one",
					       err);
	return pdg_strings_add(pdg_policy_field(pl, section), normal, err);
}

static int set_stage_name(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			  void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	int stage = 0;
	int rc = pdg_policy_read_word(r, e, stages, &stage, err);

	if (rc < 0)
		return rc;
	if (stage == STAGE_SOURCE || stage == STAGE_BUILD || stage == STAGE_APPROVAL)
		return pdg_policy_refuse_value(
			r, e,
			"a producer's: source is by serverKey, build by [builder], "
			"approval by [approver]",
			err);
	return pdg_strings_add(pdg_policy_field(pl, section), e->value, err);
}

static int set_stage_bit(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			 void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	unsigned *out = pdg_policy_field(pl, section);
	int stage = 0;
	int rc = pdg_policy_read_word(r, e, stages, &stage, err);

	if (rc < 0)
		return rc;
	*out |= 1U << (unsigned)stage;
	return 0;
}

static int set_grade(struct pdg_policy_reading *r, const struct pdg_policy_place *pl, void *section,
		     const struct pdg_config_entry *e, struct pdg_error *err)
{
	enum pdg_grade *out = pdg_policy_field(pl, section);
	int i = pdg_policy_word_index(e->value, grades);

	if (i != PDG_GRADE_CLONE && i != PDG_GRADE_SERVER)
		return pdg_policy_refuse_value(r, e, "server or clone", err);
	*out = (enum pdg_grade)i;
	return 0;
}

/* A name that a shell could set. */
static bool is_env_name(const char *s)
{
	static const char chars[] = "0123456789_"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz";

	return *s && (*s < '0' || *s > '9') && s[strspn(s, chars)] == '\0';
}

static int set_pusher(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
		      void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	static const char env[] = "env:";
	struct pdg_policy_repository *repo = pdg_policy_field(pl, section);

	if (strcmp(e->value, "none") == 0) {
		repo->pusher_from = PDG_PUSHER_NONE;
		return 0;
	}
	if (strcmp(e->value, "uid") == 0) {
		repo->pusher_from = PDG_PUSHER_UID;
		return 0;
	}
	if (strcmp(e->value, "certificate") == 0) {
		repo->pusher_from = PDG_PUSHER_CERTIFICATE;
		return 0;
	}
	if (!pdg_str_starts(e->value, env) || !is_env_name(e->value + strlen(env)))
		return pdg_policy_refuse_value(r, e, "none, certificate, uid or env:NAME", err);
	repo->pusher_from = PDG_PUSHER_ENV;
	repo->pusher_env = pdg_str_dup(e->value + strlen(env));
	return repo->pusher_env ? 0 : pdg_nomem(err);
}

static int set_key(struct pdg_policy_reading *r, const struct pdg_policy_place *pl, void *section,
		   const struct pdg_config_entry *e, struct pdg_error *err)
{
	return pdg_policy_key(r, e, e->value, pl->role, pdg_policy_field(pl, section), err);
}

/* [trust "name"]: the keys go beside those of [trust], the window comes after the last line. */
static int set_windowed_key(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			    void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	(void)section;
	return pdg_policy_key(
		r, e, e->value, pl->role,
		pl->role == PDG_ROLE_JOURNAL ? &r->p->journal_keys : &r->p->service_keys, err);
}

static int set_producer_key(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			    void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	struct pdg_policy_producer *producer = pdg_policy_field(pl, section);
	PDG_AUTO(mem) char *path = NULL;

	if (strcmp(e->value, "service") == 0) {
		producer->key_service = true;
		return 0;
	}
	path = pdg_config_path(r->c, e->value);
	if (!path)
		return pdg_nomem(err);
	return pdg_policy_key(r, e, path, pl->role, &producer->keys, err);
}

/* A fingerprint in the repository's openpgpKeys, or a file. */
static int set_approver_key(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			    void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = NULL;
	size_t n = strlen(e->value);
	int rc;

	if ((n == 40 || n == 64) && strspn(e->value, "0123456789abcdefABCDEF") == n)
		return pdg_strings_add(pdg_policy_field(pl, section), e->value, err);
	path = pdg_config_path(r->c, e->value);
	if (!path)
		return pdg_nomem(err);
	rc = pdg_policy_file(r, e, path, err);
	return rc < 0 ? rc : pdg_strings_add(pdg_policy_field(pl, section), path, err);
}

/* clang-format off */
#define AT(type, member) offsetof(struct pdg_policy##type, member)
#define WINDOW(member) offsetof(struct pdg_validity, member)

static const struct pdg_policy_place places[] = {
	{ "policy", false, "version", pdg_policy_set_version, AT(, version), NULL, 0 },

	{ "trust", false, "serviceKey", set_key, AT(, service_keys), NULL, PDG_ROLE_SERVICE },
	{ "trust", false, "journalKey", set_key, AT(, journal_keys), NULL, PDG_ROLE_JOURNAL },
	{ "trust", false, "trustedRoot", pdg_policy_set_file, AT(, trusted_root), NULL, 0 },
	{ "trust", true, "serviceKey", set_windowed_key, PDG_POLICY_NOWHERE, NULL, PDG_ROLE_SERVICE },
	{ "trust", true, "journalKey", set_windowed_key, PDG_POLICY_NOWHERE, NULL, PDG_ROLE_JOURNAL },
	{ "trust", true, "validAfter", pdg_policy_set_time, WINDOW(after), NULL, 0 },
	{ "trust", true, "validBefore", pdg_policy_set_time, WINDOW(before), NULL, 0 },
	{ "trust", true, "compromisedSince", pdg_policy_set_time, WINDOW(compromised_since), NULL, 0 },

	{ "revocation", false, "file", pdg_policy_set_files, AT(, revocation_files), NULL, 0 },

	{ "repository", true, "path", pdg_policy_set_path, AT(_repository, path), NULL, 0 },
	{ "repository", true, "protect", set_ref_pattern, AT(_repository, protect), NULL, 0 },
	{ "repository", true, "baseline", set_baseline, AT(_repository, baseline), NULL, 0 },
	{ "repository", true, "allowForce", pdg_policy_set_bool, AT(_repository, allow_force), NULL, 0 },
	{ "repository", true, "openpgpKeys", pdg_policy_set_files, AT(_repository, openpgp_keys), NULL, 0 },
	{ "repository", true, "sshAllowedSigners", pdg_policy_set_files, AT(_repository, ssh_allowed_signers), NULL, 0 },
	{ "repository", true, "x509Roots", pdg_policy_set_files, AT(_repository, x509_roots), NULL, 0 },
	{ "repository", true, "x509Identity", set_identity, AT(_repository, x509_identities), NULL, 0 },
	{ "repository", true, "x509Issuer", set_identity, AT(_repository, x509_issuers), NULL, 0 },
	{ "repository", true, "forgeKeys", pdg_policy_set_files, AT(_repository, forge_keys), NULL, 0 },
	{ "repository", true, "revoked", pdg_policy_set_files, AT(_repository, revoked), NULL, 0 },
	{ "repository", true, "trustedRoot", pdg_policy_set_file, AT(_repository, trusted_root), NULL, 0 },
	{ "repository", true, "requireCommitterMatch", pdg_policy_set_bool, AT(_repository, require_committer_match), NULL, 0 },
	{ "repository", true, "sourceFrom", set_grade, AT(_repository, source_from), NULL, 0 },
	{ "repository", true, "serverKey", set_key, AT(_repository, server_keys), NULL, PDG_ROLE_SERVER },
	{ "repository", true, "pusherFrom", set_pusher, 0, NULL, 0 },

	{ "builder", true, "repository", set_repository_pattern, AT(_builder, repositories), NULL, 0 },
	{ "builder", true, "key", set_key, AT(_builder, keys), NULL, PDG_ROLE_BUILDER },
	{ "builder", true, "oidcIssuer", set_issuer, AT(_builder, proof.oidc_issuer), NULL, 0 },
	{ "builder", true, "oidcAudience", pdg_policy_set_string, AT(_builder, proof.oidc_audience), NULL, 0 },
	{ "builder", true, "oidcClaim", set_claim, AT(_builder, proof.oidc_claims), NULL, 0 },
	{ "builder", true, "clientCertificate", set_identity, AT(_builder, proof.client_certificates), NULL, 0 },
	{ "builder", true, "event", pdg_policy_set_strings, AT(_builder, proof.events), NULL, 0 },
	{ "builder", true, "slsaLevel", pdg_policy_set_level, AT(_builder, slsa_level), NULL, 0 },

	{ "producer", true, "repository", set_repository_pattern, AT(_producer, repositories), NULL, 0 },
	{ "producer", true, "stage", set_stage_name, AT(_producer, stages), NULL, 0 },
	{ "producer", true, "key", set_producer_key, 0, NULL, PDG_ROLE_PRODUCER },
	{ "producer", true, "oidcIssuer", set_issuer, AT(_producer, proof.oidc_issuer), NULL, 0 },
	{ "producer", true, "oidcAudience", pdg_policy_set_string, AT(_producer, proof.oidc_audience), NULL, 0 },
	{ "producer", true, "oidcClaim", set_claim, AT(_producer, proof.oidc_claims), NULL, 0 },
	{ "producer", true, "clientCertificate", set_identity, AT(_producer, proof.client_certificates), NULL, 0 },

	{ "approver", true, "repository", set_repository_pattern, AT(_approver, repositories), NULL, 0 },
	{ "approver", true, "openpgpKey", set_approver_key, AT(_approver, openpgp_keys), NULL, 0 },
	{ "approver", true, "sshKey", pdg_policy_set_files, AT(_approver, ssh_keys), NULL, 0 },
	{ "approver", true, "scope", pdg_policy_set_strings, AT(_approver, scopes), NULL, 0 },
	{ "approver", true, "notAuthor", pdg_policy_set_bool, AT(_approver, not_author), NULL, 0 },

	{ "require", false, "stage", set_stage_bit, AT(_require, stages), NULL, 0 },
	{ "require", false, "minimumSlsaLevel", pdg_policy_set_level, AT(_require, minimum_slsa_level), NULL, 0 },
	{ "require", false, "maximumSeverity", pdg_policy_set_word, AT(_require, maximum_severity), severities, 0 },
	{ "require", false, "vexFor", pdg_policy_set_word, AT(_require, vex_for), severities, 0 },
	{ "require", false, "maximumScanAge", pdg_policy_set_duration, AT(_require, maximum_scan_age), NULL, 0 },
	{ "require", false, "approvals", pdg_policy_set_approvals, AT(_require, approvals), NULL, 0 },
	{ "require", false, "approvalMaximumAge", pdg_policy_set_duration, AT(_require, approval_maximum_age), NULL, 0 },
	{ "require", false, "log", pdg_policy_set_bool, AT(_require, log), NULL, 0 },
	{ "require", false, "linkBySubject", pdg_policy_set_bool, AT(_require, link_by_subject), NULL, 0 },
	{ "require", false, "onServiceWord", pdg_policy_set_bool, AT(_require, on_service_word), NULL, 0 },
};

/* [admission] and [admission "namespace"]: checked for their form only. */
static const struct pdg_policy_place admission_places[] = {
	{ "admission", false, "unlisted", pdg_policy_set_word, PDG_POLICY_NOWHERE, unlisted, 0 },
	{ "admission", false, "pending", pdg_policy_set_word, PDG_POLICY_NOWHERE, pending, 0 },
	{ "admission", false, "mode", pdg_policy_set_word, PDG_POLICY_NOWHERE, modes, 0 },
};
/* clang-format on */

static int read_admission(struct pdg_policy_reading *r, const struct pdg_config_entry *e,
			  struct pdg_error *err)
{
	const struct pdg_policy_place *pl;
	size_t i;

	for (i = 0; i < sizeof(admission_places) / sizeof(admission_places[0]); i++) {
		pl = &admission_places[i];
		if (strcasecmp(pl->key, e->key) == 0)
			return pl->set(r, pl, NULL, e, err);
	}
	return 0;
}

int pdg_policy_set(struct pdg_policy_reading *r, const struct pdg_config_entry *e, void *section,
		   struct pdg_error *err)
{
	const struct pdg_policy_place *pl;
	size_t i;

	if (strcmp(e->section, "admission") == 0)
		return read_admission(r, e, err);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		pl = &places[i];
		if (strcmp(pl->section, e->section) == 0 && pl->named == (e->subsection != NULL) &&
		    strcasecmp(pl->key, e->key) == 0)
			return pl->set(r, pl, section, e, err);
	}
	return pdg_fail(err, PDG_E_INTERNAL, "the policy's key '%.64s' is read nowhere", e->key);
}
