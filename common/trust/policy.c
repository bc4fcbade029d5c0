/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy as a whole: found, loaded, asked and released. Loading goes file -> config.c ->
 * config_check.c -> policy_read.c, policy_values.c, revocation.c -> policy_check.c; a policy that
 * leaves this file has passed them all.
 */
#include "trust/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/digest.h"
#include "trust/policy_read.h"
#include "trust/uri.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define SYSTEM_POLICY "/etc/pedigree/policy"

static const char digest_prefix[] = "sha256:";

const char *pdg_grade_name(enum pdg_grade g)
{
	switch (g) {
	case PDG_GRADE_CLONE:
		return "clone";
	case PDG_GRADE_SERVER:
		return "server";
	case PDG_GRADE_NONE:
		break;
	}
	return "none";
}

static void repository_done(struct pdg_policy_repository *r)
{
	free(r->uri);
	free(r->normal);
	free(r->path);
	free(r->pusher_env);
	pdg_strings_done(&r->protect);
	pdg_strings_done(&r->baseline);
	pdg_strings_done(&r->openpgp_keys);
	pdg_strings_done(&r->ssh_allowed_signers);
	pdg_strings_done(&r->forge_keys);
	pdg_strings_done(&r->revoked);
	pdg_strings_done(&r->x509_roots);
	pdg_strings_done(&r->x509_identities);
	pdg_strings_done(&r->x509_issuers);
	free(r->trusted_root);
	pdg_key_list_done(&r->server_keys);
}

static void proof_done(struct pdg_policy_proof *p)
{
	free(p->oidc_issuer);
	free(p->oidc_audience);
	pdg_strings_done(&p->oidc_claims);
	pdg_strings_done(&p->events);
	pdg_strings_done(&p->client_certificates);
}

static void builder_done(struct pdg_policy_builder *b)
{
	free(b->id);
	proof_done(&b->proof);
	pdg_strings_done(&b->repositories);
	pdg_key_list_done(&b->keys);
}

static void producer_done(struct pdg_policy_producer *d)
{
	free(d->name);
	proof_done(&d->proof);
	pdg_strings_done(&d->repositories);
	pdg_strings_done(&d->stages);
	pdg_key_list_done(&d->keys);
}

static void approver_done(struct pdg_policy_approver *a)
{
	free(a->address);
	pdg_strings_done(&a->repositories);
	pdg_strings_done(&a->openpgp_keys);
	pdg_strings_done(&a->ssh_keys);
	pdg_strings_done(&a->scopes);
}

void pdg_policy_free(struct pdg_policy *p)
{
	size_t i;

	if (!p)
		return;
	for (i = 0; i < p->n_repositories; i++)
		repository_done(&p->repositories[i]);
	for (i = 0; i < p->n_builders; i++)
		builder_done(&p->builders[i]);
	for (i = 0; i < p->n_producers; i++)
		producer_done(&p->producers[i]);
	for (i = 0; i < p->n_approvers; i++)
		approver_done(&p->approvers[i]);
	free(p->repositories);
	free(p->builders);
	free(p->producers);
	free(p->approvers);
	pdg_strings_done(&p->revocation_files);
	pdg_revocations_done(&p->revocations);
	pdg_key_list_done(&p->service_keys);
	pdg_key_list_done(&p->journal_keys);
	free(p->trusted_root);
	free(p->file);
	free(p);
}

/* What a reader is told about the file itself. */
static int set_origin(struct pdg_policy *p, const struct pdg_config *c, struct pdg_bytes file_bytes,
		      struct pdg_error *err)
{
	const char *slash = strrchr(c->file, '/');
	char hex[PDG_SHA256_HEX];
	int rc;

	rc = pdg_sha256_hex(file_bytes, hex, err);
	if (rc < 0)
		return rc;
	memcpy(p->digest, digest_prefix, strlen(digest_prefix));
	memcpy(p->digest + strlen(digest_prefix), hex, sizeof(hex));
	p->file = pdg_config_path(c, slash ? slash + 1 : c->file);
	return p->file ? 0 : pdg_nomem(err);
}

int pdg_policy_from_config(const struct pdg_config *c, struct pdg_bytes file_bytes,
			   struct pdg_policy **out, struct pdg_error *err)
{
	PDG_AUTO(policy) struct pdg_policy *p = pdg_calloc(1, sizeof(*p));
	PDG_AUTO(policy_reading) struct pdg_policy_reading r = {.c = c, .p = p};
	int rc;

