/* SPDX-License-Identifier: Apache-2.0 */
/* The trusted root: Sigstore's public one, ours, and every way to be none. */
#include "trust/root.h"

#include <stdio.h>

#include "support/check.h"
#include "util/str.h"
#include "util/time.h"

#define TYPE	"application/vnd.dev.sigstore.trustedroot+json;version=0.1"
#define ED25519 "MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244="
#define P256                                                                                       \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw=="
#define ID1   "wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0="
#define ID2   "zxGZFVvd0FEmjR8WrFwMdcAJ9vtaY/QXf44Y1wUeP6A="
#define START "\"validFor\":{\"start\":\"2021-01-12T11:53:27Z\"}"

/* One log, each part to be replaced. */
struct parts {
	const char *url, *hash, *key, *details, *window, *id;
};

static const struct parts plain = {
	"\"https://rekor.sigstore.dev\"", "\"SHA2_256\"", P256,
	"\"PKIX_ECDSA_P256_SHA_256\"",	  START,	  ID1,
};

static char *log_text(const struct parts *p)
{
	char *s = pdg_str_printf(
		"{\"baseUrl\":%s,\"hashAlgorithm\":%s,\"publicKey\":{\"rawBytes\":\"%s\","
		"\"keyDetails\":%s,%s},\"logId\":{\"keyId\":\"%s\"}}",
		p->url, p->hash, p->key, p->details, p->window, p->id);

	if (!s)
		abort();
	return s;
}

static int parse(struct pdg_root **out, struct pdg_error *err, const char *fmt, ...)
	PDG_PRINTF(3, 4);

static int parse(struct pdg_root **out, struct pdg_error *err, const char *fmt, ...)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(1 << 20);
	va_list ap;

	va_start(ap, fmt);
	pdg_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	return pdg_root_parse(pdg_buf_bytes(&b), out, err);
}

static int parse_log(const struct parts *p, struct pdg_root **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *log = log_text(p);

	return parse(out, err, "{\"mediaType\":\"" TYPE "\",\"tlogs\":[%s]}", log);
}

static int64_t at(const char *text)
{
	int64_t t = 0;

	CHECK_OK(pdg_time_parse(pdg_bytes_str(text), &t, NULL), NULL);
	return t;
}

static void public_root(void)
{
	static const struct parts two = {"\"https://log2025-1.rekor.sigstore.dev\"",
					 "\"SHA2_256\"",
					 ED25519,
					 "\"PKIX_ED25519\"",
					 "\"validFor\":{\"start\":\"2025-09-23T00:00:00Z\","
					 "\"end\":\"2027-01-01T00:00:00.999Z\"}",
					 ID2};
	PDG_AUTO(mem) char *a = log_text(&plain);
	PDG_AUTO(mem) char *b = log_text(&two);
	PDG_AUTO(root) struct pdg_root *r = NULL;
	struct pdg_error err = {0};
	const struct pdg_root_log *log;

	if (!CHECK_OK(
		    parse(&r, &err,
			  "{\"mediaType\":\"" TYPE
			  "\",\"tlogs\":[%s,%s],\"certificateAuthorities\":"
			  "[{\"uri\":\"u\",\"validFor\":{\"start\":\"2026-04-13T20:06:15.000Z\"}}],"
			  "\"ctlogs\":[],\"timestampAuthorities\":null,\"unknown\":{}}",
			  a, b),
		    &err))
		return;
	CHECK_UINT(r->n_logs, 2);
	CHECK_UINT(r->n_skipped, 0);
	CHECK_INT(r->newest, at("2026-04-13T20:06:15Z"));
	log = pdg_root_log(r, pdg_bytes(r->logs[1].log_id, 32));
	CHECK(log == &r->logs[1]);
	CHECK_STR(r->logs[0].host, "rekor.sigstore.dev");
	CHECK_STR(r->logs[1].host, "log2025-1.rekor.sigstore.dev");
	CHECK_STR(r->logs[1].base_url, "https://log2025-1.rekor.sigstore.dev");
	CHECK_INT(r->logs[0].valid_from, at("2021-01-12T11:53:27Z"));
	CHECK_INT(r->logs[0].valid_until, 0);
	CHECK_INT(r->logs[1].valid_until, at("2027-01-01T00:00:00Z"));
	CHECK(pdg_key_type(r->logs[0].key) == PDG_KEY_ECDSA_P256);
	CHECK(pdg_key_type(r->logs[1].key) == PDG_KEY_ED25519);
	CHECK(memcmp(r->logs[0].log_id, pdg_key_spki_sha256(r->logs[0].key), 32) == 0);
	CHECK(pdg_root_log(r, pdg_bytes(r->logs[1].log_id, 31)) == NULL);
	CHECK(pdg_root_log(r, pdg_bytes_str("no such id")) == NULL);
}

