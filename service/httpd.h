/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server: libmicrohttpd behind the only door to it. */
#ifndef PDG_SERVICE_HTTPD_H
#define PDG_SERVICE_HTTPD_H

#include "service/core.h"

struct pdg_httpd;

/**
 * Listen on every address of @cfg->listen ("127.0.0.1:8700", "[::1]:8700"); requests are answered
 * from @core. Returns 0, PDG_E_USAGE (CFG-1: no address), PDG_E_IO (HTP-8: cannot listen, e.g. in
 * use).
 */
int pdg_httpd_start(const struct pdg_service_config *cfg, struct pdg_core *core,
		    struct pdg_httpd **out, struct pdg_error *err) PDG_MUST_CHECK;

/** Take no new connections, answer 503 (SVC-2) to new requests. Those under way go on. */
void pdg_httpd_quiesce(struct pdg_httpd *h);

/** Wait at most @ms until no request is under way, then stop the threads and close everything. */
void pdg_httpd_stop(struct pdg_httpd *h, int ms);

#endif
