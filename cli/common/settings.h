/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What git's configuration says where we stand (pedigree.policy, .service, …): asked of
 * pedigree-repo ("settings", a JSON object), because only it reads that. Asked only where an option
 * leaves it open.
 */
#ifndef PDG_CLI_COMMON_SETTINGS_H
#define PDG_CLI_COMMON_SETTINGS_H

#include "util/auto.h"
#include "util/error.h"
#include "util/way.h"

struct pdg_settings {
	char *policy;
	struct pdg_way_configured net;
	char *outbox; /* folder; NULL outside a repository */
};

void pdg_settings_done(struct pdg_settings *s);
PDG_AUTO_DEFINE_VALUE(settings, struct pdg_settings, pdg_settings_done)

/**
 * Outside a repository service and way are the user's and the system's, and the others NULL; all
 * are where pedigree-repo is not installed. @named: the service that an option or the environment
 * names, for which the way is then, and no failure to read the repository is one; or NULL.
 */
int pdg_settings_load(const char *named, struct pdg_settings *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** The policy's place: @option, else the repository's, else the user's and the system's (design 5).
 */
int pdg_settings_policy(const char *option, char **out, struct pdg_error *err) PDG_MUST_CHECK;

/** Folder for key descriptions: $XDG_CACHE_HOME/pedigree/keys or ~/.cache/…; NULL without a home,
 * or where others could write.
 */
char *pdg_settings_key_cache(void);

#endif
