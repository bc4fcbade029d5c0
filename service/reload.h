/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: what is taken in again while the service runs. */
#ifndef PDG_SERVICE_RELOAD_H
#define PDG_SERVICE_RELOAD_H

#include "service/core.h"
#include "service/httpd.h"

/* What the steps work on; borrowed. */
struct pdg_reloading {
	struct pdg_core *core;
	struct pdg_httpd *httpd;
	const struct pdg_service_config *began_with; /* the whole configuration */
	struct pdg_service_config *now; /* the file as it is now; the first step reads it */
};

/**
 * Take everything in again, each part by itself: one that fails leaves what was in force, is
 * logged (reload-failed) and makes /readyz fail (RDY-3) until it succeeds. One thread at a time.
 */
void pdg_reload_all(struct pdg_core *core, struct pdg_httpd *httpd,
		    const struct pdg_service_config *cfg);

#endif
