/* SPDX-License-Identifier: Apache-2.0 */
/* The authorities of a trusted root: read, left out, refused; and a timestamp of one of them. */
#include "support/check.h"
#include "trust/root.h"
#include "unit/crypto/tsa_made.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

#define HEAD                                                                                       \
	"{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\",\"tlogs\":[" \
	"{\"baseUrl\":\"https://rekor.example\",\"hashAlgorithm\":\"SHA2_256\",\"publicKey\":{"    \
	"\"rawBytes\":\"MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244=\","           \
	"\"keyDetails\":\"PKIX_ED25519\",\"validFor\":{\"start\":\"2021-01-12T11:53:27Z\"}},"      \
	"\"logId\":{\"keyId\":\"wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0=\"}}],"
#define DATA pdg_bytes_str("a signature")

static struct tsa_cert root_cert, leaf;
static char *leaf64, *root64;

static char *text_of(const struct tsa_cert *c)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(65536);

	pdg_base64(pdg_buf_bytes(&c->der), &b);
	return pdg_str_dup(pdg_buf_cstr(&b));
}

static int parse(const char *members, struct pdg_root **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *text = pdg_str_printf("%s%s}", HEAD, members);

	return pdg_root_parse(pdg_bytes_str(text), out, err);
}

static void both_kinds(void)
{
	PDG_AUTO(root) struct pdg_root *r = NULL;
	PDG_AUTO(mem)
	char *members = pdg_str_printf(
		"\"certificateAuthorities\":[{\"uri\":\"https://fulcio.example\",\"certChain\":{"
		"\"certificates\":[{\"rawBytes\":\"%s\"},{\"rawBytes\":\"%s\"}]},\"validFor\":{"
		"\"start\":\"2022-04-13T20:06:15.000Z\",\"end\":\"2022-12-31T23:59:59.999Z\"}}],"
		"\"timestampAuthorities\":[{\"certChain\":{\"certificates\":[{\"rawBytes\":\"%s\"}]},"
		"\"validFor\":{\"start\":\"2025-07-04T00:00:00Z\"}},{\"certChain\":{\"certificates\":"
		"[{\"rawBytes\":\"%s\"},{\"rawBytes\":\"%s\"}]}}]",
		leaf64, root64, root64, leaf64, root64);
	struct pdg_error err = {0};

	if (!CHECK_OK(parse(members, &r, &err), &err))
		return;
	CHECK_UINT(r->n_cas, 1);
	CHECK_UINT(r->cas[0].n_certs, 2);
	CHECK_BYTES(pdg_buf_bytes(&r->cas[0].certs[0]), pdg_buf_bytes(&leaf.der));
	CHECK_BYTES(pdg_buf_bytes(&r->cas[0].certs[1]), pdg_buf_bytes(&root_cert.der));
	CHECK_INT(r->cas[0].valid_from, 1649880375);
	CHECK_INT(r->cas[0].valid_until, 1672531199);
	CHECK_UINT(r->n_tsas, 2);
	CHECK_INT(r->newest, 1751587200);
}

/* Authorities that name nobody are nobody; what was no mistake before this version is none. */
static void left_out(void)
{
	static const char *const t[] = {
		"\"certificateAuthorities\":[],\"timestampAuthorities\":null",
		"\"certificateAuthorities\":[{}],\"timestampAuthorities\":[{\"certChain\":{}}]",
		"\"timestampAuthorities\":[{\"validFor\":{\"start\":\"2026-04-13T20:06:15.000Z\"}}]",
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(root) struct pdg_root *r = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", t[i]);
		if (!CHECK_OK(parse(t[i], &r, &err), &err))
			continue;
		CHECK_UINT(r->n_cas + r->n_tsas, 0);
		CHECK_INT(r->newest, i == 2 ? 1776110775 : 1610452407);
	}
	pdg_test_case(NULL);
}

