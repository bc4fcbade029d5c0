/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server: loops over libevent, one a core, and the only reader of what clients send. */
#ifndef PDG_SERVICE_HTTPD_H
#define PDG_SERVICE_HTTPD_H

#include "service/core.h"
#include "service/listen.h"

struct pdg_httpd;

/**
 * Read the certificate, the key and the authorities that @cfg names; later the same by
 * pdg_httpd_reload(). NULL in *@out where it names none. CFG-1, PDG_E_IO.
 */
struct pdg_tls;
int pdg_tls_new(const struct pdg_service_config *cfg, struct pdg_tls **out,
		struct pdg_error *err) PDG_MUST_CHECK;
void pdg_tls_free(struct pdg_tls *tls);
PDG_AUTO_DEFINE(tls, struct pdg_tls *, pdg_tls_free)

/**
 * Answer requests on @listeners from @core. @listeners, and @tls (NULL: plain), are the server's
 * from then on. Returns 0, PDG_E_IO, PDG_E_NOMEM.
 */
int pdg_httpd_start(const struct pdg_service_config *cfg, struct pdg_core *core,
		    struct pdg_listeners *listeners, struct pdg_tls *tls, struct pdg_httpd **out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** Read certificate, key and authorities again: for connections to come, the authorities also for
 * what open ones have proved. On failure the old stay.
 */
int pdg_httpd_reload(struct pdg_httpd *h, struct pdg_error *err) PDG_MUST_CHECK;

/** Take no new connections, answer 503 (SVC-2) to new requests. Those under way go on. */
void pdg_httpd_quiesce(struct pdg_httpd *h);

/**
 * Wait at most @ms until no request is under way, then stop the threads and close everything. All
 * that was asked of the core is answered.
 */
void pdg_httpd_stop(struct pdg_httpd *h, int ms);

#endif
