/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From one key and its value to one field of the policy: a table says which field each key
 * fills and which small function reads it. Files are opened by policy_files.c; policy_read.c
 * says to which section a value belongs.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "trust/issuer.h"
#include "trust/policy_read.h"
#include "trust/uri.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/str.h"
#include "util/time.h"

#define APPROVALS_MAX  1000
#define SLSA_LEVEL_MAX 4
#define NOWHERE	       SIZE_MAX /* a key that is only checked for its form */

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

/* One key: the field of its section that it fills, and how. */
struct place {
	const char *section;
	bool named;
	const char *key;
	int (*set)(struct pdg_policy_reading *r, const struct place *pl, void *section,
		   const struct pdg_config_entry *e, struct pdg_error *err);
	size_t off;
	const char *const *words;
	enum pdg_key_role role;
};

/* The field of @section that @pl fills. */
static void *field(const struct place *pl, void *section)
{
	return (char *)section + pl->off;
}

static int refuse(const struct pdg_policy_reading *r, const struct pdg_config_entry *e,
		  const char *want, struct pdg_error *err)
{
	return pdg_config_reject(err, r->c, e->line, "POL-3", "%s = '%.100s' is not %s", e->key,
				 e->value, want);
}

/* Index of @text in @words, or -1. */
static int word_index(const char *text, const char *const *words)
{
	int i;

	for (i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0)
			return i;
	}
	return -1;
}

static int read_word(const struct pdg_policy_reading *r, const struct pdg_config_entry *e,
		     const char *const *words, int *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf want = PDG_BUF_INIT(PDG_ERROR_TEXT_MAX);
	int i = word_index(e->value, words);

	if (i >= 0) {
		*out = i;
		return 0;
	}
	pdg_buf_puts(&want, "one of");
	for (i = 0; words[i]; i++)
		pdg_buf_printf(&want, "%s %s", i ? "," : "", words[i]);
	return refuse(r, e, pdg_buf_cstr(&want), err);
}

static int set_word(struct pdg_policy_reading *r, const struct place *pl, void *section,
		    const struct pdg_config_entry *e, struct pdg_error *err)
{
	int unread = 0;
	int *out = pl->off == NOWHERE ? &unread : field(pl, section);

	return read_word(r, e, pl->words, out, err);
}

static int set_bool(struct pdg_policy_reading *r, const struct place *pl, void *section,
		    const struct pdg_config_entry *e, struct pdg_error *err)
{
	bool *out = field(pl, section);

	(void)r;
	(void)err;
	*out = strcmp(e->value, "true") == 0;
	return 0;
}

static int set_duration(struct pdg_policy_reading *r, const struct place *pl, void *section,
			const struct pdg_config_entry *e, struct pdg_error *err)
{
	int64_t *out = field(pl, section);

	(void)r;
	return pdg_duration_parse(pdg_bytes_str(e->value), out, err);
}

static int set_time(struct pdg_policy_reading *r, const struct place *pl, void *section,
		    const struct pdg_config_entry *e, struct pdg_error *err)
{
	int64_t *out = field(pl, section);

	(void)r;
	return pdg_time_parse(pdg_bytes_str(e->value), out, err);
}

static int set_version(struct pdg_policy_reading *r, const struct place *pl, void *section,
		       const struct pdg_config_entry *e, struct pdg_error *err)
{
	uint64_t *out = field(pl, section);

	if (!pdg_bytes_u64(pdg_bytes_str(e->value), UINT64_MAX, out) || *out == 0)
		return refuse(r, e, "a number from 1 on", err);
	return 0;
}

static int set_level(struct pdg_policy_reading *r, const struct place *pl, void *section,
		     const struct pdg_config_entry *e, struct pdg_error *err)
{
	int *out = field(pl, section);
	uint64_t n = 0;

	if (!pdg_bytes_u64(pdg_bytes_str(e->value), SLSA_LEVEL_MAX, &n))
		return refuse(r, e, "a level from 0 to 4", err);
	*out = (int)n;
	return 0;
}

