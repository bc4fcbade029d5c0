/* SPDX-License-Identifier: Apache-2.0 */
/* What config.c, config_listen.c and config_log.c share of reading the daemon's file. Private. */
#ifndef PDG_SERVICE_CONFIG_IMPL_H
#define PDG_SERVICE_CONFIG_IMPL_H

#include "service/config.h"
#include "trust/config.h"

/** The value of a key of a section without a name, or NULL; and its line, 1 without one. */
const char *pdg_service_config_get(const struct pdg_config *c, const char *section, const char *key,
				   unsigned *out_line);
/** A copy of a value or of @dflt (NULL: stays NULL). */
int pdg_service_config_copy(const struct pdg_config *c, const char *section, const char *key,
			    const char *dflt, char **out, struct pdg_error *err) PDG_MUST_CHECK;
/** A key file, or a key in a token; *@out stays NULL when none is written. */
int pdg_service_config_key(const struct pdg_config *c, const char *section, const char *key,
			   char **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Is the value of a key, where there is one, a URL of http or https? @user: as a proxy's, it may
 * hold a name and a password, and is not shown. Returns 0, PDG_E_USAGE (CFG-1).
 */
int pdg_service_config_check_url(const struct pdg_config *c, const char *section, const char *key,
				 bool user, struct pdg_error *err) PDG_MUST_CHECK;

/** Of [service]: socket, listen, TLS, readers, connectionsPerAddress. */
int pdg_service_config_listen(const struct pdg_config *c, struct pdg_service_config *cfg,
			      struct pdg_error *err) PDG_MUST_CHECK;
/** All of [log]. */
int pdg_service_config_log(const struct pdg_config *c, struct pdg_service_config *cfg,
			   struct pdg_error *err) PDG_MUST_CHECK;

#endif
