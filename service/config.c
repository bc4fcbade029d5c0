/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's file: the policy's syntax and reader, with the keys of [service] and [log] beside
 * the policy's own. What this version does not do yet is known by name and refused, never ignored.
 */
#include "service/config_impl.h"

#include <string.h>

#include "trust/config.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/url.h"

#define DEFAULT_STORE "sqlite:/var/lib/pedigree/pedigree.db"

static const struct pdg_config_key own_keys[] = {
	{"service", false, "listen", PDG_CFG_STRING, true},
	{"service", false, "socket", PDG_CFG_PATH, false},
	{"service", false, "store", PDG_CFG_STRING, false},
	{"service", false, "signingKey", PDG_CFG_STRING, false},
	{"service", false, "signingKeyPassphrase", PDG_CFG_PATH, false},
	{"service", false, "journalKey", PDG_CFG_STRING, false},
	{"service", false, "policy", PDG_CFG_PATH, false},
	{"service", false, "tlsCertificate", PDG_CFG_PATH, false},
	{"service", false, "tlsKey", PDG_CFG_PATH, false},
	{"service", false, "clientCa", PDG_CFG_PATH, false},
	{"service", false, "readers", PDG_CFG_STRING, true},
	{"service", false, "proxy", PDG_CFG_STRING, false},
	{"service", false, "logLevel", PDG_CFG_STRING, false},
	{"service", false, "connectionsPerAddress", PDG_CFG_NUMBER, false},

	{"log", false, "type", PDG_CFG_STRING, false},
	{"log", false, "url", PDG_CFG_STRING, false},
	{"log", false, "readUrl", PDG_CFG_STRING, false},
	{"log", false, "directory", PDG_CFG_PATH, false},
	{"log", false, "origin", PDG_CFG_STRING, false},
	{"log", false, "key", PDG_CFG_STRING, false},
	{"log", false, "timestampAuthority", PDG_CFG_STRING, false},
	{"log", false, "timestampCertificates", PDG_CFG_PATH, false},
	{"log", false, "pendingLimit", PDG_CFG_DURATION, false},
};

#define OWN_KEYS (sizeof(own_keys) / sizeof(own_keys[0]))

void pdg_service_config_free(struct pdg_service_config *cfg)
{
	if (!cfg)
		return;
	pdg_strings_done(&cfg->listen);
	pdg_strings_done(&cfg->readers);
	free(cfg->socket);
	free(cfg->tls_certificate);
	free(cfg->tls_key);
	free(cfg->client_ca);
	free(cfg->file);
	free(cfg->store_path);
	free(cfg->store_url);
	free(cfg->signing_key);
	free(cfg->signing_passphrase);
	free(cfg->signer_program);
	free(cfg->relay_program);
	free(cfg->journal_key);
	free(cfg->policy_file);
	free(cfg->proxy);
	free(cfg->log_url);
	free(cfg->log_read_url);
	free(cfg->log_directory);
	free(cfg->log_origin);
	free(cfg->log_key);
	free(cfg->authority);
	free(cfg->authority_chain);
	free(cfg);
}

/* Parse @path and check it against the policy's keys and our own. */
static int read_file(const char *path, struct pdg_buf *bytes, struct pdg_config **out,
		     struct pdg_error *err)
{
	PDG_AUTO(config) struct pdg_config *c = NULL;
	PDG_AUTO(mem) struct pdg_config_key *table = NULL;
	const struct pdg_config_key *policy;
	size_t n;
	int rc;

