/* SPDX-License-Identifier: Apache-2.0 */
/* TLS of one connection: the handshake, bytes, and what a client's certificate proves. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "service/httpd_tls.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/time.h"

PDG_AUTO_DEFINE(bio, BIO *, BIO_free_all)
PDG_AUTO_DEFINE(x509_cert, X509 *, X509_free)
PDG_AUTO_DEFINE(x509_store_ctx, X509_STORE_CTX *, X509_STORE_CTX_free)
PDG_AUTO_DEFINE(asn1_time, ASN1_TIME *, ASN1_TIME_free)
PDG_AUTO_DEFINE(general_names, GENERAL_NAMES *, GENERAL_NAMES_free)

void *pdg_tls_begin(struct pdg_tls *tls, int fd)
{
	SSL *ssl;

	(void)pthread_mutex_lock(&tls->mutex);
	ssl = SSL_new(tls->ctx);
	(void)pthread_mutex_unlock(&tls->mutex);
	if (ssl && SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		ssl = NULL;
	}
	ERR_clear_error();
	if (ssl)
		SSL_set_accept_state(ssl);
	return ssl;
}

void pdg_tls_end(void *ssl)
{
	SSL_free(ssl);
	ERR_clear_error();
}

/*
 * Count what a client says of TLS itself once the handshake is over: new keys, or that he would
 * begin anew. Each costs us more than him, and none is data that would be late or too long.
 */
static void aside(int sent, int version, int type, const void *p, size_t n, SSL *ssl, void *ctx)
{
	unsigned *asides = ctx;

	(void)version;
	(void)p;
	(void)n;
	(void)ssl;
	if (!sent && type == SSL3_RT_HANDSHAKE && *asides <= PDG_LIMIT_TLS_ASIDES)
		++*asides;
}

/* Why OpenSSL gave the handshake up, by its newest reason. */
static struct pdg_tls_refused refused(SSL *ssl, int error)
{
	static const struct {
		int reason;
		enum pdg_tls_refusal why;
	} known[] = {
		{SSL_R_HTTP_REQUEST, PDG_TLS_NOT_TLS},
		{SSL_R_HTTPS_PROXY_REQUEST, PDG_TLS_NOT_TLS},
		{SSL_R_WRONG_VERSION_NUMBER, PDG_TLS_NOT_TLS},
		{SSL_R_PACKET_LENGTH_TOO_LONG, PDG_TLS_NOT_TLS},
		{SSL_R_UNSUPPORTED_PROTOCOL, PDG_TLS_PARAMETERS},
		{SSL_R_VERSION_TOO_LOW, PDG_TLS_PARAMETERS},
		{SSL_R_NO_SHARED_CIPHER, PDG_TLS_PARAMETERS},
		{SSL_R_NO_SUITABLE_KEY_SHARE, PDG_TLS_PARAMETERS},
		{SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, PDG_TLS_PARAMETERS},
		{SSL_R_CERTIFICATE_VERIFY_FAILED, PDG_TLS_CERTIFICATE},
		{SSL_R_UNEXPECTED_EOF_WHILE_READING, PDG_TLS_CLOSED},
	};
	unsigned long newest = ERR_peek_last_error();
	struct pdg_tls_refused r = {.why = PDG_TLS_OTHER, .text = ERR_reason_error_string(newest)};
	int reason = ERR_GET_REASON(newest);
	size_t i;

	if (error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN)
		r.why = PDG_TLS_CLOSED;
	else if (ERR_GET_LIB(newest) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET)
		r.why = PDG_TLS_REJECTED;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (ERR_GET_LIB(newest) == ERR_LIB_SSL && reason == known[i].reason)
			r.why = known[i].why;
	}
	r.http = r.why == PDG_TLS_NOT_TLS &&
		 (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST);
	if (r.why == PDG_TLS_CERTIFICATE)
		r.text = X509_verify_cert_error_string(SSL_get_verify_result(ssl));
	return r;
}

enum pdg_http_read pdg_tls_handshake(void *ssl, unsigned *asides, short *out_what,
				     struct pdg_tls_refused *out_why)
{
	int rc, why;