static int set_approvals(struct pdg_policy_reading *r, const struct place *pl, void *section,
			 const struct pdg_config_entry *e, struct pdg_error *err)
{
	unsigned *out = field(pl, section);
	uint64_t n = 0;

	if (!pdg_bytes_u64(pdg_bytes_str(e->value), APPROVALS_MAX, &n) || n == 0)
		return refuse(r, e,
			      "a number from 1 to 1000 (without approvals, leave the stage out)",
			      err);
	*out = (unsigned)n;
	return 0;
}

static int set_strings(struct pdg_policy_reading *r, const struct place *pl, void *section,
		       const struct pdg_config_entry *e, struct pdg_error *err)
{
	(void)r;
	return pdg_strings_add(field(pl, section), e->value, err);
}

/* Compared as it stands: a * would be taken for more than it is. */
static int set_identity(struct pdg_policy_reading *r, const struct place *pl, void *section,
			const struct pdg_config_entry *e, struct pdg_error *err)
{
	if (strchr(e->value, '*'))
		return refuse(r, e, "one name, written out: there are no patterns here", err);
	return pdg_strings_add(field(pl, section), e->value, err);
}

static int set_string(struct pdg_policy_reading *r, const struct place *pl, void *section,
		      const struct pdg_config_entry *e, struct pdg_error *err)
{
	char **out = field(pl, section);

	(void)r;
	*out = pdg_str_dup(e->value);
	return *out ? 0 : pdg_nomem(err);
}

static int set_issuer(struct pdg_policy_reading *r, const struct place *pl, void *section,
		      const struct pdg_config_entry *e, struct pdg_error *err)
{
	const char *fault = pdg_issuer_fault(e->value);

	return fault ? refuse(r, e, fault, err) : set_string(r, pl, section, e, err);
}

/* NAME=VALUE; a name that is judged elsewhere, or that no statement keeps, would be judged by
 * nobody again. */
static int set_claim(struct pdg_policy_reading *r, const struct place *pl, void *section,
		     const struct pdg_config_entry *e, struct pdg_error *err)
{
	PDG_AUTO(mem) char *name = NULL;
	const char *sign = strchr(e->value, '=');

	if (!sign || sign == e->value || !sign[1])
		return refuse(r, e, "NAME=VALUE: a claim and what it must be", err);
	name = pdg_bytes_dup(pdg_bytes(e->value, (size_t)(sign - e->value)));
	if (!name)
		return pdg_nomem(err);
	if (!pdg_policy_claim_kept(name))
		return refuse(r, e,
			      "a claim that a build statement keeps: not iss, aud, exp, nbf, iat "
			      "or jti, and nothing of a user's",
			      err);
	return set_identity(r, pl, section, e, err);
}

static int set_ref_pattern(struct pdg_policy_reading *r, const struct place *pl, void *section,
			   const struct pdg_config_entry *e, struct pdg_error *err)
{
	char want[PDG_POLICY_WANT];

	if (!pdg_policy_ref_pattern(e->value, want))
		return refuse(r, e, want, err);
	return pdg_strings_add(field(pl, section), e->value, err);
}

static int set_baseline(struct pdg_policy_reading *r, const struct place *pl, void *section,
			const struct pdg_config_entry *e, struct pdg_error *err)
{
	struct pdg_bytes hex = pdg_bytes_str(e->value);

	if ((!pdg_is_hex(hex, 40) && !pdg_is_hex(hex, 64)) || strspn(e->value, "0") == hex.n)
		return refuse(r, e, "a full commit name of 40 or 64 lower-case hex digits", err);
	return pdg_strings_add(field(pl, section), e->value, err);
}

static int set_repository_pattern(struct pdg_policy_reading *r, const struct place *pl,
				  void *section, const struct pdg_config_entry *e,
				  struct pdg_error *err)
{
	PDG_AUTO(mem) char *normal = NULL;
	int rc;

