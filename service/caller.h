/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a connection proved about whoever sent a request, before anybody looked at its body. Made by
 * the HTTP side (service/httpd_request.c), judged by service/proven.c; nothing in it is a verdict.
 */
#ifndef PDG_SERVICE_CALLER_H
#define PDG_SERVICE_CALLER_H

#include "trust/policy.h"

#define PDG_REQUEST_ID 32 /* room for one */

/* Borrowed: valid until the call that it is given to returns. */
struct pdg_caller {
	/* Of "Authorization: Bearer TOKEN": the token, unread and unverified; NULL: none was sent.
	 */
	const char *bearer;
	/*
	 * Names of a client certificate that clientCa vouches for, NULL: there is none. The subject
	 * as RFC 4514 writes it ("CN=ci,O=Company"), then what the subjectAltName holds: DNS names,
	 * URIs and addresses. No two kinds can be the same text: a subject has its first = before
	 * any : or @, a URI its first : before any = or @, an address an @ and no : or =, a DNS
	 * name none of the three.
	 */
	const struct pdg_strings *certificate;
	const char *address;	/* "192.0.2.1", "2001:db8::1", "unix"; never NULL */
	const char *request_id; /* never NULL */
};

/** Does the certificate (there is one) have @name, byte for byte? */
bool pdg_caller_is(const struct pdg_caller *caller, const char *name);

#endif
