/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's file (design 7): policy syntax, sections [service] and [log], the policy inside or
 * named. */
#ifndef PDG_SERVICE_CONFIG_H
#define PDG_SERVICE_CONFIG_H

#include "trust/policy.h"
#include "util/log.h"

enum pdg_log_kind { PDG_LOG_EMBEDDED, PDG_LOG_REKOR_V2 };

struct pdg_service_config {
	char *file;
	struct pdg_strings listen; /* address:port, [v6]:port */
	char *store_path;	   /* of sqlite:PATH */
	char *signing_key;	   /* private key file */
	char *journal_key;	   /* or NULL: beside the database */
	char *policy_file;	   /* NULL: the policy is inside */
	enum pdg_level log_level;
	size_t connections_per_address; /* at once; 0: any number. Loopback is not counted */
	char *proxy;
	enum pdg_log_kind log;
	char *log_url, *log_read_url;
	char *log_directory;
	char *log_origin;
	char *log_key;	       /* embedded: private; else the log's public key */
	int64_t pending_limit; /* seconds */
};

/** Returns 0, PDG_E_USAGE (POL-*; POL-9 also: no such file; CFG-1: a value that cannot be). */
int pdg_service_config_load(const char *path, struct pdg_service_config **out,
			    struct pdg_error *err) PDG_MUST_CHECK;
/** The policy that the daemon's file holds or names. */
int pdg_service_policy_load(const struct pdg_service_config *cfg, struct pdg_policy **out,
			    struct pdg_error *err) PDG_MUST_CHECK;
void pdg_service_config_free(struct pdg_service_config *cfg);
PDG_AUTO_DEFINE(service_config, struct pdg_service_config *, pdg_service_config_free)

#endif
