/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an issuer's keys are (OpenID Connect Discovery 1.0, 4): asked at the pinned issuer and
 * nowhere else. No redirect is followed, no credential is sent.
 */
#ifndef PDG_OIDC_DISCOVERY_H
#define PDG_OIDC_DISCOVERY_H

#include "http/client.h"
#include "oidc/jwks.h"

/**
 * Read the discovery document of @issuer. *@out: its jwks_uri, at the issuer's own scheme, host and
 * port; owned by the caller (free()). Returns 0, PDG_E_IO (ISS-3, ISS-5), PDG_E_NOMEM.
 */
int pdg_discovery_read(struct pdg_bytes text, const char *issuer, char **out,
		       struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Ask @issuer, whose URL has no fault (trust/issuer.h), for its keys: two requests.
 * Returns 0, PDG_E_IO (ISS-1 to ISS-5), PDG_E_NOMEM.
 */
int pdg_discovery_keys(const struct pdg_http_options *opt, const char *issuer, struct pdg_jwks *out,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
