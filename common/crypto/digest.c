/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests. Everything that Pedigree names, it names by SHA-256 from here; SHA-1 is only for names
 * that others give (git's objects, OpenPGP's fingerprints, entries of a KRL) and for the binding
 * signatures of old OpenPGP certificates.
 */
#include "crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/ossl.h"
#include "util/codec.h"
#include "util/size.h"

#define FILE_PIECE ((size_t)128 * 1024)

struct pdg_digest_ctx {
	EVP_MD_CTX *ctx;
	size_t len;
};

size_t pdg_digest_len(enum pdg_hash h)
{
	switch (h) {
	case PDG_SHA1:
		return 20;
	case PDG_SHA224:
		return 28;
	case PDG_SHA256:
		return PDG_SHA256_LEN;
	case PDG_SHA384:
		return 48;
	case PDG_SHA512:
		return 64;
	}
	return 0;
}

int pdg_digest(enum pdg_hash h, struct pdg_bytes in, uint8_t *out, struct pdg_error *err)
{
	const EVP_MD *md = pdg_ossl_md(h);
	uint8_t sum[PDG_DIGEST_MAX];

	if (!md)
		return pdg_ossl_fail(err, "find a digest");
	if (EVP_Digest(in.p, in.n, sum, NULL, md, NULL) != 1)
		return pdg_ossl_fail(err, "compute a digest");
	memcpy(out, sum, pdg_digest_len(h));
	return 0;
}

int pdg_digest_new(enum pdg_hash h, struct pdg_digest_ctx **out, struct pdg_error *err)
{
	PDG_AUTO(digest_ctx) struct pdg_digest_ctx *d = NULL;
	const EVP_MD *md = pdg_ossl_md(h);

	if (!md)
		return pdg_ossl_fail(err, "find a digest");
	d = pdg_calloc(1, sizeof(*d));
	if (!d)
		return pdg_nomem(err);
	d->len = pdg_digest_len(h);
	d->ctx = EVP_MD_CTX_new();
	if (!d->ctx || EVP_DigestInit_ex2(d->ctx, md, NULL) != 1)
		return pdg_ossl_fail(err, "begin a digest");
	*out = PDG_TAKE(d);
	return 0;
}

int pdg_digest_update(struct pdg_digest_ctx *d, struct pdg_bytes in, struct pdg_error *err)
{
	if (in.n > 0 && EVP_DigestUpdate(d->ctx, in.p, in.n) != 1)
		return pdg_ossl_fail(err, "compute a digest");
	return 0;
}

int pdg_digest_final(struct pdg_digest_ctx *d, uint8_t *out, struct pdg_error *err)
{
	uint8_t sum[PDG_DIGEST_MAX];

	if (EVP_DigestFinal_ex(d->ctx, sum, NULL) != 1)
		return pdg_ossl_fail(err, "finish a digest");
	memcpy(out, sum, d->len);
	return 0;
}

void pdg_digest_free(struct pdg_digest_ctx *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

int pdg_sha256_2(struct pdg_bytes a, struct pdg_bytes b, uint8_t out[PDG_SHA256_LEN],
		 struct pdg_error *err)
{
	PDG_AUTO(evp_md_ctx) EVP_MD_CTX *ctx = NULL;
	const EVP_MD *md = pdg_ossl_md(PDG_SHA256);
	uint8_t sum[PDG_SHA256_LEN];

	if (!md)
		return pdg_ossl_fail(err, "find a digest");
	ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
	    (a.n > 0 && EVP_DigestUpdate(ctx, a.p, a.n) != 1) ||
	    (b.n > 0 && EVP_DigestUpdate(ctx, b.p, b.n) != 1) ||
	    EVP_DigestFinal_ex(ctx, sum, NULL) != 1)
		return pdg_ossl_fail(err, "compute a digest");
	memcpy(out, sum, sizeof(sum));
	return 0;
}

int pdg_sha256_hex(struct pdg_bytes in, char out[PDG_SHA256_HEX], struct pdg_error *err)
{
	uint8_t sum[PDG_SHA256_LEN];
	int rc = pdg_sha256(in, sum, err);

	if (rc < 0)
		return rc;
	pdg_hex(pdg_bytes(sum, sizeof(sum)), out);
	return 0;
}

/* O_NONBLOCK: opening a FIFO must not wait for a writer before it is refused. */
static int open_regular(const char *path, int *out_fd, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = -1;
	struct stat st;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return pdg_fail(err,
				errno == ENOENT || errno == ENOTDIR ? PDG_E_NOTFOUND : PDG_E_IO,
				"%s: cannot be opened: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0)
		return pdg_fail(err, PDG_E_IO, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return pdg_fail(err, PDG_E_IO, "%s: is %s, not a file", path,
				S_ISDIR(st.st_mode) ? "a directory" : "a device, pipe or socket");
	*out_fd = fd;
	fd = -1;
	return 0;
}

int pdg_sha256_file(const char *path, char out[PDG_SHA256_HEX], struct pdg_error *err)
{
	PDG_AUTO(digest_ctx) struct pdg_digest_ctx *d = NULL;
	PDG_AUTO(mem) uint8_t *piece = NULL;
	PDG_AUTO(fd) int fd = -1;
	uint8_t sum[PDG_SHA256_LEN];
	ssize_t got;
	int rc;

	rc = open_regular(path, &fd, err);
	if (rc < 0)
		return rc;
	rc = pdg_digest_new(PDG_SHA256, &d, err);
	if (rc < 0)
		return rc;
	piece = pdg_calloc(1, FILE_PIECE);
	if (!piece)
		return pdg_nomem(err);
	while ((got = read(fd, piece, FILE_PIECE)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return pdg_fail(err, PDG_E_IO, "%s: cannot be read: %s", path,
					strerror(errno));
		rc = pdg_digest_update(d, pdg_bytes(piece, (size_t)got), err);
		if (rc < 0)
			return rc;
	}
	rc = pdg_digest_final(d, sum, err);
	if (rc < 0)
		return rc;
	pdg_hex(pdg_bytes(sum, sizeof(sum)), out);
	return 0;
}

int pdg_random(uint8_t *out, size_t n, struct pdg_error *err)
{
	while (n > 0) {
		ssize_t got = getrandom(out, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return pdg_fail(err, PDG_E_CRYPTO, "the system gives no random bytes: %s",
					strerror(errno));
		out += got;
		n -= (size_t)got;
	}
	return 0;
}