	rc = pdg_config_read(path, bytes, err);
	if (rc == 0)
		rc = pdg_config_parse(pdg_buf_bytes(bytes), path, &c, err);
	if (rc < 0)
		return rc;
	policy = pdg_policy_keys(&n);
	table = pdg_calloc(OWN_KEYS + n + 1, sizeof(*table));
	if (!table)
		return pdg_nomem(err);
	memcpy(table, own_keys, sizeof(own_keys));
	memcpy(table + OWN_KEYS, policy, n * sizeof(*table));
	rc = pdg_config_check(c, table, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(c);
	return 0;
}

const char *pdg_service_config_get(const struct pdg_config *c, const char *section, const char *key,
				   unsigned *out_line)
{
	*out_line = 1;
	return pdg_config_get(c, section, NULL, key, 0, out_line);
}

/* A copy of a value or of @dflt (NULL: stays NULL). */
int pdg_service_config_copy(const struct pdg_config *c, const char *section, const char *key,
			    const char *dflt, char **out, struct pdg_error *err)
{
	unsigned line;
	const char *value = pdg_service_config_get(c, section, key, &line);

	if (!value)
		value = dflt;
	*out = pdg_str_dup(value);
	return value && !*out ? pdg_nomem(err) : 0;
}

static int read_store(const struct pdg_config *c, struct pdg_service_config *cfg,
		      struct pdg_error *err)
{
	unsigned line;
	const char *value = pdg_service_config_get(c, "service", "store", &line);

	cfg->store_line = line;
	if (!value)
		value = DEFAULT_STORE;
	if (pdg_str_starts(value, "postgresql://")) {
		cfg->store_url = pdg_str_dup(value);
		return cfg->store_url ? 0 : pdg_nomem(err);
	}
	/* What is written there is not shown: it may hold a password. */
	if (!pdg_str_starts(value, "sqlite:") || strlen(value) == strlen("sqlite:"))
		return pdg_config_reject(err, c, line, "CFG-1",
					 "store is neither sqlite:PATH nor postgresql://…");
	cfg->store_path = pdg_config_path(c, value + strlen("sqlite:"));
	return cfg->store_path ? 0 : pdg_nomem(err);
}

/* A key file, or a key in a token; *@out stays NULL when none is written. */
int pdg_service_config_key(const struct pdg_config *c, const char *section, const char *key,
			   char **out, struct pdg_error *err)
{
	unsigned line;
	const char *value = pdg_service_config_get(c, section, key, &line);

	if (!value)
		return 0;
	*out = pdg_str_starts(value, "pkcs11:") ? pdg_str_dup(value) : pdg_config_path(c, value);
	return *out ? 0 : pdg_nomem(err);
}

int pdg_service_config_check_url(const struct pdg_config *c, const char *section, const char *key,
				 bool user, struct pdg_error *err)
{
	unsigned line;
	const char *value = pdg_service_config_get(c, section, key, &line);
	int rc;

	if (!value || pdg_url_is_http(value, user))
		return 0;
	rc = user ? pdg_config_reject(err, c, line, "CFG-1", "%s is no http or https URL", key)
		  : pdg_config_reject(err, c, line, "CFG-1", "%s is '%.64s', no http or https URL",
				      key, value);
	pdg_fix(err, "write it as https://HOST/PATH or http://HOST:PORT");
	return rc;
}

static int read_service(const struct pdg_config *c, struct pdg_service_config *cfg,
			struct pdg_error *err)
{
	unsigned line;
	const char *level;
	int rc;