	ERR_clear_error();
	rc = SSL_do_handshake(ssl);
	if (rc == 1) {
		SSL_set_msg_callback(ssl, aside);
		SSL_set_msg_callback_arg(ssl, asides);
		return PDG_HTTP_READY;
	}
	why = SSL_get_error(ssl, rc);
	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		*out_why = refused(ssl, why);
	ERR_clear_error();
	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		return PDG_HTTP_BAD;
	*out_what = why == SSL_ERROR_WANT_READ ? EV_READ : EV_WRITE;
	return PDG_HTTP_MORE;
}

/* What a failed call comes to, as read() and write() say it. *@out_what: for which event it waits
 * where that is EAGAIN. */
static ssize_t failed(SSL *ssl, int rc, short *out_what)
{
	int why = SSL_get_error(ssl, rc);

	ERR_clear_error();
	if (why == SSL_ERROR_ZERO_RETURN)
		return 0;
	errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : EIO;
	*out_what = why == SSL_ERROR_WANT_WRITE ? EV_WRITE : EV_READ;
	return -1;
}

ssize_t pdg_tls_read(void *ssl, void *p, size_t n, short *out_what)
{
	size_t got = 0;
	int rc;

	ERR_clear_error();
	rc = SSL_read_ex(ssl, p, n, &got);
	return rc == 1 ? (ssize_t)got : failed(ssl, rc, out_what);
}

ssize_t pdg_tls_write(void *ssl, const void *p, size_t n)
{
	size_t put = 0;
	short what = EV_WRITE;
	int rc;

	ERR_clear_error();
	rc = SSL_write_ex(ssl, p, n, &put);
	if (rc == 1)
		return (ssize_t)put;
	/* Nothing is written to who said that he is gone. No write waits for the client to speak:
	 * there is no renegotiation. */
	if (failed(ssl, rc, &what) == 0)
		errno = EPIPE;
	else if (what != EV_WRITE)
		errno = EIO;
	return -1;
}

bool pdg_tls_pending(void *ssl)
{
	return SSL_pending(ssl) > 0;
}

void pdg_tls_close(void *ssl)
{
	ERR_clear_error();
	(void)SSL_shutdown(ssl);
	ERR_clear_error();
}

/* --- names --- */

/* The first of = : @ in @text, or 0: by it no two kinds of names can be the same (caller.h). */
static char shape_of(const char *text)
{
	return text[strcspn(text, "=:@")];
}

static bool add(struct pdg_strings *out, const ASN1_STRING *s, char shape)
{
	struct pdg_bytes b = pdg_bytes(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
	char *text;
	size_t i;

	for (i = 0; i < b.n && b.p[i] > ' ' && b.p[i] < 0x7f; i++)
		;
	if (b.n == 0 || i < b.n || out->n == PDG_LIMIT_X509_NAMES)
		return true;
	text = pdg_bytes_dup(b);
	if (!text)
		return false;
	if (shape_of(text) != shape || (shape == '@' && strpbrk(text, "=:"))) {
		free(text);
		return true;
	}
	out->v[out->n++] = text;
	return true;
}

static bool add_all(struct pdg_strings *out, const GENERAL_NAMES *names)
{
	int i, n = names ? sk_GENERAL_NAME_num(names) : 0;
	bool ok = true;

	for (i = 0; ok && i < n; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS)
			ok = add(out, name->d.dNSName, '\0');
		else if (name->type == GEN_URI)
			ok = add(out, name->d.uniformResourceIdentifier, ':');
		else if (name->type == GEN_EMAIL)
			ok = add(out, name->d.rfc822Name, '@');
	}
	return ok;
}

/* The subject as RFC 4514 has it; what is not printable ASCII is escaped. */
static bool add_subject(struct pdg_strings *out, const X509 *cert)
{
	PDG_AUTO(bio) BIO *text = BIO_new(BIO_s_mem());
	const X509_NAME *subject = X509_get_subject_name(cert);
	char *p = NULL;
	long n;

	if (!text || !subject)
		return false;
	if (X509_NAME_print_ex(text, subject, 0, XN_FLAG_RFC2253) < 0)
		return true;
	n = BIO_get_mem_data(text, &p);
	if (n <= 0)
		return true;
	out->v[out->n] = pdg_bytes_dup(pdg_bytes(p, (size_t)n));
	if (!out->v[out->n])
		return false;
	out->n++;
	return true;
}

