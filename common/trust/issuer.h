/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The URLs of an OIDC issuer: which of them may be asked at all, and which belong together. Used by
 * the policy, which pins issuers, and by oidc/, which asks them.
 */
#ifndef PDG_TRUST_ISSUER_H
#define PDG_TRUST_ISSUER_H

#include <stdbool.h>

/**
 * What is wrong with @url as the URL of an issuer or of its keys, in words that follow "is not";
 * NULL: nothing. https, or http where the host is loopback; a host in lower case, no user, no
 * query, no fragment, no "." or ".." in the path, no more than RFC 3986 lets stand in each.
 */
const char *pdg_issuer_fault(const char *url);

/** Have two URLs, both without fault, the same scheme, host and port? */
bool pdg_issuer_same_origin(const char *a, const char *b);

#endif