	rc = pdg_service_config_listen(c, cfg, err);
	if (rc == 0)
		rc = read_store(c, cfg, err);
	if (rc == 0)
		rc = pdg_service_config_key(c, "service", "signingKey", &cfg->signing_key, err);
	if (rc == 0)
		rc = pdg_service_config_copy(c, "service", "signingKeyPassphrase", NULL,
					     &cfg->signing_passphrase, err);
	if (rc == 0)
		rc = pdg_service_config_key(c, "service", "journalKey", &cfg->journal_key, err);
	if (rc == 0)
		rc = pdg_service_config_copy(c, "service", "proxy", NULL, &cfg->proxy, err);
	if (rc == 0)
		rc = pdg_service_config_check_url(c, "service", "proxy", true, err);
	if (rc == 0)
		rc = pdg_service_config_copy(c, "service", "policy", NULL, &cfg->policy_file, err);
	if (rc < 0)
		return rc;
	if (cfg->store_url && !cfg->journal_key) {
		rc = pdg_reject(err, "CFG-1",
				"%s: a store in PostgreSQL needs journalKey in [service]", c->file);
		pdg_fix(err, "make one with 'pedigree key generate --type ed25519', the same for "
			     "every pedigreed over that database");
		return rc;
	}
	if (!cfg->signing_key) {
		rc = pdg_reject(err, "CFG-1", "%s: [service] names no signingKey", c->file);
		pdg_fix(err, "make one with 'pedigree key generate' and name it");
		return rc;
	}
	cfg->log_level = PDG_LOG_INFO;
	level = pdg_service_config_get(c, "service", "logLevel", &line);
	if (level && !pdg_log_level_parse(level, &cfg->log_level))
		return pdg_config_reject(err, c, line, "CFG-1",
					 "logLevel is '%.64s', not error, warn, info or debug",
					 level);
	return 0;
}

/* The policy has one place. */
static int check_policy_place(const struct pdg_config *c, const struct pdg_service_config *cfg,
			      struct pdg_error *err)
{
	bool inside = pdg_policy_in_config(c);
	unsigned line;

	if (inside && cfg->policy_file) {
		(void)pdg_service_config_get(c, "service", "policy", &line);
		return pdg_config_reject(err, c, line, "CFG-1",
					 "the policy is named and sections of it are in this file: "
					 "it has one place");
	}
	if (!inside && !cfg->policy_file)
		return pdg_reject(err, "CFG-1",
				  "%s: holds no policy, and [service] names none by policy",
				  c->file);
	return 0;
}

int pdg_service_config_load(const char *path, struct pdg_service_config **out,
			    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(config) struct pdg_config *c = NULL;
	PDG_AUTO(service_config) struct pdg_service_config *cfg = NULL;
	int rc;

	rc = read_file(path, &bytes, &c, err);
	if (rc < 0)
		return rc;
	cfg = pdg_calloc(1, sizeof(*cfg));
	if (!cfg)
		return pdg_nomem(err);
	cfg->file = pdg_str_dup(path);
	if (!cfg->file)
		return pdg_nomem(err);
	rc = read_service(c, cfg, err);
	if (rc == 0)
		rc = pdg_service_config_log(c, cfg, err);
	if (rc == 0)
		rc = check_policy_place(c, cfg, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(cfg);
	return 0;
}

/* Nobody is asked for a certificate without clientCa, so nobody can be such a builder. TLS stays as
 * it is where the file lost it, and none is begun, until the next start. */
void pdg_service_warn_of_certificates(const struct pdg_service_config *began,
				      const struct pdg_service_config *now,
				      const struct pdg_policy *p)
{
	bool asked = began->tls_certificate && (!now->tls_certificate || now->client_ca);
	size_t i;

	for (i = 0; i < p->n_builders && !asked; i++) {
		if (p->builders[i].proof.client_certificates.n)
			pdg_log(PDG_LOG_WARN, "client-certificates-need-client-ca", "builder",
				p->builders[i].id, NULL);
	}
}

int pdg_service_policy_load(const struct pdg_service_config *cfg, struct pdg_policy **out,
			    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(config) struct pdg_config *c = NULL;
	int rc;

	if (cfg->policy_file) {
		rc = pdg_policy_load(cfg->policy_file, out, err);
		if (rc < 0 && err && pdg_str_eq(err->rule, "POL-9"))
			pdg_fix(err, "name by policy in [service] a file that the service's user "
				     "can read");
	} else {
		rc = read_file(cfg->file, &bytes, &c, err);
		if (rc == 0)
			rc = pdg_policy_from_config(c, pdg_buf_bytes(&bytes), out, err);
	}
	if (rc < 0)
		return rc;
	(*out)->beside = !cfg->policy_file;
	return 0;
}
