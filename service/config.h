/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's file (design 7): policy syntax, sections [service] and [log], the policy inside or
 * named. */
#ifndef PDG_SERVICE_CONFIG_H
#define PDG_SERVICE_CONFIG_H

#include "trust/policy.h"
#include "util/log.h"

enum pdg_log_kind { PDG_LOG_EMBEDDED, PDG_LOG_REKOR_V1, PDG_LOG_REKOR_V2 };

/** As [log] type names it. Static. */
const char *pdg_log_kind_name(enum pdg_log_kind kind);

struct pdg_service_config {
	char *file;
	struct pdg_strings listen; /* address:port, [v6]:port */
	char *socket;		   /* or NULL: path of a local one */
	char *tls_certificate;	   /* or NULL: plain; PEM, the server's own first */
	char *tls_key;		   /* PEM */
	char *client_ca;	   /* or NULL: no client certificate is asked for; PEM */
	struct {
		unsigned certificate, key, client_ca;
	} tls_line;		    /* of the file, where these are named */
	struct pdg_strings readers; /* names of certificates that may GET; none: everybody */
	char *store_path;	    /* of sqlite:PATH, or NULL */
	char *store_url;	    /* or postgresql://…; may hold a password: never printed */
	unsigned store_line;	    /* of the file, where it is named */
	char *signing_key;	    /* private key file, or pkcs11:… */
	char *signing_passphrase;   /* file of the passphrase that opens it, or NULL */
	char *journal_key;	    /* the same without; or NULL: beside the database */
	char *policy_file;	    /* NULL: the policy is inside */
	enum pdg_level log_level;
	size_t connections_per_address; /* at once; 0: any number. Loopback is not counted */
	char *proxy;
	enum pdg_log_kind log;
	char *log_url, *log_read_url;
	char *log_directory;
	char *log_origin;
	char *log_key;	       /* embedded: private, as signing_key; else the log's public key */
	char *authority;       /* URL that gives RFC 3161 timestamps, or NULL: none is asked for */
	char *authority_chain; /* with it: its certificates, PEM, its own first */
	unsigned authority_line; /* of the file, where these are named */
	int64_t pending_limit;	 /* seconds */

	/* Not of the file: what the program wants (service/main.c). */
	char *signer_program; /* absolute path of pedigree-signer; NULL: keys in this process */
	char *relay_program;  /* absolute path of pedigree-relay; NULL: of this installation */
	bool confine;	      /* give up what serving does not need, before there are threads */
};

/** Returns 0, PDG_E_USAGE (POL-*; POL-9 also: no such file; CFG-1: a value that cannot be). */
int pdg_service_config_load(const char *path, struct pdg_service_config **out,
			    struct pdg_error *err) PDG_MUST_CHECK;
/** The policy that the daemon's file holds or names. */
int pdg_service_policy_load(const struct pdg_service_config *cfg, struct pdg_policy **out,
			    struct pdg_error *err) PDG_MUST_CHECK;
/** Say which builders of @policy prove themselves by certificates that nobody is asked for, by @now
 * where it is read again; @began: what the service was started with. */
void pdg_service_warn_of_certificates(const struct pdg_service_config *began,
				      const struct pdg_service_config *now,
				      const struct pdg_policy *policy);
void pdg_service_config_free(struct pdg_service_config *cfg);
PDG_AUTO_DEFINE(service_config, struct pdg_service_config *, pdg_service_config_free)

#endif
