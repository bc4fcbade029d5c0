/* SPDX-License-Identifier: Apache-2.0 */
/* What httpd_tls.c and httpd_tls_link.c share of OpenSSL. */
#ifndef PDG_SERVICE_HTTPD_TLS_H
#define PDG_SERVICE_HTTPD_TLS_H

#include <openssl/ssl.h>
#include <pthread.h>

#include "service/httpd_impl.h"

struct pdg_tls {
	pthread_mutex_t mutex;	   /* guards ctx: whoever uses it takes a reference */
	SSL_CTX *ctx;		   /* of connections to come */
	atomic_uint_fast64_t turn; /* how often it was replaced, plus 1 */
};

#endif
