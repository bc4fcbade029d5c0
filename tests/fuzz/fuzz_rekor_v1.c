/* SPDX-License-Identifier: Apache-2.0 */
/* Rekor v1 entries in protobuf: any bytes are one, which written again is the same bytes, or an
 * error with a rule; and none is the entry of a signature that no log has.
 *
 * Covers: common/tlog/rekor_v1_read.c common/tlog/rekor_v1.c
 */
#include "fuzz.h"
#include "tlog/rekor_v1.h"
#include "util/limits.h"

/* The public log, whose entries the corpus has. */
static const char root_text[] =
	"{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\",\"tlogs\":[{"
	"\"baseUrl\":\"https://rekor.sigstore.dev\",\"hashAlgorithm\":\"SHA2_256\",\"publicKey\":{"
	"\"rawBytes\":\"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4"
	"L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==\",\"keyDetails\":"
	"\"PKIX_ECDSA_P256_SHA_256\",\"validFor\":{\"start\":\"2021-01-12T11:53:27Z\"}},\"logId\":{"
	"\"keyId\":\"wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0=\"}}]}";

static struct pdg_root *root;

static void put_varint(struct pdg_buf *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		pdg_buf_putc(out, (uint8_t)(v | 0x80));
	pdg_buf_putc(out, (uint8_t)v);
}

static void put_number(struct pdg_buf *out, unsigned field, uint64_t v)
{
	if (v == 0)
		return;
	put_varint(out, field << 3);
	put_varint(out, v);
}

static void put_bytes(struct pdg_buf *out, unsigned field, struct pdg_bytes b)
{
	if (b.n == 0)
		return;
	put_varint(out, field << 3 | 2);
	put_varint(out, b.n);
	pdg_buf_put(out, b);
}

/* Put what is in @m as a message of one field, and empty @m. */
static void put_wrapped(struct pdg_buf *out, unsigned field, struct pdg_buf *m)
{
	put_bytes(out, field, pdg_buf_bytes(m));
	pdg_buf_reset(m);
}

static void put_proof(const struct pdg_entry *e, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf m = PDG_BUF_INIT(PDG_LIMIT_MIB(4));
	PDG_AUTO(buf) struct pdg_buf c = PDG_BUF_INIT(PDG_LIMIT_MIB(4));
	size_t i;

	put_number(&m, 1, e->proof_index);
	put_bytes(&m, 2, pdg_bytes(e->proof_root.b, PDG_HASH_LEN));
	put_number(&m, 3, e->proof_size);
	for (i = 0; i < e->proof.n; i++)
		put_bytes(&m, 4, pdg_bytes(e->proof.v[i].b, PDG_HASH_LEN));
	put_bytes(&c, 1, pdg_buf_bytes(&e->checkpoint));
	put_wrapped(&m, 5, &c);
	put_wrapped(out, 6, &m);
}

static void write_entry(const struct pdg_entry *e, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf m = PDG_BUF_INIT(PDG_LIMIT_MIB(4));

	put_number(out, 1, e->log_index);
	put_bytes(&m, 1, pdg_buf_bytes(&e->log_id));
	put_wrapped(out, 2, &m);
	put_bytes(&m, 1, pdg_bytes_str(e->kind));
	put_bytes(&m, 2, pdg_bytes_str(e->version));
	put_wrapped(out, 3, &m);
	put_number(out, 4, (uint64_t)e->integrated_time);
	put_bytes(&m, 1, pdg_buf_bytes(&e->set));
	put_wrapped(out, 5, &m);
	if (e->has_proof)
		put_proof(e, out);
	put_bytes(out, 7, pdg_buf_bytes(&e->body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t digest[32];
	const struct pdg_rekor1_claim claim = {
		.hash = PDG_SHA256, .digest = pdg_bytes(digest, 32), .sig = pdg_bytes_str("none")};
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	PDG_AUTO(buf) struct pdg_buf again = PDG_BUF_INIT(PDG_LIMIT_MIB(4));
	struct pdg_rekor1_shown shown;
	struct pdg_error err = {0};

	if (!root)
		MUST(pdg_root_parse(pdg_bytes_str(root_text), &root, NULL) == 0);
	if (pdg_rekor1_read(pdg_bytes(data, size), &e, &err) < 0) {
		MUST(e == NULL);
		MUST(err.code == PDG_E_NOMEM || err.rule[0] != '\0');
		return 0;
	}
	MUST(e->proof.n <= PDG_PROOF_MAX && e->integrated_time >= 0);
	write_entry(e, &again);
	if (again.failed == PDG_E_NOMEM)
		return 0;
	MUST(pdg_bytes_eq(pdg_buf_bytes(&again), pdg_bytes(data, size)));
	MUST(pdg_rekor1_verify(e, &claim, root, INT64_MAX, &shown, &err) < 0);
	MUST(err.code == PDG_E_NOMEM || err.rule[0] != '\0');
	/* What it says of itself may be true: the corpus has a real one. */
	err.rule[0] = '\0';
	if (pdg_rekor1_check(e, pdg_buf_bytes(&e->body), root, INT64_MAX, &shown, &err) < 0)
		MUST(err.code == PDG_E_NOMEM || err.rule[0] != '\0');
	return 0;
}