	if (strstr(e->value, "**"))
		return refuse(r, e, "a pattern: * is one or more characters other than /", err);
	rc = pdg_uri_normal(e->value, &normal, err);
	if (rc == PDG_E_NOMEM)
		return rc;
	if (rc < 0)
		return refuse(r, e, "a repository's URI, or a pattern of one", err);
	return pdg_strings_add(field(pl, section), normal, err);
}

static int set_stage_name(struct pdg_policy_reading *r, const struct place *pl, void *section,
			  const struct pdg_config_entry *e, struct pdg_error *err)
{
	int stage = 0;
	int rc = read_word(r, e, stages, &stage, err);

	if (rc < 0)
		return rc;
	if (stage == STAGE_SOURCE || stage == STAGE_BUILD || stage == STAGE_APPROVAL)
		return refuse(r, e,
			      "a producer's: source is by serverKey, build by [builder], "
			      "approval by [approver]",
			      err);
	return pdg_strings_add(field(pl, section), e->value, err);
}

static int set_stage_bit(struct pdg_policy_reading *r, const struct place *pl, void *section,
			 const struct pdg_config_entry *e, struct pdg_error *err)
{
	unsigned *out = field(pl, section);
	int stage = 0;
	int rc = read_word(r, e, stages, &stage, err);

	if (rc < 0)
		return rc;
	*out |= 1U << (unsigned)stage;
	return 0;
}

static int set_file(struct pdg_policy_reading *r, const struct place *pl, void *section,
		    const struct pdg_config_entry *e, struct pdg_error *err)
{
	char **out = field(pl, section);
	int rc = pdg_policy_file(r, e, e->value, err);

	if (rc < 0)
		return rc;
	*out = pdg_str_dup(e->value);
	return *out ? 0 : pdg_nomem(err);
}

static int set_files(struct pdg_policy_reading *r, const struct place *pl, void *section,
		     const struct pdg_config_entry *e, struct pdg_error *err)
{
	int rc = pdg_policy_file(r, e, e->value, err);

	return rc < 0 ? rc : pdg_strings_add(field(pl, section), e->value, err);
}

/* The repository's place as the kernel names it, where it is on this machine. */
static int set_path(struct pdg_policy_reading *r, const struct place *pl, void *section,
		    const struct pdg_config_entry *e, struct pdg_error *err)
{
	char **out = field(pl, section);
	struct pdg_bytes path = pdg_bytes_str(e->value);
	int rc = pdg_path_real(e->value, out, NULL);

	(void)r;
	if (rc == 0)
		return 0;
	while (path.n > 1 && pdg_bytes_ends(path, "/"))
		path.n--;
	*out = pdg_bytes_dup(path);
	return *out ? 0 : pdg_nomem(err);
}