static void refused(void)
{
	/* "@": either kind of authority */
	static const char *const t[] = {
		"\"@\":{}",
		"\"@\":[7]",
		"\"@\":[{\"certChain\":[]}]",
		"\"@\":[{\"certChain\":{\"certificates\":{}}}]",
		"\"@\":[{\"certChain\":{\"certificates\":[7]}}]",
		"\"@\":[{\"certChain\":{\"certificates\":[{}]}}]",
		"\"@\":[{\"certChain\":{\"certificates\":[{\"rawBytes\":\"*\"}]}}]",
		"\"@\":[{\"certChain\":{\"certificates\":[{\"rawBytes\":\"\"}]}}]",
		"\"@\":[{\"certChain\":{\"certificates\":[{\"rawBytes\":\"MAMCAQAA\"}]}}]",
		"\"@\":[{\"validFor\":7}]",
		"\"@\":[{\"validFor\":{\"start\":\"yesterday\"}}]",
		"\"@\":[{\"validFor\":{\"end\":1}}]",
		/* an empty Timestamp of protobuf: nobody's end, and not none */
		"\"@\":[{\"validFor\":{\"end\":\"1970-01-01T00:00:00Z\"}}]",
		"\"@\":[{\"validFor\":{\"end\":\"1970-01-01T00:00:00.999Z\"}}]",
		"\"@\":[{\"validFor\":{\"end\":\"1970-01-01T01:00:00+01:00\"}}]",
		"\"@\":[{\"validFor\":{\"end\":\"0001-01-01T00:00:00Z\"}}]",
	};
	static const char *const kinds[] = {"certificateAuthorities", "timestampAuthorities"};
	struct pdg_root *r = NULL;
	struct pdg_error err = {0};
	size_t k;
	size_t i;

	for (i = 0; i < 2 * sizeof(t) / sizeof(t[0]); i++) {
		const char *form = t[i / 2];
		PDG_AUTO(mem)
		char *members = pdg_str_printf("\"%s%s", kinds[i % 2], strchr(form, '@') + 1);

		pdg_test_case("%s", members);
		CHECK_RULE(parse(members, &r, &err), &err, "TRT-1");
	}
	pdg_test_case("a certificate that is none");
	CHECK_RULE(
		parse("\"timestampAuthorities\":[{\"certChain\":{\"certificates\":[{\"rawBytes\":"
		      "\"MAMCAQA=\"}]}}]",
		      &r, &err),
		&err, "TRT-1");
	for (k = 0; k < 2; k++) {
		PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT((size_t)1 << 20);

		pdg_test_case("too many %s", kinds[k]);
		pdg_buf_printf(&b, "\"%s\":[{}", kinds[k]);
		for (i = 0; i < PDG_LIMIT_AUTHORITIES; i++)
			pdg_buf_puts(&b, ",{}");
		pdg_buf_puts(&b, "]");
		CHECK_RULE(parse(pdg_buf_cstr(&b), &r, &err), &err, "TRT-1");
		pdg_buf_reset(&b);
		pdg_buf_printf(&b,
			       "\"%s\":[{\"certChain\":{\"certificates\":[{\"rawBytes\":\"%s\"}",
			       kinds[k], root64);
		for (i = 0; i < PDG_LIMIT_CHAIN_CERTS; i++)
			pdg_buf_printf(&b, ",{\"rawBytes\":\"%s\"}", root64);
		pdg_buf_puts(&b, "]}}]");
		CHECK_RULE(parse(pdg_buf_cstr(&b), &r, &err), &err, "TRT-1");
	}
	pdg_test_case(NULL);
	CHECK(r == NULL);
}

static void timestamp(void)
{
	PDG_AUTO(root) struct pdg_root *r = NULL;
	PDG_AUTO(root) struct pdg_root *none = NULL;
	PDG_AUTO(mem)
	char *members = pdg_str_printf(
		"\"timestampAuthorities\":[{\"certChain\":{\"certificates\":[{\"rawBytes\":\"%s\"},{"
		"\"rawBytes\":\"%s\"}]},\"validFor\":{\"end\":\"2026-01-01T00:00:00.999Z\"}}]",
		leaf64, root64);
	PDG_AUTO(buf) struct pdg_buf token = PDG_BUF_INIT(65536);
	struct pdg_error err = {0};
	int64_t at = 0;

	tsa_token(&(struct tsa_token_make){.signer = &leaf, .data = DATA}, &token);
	if (!CHECK_OK(parse(members, &r, &err), &err) ||
	    !CHECK_OK(parse("\"timestampAuthorities\":[]", &none, &err), &err))
		return;
	CHECK_RULE(pdg_root_timestamp(r, PDG_TIMESTAMP_TOKEN, pdg_buf_bytes(&token), DATA,
				      TSA_TIME - PDG_TIME_TOLERANCE - 1, &at, &err),
		   &err, "TSA-10");
	CHECK_RULE(pdg_root_timestamp(none, PDG_TIMESTAMP_TOKEN, pdg_buf_bytes(&token), DATA,
				      TSA_TIME, &at, &err),
		   &err, "TSA-7");
	CHECK_INT(at, 0);
	CHECK_OK(pdg_root_timestamp(r, PDG_TIMESTAMP_TOKEN, pdg_buf_bytes(&token), DATA,
				    TSA_TIME - PDG_TIME_TOLERANCE, &at, &err),
		 &err);
	CHECK_INT(at, TSA_TIME);
}

int main(void)
{
	static const struct pdg_test tests[] = {
		{"both kinds", both_kinds},
		{"left out", left_out},
		{"refused", refused},
		{"timestamp", timestamp},
	};
	int rc;

	tsa_cert_init(&root_cert, &(struct tsa_cert_make){.name = "root", .ca = true});
	tsa_cert_init(&leaf, &(struct tsa_cert_make){.name = "leaf",
						     .issuer = &root_cert,
						     .eku = "critical,timeStamping"});
	root64 = text_of(&root_cert);
	leaf64 = text_of(&leaf);
	rc = pdg_test_run("root_authorities", tests, sizeof(tests) / sizeof(tests[0]));
	free(root64);
	free(leaf64);
	tsa_cert_done(&root_cert);
	tsa_cert_done(&leaf);
	return rc;
}
