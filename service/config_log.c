/* SPDX-License-Identifier: Apache-2.0 */
/* [log] of the daemon's file: which log, where it is, and who dates what goes there. */
#include "service/config_impl.h"
#include "tlog/log.h"
#include "util/str.h"
#include "util/time.h"

#define DEFAULT_PENDING_LIMIT (24 * 60 * 60)
#define DEFAULT_ORIGIN	      "localhost"
#define DEFAULT_LOG_DIRECTORY "/var/lib/pedigree/log"

const char *pdg_log_kind_name(enum pdg_log_kind kind)
{
	static const char *const names[] = {[PDG_LOG_EMBEDDED] = "embedded",
					    [PDG_LOG_REKOR_V1] = "rekor-v1",
					    [PDG_LOG_REKOR_V2] = "rekor-v2"};

	return names[kind];
}

static int read_log_type(const struct pdg_config *c, struct pdg_service_config *cfg,
			 struct pdg_error *err)
{
	static const enum pdg_log_kind kinds[] = {PDG_LOG_EMBEDDED, PDG_LOG_REKOR_V1,
						  PDG_LOG_REKOR_V2};
	unsigned line;
	const char *type = pdg_service_config_get(c, "log", "type", &line);
	size_t i;

	cfg->log = PDG_LOG_EMBEDDED;
	for (i = 0; type && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (pdg_str_eq(type, pdg_log_kind_name(kinds[i]))) {
			cfg->log = kinds[i];
			return 0;
		}
	}
	return type ? pdg_config_reject(err, c, line, "CFG-1",
					"type is '%.64s', not embedded, rekor-v1 or rekor-v2", type)
		    : 0;
}

/* What one kind of log needs and the other has no use for. */
static int check_log(const struct pdg_config *c, const struct pdg_service_config *cfg,
		     struct pdg_error *err)
{
	const char *type = pdg_log_kind_name(cfg->log);
	bool rekor = cfg->log != PDG_LOG_EMBEDDED;
	unsigned line;

	if (rekor && !cfg->log_url)
		return pdg_reject(err, "CFG-1", "%s: [log] of type %s needs url", c->file, type);
	if (rekor && !cfg->log_key)
		return pdg_reject(err, "CFG-1",
				  "%s: [log] of type %s needs key, the log's public key", c->file,
				  type);
	if (!rekor && (pdg_service_config_get(c, "log", "url", &line) ||
		       pdg_service_config_get(c, "log", "readUrl", &line)))
		return pdg_config_reject(err, c, line, "CFG-1", "an embedded log has no url");
	if (cfg->log == PDG_LOG_REKOR_V1 && pdg_service_config_get(c, "log", "readUrl", &line))
		return pdg_config_reject(err, c, line, "CFG-1",
					 "a rekor-v1 log is read at its url, and has no readUrl");
	if (rekor && pdg_service_config_get(c, "log", "directory", &line))
		return pdg_config_reject(err, c, line, "CFG-1", "a %s log has no directory", type);
	return 0;
}

/* Whom to ask for timestamps, and by whose certificates to believe him: neither is of use alone. */
static int read_authority(const struct pdg_config *c, struct pdg_service_config *cfg,
			  struct pdg_error *err)
{
	int rc =
		pdg_service_config_copy(c, "log", "timestampAuthority", NULL, &cfg->authority, err);

	if (rc == 0)
		rc = pdg_service_config_copy(c, "log", "timestampCertificates", NULL,
					     &cfg->authority_chain, err);
	if (rc < 0)
		return rc;
	(void)pdg_service_config_get(c, "log", "timestampCertificates", &cfg->authority_line);
	if (!cfg->authority != !cfg->authority_chain)
		return pdg_reject(err, "CFG-1",
				  "%s: timestampAuthority and timestampCertificates go together",
				  c->file);
	return pdg_service_config_check_url(c, "log", "timestampAuthority", false, err);
}

int pdg_service_config_log(const struct pdg_config *c, struct pdg_service_config *cfg,
			   struct pdg_error *err)
{
	unsigned line;
	const char *limit;
	int rc;

	rc = read_log_type(c, cfg, err);
	if (rc == 0)
		rc = pdg_service_config_copy(c, "log", "url", NULL, &cfg->log_url, err);
	if (rc == 0)
		rc = pdg_service_config_copy(c, "log", "readUrl", NULL, &cfg->log_read_url, err);
	if (rc == 0)
		rc = pdg_service_config_copy(c, "log", "directory", DEFAULT_LOG_DIRECTORY,
					     &cfg->log_directory, err);
	if (rc == 0)
		rc = pdg_service_config_copy(c, "log", "origin", DEFAULT_ORIGIN, &cfg->log_origin,
					     err);
	if (rc == 0)
		rc = pdg_service_config_key(c, "log", "key", &cfg->log_key, err);
	if (rc == 0)
		rc = check_log(c, cfg, err);
	if (rc == 0)
		rc = pdg_service_config_check_url(c, "log", "url", false, err);
	if (rc == 0)
		rc = pdg_service_config_check_url(c, "log", "readUrl", false, err);
	if (rc == 0)
		rc = read_authority(c, cfg, err);
	if (rc < 0)
		return rc;
	if (!pdg_log_origin_ok(cfg->log_origin)) {
		(void)pdg_service_config_get(c, "log", "origin", &line);
		rc = pdg_config_reject(err, c, line, "CFG-1", "origin is '%.64s', not a host name",
				       cfg->log_origin);
		pdg_fix(err, "name the log by a host name of yours, as pedigree.company.example: "
			     "it bears that name for ever");
		return rc;
	}
	cfg->pending_limit = DEFAULT_PENDING_LIMIT;
	limit = pdg_service_config_get(c, "log", "pendingLimit", &line);
	return limit ? pdg_duration_parse(pdg_bytes_str(limit), &cfg->pending_limit, err) : 0;
}
