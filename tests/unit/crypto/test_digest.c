/* SPDX-License-Identifier: Apache-2.0 */
/* Digests against the vectors of FIPS 180-4's examples ("abc"), in one piece, in pieces, of files.
 */
#include <sys/stat.h>

#include "crypto/digest.h"
#include "support/check.h"
#include "util/codec.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC_SHA256   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const struct vector {
	enum pdg_hash hash;
	size_t len;
	const char *abc;
} vectors[] = {
	{PDG_SHA1, 20, "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{PDG_SHA224, 28, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
	{PDG_SHA256, 32, ABC_SHA256},
	{PDG_SHA384, 48,
	 "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c8"
	 "25a7"},
	{PDG_SHA512, 64,
	 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fe"
	 "ebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void every_hash_gives_its_vector(void)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		uint8_t sum[PDG_DIGEST_MAX];
		char hex[2 * PDG_DIGEST_MAX + 1];

		pdg_test_case("hash %zu", i);
		CHECK_UINT(pdg_digest_len(vectors[i].hash), vectors[i].len);
		if (!CHECK_OK(pdg_digest(vectors[i].hash, pdg_bytes_str("abc"), sum, NULL), NULL))
			continue;
		pdg_hex(pdg_bytes(sum, vectors[i].len), hex);
		CHECK_STR(hex, vectors[i].abc);
	}
}

static void pieces_give_the_same(void)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		PDG_AUTO(digest_ctx) struct pdg_digest_ctx *d = NULL;
		uint8_t sum[PDG_DIGEST_MAX];
		char hex[2 * PDG_DIGEST_MAX + 1];

		pdg_test_case("hash %zu", i);
		if (!CHECK_OK(pdg_digest_new(vectors[i].hash, &d, NULL), NULL))
			continue;
		CHECK_OK(pdg_digest_update(d, pdg_bytes_str("a"), NULL), NULL);
		CHECK_OK(pdg_digest_update(d, pdg_bytes(NULL, 0), NULL), NULL);
		CHECK_OK(pdg_digest_update(d, pdg_bytes_str("bc"), NULL), NULL);
		CHECK_OK(pdg_digest_final(d, sum, NULL), NULL);
		pdg_hex(pdg_bytes(sum, vectors[i].len), hex);
		CHECK_STR(hex, vectors[i].abc);
	}
}

static void two_runs_are_one(void)
{
	static const struct {
		const char *a;
		const char *b;
		const char *want;
	} rows[] = {
		{"a", "bc", ABC_SHA256},
		{"abc", NULL, ABC_SHA256},
		{NULL, "abc", ABC_SHA256},
		{NULL, NULL, EMPTY_SHA256},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t sum[PDG_SHA256_LEN];
		char hex[PDG_SHA256_HEX];

		pdg_test_case("row %zu", i);
		CHECK_OK(
			pdg_sha256_2(pdg_bytes_str(rows[i].a), pdg_bytes_str(rows[i].b), sum, NULL),
			NULL);
		pdg_hex(pdg_bytes(sum, sizeof(sum)), hex);
		CHECK_STR(hex, rows[i].want);
	}
}

static void hex_of_empty_and_abc(void)
{
	char hex[PDG_SHA256_HEX];

	CHECK_OK(pdg_sha256_hex(pdg_bytes(NULL, 0), hex, NULL), NULL);
	CHECK_STR(hex, EMPTY_SHA256);
	CHECK_OK(pdg_sha256_hex(pdg_bytes_str("abc"), hex, NULL), NULL);
	CHECK_STR(hex, ABC_SHA256);
}

/* One byte more and less than the pieces that files are read in. */
static void files_of_any_size(void)
{
	static const size_t sizes[] = {0, 1, 131071, 131072, 131073, 400000};
	char *dir = pdg_test_dir();

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf content = PDG_BUF_INIT(sizes[i]);
		uint8_t *p = pdg_buf_room(&content, sizes[i]);
		struct pdg_error err = {0};
		char want[PDG_SHA256_HEX];
		char got[PDG_SHA256_HEX];
		char *path;

		for (size_t k = 0; p && k < sizes[i]; k++)
			p[k] = (uint8_t)(k * 7 + 3);
		path = pdg_test_file(dir, "data", pdg_buf_bytes(&content));
		pdg_test_case("%zu bytes", sizes[i]);
		CHECK_OK(pdg_sha256_hex(pdg_buf_bytes(&content), want, NULL), NULL);
		if (CHECK_OK(pdg_sha256_file(path, got, &err), &err))
			CHECK_STR(got, want);
		free(path);
	}
	pdg_test_dir_remove(dir);
}

static void what_is_no_file_is_refused(void)
{
	char *dir = pdg_test_dir();
	char *missing = pdg_test_path(dir, "missing");
	char *below = pdg_test_path(missing, "below");
	char *fifo = pdg_test_path(dir, "fifo");
	char hex[PDG_SHA256_HEX] = "untouched";
	struct pdg_error err = {0};

	CHECK_CODE(pdg_sha256_file(missing, hex, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(pdg_sha256_file(below, hex, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(pdg_sha256_file(dir, hex, &err), &err, PDG_E_IO);
	CHECK_HAS(err.text, dir);
	CHECK(mkfifo(fifo, 0600) == 0);
	CHECK_CODE(pdg_sha256_file(fifo, hex, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_sha256_file("/dev/null", hex, &err), &err, PDG_E_IO);
	CHECK_STR(hex, "untouched");
	free(missing);
	free(below);
	free(fifo);
	pdg_test_dir_remove(dir);
}

static void random_bytes_differ(void)
{
	uint8_t a[32] = {0};
	uint8_t b[32] = {0};
	uint8_t none = 7;

	CHECK_OK(pdg_random(a, sizeof(a), NULL), NULL);
	CHECK_OK(pdg_random(b, sizeof(b), NULL), NULL);
	CHECK(!pdg_bytes_eq(pdg_bytes(a, sizeof(a)), pdg_bytes(b, sizeof(b))));
	CHECK_OK(pdg_random(&none, 0, NULL), NULL);
	CHECK_UINT(none, 7);
}

PDG_TEST_MAIN("digest", {"every hash gives its vector", every_hash_gives_its_vector},
	      {"pieces give the same", pieces_give_the_same},
	      {"two runs are one", two_runs_are_one},
	      {"hex of empty and abc", hex_of_empty_and_abc},
	      {"files of any size", files_of_any_size},
	      {"what is no file is refused", what_is_no_file_is_refused},
	      {"random bytes differ", random_bytes_differ})
