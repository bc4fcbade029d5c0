/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SIGHUP changes of the server. Made ready first, where it may fail; then put in force under
 * one lock, so that no request is judged by the readers of the one configuration and the
 * authorities of the other.
 */
#include <stdlib.h>

#include "service/httpd_impl.h"
#include "util/size.h"

struct pdg_httpd_terms {
	bool front; /* what follows is to come into force too, but for per_address */
	void *tls;
	struct pdg_strings readers;
	size_t per_address;
};

int pdg_terms_begin(struct pdg_httpd *h, struct pdg_error *err)
{
	return pdg_strings_copy(&h->cfg->readers, &h->readers, err);
}

void pdg_terms_end(struct pdg_httpd *h)
{
	pdg_strings_done(&h->readers);
	(void)pthread_rwlock_destroy(&h->terms_lock);
}

void pdg_terms_hold(struct pdg_httpd *h)
{
	(void)pthread_rwlock_rdlock(&h->terms_lock);
}

void pdg_terms_release(struct pdg_httpd *h)
{
	(void)pthread_rwlock_unlock(&h->terms_lock);
}

bool pdg_terms_may_read(const struct pdg_httpd *h, const struct pdg_caller *caller)
{
	size_t i;

	for (i = 0; i < h->readers.n; i++) {
		if (pdg_caller_is(caller, h->readers.v[i]))
			return true;
	}
	return h->readers.n == 0;
}

void pdg_httpd_terms_free(struct pdg_httpd_terms *terms)
{
	if (!terms)
		return;
	pdg_tls_drop(terms->tls);
	pdg_strings_done(&terms->readers);
	free(terms);
}

int pdg_httpd_prepare(const struct pdg_httpd *h, const struct pdg_service_config *now,
		      struct pdg_httpd_terms **out, struct pdg_error *err)
{
	PDG_AUTO(httpd_terms) struct pdg_httpd_terms *t = pdg_calloc(1, sizeof(*t));
	int rc = 0;

	if (!t)
		return pdg_nomem(err);
	t->per_address = now->connections_per_address;
	t->front = !h->tls == !now->tls_certificate;
	if (t->front && h->tls)
		rc = pdg_tls_prepare(now, &t->tls, err);
	if (rc == 0 && t->front)
		rc = pdg_strings_copy(&now->readers, &t->readers, err);
	if (rc == 0)
		*out = PDG_TAKE(t);
	return rc;
}

void pdg_httpd_take(struct pdg_httpd *h, struct pdg_httpd_terms *terms)
{
	struct pdg_strings old = h->readers;

	pdg_peers_allow(h->peers, terms->per_address);
	if (terms->front) {
		(void)pthread_rwlock_wrlock(&h->terms_lock);
		h->readers = terms->readers;
		terms->readers = old;
		if (terms->tls)
			pdg_tls_take(h->tls, PDG_TAKE(terms->tls));
		(void)pthread_rwlock_unlock(&h->terms_lock);
	}
	pdg_httpd_terms_free(terms);
}