/* --- what they prove, and how long --- */

/* The first end of @chain's certificates; INT64_MIN: there is none that can be read. */
static int64_t end_of(const STACK_OF(X509) * chain)
{
	PDG_AUTO(asn1_time) ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int64_t first = INT64_MAX;
	int i, days, seconds;

	for (i = 0; i < sk_X509_num(chain); i++) {
		const ASN1_TIME *end = X509_get0_notAfter(sk_X509_value(chain, i));
		int64_t t;

		if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch, end) != 1)
			return INT64_MIN;
		t = days * INT64_C(86400) + seconds;
		first = t < first ? t : first;
	}
	return i > 0 ? first : INT64_MIN;
}

bool pdg_tls_prove(struct pdg_tls *tls, void *ssl, struct pdg_tls_proof *out)
{
	PDG_AUTO(x509_cert) X509 *cert = SSL_get1_peer_certificate(ssl);
	PDG_AUTO(general_names) GENERAL_NAMES *names = NULL;
	struct pdg_strings *all = &out->names;
	bool ok;

	if (!cert || SSL_get_verify_result(ssl) != X509_V_OK)
		return true;
	all->v = pdg_calloc(PDG_LIMIT_X509_NAMES + 1, sizeof(*all->v));
	if (!all->v)
		return false;
	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	ok = add_subject(all, cert) && add_all(all, names);
	out->until = end_of(SSL_get0_verified_chain(ssl));
	/* The handshake may have begun before a reload. */
	(void)pthread_mutex_lock(&tls->mutex);
	out->turn = SSL_get_SSL_CTX(ssl) == tls->ctx ? atomic_load(&tls->turn) : 0;
	(void)pthread_mutex_unlock(&tls->mutex);
	ERR_clear_error();
	return ok;
}

/* Judge the chain that the client showed as a handshake of now would, by @ctx's authorities. */
static bool vouched(SSL_CTX *ctx, SSL *ssl, int64_t *until)
{
	PDG_AUTO(x509_cert) X509 *cert = SSL_get1_peer_certificate(ssl);
	PDG_AUTO(x509_store_ctx) X509_STORE_CTX *judge = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	bool yes;

	if (!cert || !judge ||
	    X509_STORE_CTX_init(judge, SSL_CTX_get_cert_store(ctx), cert,
				SSL_get_peer_cert_chain(ssl)) != 1)
		return false;
	param = X509_STORE_CTX_get0_param(judge);
	X509_VERIFY_PARAM_set_auth_level(param, SSL_CTX_get_security_level(ctx));
	yes = X509_STORE_CTX_set_default(judge, "ssl_client") == 1 &&
	      X509_VERIFY_PARAM_set1(param, SSL_CTX_get0_param(ctx)) == 1 &&
	      X509_verify_cert(judge) == 1;
	if (yes)
		*until = end_of(X509_STORE_CTX_get0_chain(judge));
	ERR_clear_error();
	return yes;
}

bool pdg_tls_proves(struct pdg_tls *tls, void *ssl, struct pdg_tls_proof *proof)
{
	SSL_CTX *ctx = NULL;
	uint64_t turn = atomic_load(&tls->turn);
	int64_t until = 0;
	bool yes;

	if (proof->turn == turn)
		return pdg_now(&pdg_clock_system) < proof->until;
	(void)pthread_mutex_lock(&tls->mutex);
	turn = atomic_load(&tls->turn);
	ctx = tls->ctx;
	(void)SSL_CTX_up_ref(ctx);
	(void)pthread_mutex_unlock(&tls->mutex);
	yes = vouched(ctx, ssl, &until);
	SSL_CTX_free(ctx);
	proof->turn = yes ? turn : 0;
	proof->until = until;
	return yes && pdg_now(&pdg_clock_system) < until;
}

void pdg_tls_proof_done(struct pdg_tls_proof *proof)
{
	pdg_strings_done(&proof->names);
	*proof = (struct pdg_tls_proof){0};
}
