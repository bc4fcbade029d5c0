/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's file: the policy's syntax and reader, with the keys of [service] and [log] beside
 * the policy's own. What this version does not do yet is known by name and refused, never ignored.
 */
#include "service/config.h"

#include <string.h>

#include "tlog/log.h"
#include "trust/config.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define DEFAULT_LISTEN	      "127.0.0.1:8700"
#define DEFAULT_STORE	      "sqlite:/var/lib/pedigree/pedigree.db"
#define DEFAULT_LOG_DIRECTORY "/var/lib/pedigree/log"
#define DEFAULT_ORIGIN	      "localhost"
#define DEFAULT_PENDING_LIMIT (24 * 60 * 60)

static const struct pdg_config_key own_keys[] = {
	{"service", false, "listen", PDG_CFG_STRING, true},
	{"service", false, "socket", PDG_CFG_LATER, false},
	{"service", false, "store", PDG_CFG_STRING, false},
	{"service", false, "signingKey", PDG_CFG_STRING, false},
	{"service", false, "journalKey", PDG_CFG_STRING, false},
	{"service", false, "policy", PDG_CFG_PATH, false},
	{"service", false, "tlsCertificate", PDG_CFG_LATER, false},
	{"service", false, "tlsKey", PDG_CFG_LATER, false},
	{"service", false, "clientCa", PDG_CFG_LATER, false},
	{"service", false, "readers", PDG_CFG_LATER, true},
	{"service", false, "proxy", PDG_CFG_STRING, false},
	{"service", false, "logLevel", PDG_CFG_STRING, false},
	{"service", false, "connectionsPerAddress", PDG_CFG_NUMBER, false},

	{"log", false, "type", PDG_CFG_STRING, false},
	{"log", false, "url", PDG_CFG_STRING, false},
	{"log", false, "readUrl", PDG_CFG_STRING, false},
	{"log", false, "directory", PDG_CFG_PATH, false},
	{"log", false, "origin", PDG_CFG_STRING, false},
	{"log", false, "key", PDG_CFG_STRING, false},
	{"log", false, "timestampAuthority", PDG_CFG_LATER, false},
	{"log", false, "pendingLimit", PDG_CFG_DURATION, false},
};

#define OWN_KEYS (sizeof(own_keys) / sizeof(own_keys[0]))

void pdg_service_config_free(struct pdg_service_config *cfg)
{
	size_t i;

	if (!cfg)
		return;
	for (i = 0; i < cfg->listen.n; i++)
		free(cfg->listen.v[i]);
	free(cfg->listen.v);
	free(cfg->file);
	free(cfg->store_path);
	free(cfg->signing_key);
	free(cfg->journal_key);
	free(cfg->policy_file);
	free(cfg->proxy);
	free(cfg->log_url);
	free(cfg->log_read_url);
	free(cfg->log_directory);
	free(cfg->log_origin);
	free(cfg->log_key);
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

static const char *get(const struct pdg_config *c, const char *section, const char *key,
		       unsigned *out_line)
{
	*out_line = 1;
	return pdg_config_get(c, section, NULL, key, 0, out_line);
}

/* A copy of a value or of @dflt (NULL: stays NULL). */
static int copy(const struct pdg_config *c, const char *section, const char *key, const char *dflt,
		char **out, struct pdg_error *err)
{
	unsigned line;
	const char *value = get(c, section, key, &line);

	if (!value)
		value = dflt;
	*out = pdg_str_dup(value);
	return value && !*out ? pdg_nomem(err) : 0;
}

/* address:port or [v6]:port. */
static bool is_endpoint(const char *text)
{
	struct pdg_bytes b = pdg_bytes_str(text);
	const char *colon = strrchr(text, ':');
	uint64_t port;
	size_t host;

	if (!colon || !pdg_bytes_u64(pdg_bytes_str(colon + 1), UINT16_MAX, &port))
		return false;
	host = (size_t)(colon - text);
	if (host == 0 || strpbrk(text, " \t/@"))
		return false;
	if (text[0] == '[')
		return host > 2 && text[host - 1] == ']';
	return pdg_bytes_find_byte(pdg_bytes_head(b, host), ':', 0) == SIZE_MAX;
}

static bool is_listed(const struct pdg_strings *list, const char *value)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (pdg_str_eq(list->v[i], value))
			return true;
	}
	return false;
}