static int set_grade(struct pdg_policy_reading *r, const struct place *pl, void *section,
		     const struct pdg_config_entry *e, struct pdg_error *err)
{
	enum pdg_grade *out = field(pl, section);
	int i = word_index(e->value, grades);

	if (i != PDG_GRADE_CLONE && i != PDG_GRADE_SERVER)
		return refuse(r, e, "server or clone", err);
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

static int set_pusher(struct pdg_policy_reading *r, const struct place *pl, void *section,
		      const struct pdg_config_entry *e, struct pdg_error *err)
{
	static const char env[] = "env:";
	struct pdg_policy_repository *repo = field(pl, section);

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
		return refuse(r, e, "none, certificate, uid or env:NAME", err);
	repo->pusher_from = PDG_PUSHER_ENV;
	repo->pusher_env = pdg_str_dup(e->value + strlen(env));
	return repo->pusher_env ? 0 : pdg_nomem(err);
}

static int set_key(struct pdg_policy_reading *r, const struct place *pl, void *section,
		   const struct pdg_config_entry *e, struct pdg_error *err)
{
	return pdg_policy_key(r, e, e->value, pl->role, field(pl, section), err);
}

/* [trust "name"]: the keys go beside those of [trust], the window comes after the last line. */
static int set_windowed_key(struct pdg_policy_reading *r, const struct place *pl, void *section,
			    const struct pdg_config_entry *e, struct pdg_error *err)
{
	(void)section;
	return pdg_policy_key(
		r, e, e->value, pl->role,
		pl->role == PDG_ROLE_JOURNAL ? &r->p->journal_keys : &r->p->service_keys, err);
}

static int set_producer_key(struct pdg_policy_reading *r, const struct place *pl, void *section,
			    const struct pdg_config_entry *e, struct pdg_error *err)
{
	struct pdg_policy_producer *producer = field(pl, section);
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
static int set_approver_key(struct pdg_policy_reading *r, const struct place *pl, void *section,
			    const struct pdg_config_entry *e, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = NULL;
	size_t n = strlen(e->value);
	int rc;

	if ((n == 40 || n == 64) && strspn(e->value, "0123456789abcdefABCDEF") == n)
		return pdg_strings_add(field(pl, section), e->value, err);
	path = pdg_config_path(r->c, e->value);
	if (!path)
		return pdg_nomem(err);
	rc = pdg_policy_file(r, e, path, err);
	return rc < 0 ? rc : pdg_strings_add(field(pl, section), path, err);
}

/* clang-format off */
#define AT(type, member) offsetof(struct pdg_policy##type, member)
#define WINDOW(member) offsetof(struct pdg_validity, member)

static const struct place places[] = {
	{ "policy", false, "version", set_version, AT(, version), NULL, 0 },

	{ "trust", false, "serviceKey", set_key, AT(, service_keys), NULL, PDG_ROLE_SERVICE },
	{ "trust", false, "journalKey", set_key, AT(, journal_keys), NULL, PDG_ROLE_JOURNAL },
	{ "trust", false, "trustedRoot", set_file, AT(, trusted_root), NULL, 0 },
	{ "trust", true, "serviceKey", set_windowed_key, NOWHERE, NULL, PDG_ROLE_SERVICE },
	{ "trust", true, "journalKey", set_windowed_key, NOWHERE, NULL, PDG_ROLE_JOURNAL },
	{ "trust", true, "validAfter", set_time, WINDOW(after), NULL, 0 },
	{ "trust", true, "validBefore", set_time, WINDOW(before), NULL, 0 },
	{ "trust", true, "compromisedSince", set_time, WINDOW(compromised_since), NULL, 0 },

	{ "revocation", false, "file", set_files, AT(, revocation_files), NULL, 0 },

	{ "repository", true, "path", set_path, AT(_repository, path), NULL, 0 },
	{ "repository", true, "protect", set_ref_pattern, AT(_repository, protect), NULL, 0 },
	{ "repository", true, "baseline", set_baseline, AT(_repository, baseline), NULL, 0 },
	{ "repository", true, "allowForce", set_bool, AT(_repository, allow_force), NULL, 0 },
	{ "repository", true, "openpgpKeys", set_files, AT(_repository, openpgp_keys), NULL, 0 },
	{ "repository", true, "sshAllowedSigners", set_files, AT(_repository, ssh_allowed_signers), NULL, 0 },
	{ "repository", true, "x509Roots", set_files, AT(_repository, x509_roots), NULL, 0 },
	{ "repository", true, "x509Identity", set_identity, AT(_repository, x509_identities), NULL, 0 },
	{ "repository", true, "x509Issuer", set_identity, AT(_repository, x509_issuers), NULL, 0 },
	{ "repository", true, "forgeKeys", set_files, AT(_repository, forge_keys), NULL, 0 },
	{ "repository", true, "revoked", set_files, AT(_repository, revoked), NULL, 0 },
	{ "repository", true, "trustedRoot", set_file, AT(_repository, trusted_root), NULL, 0 },
	{ "repository", true, "requireCommitterMatch", set_bool, AT(_repository, require_committer_match), NULL, 0 },
	{ "repository", true, "sourceFrom", set_grade, AT(_repository, source_from), NULL, 0 },
	{ "repository", true, "serverKey", set_key, AT(_repository, server_keys), NULL, PDG_ROLE_SERVER },
	{ "repository", true, "pusherFrom", set_pusher, 0, NULL, 0 },

	{ "builder", true, "repository", set_repository_pattern, AT(_builder, repositories), NULL, 0 },
	{ "builder", true, "key", set_key, AT(_builder, keys), NULL, PDG_ROLE_BUILDER },
	{ "builder", true, "oidcIssuer", set_issuer, AT(_builder, proof.oidc_issuer), NULL, 0 },
	{ "builder", true, "oidcAudience", set_string, AT(_builder, proof.oidc_audience), NULL, 0 },
	{ "builder", true, "oidcClaim", set_claim, AT(_builder, proof.oidc_claims), NULL, 0 },
	{ "builder", true, "clientCertificate", set_identity, AT(_builder, proof.client_certificates), NULL, 0 },
	{ "builder", true, "event", set_strings, AT(_builder, proof.events), NULL, 0 },
	{ "builder", true, "slsaLevel", set_level, AT(_builder, slsa_level), NULL, 0 },

	{ "producer", true, "repository", set_repository_pattern, AT(_producer, repositories), NULL, 0 },
	{ "producer", true, "stage", set_stage_name, AT(_producer, stages), NULL, 0 },
	{ "producer", true, "key", set_producer_key, 0, NULL, PDG_ROLE_PRODUCER },
	{ "producer", true, "oidcIssuer", set_issuer, AT(_producer, proof.oidc_issuer), NULL, 0 },
	{ "producer", true, "oidcAudience", set_string, AT(_producer, proof.oidc_audience), NULL, 0 },
	{ "producer", true, "oidcClaim", set_claim, AT(_producer, proof.oidc_claims), NULL, 0 },
	{ "producer", true, "clientCertificate", set_identity, AT(_producer, proof.client_certificates), NULL, 0 },

	{ "approver", true, "repository", set_repository_pattern, AT(_approver, repositories), NULL, 0 },
	{ "approver", true, "openpgpKey", set_approver_key, AT(_approver, openpgp_keys), NULL, 0 },
	{ "approver", true, "sshKey", set_files, AT(_approver, ssh_keys), NULL, 0 },
	{ "approver", true, "scope", set_strings, AT(_approver, scopes), NULL, 0 },
	{ "approver", true, "notAuthor", set_bool, AT(_approver, not_author), NULL, 0 },

	{ "require", false, "stage", set_stage_bit, AT(_require, stages), NULL, 0 },
	{ "require", false, "minimumSlsaLevel", set_level, AT(_require, minimum_slsa_level), NULL, 0 },
	{ "require", false, "maximumSeverity", set_word, AT(_require, maximum_severity), severities, 0 },
	{ "require", false, "vexFor", set_word, AT(_require, vex_for), severities, 0 },
	{ "require", false, "maximumScanAge", set_duration, AT(_require, maximum_scan_age), NULL, 0 },
	{ "require", false, "approvals", set_approvals, AT(_require, approvals), NULL, 0 },
	{ "require", false, "approvalMaximumAge", set_duration, AT(_require, approval_maximum_age), NULL, 0 },
	{ "require", false, "log", set_bool, AT(_require, log), NULL, 0 },
	{ "require", false, "linkBySubject", set_bool, AT(_require, link_by_subject), NULL, 0 },
	{ "require", false, "onServiceWord", set_bool, AT(_require, on_service_word), NULL, 0 },
};

/* [admission] and [admission "namespace"]: checked for their form only. */
static const struct place admission_places[] = {
	{ "admission", false, "unlisted", set_word, NOWHERE, unlisted, 0 },
	{ "admission", false, "pending", set_word, NOWHERE, pending, 0 },
	{ "admission", false, "mode", set_word, NOWHERE, modes, 0 },
};
/* clang-format on */

static int read_admission(struct pdg_policy_reading *r, const struct pdg_config_entry *e,
			  struct pdg_error *err)
{
	const struct place *pl;
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
	const struct place *pl;
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
