/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server: libmicrohttpd behind the only door to it. */
#ifndef PDG_SERVICE_HTTPD_H
#define PDG_SERVICE_HTTPD_H

#include "service/core.h"
#include "service/listen.h"

struct pdg_httpd;

/**
 * Answer requests on @listeners, which @cfg->listen named, from @core. They are the server's from
 * then on. Returns 0, PDG_E_IO.
 */
int pdg_httpd_start(const struct pdg_service_config *cfg, struct pdg_core *core,
		    struct pdg_listeners *listeners, struct pdg_httpd **out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** Take no new connections, answer 503 (SVC-2) to new requests. Those under way go on. */
void pdg_httpd_quiesce(struct pdg_httpd *h);

/** Wait at most @ms until no request is under way, then stop the threads and close everything. */
void pdg_httpd_stop(struct pdg_httpd *h, int ms);

#endif