static int read_listen(const struct pdg_config *c, struct pdg_service_config *cfg,
		       struct pdg_error *err)
{
	unsigned line = 1;
	const char *value;
	size_t n = 0;

	while (pdg_config_get(c, "service", NULL, "listen", n, &line))
		n++;
	cfg->listen.v = pdg_calloc(n ? n : 1, sizeof(*cfg->listen.v));
	if (!cfg->listen.v)
		return pdg_nomem(err);
	do {
		value = pdg_config_get(c, "service", NULL, "listen", cfg->listen.n, &line);
		if (!value)
			value = DEFAULT_LISTEN;
		if (!is_endpoint(value))
			return pdg_config_reject(err, c, line, "CFG-1",
						 "listen is '%.64s', not address:port or [v6]:port",
						 value);
		if (is_listed(&cfg->listen, value))
			return pdg_config_reject(err, c, line, "CFG-1", "listen is '%.64s' twice",
						 value);
		cfg->listen.v[cfg->listen.n] = pdg_str_dup(value);
		if (!cfg->listen.v[cfg->listen.n])
			return pdg_nomem(err);
	} while (++cfg->listen.n < n);
	return 0;
}

static int read_store(const struct pdg_config *c, struct pdg_service_config *cfg,
		      struct pdg_error *err)
{
	unsigned line;
	const char *value = get(c, "service", "store", &line);

	if (!value)
		value = DEFAULT_STORE;
	if (pdg_str_starts(value, "postgresql:"))
		return pdg_config_reject(err, c, line, "POL-7",
					 "store: this version keeps its store in SQLite alone");
	if (!pdg_str_starts(value, "sqlite:") || strlen(value) == strlen("sqlite:"))
		return pdg_config_reject(err, c, line, "CFG-1", "store is '%.64s', not sqlite:PATH",
					 value);
	cfg->store_path = pdg_config_path(c, value + strlen("sqlite:"));
	return cfg->store_path ? 0 : pdg_nomem(err);
}

/* A key file; *@out stays NULL when none is written. */
static int read_key(const struct pdg_config *c, const char *section, const char *key, char **out,
		    struct pdg_error *err)
{
	unsigned line;
	const char *value = get(c, section, key, &line);

	if (!value)
		return 0;
	if (pdg_str_starts(value, "pkcs11:"))
		return pdg_config_reject(err, c, line, "POL-7",
					 "%s: this version reads key files alone", key);
	*out = pdg_config_path(c, value);
	return *out ? 0 : pdg_nomem(err);
}

static int read_connections(const struct pdg_config *c, struct pdg_service_config *cfg,
			    struct pdg_error *err)
{
	unsigned line;
	const char *value = get(c, "service", "connectionsPerAddress", &line);
	uint64_t n = PDG_LIMIT_PER_ADDRESS;

	if (value && !pdg_bytes_u64(pdg_bytes_str(value), PDG_LIMIT_CONNECTIONS, &n))
		return pdg_config_reject(err, c, line, "CFG-1",
					 "connectionsPerAddress is '%.32s', not 0 to %d", value,
					 PDG_LIMIT_CONNECTIONS);
	cfg->connections_per_address = (size_t)n;
	return 0;
}

static int read_service(const struct pdg_config *c, struct pdg_service_config *cfg,
			struct pdg_error *err)
{
	unsigned line;
	const char *level;
	int rc;

	rc = read_listen(c, cfg, err);
	if (rc == 0)
		rc = read_store(c, cfg, err);
	if (rc == 0)
		rc = read_key(c, "service", "signingKey", &cfg->signing_key, err);
	if (rc == 0)
		rc = read_key(c, "service", "journalKey", &cfg->journal_key, err);
	if (rc == 0)
		rc = copy(c, "service", "proxy", NULL, &cfg->proxy, err);
	if (rc == 0)
		rc = copy(c, "service", "policy", NULL, &cfg->policy_file, err);
	if (rc == 0)
		rc = read_connections(c, cfg, err);
	if (rc < 0)
		return rc;
	if (!cfg->signing_key) {
		rc = pdg_reject(err, "CFG-1", "%s: [service] names no signingKey", c->file);
		pdg_fix(err, "make one with 'pedigree key generate' and name it");
		return rc;
	}
	cfg->log_level = PDG_LOG_INFO;
	level = get(c, "service", "logLevel", &line);
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
		(void)get(c, "service", "policy", &line);
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

static int read_log_type(const struct pdg_config *c, struct pdg_service_config *cfg,
			 struct pdg_error *err)
{
	unsigned line;
	const char *type = get(c, "log", "type", &line);

