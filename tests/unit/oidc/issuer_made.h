/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer on loopback that a test can make misbehave in each of the ways that attacks.md names.
 */
#ifndef PDG_TESTS_UNIT_OIDC_ISSUER_MADE_H
#define PDG_TESTS_UNIT_OIDC_ISSUER_MADE_H

#include "support/fakehttp.h"
#include "support/token_made.h"

enum manner {
	GOOD,
	REDIRECTS,     /* discovery: to another host */
	KEYS_REDIRECT, /* the keys: to another host */
	OTHER_ISSUER,  /* the document is another issuer's */
	OTHER_HOST,    /* its keys are said to be at another host */
	OTHER_PORT,    /* or port */
	HTML,	       /* with 200 */
	HTML_AS_JSON,  /* HTML that says it is JSON */
	ERROR_500,
	NOT_FOUND,
	ENDLESS, /* keys without end */
	CUT,
	NO_KEYS,
};

struct issuer_made {
	struct fake_http *http;
	enum manner manner;
	struct made_key *keys[4];
	size_t n_keys;
	unsigned asked_document, asked_keys, asked_elsewhere;
	bool credential;     /* an Authorization or Cookie header came */
	char elsewhere[128]; /* where redirects lead; "" until set */
};

void issuer_open(struct issuer_made *i);
void issuer_close(struct issuer_made *i);
/** Its URL: what tokens of it say as iss. */
const char *issuer_url(const struct issuer_made *i);
void issuer_behave(struct issuer_made *i, enum manner manner);

#endif
