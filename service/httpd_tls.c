/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS as the server's: certificate, key and the authorities of clients, read from files and read
 * again on SIGHUP. 1.2 with ephemeral keys and authenticated ciphers, and 1.3; no renegotiation, no
 * compression, no sessions that outlive their connection.
 */
#include "service/httpd_tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

#include "util/fs.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/time.h"

#define CIPHERS_12  "ECDHE+AESGCM:ECDHE+CHACHA20"
#define PATH_LENGTH 8 /* certificates between a client's and an authority's */

PDG_AUTO_DEFINE(ssl_ctx, SSL_CTX *, SSL_CTX_free)
PDG_AUTO_DEFINE(bio, BIO *, BIO_free_all)
PDG_AUTO_DEFINE(x509_cert, X509 *, X509_free)
PDG_AUTO_DEFINE(pkey, EVP_PKEY *, EVP_PKEY_free)

/* Refuse @path for OpenSSL's newest reason, or for @what where it has none. */
static int refuse(struct pdg_error *err, const char *key, const char *path, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	int rc = pdg_reject(err, "CFG-1", "%s = '%s': %s%s%s", key, path, what, reason ? ": " : "",
			    reason ? reason : "");

	ERR_clear_error();
	return rc;
}

/* The file in memory, and a reader of it. */
static int open_pem(const char *key, const char *path, struct pdg_buf *bytes, BIO **out,
		    struct pdg_error *err)
{
	int rc = pdg_fs_read(path, bytes, err);

	ERR_clear_error();
	if (rc < 0) {
		pdg_fix(err, "name a PEM file that is there and that the service's user can read");
		return pdg_context(err, pdg_as_rule(err, rc, "CFG-1"), "%s", key);
	}
	*out = BIO_new_mem_buf(bytes->p, (int)bytes->n);
	return *out ? 0 : pdg_nomem(err);
}

/* Nobody is asked for a passphrase. */
static int no_passphrase(char *buf, int size, int rw, void *ctx)
{
	(void)buf;
	(void)size;
	(void)rw;
	(void)ctx;
	return 0;
}

/* The next certificate. *@out NULL: there is none any more. */
static int next_certificate(BIO *in, const char *key, const char *path, X509 **out,
			    struct pdg_error *err)
{
	*out = PEM_read_bio_X509(in, NULL, no_passphrase, NULL);
	if (*out)
		return 0;
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return refuse(err, key, path, "a certificate in it cannot be read");
	ERR_clear_error();
	return 0;
}

static void warn_of_end(const X509 *cert, const char *path)
{
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		pdg_log(PDG_LOG_WARN, "certificate-expired", "file", path, NULL);
}

static int load_chain(SSL_CTX *ctx, const char *path, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(bio) BIO *in = NULL;
	PDG_AUTO(x509_cert) X509 *own = NULL;
	int rc = open_pem("tlsCertificate", path, &bytes, &in, err);

	if (rc == 0)
		rc = next_certificate(in, "tlsCertificate", path, &own, err);
	if (rc < 0)
		return rc;
	if (!own || SSL_CTX_use_certificate(ctx, own) != 1)
		return refuse(err, "tlsCertificate", path, "no certificate that can be used");
	warn_of_end(own, path);
	for (;;) {
		X509 *more = NULL;

		rc = next_certificate(in, "tlsCertificate", path, &more, err);
		if (rc < 0 || !more)
			return rc;
		if (SSL_CTX_add0_chain_cert(ctx, more) != 1) {
			X509_free(more);
			return refuse(err, "tlsCertificate", path, "a chain that cannot be used");
		}
	}
}

/* Files of TLS keys are often readable by a group of servers: nobody else may. */
static int check_private(const char *path, struct pdg_error *err)
{
	struct stat st;
	int rc;

	if (stat(path, &st) < 0 || !(st.st_mode & (S_IRWXO | S_IWGRP)))
		return 0;
	rc = pdg_reject(err, "KEY-2", "%s: the private key is open to others (mode %04o)", path,
			(unsigned)(st.st_mode & 07777));
	pdg_fix(err, "chmod 600 %s", path);
	return rc;
}

