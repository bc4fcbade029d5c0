/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: what is taken in again while the service runs. */
#ifndef PDG_SERVICE_RELOAD_H
#define PDG_SERVICE_RELOAD_H

#include "service/core.h"
#include "service/httpd.h"
#include "util/limits.h"

/* What the steps work on; borrowed but for what they make. */
struct pdg_reloading {
	struct pdg_core *core;
	struct pdg_httpd *httpd;
	const struct pdg_service_config *began_with; /* the whole configuration */
	struct pdg_service_config *now; /* the file as it is now; the first step reads it */
	struct pdg_httpd_terms *terms;
};

/**
 * Take everything in again that can be while the service runs, all of it or nothing: where a part
 * fails, all stays in force that was, which is logged (reload-failed) and makes /readyz fail
 * (RDY-3, a signing key RDY-7) until it succeeds. One thread at a time.
 */
void pdg_reload_all(struct pdg_core *core, struct pdg_httpd *httpd,
		    const struct pdg_service_config *cfg);

/** reload_rest.c: append the names of the keys that have another value in @now than in @then and
 * are read at start alone, with a space between them. */
void pdg_reload_rest(const struct pdg_service_config *then, const struct pdg_service_config *now,
		     struct pdg_buf *out);

#endif
