/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server: loops over libevent, one a core, and the only reader of what clients send. */
#ifndef PDG_SERVICE_HTTPD_H
#define PDG_SERVICE_HTTPD_H

#include "service/core.h"
#include "service/listen.h"

struct pdg_httpd;

/**
 * Read the certificate, the key and the authorities that @cfg names; later the same by
 * pdg_httpd_prepare(). NULL in *@out where it names none. CFG-1, PDG_E_IO.
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

/*
 * What can become another while the server runs: certificate, key and authorities (for connections
 * to come, the authorities also for what open ones have proved), readers, connections of one
 * address. All that can fail is done by pdg_httpd_prepare(); then they come into force together.
 */
struct pdg_httpd_terms;
/** As @now says. Where it has TLS and the server has none, or the other way round, all that goes
 * with that stays as it is. CFG-1, KEY-2, PDG_E_IO, PDG_E_NOMEM. */
int pdg_httpd_prepare(const struct pdg_httpd *h, const struct pdg_service_config *now,
		      struct pdg_httpd_terms **out, struct pdg_error *err) PDG_MUST_CHECK;
/** They are in force when it returns: for the next request on any connection. One thread at a time.
 */
void pdg_httpd_take(struct pdg_httpd *h, struct pdg_httpd_terms *terms);
void pdg_httpd_terms_free(struct pdg_httpd_terms *terms);
PDG_AUTO_DEFINE(httpd_terms, struct pdg_httpd_terms *, pdg_httpd_terms_free)

/** Take no new connections, answer 503 (SVC-2) to new requests. Those under way go on. */
void pdg_httpd_quiesce(struct pdg_httpd *h);

/** Wait at most @ms until no request is under way: answers leave. */
void pdg_httpd_drain(const struct pdg_httpd *h, int ms);

/**
 * Wait at most @ms until no request is under way, then stop the threads and close everything. All
 * that was asked of the core is answered.
 */
void pdg_httpd_stop(struct pdg_httpd *h, int ms);

#endif
