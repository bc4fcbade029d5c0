/* SPDX-License-Identifier: Apache-2.0 */
/* Log entries, tokens and trusted roots made for tests; see proofs_made.h. */
#include "support/proofs_made.h"

#include <inttypes.h>

#include <openssl/pem.h>
#include <openssl/ts.h>

#include "util/codec.h"

#define BUF(name) PDG_AUTO(buf) struct pdg_buf name = PDG_BUF_INIT(PKI_DER_MAX)
#define BYTES(b)  pdg_buf_bytes(&(b))

#define LOG_INDEX 17

static void sha256(struct pdg_bytes in, uint8_t out[32])
{
	pki_must(EVP_Digest(in.p, in.n, out, NULL, EVP_sha256(), NULL) == 1, "hash");
}

static void spki(EVP_PKEY *key, struct pdg_buf *out)
{
	int n = i2d_PUBKEY(key, NULL);
	uint8_t *p = n > 0 ? pdg_buf_room(out, (size_t)n) : NULL;

	pki_must(p && i2d_PUBKEY(key, &p) == n, "write a key");
}

static void log_id(EVP_PKEY *log, uint8_t out[32])
{
	BUF(der);

	spki(log, &der);
	sha256(BYTES(der), out);
}

static void put_varint(struct pdg_buf *out, uint64_t n)
{
	for (; n > 0x7f; n >>= 7)
		pdg_buf_putc(out, (uint8_t)(n | 0x80));
	pdg_buf_putc(out, (uint8_t)n);
}

/* Protobuf leaves zero out. */
static void put_number(struct pdg_buf *out, unsigned field, uint64_t n)
{
	if (n == 0)
		return;
	put_varint(out, field << 3);
	put_varint(out, n);
}

static void put_bytes(struct pdg_buf *out, unsigned field, struct pdg_bytes b)
{
	put_varint(out, field << 3 | 2);
	put_varint(out, b.n);
	pdg_buf_put(out, b);
}