	if (!type || pdg_str_eq(type, "embedded")) {
		cfg->log = PDG_LOG_EMBEDDED;
		return 0;
	}
	if (pdg_str_eq(type, "rekor-v2")) {
		cfg->log = PDG_LOG_REKOR_V2;
		return 0;
	}
	if (pdg_str_eq(type, "rekor-v1"))
		return pdg_config_reject(err, c, line, "POL-7",
					 "type: this version logs to rekor-v2 and embedded logs");
	return pdg_config_reject(err, c, line, "CFG-1", "type is '%.64s', not embedded or rekor-v2",
				 type);
}

/* What one kind of log needs and the other has no use for. */
static int check_log(const struct pdg_config *c, const struct pdg_service_config *cfg,
		     struct pdg_error *err)
{
	bool rekor = cfg->log == PDG_LOG_REKOR_V2;
	unsigned line;

	if (rekor && !cfg->log_url)
		return pdg_reject(err, "CFG-1", "%s: [log] of type rekor-v2 needs url", c->file);
	if (rekor && !cfg->log_key)
		return pdg_reject(err, "CFG-1",
				  "%s: [log] of type rekor-v2 needs key, the log's public key",
				  c->file);
	if (!rekor && (get(c, "log", "url", &line) || get(c, "log", "readUrl", &line)))
		return pdg_config_reject(err, c, line, "CFG-1", "an embedded log has no url");
	if (rekor && get(c, "log", "directory", &line))
		return pdg_config_reject(err, c, line, "CFG-1", "a rekor-v2 log has no directory");
	return 0;
}

static int read_log(const struct pdg_config *c, struct pdg_service_config *cfg,
		    struct pdg_error *err)
{
	unsigned line;
	const char *limit;
	int rc;

	rc = read_log_type(c, cfg, err);
	if (rc == 0)
		rc = copy(c, "log", "url", NULL, &cfg->log_url, err);
	if (rc == 0)
		rc = copy(c, "log", "readUrl", NULL, &cfg->log_read_url, err);
	if (rc == 0)
		rc = copy(c, "log", "directory", DEFAULT_LOG_DIRECTORY, &cfg->log_directory, err);
	if (rc == 0)
		rc = copy(c, "log", "origin", DEFAULT_ORIGIN, &cfg->log_origin, err);
	if (rc == 0)
		rc = read_key(c, "log", "key", &cfg->log_key, err);
	if (rc == 0)
		rc = check_log(c, cfg, err);
	if (rc < 0)
		return rc;
	if (!pdg_log_origin_ok(cfg->log_origin)) {
		(void)get(c, "log", "origin", &line);
		return pdg_config_reject(err, c, line, "CFG-1",
					 "origin is '%.64s', not a host name", cfg->log_origin);
	}
	cfg->pending_limit = DEFAULT_PENDING_LIMIT;
	limit = get(c, "log", "pendingLimit", &line);
	return limit ? pdg_duration_parse(pdg_bytes_str(limit), &cfg->pending_limit, err) : 0;
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
		rc = read_log(c, cfg, err);
	if (rc == 0)
		rc = check_policy_place(c, cfg, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(cfg);
	return 0;
}

int pdg_service_policy_load(const struct pdg_service_config *cfg, struct pdg_policy **out,
			    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(config) struct pdg_config *c = NULL;
	int rc;

	if (cfg->policy_file)
		return pdg_policy_load(cfg->policy_file, out, err);
	rc = read_file(cfg->file, &bytes, &c, err);
	if (rc < 0)
		return rc;
	return pdg_policy_from_config(c, pdg_buf_bytes(&bytes), out, err);
}
