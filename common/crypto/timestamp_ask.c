/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an authority is asked (RFC 3161 2.4.1): a timestamp over a SHA-256, with a nonce, and its
 * certificate. The answer must have that nonce; whether it is true is timestamp.c's to say.
 */
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ts.h>

#include "crypto/ossl.h"
#include "crypto/timestamp.h"
#include "util/limits.h"

PDG_AUTO_DEFINE(ts_req, TS_REQ *, TS_REQ_free)
PDG_AUTO_DEFINE(ts_resp, TS_RESP *, TS_RESP_free)
PDG_AUTO_DEFINE(ts_imprint, TS_MSG_IMPRINT *, TS_MSG_IMPRINT_free)
PDG_AUTO_DEFINE(algor, X509_ALGOR *, X509_ALGOR_free)
PDG_AUTO_DEFINE(integer, ASN1_INTEGER *, ASN1_INTEGER_free)

static bool set_imprint(TS_REQ *req, const uint8_t *sha256)
{
	PDG_AUTO(ts_imprint) TS_MSG_IMPRINT *m = TS_MSG_IMPRINT_new();
	PDG_AUTO(algor) X509_ALGOR *a = X509_ALGOR_new();
	unsigned char copy[PDG_TIMESTAMP_IMPRINT];

	memcpy(copy, sha256, sizeof(copy));
	return m && a && X509_ALGOR_set0(a, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
	       TS_MSG_IMPRINT_set_algo(m, a) == 1 &&
	       TS_MSG_IMPRINT_set_msg(m, copy, sizeof(copy)) == 1 &&
	       TS_REQ_set_msg_imprint(req, m) == 1;
}

static bool set_nonce(TS_REQ *req, uint64_t nonce)
{
	PDG_AUTO(integer) ASN1_INTEGER *n = ASN1_INTEGER_new();

	return n && ASN1_INTEGER_set_uint64(n, nonce) == 1 && TS_REQ_set_nonce(req, n) == 1;
}

int pdg_timestamp_request(const uint8_t sha256[PDG_TIMESTAMP_IMPRINT], struct pdg_buf *out,
			  uint64_t *out_nonce, struct pdg_error *err)
{
	PDG_AUTO(ts_req) TS_REQ *req = TS_REQ_new();
	unsigned char *der = NULL;
	uint64_t nonce = 0;
	int n;

	if (!req)
		return pdg_nomem(err);
	if (RAND_bytes((unsigned char *)&nonce, sizeof(nonce)) != 1)
		return pdg_ossl_fail(err, "nonce");
	if (TS_REQ_set_version(req, 1) != 1 || !set_imprint(req, sha256) ||
	    !set_nonce(req, nonce) || TS_REQ_set_cert_req(req, 1) != 1)
		return pdg_ossl_fail(err, "timestamp request");
	n = i2d_TS_REQ(req, &der);
	if (n <= 0)
		return pdg_ossl_fail(err, "timestamp request");
	pdg_buf_put(out, pdg_bytes(der, (size_t)n));
	OPENSSL_free(der);
	*out_nonce = nonce;
	return pdg_buf_check(out, err);
}

int pdg_timestamp_answers(struct pdg_bytes response, uint64_t nonce, struct pdg_error *err)
{
	PDG_AUTO(ts_resp) TS_RESP *resp = NULL;
	const unsigned char *p = response.p;
	const ASN1_INTEGER *n;
	TS_TST_INFO *info;
	uint64_t got = 0;

	if (response.n > PDG_LIMIT_TIMESTAMP)
		return pdg_reject(err, "TSA-2", "a timestamp response of %zu bytes", response.n);
	resp = d2i_TS_RESP(NULL, &p, (long)response.n);
	ERR_clear_error();
	if (!resp || p != response.p + response.n)
		return pdg_reject(err, "TSA-1", "the answer is no timestamp response");
	info = TS_RESP_get_tst_info(resp);
	if (!info)
		return pdg_reject(err, "TSA-3", "the answer holds no timestamp");
	n = TS_TST_INFO_get_nonce(info);
	if (!n || ASN1_INTEGER_get_uint64(&got, n) != 1 || got != nonce) {
		ERR_clear_error();
		return pdg_reject(err, "TSA-11",
				  "the timestamp is not the answer to this request: its nonce");
	}
	return 0;
}