/* hashedrekord 0.0.1 (formats.md 4.3). */
static void make_body(const struct entry_ask *ask, struct pdg_buf *out)
{
	const char *algorithm = ask->algorithm ? ask->algorithm : "sha256";
	const EVP_MD *md = EVP_get_digestbyname(algorithm);
	unsigned char sum[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned n = 0;
	const unsigned char *p = ask->cert.p;
	struct pki_cert c = {.x = d2i_X509(NULL, &p, (long)ask->cert.n)};
	BUF(pem);

	pki_must(c.x && EVP_Digest(ask->signed_bytes.p, ask->signed_bytes.n, sum, &n, md, NULL) ==
				 1,
		 "hash");
	pki_pem(&c, &pem);
	pki_done(&c);
	pdg_hex(pdg_bytes(sum, n), hex);
	pdg_buf_printf(out,
		       "{\"apiVersion\":\"0.0.1\",\"kind\":\"hashedrekord\",\"spec\":{\"data\":{"
		       "\"hash\":{\"algorithm\":\"%s\",\"value\":\"%s\"}},\"signature\":{"
		       "\"content\":\"",
		       algorithm, hex);
	pdg_base64(ask->value, out);
	pdg_buf_puts(out, "\",\"publicKey\":{\"content\":\"");
	pdg_base64(BYTES(pem), out);
	pdg_buf_puts(out, "\"}}}}");
}

/* The signed entry timestamp (formats.md 4.4). */
static void make_set(const struct entry_ask *ask, struct pdg_bytes body, struct pdg_buf *out)
{
	uint8_t id[32];
	char hex[65];
	BUF(text);

	log_id(ask->log, id);
	pdg_hex(pdg_bytes(id, sizeof(id)), hex);
	pdg_buf_puts(&text, "{\"body\":\"");
	pdg_base64(body, &text);
	pdg_buf_printf(&text, "\",\"integratedTime\":%" PRId64 ",\"logID\":\"%s\",\"logIndex\":%d}",
		       ask->time, hex, LOG_INDEX);
	pki_sign(ask->log, EVP_sha256(), BYTES(text), out);
}

/* A tree of this leaf alone. */
static void make_proof(const struct entry_ask *ask, struct pdg_bytes body, struct pdg_buf *out)
{
	uint8_t root[32];
	uint8_t id[32];
	BUF(leaf);
	BUF(note);
	BUF(sig);
	BUF(line);
	BUF(checkpoint);

	pdg_buf_putc(&leaf, 0);
	pdg_buf_put(&leaf, body);
	sha256(BYTES(leaf), root);
	pdg_buf_puts(&note, LOG_HOST " - 1234\n1\n");
	pdg_base64(pdg_bytes(root, sizeof(root)), &note);
	pdg_buf_putc(&note, '\n');
	pki_sign(ask->log, EVP_sha256(), BYTES(note), &sig);
	log_id(ask->log, id);
	pdg_buf_put(&line, pdg_bytes(id, 4));
	pdg_buf_put(&line, BYTES(sig));
	pdg_buf_puts(&note, "\n\xe2\x80\x94 " LOG_HOST " ");
	pdg_base64(BYTES(line), &note);
	pdg_buf_putc(&note, '\n');
	pdg_buf_puts(&note, ask->note_tail ? ask->note_tail : "");
	put_bytes(out, 2, pdg_bytes(root, sizeof(root)));
	put_number(out, 3, 1);
	put_bytes(&checkpoint, 1, BYTES(note));
	if (!ask->no_note)
		put_bytes(out, 5, BYTES(checkpoint));
}

void entry_make(const struct entry_ask *ask, struct pdg_buf *out)
{
	uint8_t id[32];
	BUF(body);
	BUF(part);
	BUF(sig);

	make_body(ask, &body);
	log_id(ask->log, id);
	put_number(out, 1, LOG_INDEX);
	put_bytes(&part, 1, pdg_bytes(id, sizeof(id)));
	put_bytes(out, 2, BYTES(part));
	pdg_buf_reset(&part);
	put_bytes(&part, 1, pdg_bytes_str("hashedrekord"));
	put_bytes(&part, 2, pdg_bytes_str("0.0.1"));
	put_bytes(out, 3, BYTES(part));
	put_number(out, 4, (uint64_t)ask->time);
	if (!ask->no_set) {
		make_set(ask, ask->set_body ? pdg_bytes_str(ask->set_body) : BYTES(body), &sig);
		pdg_buf_reset(&part);
		put_bytes(&part, 1, BYTES(sig));
		put_bytes(out, 5, BYTES(part));
	}
	if (ask->no_proof)
		return;
	pdg_buf_reset(&part);
	make_proof(ask, BYTES(body), &part);
	put_bytes(out, 6, BYTES(part));
}

static ASN1_INTEGER *give_serial(TS_RESP_CTX *ctx, void *data)
{
	ASN1_INTEGER *serial = ASN1_INTEGER_new();

	(void)ctx;
	(void)data;
	pki_must(serial && ASN1_INTEGER_set(serial, 7) == 1, "number a token");
	return serial;
}

static int give_time(TS_RESP_CTX *ctx, void *data, long *sec, long *usec)
{
	const int64_t *time = data;

	(void)ctx;
	*sec = (long)*time;
	*usec = 0;
	return 1;
}

/* A request for a timestamp over SHA-256 of @data, certificate wanted. */
static BIO *make_request(struct pdg_bytes data)
{
	TS_REQ *req = TS_REQ_new();
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t sum[32];

	sha256(data, sum);
	pki_must(req && imprint && algorithm && bio &&
			 X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) ==
				 1 &&
			 TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
			 TS_MSG_IMPRINT_set_msg(imprint, sum, sizeof(sum)) == 1 &&
			 TS_REQ_set_version(req, 1) == 1 &&
			 TS_REQ_set_msg_imprint(req, imprint) == 1 &&
			 TS_REQ_set_cert_req(req, 1) == 1 && i2d_TS_REQ_bio(bio, req) == 1,
		 "ask for a timestamp");
	X509_ALGOR_free(algorithm);
	TS_MSG_IMPRINT_free(imprint);
	TS_REQ_free(req);
	return bio;
}