static void hosts(void)
{
	static const char *const t[][2] = {
		{"\"http://localhost\"", "localhost"},
		{"\"http://localhost:3003\"", "localhost"},
		{"\"http://localhost:3003/a/b?c#d\"", "localhost"},
		{"\"https://user:pass@rekor.example/\"", "rekor.example"},
		{"\"http://[::1]:3003/x\"", "::1"},
		{"\"rekor.example\"", NULL},
		{"\"https://\"", NULL},
		{"\"https:///path\"", NULL},
		{"\"://host\"", NULL},
		{"\"https://[::1\"", NULL},
		{"\"https://:80\"", NULL},
		{"\"\"", NULL},
		{"null", NULL},
		{"7", NULL},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(root) struct pdg_root *r = NULL;
		struct pdg_error err = {0};
		struct parts p = plain;
		int rc;

		pdg_test_case("%s", t[i][0]);
		p.url = t[i][0];
		rc = parse_log(&p, &r, &err);
		if (!t[i][1])
			CHECK_RULE(rc, &err, "TRT-1");
		else if (CHECK_OK(rc, &err))
			CHECK_STR(r->logs[0].host, t[i][1]);
	}
	pdg_test_case(NULL);
}

static void logs_of_other_keys_are_skipped(void)
{
	/* PKCS#1 where SPKI belongs; a key that is not what its details say; another hash */
	static const struct parts t[] = {
		{"\"https://a\"", "\"SHA2_256\"", "MAoCAwEAAQIDAQAB", "\"PKCS1_RSA_PKCS1V5\"",
		 START, ID2},
		{"\"https://a\"", "\"SHA2_256\"", ED25519, "\"PKIX_ED25519_PH\"", START, ID2},
		{"\"https://a\"", "\"SHA2_256\"", P256, "\"PKIX_ECDSA_P384_SHA_384\"", START, ID2},
		{"\"https://a\"", "\"SHA2_512\"", ED25519, "\"PKIX_ED25519\"", START, ID2},
	};
	PDG_AUTO(mem) char *good = log_text(&plain);
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(mem) char *other = log_text(&t[i]);
		PDG_AUTO(root) struct pdg_root *r = NULL;
		struct pdg_root *none = NULL;

		pdg_test_case("case %zu", i);
		if (CHECK_OK(parse(&r, &err, "{\"mediaType\":\"" TYPE "\",\"tlogs\":[%s,%s]}",
				   other, good),
			     &err)) {
			CHECK_UINT(r->n_logs, 1);
			CHECK_UINT(r->n_skipped, 1);
			CHECK_STR(r->logs[0].host, "rekor.sigstore.dev");
		}
		CHECK_RULE(parse_log(&t[i], &none, &err), &err, "TRT-1");
	}
	pdg_test_case(NULL);
}

static void malformed_logs(void)
{
	static const struct parts t[] = {
		{"\"https://a\"", "\"SHA2_256\"", P256, "\"PKIX_ECDSA_P256_SHA_256\"", "\"a\":1",
		 ID1},
		{"\"https://a\"", "\"SHA2_256\"", P256, "\"PKIX_ECDSA_P256_SHA_256\"",
		 "\"validFor\":{\"end\":\"2021-01-12T11:53:27Z\"}", ID1},
		{"\"https://a\"", "\"SHA2_256\"", P256, "\"PKIX_ECDSA_P256_SHA_256\"",
		 "\"validFor\":{\"start\":\"yesterday\"}", ID1},
		{"\"https://a\"", "\"SHA2_256\"", P256, "\"PKIX_ECDSA_P256_SHA_256\"",
		 "\"validFor\":{\"start\":\"2021-01-12T11:53:27Z\",\"end\":1}", ID1},
		{"\"https://a\"", "\"SHA2_256\"", P256, "\"PKIX_ECDSA_P256_SHA_256\"",
		 "\"validFor\":{\"start\":\"2021-01-12T11:53:27Z\","
		 "\"end\":\"1970-01-01T00:00:00Z\"}",
		 ID1},
		{"\"https://a\"", "\"SHA2_256\"", P256, "\"PKIX_ECDSA_P256_SHA_256\"", START,
		 "AAAA"},
		{"\"https://a\"", "\"SHA2_256\"", P256, "\"PKIX_ECDSA_P256_SHA_256\"", START,
		 "A A"},
		{"\"https://a\"", "\"SHA2_256\"", "****", "\"PKIX_ECDSA_P256_SHA_256\"", START,
		 ID1},
		{"\"https://a\"", "\"SHA2_256\"", P256, "5", START, ID1},
		{"\"https://a\"", "[]", P256, "\"PKIX_ECDSA_P256_SHA_256\"", START, ID1},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pdg_root *r = NULL;
		struct pdg_error err = {0};

		pdg_test_case("case %zu", i);
		CHECK_RULE(parse_log(&t[i], &r, &err), &err, "TRT-1");
		CHECK(r == NULL);
		pdg_root_free(r);
	}
	pdg_test_case(NULL);
}