static int load_key(SSL_CTX *ctx, const char *path, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(bio) BIO *in = NULL;
	PDG_AUTO(pkey) EVP_PKEY *key = NULL;
	int rc = check_private(path, err);

	if (rc == 0)
		rc = open_pem("tlsKey", path, &bytes, &in, err);
	if (rc < 0)
		return rc;
	key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);
	if (!key)
		return refuse(err, "tlsKey", path, "no private key in PEM without a passphrase");
	if (SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		return refuse(err, "tlsKey", path, "it is not the certificate's");
	return 0;
}

static int load_authorities(SSL_CTX *ctx, const char *path, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(bio) BIO *in = NULL;
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	int rc = open_pem("clientCa", path, &bytes, &in, err);
	size_t n;

	for (n = 0; rc == 0; n++) {
		PDG_AUTO(x509_cert) X509 *ca = NULL;

		rc = next_certificate(in, "clientCa", path, &ca, err);
		if (rc < 0 || !ca)
			break;
		if (X509_check_ca(ca) == 0)
			return refuse(err, "clientCa", path,
				      "a certificate of no authority: it vouches for nobody");
		if (X509_STORE_add_cert(store, ca) != 1 || SSL_CTX_add_client_CA(ctx, ca) != 1)
			return refuse(err, "clientCa", path, "an authority that cannot be used");
	}
	if (rc == 0 && n == 0)
		return refuse(err, "clientCa", path, "no certificate in it");
	if (rc < 0)
		return rc;
	/* Whoever names an intermediate authority means it, and it alone. */
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_verify_depth(ctx, PATH_LENGTH);
	return 0;
}

static bool set_up(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	/* One call would go on for as long as records come that hold no data: see aside(). */
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, CIPHERS_12) == 1;
}

static int load(const struct pdg_service_config *cfg, SSL_CTX **out, struct pdg_error *err)
{
	PDG_AUTO(ssl_ctx) SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	unsigned line;
	int rc;

	if (!ctx || !set_up(ctx)) {
		ERR_clear_error();
		return pdg_fail(err, PDG_E_CRYPTO, "TLS cannot be set up");
	}
	rc = load_chain(ctx, cfg->tls_certificate, err);
	line = cfg->tls_line.certificate;
	if (rc == 0) {
		rc = load_key(ctx, cfg->tls_key, err);
		line = cfg->tls_line.key;
	}
	if (rc == 0 && cfg->client_ca) {
		rc = load_authorities(ctx, cfg->client_ca, err);
		line = cfg->tls_line.client_ca;
	}
	if (rc < 0)
		return pdg_context(err, rc, "%s:%u", cfg->file, line);
	*out = PDG_TAKE(ctx);
	return 0;
}

int pdg_tls_new(const struct pdg_service_config *cfg, struct pdg_tls **out, struct pdg_error *err)
{
	PDG_AUTO(tls) struct pdg_tls *tls = NULL;
	int rc;

	if (!cfg->tls_certificate)
		return 0;
	tls = pdg_calloc(1, sizeof(*tls));
	if (!tls)
		return pdg_nomem(err);
	(void)pthread_mutex_init(&tls->mutex, NULL);
	atomic_init(&tls->turn, 1);
	rc = load(cfg, &tls->ctx, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(tls);
	return 0;
}

int pdg_tls_prepare(const struct pdg_service_config *cfg, void **out, struct pdg_error *err)
{
	SSL_CTX *fresh = NULL;
	int rc = load(cfg, &fresh, err);

	if (rc == 0)
		*out = fresh;
	return rc;
}

void pdg_tls_take(struct pdg_tls *tls, void *prepared)
{
	SSL_CTX *old;

	(void)pthread_mutex_lock(&tls->mutex);
	old = tls->ctx;
	tls->ctx = prepared;
	atomic_fetch_add(&tls->turn, 1);
	(void)pthread_mutex_unlock(&tls->mutex);
	/* Connections that were made with it keep it; what they proved is judged by the new one. */
	SSL_CTX_free(old);
}

void pdg_tls_drop(void *prepared)
{
	SSL_CTX_free(prepared);
}

void pdg_tls_free(struct pdg_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->ctx);
	(void)pthread_mutex_destroy(&tls->mutex);
	free(tls);
}