void token_make(const struct pki_cert *tsa, const struct pki_cert *chain, struct pdg_bytes data,
		int64_t time, struct pdg_buf *out)
{
	TS_RESP_CTX *ctx = TS_RESP_CTX_new();
	ASN1_OBJECT *policy = OBJ_txt2obj("1.3.6.1.4.1.57264.2", 1);
	STACK_OF(X509) *certs = sk_X509_new_null();
	BIO *request = make_request(data);
	TS_RESP *resp;
	unsigned char *der = NULL;
	int n;

	pki_must(ctx && policy && certs && (!chain || sk_X509_push(certs, chain->x) > 0) &&
			 TS_RESP_CTX_set_signer_cert(ctx, tsa->x) == 1 &&
			 TS_RESP_CTX_set_signer_key(ctx, tsa->key) == 1 &&
			 TS_RESP_CTX_set_certs(ctx, certs) == 1 &&
			 TS_RESP_CTX_set_def_policy(ctx, policy) == 1 &&
			 TS_RESP_CTX_add_md(ctx, EVP_sha256()) == 1 &&
			 TS_RESP_CTX_set_signer_digest(ctx, EVP_sha256()) == 1 &&
			 TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256()) == 1,
		 "set up a timestamp authority");
	TS_RESP_CTX_set_serial_cb(ctx, give_serial, NULL);
	TS_RESP_CTX_set_time_cb(ctx, give_time, &time);
	resp = TS_RESP_create_response(ctx, request);
	pki_must(resp && TS_RESP_get_token(resp), "make a timestamp");
	n = i2d_PKCS7(TS_RESP_get_token(resp), &der);
	pki_must(n > 0, "write a timestamp");
	pdg_buf_put(out, pdg_bytes(der, (size_t)n));
	OPENSSL_free(der);
	TS_RESP_free(resp);
	BIO_free(request);
	sk_X509_free(certs);
	ASN1_OBJECT_free(policy);
	TS_RESP_CTX_free(ctx);
}

static void put_authority(const struct pki_cert *const certs[2], const char *from,
			  const char *until, struct pdg_buf *out)
{
	size_t i;

	if (!certs[0])
		return;
	pdg_buf_puts(out, "{\"certChain\":{\"certificates\":[");
	for (i = 0; i < 2 && certs[i]; i++) {
		BUF(der);

		pki_der(certs[i], &der);
		pdg_buf_printf(out, "%s{\"rawBytes\":\"", i ? "," : "");
		pdg_base64(BYTES(der), out);
		pdg_buf_puts(out, "\"}");
	}
	pdg_buf_printf(out, "]},\"validFor\":{\"start\":\"%s\"",
		       from ? from : "2000-01-01T00:00:00Z");
	if (until)
		pdg_buf_printf(out, ",\"end\":\"%s\"", until);
	pdg_buf_puts(out, "}}");
}

void root_make(const struct root_ask *ask, struct pdg_buf *out)
{
	uint8_t id[32];
	BUF(der);

	spki(ask->log, &der);
	log_id(ask->log, id);
	pdg_buf_puts(out, "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version="
			  "0.1\",\"tlogs\":[{\"baseUrl\":\"https://" LOG_HOST
			  "\",\"hashAlgorithm\":\"SHA2_256\",\"publicKey\":{\"rawBytes\":\"");
	pdg_base64(BYTES(der), out);
	pdg_buf_puts(out, "\",\"keyDetails\":\"PKIX_ECDSA_P256_SHA_256\",\"validFor\":{\"start\":"
			  "\"2000-01-01T00:00:00Z\"}},\"logId\":{\"keyId\":\"");
	pdg_base64(pdg_bytes(id, sizeof(id)), out);
	pdg_buf_puts(out, "\"}}],\"certificateAuthorities\":[");
	put_authority(ask->ca, ask->ca_from, ask->ca_until, out);
	pdg_buf_puts(out, "],\"ctlogs\":[],\"timestampAuthorities\":[");
	put_authority(ask->tsa, NULL, NULL, out);
	pdg_buf_puts(out, "]}");
}