	if (!p)
		return pdg_nomem(err);
	rc = set_origin(p, c, file_bytes, err);
	if (rc < 0)
		return rc;
	rc = pdg_policy_read(&r, err);
	if (rc < 0)
		return rc;
	rc = pdg_policy_check(&r, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(p);
	return 0;
}

int pdg_policy_load(const char *path, struct pdg_policy **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(config) struct pdg_config *c = NULL;
	int rc;

	rc = pdg_config_read(path, &in, err);
	if (rc < 0)
		return rc;
	rc = pdg_config_parse(pdg_buf_bytes(&in), path, &c, err);
	if (rc < 0)
		return rc;
	rc = pdg_config_check(c, pdg_policy_keys(NULL), err);
	if (rc < 0)
		return rc;
	return pdg_policy_from_config(c, pdg_buf_bytes(&in), out, err);
}

/* The normal form, or NULL where @uri has none. */
static int normal_of(const char *uri, char **out, struct pdg_error *err)
{
	int rc = pdg_uri_normal(uri, out, err);

	return rc == PDG_E_NOMEM ? rc : 0;
}

int pdg_policy_find_repository(const struct pdg_policy *p, const char *uri,
			       const struct pdg_policy_repository **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *normal = NULL;
	size_t i;
	int rc = normal_of(uri, &normal, err);

	if (rc < 0)
		return rc;
	*out = NULL;
	for (i = 0; normal && !*out && i < p->n_repositories; i++) {
		if (strcmp(p->repositories[i].normal, normal) == 0)
			*out = &p->repositories[i];
	}
	return 0;
}

const struct pdg_policy_repository *pdg_policy_repository(const struct pdg_policy *p,
							  const char *uri)
{
	const struct pdg_policy_repository *r;

	return pdg_policy_find_repository(p, uri, &r, NULL) < 0 ? NULL : r;
}

const struct pdg_policy_repository *pdg_policy_repository_at(const struct pdg_policy *p,
							     const char *real_path)
{
	size_t i;

	for (i = 0; i < p->n_repositories; i++) {
		if (p->repositories[i].path && strcmp(p->repositories[i].path, real_path) == 0)
			return &p->repositories[i];
	}
	return NULL;
}

const struct pdg_policy_builder *pdg_policy_builder(const struct pdg_policy *p, const char *id)
{
	size_t i;

	for (i = 0; i < p->n_builders; i++) {
		if (strcmp(p->builders[i].id, id) == 0)
			return &p->builders[i];
	}
	return NULL;
}

static bool matches_any(const struct pdg_strings *patterns, const char *name)
{
	size_t i;

	for (i = 0; i < patterns->n; i++) {
		if (pdg_pattern_match(patterns->v[i], name))
			return true;
	}
	return false;
}

int pdg_policy_ask_builder(const struct pdg_policy_builder *b, const char *uri, bool *out,
			   struct pdg_error *err)
{
	PDG_AUTO(mem) char *normal = NULL;
	int rc = normal_of(uri, &normal, err);

	if (rc < 0)
		return rc;
	*out = normal && matches_any(&b->repositories, normal);
	return 0;
}

bool pdg_policy_protects(const struct pdg_policy_repository *r, const char *ref)
{
	return matches_any(&r->protect, ref);
}

/* Does @path not exist? What cannot be looked at may exist: loading it will say why not. */
static bool absent(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

static int named_policy(const char *path, const char *by, char **out, struct pdg_error *err)
{
	if (*path == '\0')
		return pdg_reject(err, "POL-9", "%s names no policy file", by);
	if (absent(path))
		return pdg_reject(err, "POL-9", "the policy file '%.400s' of %s does not exist",
				  path, by);
	*out = pdg_str_dup(path);
	return *out ? 0 : pdg_nomem(err);
}

/* $@variable/@tail where the variable holds an absolute path; else *@out stays NULL. */
static int below(const char *variable, const char *tail, char **out, struct pdg_error *err)
{
	const char *dir = getenv(variable);

	if (!dir || dir[0] != '/')
		return 0;
	*out = pdg_path_join(dir, tail);
	return *out ? 0 : pdg_nomem(err);
}

int pdg_policy_find(const char *option, const char *configured, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *own = NULL;
	int rc;

	if (option)
		return named_policy(option, "--policy", out, err);
	/* From the folder of work it would be a file of the tree that is judged. */
	if (configured && configured[0] && (configured[0] != '/' || !pdg_path_fixed(configured))) {
		rc = pdg_reject(
			err, "POL-9", "pedigree.policy '%.400s' is %s", configured,
			configured[0] != '/'
				? "no absolute path"
				: "below /proc or /dev, another file for each who reads it");
		pdg_fix(err, "git config pedigree.policy /PATH/OF/policy");
		return rc;
	}
	if (configured)
		return named_policy(configured, "pedigree.policy", out, err);
	rc = below("XDG_CONFIG_HOME", "pedigree/policy", &own, err);
	if (rc == 0 && !own)
		rc = below("HOME", ".config/pedigree/policy", &own, err);
	if (rc < 0)
		return rc;
	if (own && !absent(own)) {
		*out = PDG_TAKE(own);
		return 0;
	}
	if (!absent(SYSTEM_POLICY)) {
		*out = pdg_str_dup(SYSTEM_POLICY);
		return *out ? 0 : pdg_nomem(err);
	}
	rc = pdg_reject(err, "POL-9", "no policy: neither '%.300s' nor " SYSTEM_POLICY " exists",
			own ? own : "$XDG_CONFIG_HOME/pedigree/policy");
	pdg_fix(err, "name one with --policy FILE or git config pedigree.policy FILE");
	return rc;
}