static void malformed_documents(void)
{
	PDG_AUTO(mem) char *good = log_text(&plain);
	struct pdg_error err = {0};
	struct pdg_root *r = NULL;

	CHECK_RULE(parse(&r, &err, "%s", ""), &err, "TRT-1");
	CHECK_RULE(parse(&r, &err, "[]"), &err, "TRT-1");
	CHECK_RULE(parse(&r, &err, "{}"), &err, "TRT-1");
	CHECK_RULE(parse(&r, &err, "{\"tlogs\":[%s]}", good), &err, "TRT-1");
	CHECK_RULE(parse(&r, &err, "{\"mediaType\":\"application/json\",\"tlogs\":[%s]}", good),
		   &err, "TRT-1");
	CHECK_RULE(parse(&r, &err, "{\"mediaType\":\"" TYPE "\"}"), &err, "TRT-1");
	CHECK_RULE(parse(&r, &err, "{\"mediaType\":\"" TYPE "\",\"tlogs\":[]}"), &err, "TRT-1");
	CHECK_RULE(parse(&r, &err, "{\"mediaType\":\"" TYPE "\",\"tlogs\":[7]}"), &err, "TRT-1");
	CHECK_RULE(parse(&r, &err, "{\"mediaType\":\"" TYPE "\",\"tlogs\":[%s,[]]}", good), &err,
		   "TRT-1");
	CHECK_RULE(parse(&r, &err, "{\"mediaType\":\"" TYPE "\",\"tlogs\":[%s,%s]}", good, good),
		   &err, "TRT-1");
	CHECK_RULE(parse(&r, &err, "{\"mediaType\":\"" TYPE "\",\"tlogs\":[%s]}x", good), &err,
		   "TRT-1");
	CHECK(r == NULL);
}

static void written_and_read(void)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(root) struct pdg_root *r = NULL;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(4096);
	struct pdg_error err = {0};
	uint8_t id[32];
	char *dir = pdg_test_dir();
	char *path;

	memset(id, 0x5a, sizeof(id));
	CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &key, &err), &err);
	CHECK_OK(pdg_root_write(&(struct pdg_root_make){.base_url = "http://localhost",
							.key = key,
							.log_id = id,
							.valid_from = 1700000000},
				&out, &err),
		 &err);
	CHECK_HAS(pdg_buf_cstr(&out), "\"validFor\":{\"start\":\"2023-11-14T22:13:20Z\"}");
	path = pdg_test_file(dir, "root.json", pdg_buf_bytes(&out));
	if (CHECK_OK(pdg_root_load(path, &r, &err), &err)) {
		CHECK_UINT(r->n_logs, 1);
		CHECK_STR(r->logs[0].host, "localhost");
		CHECK(pdg_key_same(r->logs[0].key, key));
		CHECK(memcmp(r->logs[0].log_id, id, 32) == 0);
		CHECK_INT(r->logs[0].valid_from, 1700000000);
		CHECK_INT(r->newest, 1700000000);
	}
	free(path);
	path = pdg_test_path(dir, "absent.json");
	CHECK_RULE(pdg_root_load(path, &r, &err), &err, "TRT-1");
	CHECK_RULE(pdg_root_load(dir, &r, &err), &err, "TRT-1");
	free(path);
	pdg_test_dir_remove(dir);
}

static void size_limit(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT((size_t)4 << 20);
	struct pdg_error err = {0};
	struct pdg_root *r = NULL;
	uint8_t *p = pdg_buf_room(&b, ((size_t)1 << 20) + 1);

	memset(p, ' ', b.n);
	CHECK_RULE(pdg_root_parse(pdg_buf_bytes(&b), &r, &err), &err, "TRT-1");
}

PDG_TEST_MAIN("root", {"the public root", public_root}, {"hosts", hosts},
	      {"logs of other keys are skipped", logs_of_other_keys_are_skipped},
	      {"malformed logs", malformed_logs}, {"malformed documents", malformed_documents},
	      {"written and read", written_and_read}, {"size limit", size_limit})
