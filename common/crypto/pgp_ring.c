/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A description of a key file as a whole: descriptions come from pedigree-pgp or from the cache of
 * an earlier run (pgp_load.c), where each certificate was read once (pdg_pgp_ring_check) before it
 * was kept. The head's digest says that it is still that text, so that the certificates may be left
 * until somebody asks for them (pgp_cert.c).
 */
#include "crypto/pgp_ring.h"

#include <stdatomic.h>

#include "util/codec.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define FINGERPRINT_DIGITS (PDG_PGP_FINGERPRINT_HEX - 1)
#define KEYID_DIGITS	   16

/* So it stands before each fingerprint and, within the quotes of a string, nowhere. */
static const char member[] = "\"fingerprint\":\"";

static int refuse(struct pdg_error *err, const char *what)
{
	return pdg_reject(err, "PGP-4", "key description: %s", what);
}

static int read_digest(const json_t *o, const char *name, const char *wanted, const char *unlike,
		       struct pdg_error *err)
{
	const char *s;
	int rc = pdg_json_str(o, name, &s, err);

	if (rc < 0)
		return rc;
	if (!pdg_is_hex(pdg_bytes_str(s), PDG_SHA256_HEX - 1))
		return pdg_reject(err, "PGP-4",
				  "key description: its %s is not a SHA-256 in lower-case hex",
				  name);
	return wanted && strcmp(s, wanted) != 0 ? refuse(err, unlike) : 0;
}

/* @source: what it must describe, or NULL for any. */
static int read_head(struct pdg_bytes line, struct pdg_bytes lines, const char *source,
		     uint64_t *out_n, struct pdg_error *err)
{
	static const char *const names[] = {"version", "source", "certs", "sha256", NULL};
	PDG_AUTO(json) json_t *o = NULL;
	char sum[PDG_SHA256_HEX];
	uint64_t version;
	int rc = pdg_json_load(line, PDG_LIMIT_KIB(1), &o, err);

	if (rc == 0)
		rc = pdg_json_u64(o, "version", &version, err);
	if (rc < 0)
		return rc;
	if (version != PDG_PGP_DESCRIPTION_VERSION)
		return refuse(err, "its version is not known");
	rc = pdg_json_only(o, names, err);
	if (rc == 0)
		rc = read_digest(o, "source", source, "it describes another key file", err);
	if (rc == 0)
		rc = pdg_sha256_hex(lines, sum, err);
	if (rc == 0)
		rc = read_digest(o, "sha256", sum, "its certificates are not those it had", err);
	if (rc == 0)
		rc = pdg_json_u64(o, "certs", out_n, err);
	if (rc < 0)
		return rc;
	if (*out_n == 0)
		return refuse(err, "there is no certificate in it");
	if (*out_n > PDG_LIMIT_KEYS)
		return pdg_fail(err, PDG_E_LIMIT, "key description: more than %d certificates",
				PDG_LIMIT_KEYS);
	return 0;
}

static uint64_t keyid_of(const uint8_t *fingerprint)
{
	uint64_t keyid = 0;

	for (size_t i = FINGERPRINT_DIGITS - KEYID_DIGITS; i < FINGERPRINT_DIGITS; i++) {
		uint8_t c = fingerprint[i];

		keyid = keyid << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'A' + 10);
	}
	return keyid;
}

/* The keys of the certificate @cert. Its own name, which its first key has again, comes first. */
static int index_cert(struct pdg_pgp_ring *ring, size_t cert, size_t *cap, struct pdg_error *err)
{
	const struct pdg_bytes what = pdg_bytes_str(member);
	struct pdg_bytes line = ring->lines[cert];
	bool named = false;
	size_t at = 0;

	while ((at = pdg_bytes_find(line, what, at)) != SIZE_MAX) {
		int rc;

		at += what.n;
		if (line.n - at < FINGERPRINT_DIGITS)
			return refuse(err, "a fingerprint is cut short");
		if (!named) {
			named = true;
			continue;
		}
		rc = pdg_array_grow(&ring->index, ring->n_index, cap, sizeof(*ring->index),
				    PDG_LIMIT_KEYS);
		if (rc == PDG_E_LIMIT)
			return pdg_fail(err, PDG_E_LIMIT, "key description: more than %d keys",
					PDG_LIMIT_KEYS);
		if (rc < 0)
			return pdg_nomem(err);
		ring->index[ring->n_index].keyid = keyid_of(line.p + at);
		ring->index[ring->n_index++].cert = cert;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct pdg_pgp_indexed *x = a;
	const struct pdg_pgp_indexed *y = b;

	if (x->keyid != y->keyid)
		return x->keyid < y->keyid ? -1 : 1;
	return x->cert < y->cert ? -1 : x->cert > y->cert;
}

static int read_lines(struct pdg_pgp_ring *ring, struct pdg_bytes rest, struct pdg_error *err)
{
	size_t cap = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ring->n; i++) {
		if (!pdg_bytes_line(&rest, &ring->lines[i]))
			return refuse(err, "a certificate is missing");
		rc = index_cert(ring, i, &cap, err);
	}
	if (rc < 0)
		return rc;
	if (rest.n > 0)
		return refuse(err, "there are more certificates than it says");
	if (ring->n_index)
		qsort(ring->index, ring->n_index, sizeof(*ring->index), compare);
	return 0;
}

static struct pdg_pgp_read *read_new(size_t n)
{
	size_t bytes;
	struct pdg_pgp_read *r;

	if (!pdg_size_mul(n, sizeof(r->certs[0]), &bytes) ||
	    !pdg_size_add(bytes, sizeof(*r), &bytes))
		return NULL;
	r = pdg_calloc(1, bytes);
	if (r && pthread_mutex_init(&r->lock, NULL) != 0) {
		free(r);
		return NULL;
	}
	return r;
}

static int read_all(struct pdg_pgp_ring *ring, const char *source, struct pdg_error *err)
{
	struct pdg_bytes rest = pdg_buf_bytes(&ring->text);
	struct pdg_bytes head = {0};
	uint64_t n;
	int rc;

	if (!pdg_bytes_ends(rest, "\n") || !pdg_bytes_line(&rest, &head))
		return refuse(err, "it is cut short");
	rc = read_head(head, rest, source, &n, err);
	if (rc < 0)
		return rc;
	ring->lines = pdg_calloc((size_t)n, sizeof(*ring->lines));
	ring->read = read_new((size_t)n);
	if (!ring->lines || !ring->read)
		return pdg_nomem(err);
	ring->n = (size_t)n;
	return read_lines(ring, rest, err);
}

int pdg_pgp_ring_of(struct pdg_buf *text, const char *source, struct pdg_pgp_ring **out,
		    struct pdg_error *err)
{
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = pdg_calloc(1, sizeof(*ring));
	struct pdg_error inner = {0};
	int rc;

	if (!ring)
		return pdg_nomem(err);
	ring->text = *text;
	*text = (struct pdg_buf){.max = text->max};
	rc = read_all(ring, source, &inner);
	/* The rules of JSON speak of requests: here they all mean one thing. */
	if (rc == PDG_E_FORMAT)
		return pdg_reject(err, "PGP-4", "%s", inner.text);
	if (rc < 0)
		return pdg_fail(err, rc, "%s", inner.text);
	*out = PDG_TAKE(ring);
	return 0;
}

void pdg_pgp_ring_free(struct pdg_pgp_ring *ring)
{
	if (!ring)
		return;
	for (size_t i = 0; ring->read && i < ring->n; i++)
		pdg_pgp_cert_free(atomic_load(&ring->read->certs[i]));
	if (ring->read)
		(void)pthread_mutex_destroy(&ring->read->lock);
	free(ring->read);
	free(ring->lines);
	free(ring->index);
	pdg_buf_done(&ring->text);
	pdg_buf_done(&ring->file);
	free(ring);
}

size_t pdg_pgp_ring_count(const struct pdg_pgp_ring *ring)
{
	return ring->n;
}

/* With the lock held: read it, unless somebody else just has. */
static int read_cert(const struct pdg_pgp_ring *ring, size_t i, struct pdg_error *err)
{
	struct pdg_pgp_cert *cert = NULL;
	int rc;

	if (atomic_load(&ring->read->certs[i]))
		return 0;
	rc = pdg_pgp_cert_of(ring->lines[i], &cert, err);
	if (rc == 0)
		atomic_store(&ring->read->certs[i], cert);
	return rc;
}

static int get_cert(const struct pdg_pgp_ring *ring, size_t i, const struct pdg_pgp_cert **out,
		    struct pdg_error *err)
{
	int rc = 0;

	if (!atomic_load(&ring->read->certs[i])) {
		(void)pthread_mutex_lock(&ring->read->lock);
		rc = read_cert(ring, i, err);
		(void)pthread_mutex_unlock(&ring->read->lock);
	}
	if (rc < 0)
		return pdg_context(err, rc, "certs[%zu]", i);
	*out = atomic_load(&ring->read->certs[i]);
	return 0;
}

int pdg_pgp_ring_check(const struct pdg_pgp_ring *ring, struct pdg_error *err)
{
	const struct pdg_pgp_cert *cert;
	size_t keys = 0;

	for (size_t i = 0; i < ring->n; i++) {
		int rc = get_cert(ring, i, &cert, err);

		if (rc < 0)
			return rc;
		keys += cert->n_keys;
	}
	return keys == ring->n_index ? 0 : refuse(err, "its keys cannot be told apart");
}

int pdg_pgp_ring_cert(const struct pdg_pgp_ring *ring, size_t i, const struct pdg_pgp_cert **out,
		      struct pdg_error *err)
{
	struct pdg_error inner = {0};
	int rc = get_cert(ring, i, out, &inner);

	/* It was good when it was kept: no fault of what is judged. */
	if (rc == PDG_E_FORMAT || rc == PDG_E_LIMIT)
		rc = PDG_E_IO;
	return rc < 0 ? pdg_fail(err, rc, "%s", inner.text) : 0;
}

int pdg_pgp_ring_search(const struct pdg_pgp_ring *ring, struct pdg_bytes text, size_t *at,
			const struct pdg_pgp_cert **out, struct pdg_error *err)
{
	*out = NULL;
	while (*at < ring->n) {
		size_t i = (*at)++;

		if (pdg_bytes_find(ring->lines[i], text, 0) != SIZE_MAX)
			return pdg_pgp_ring_cert(ring, i, out, err);
	}
	return 0;
}

int pdg_pgp_ring_with(const struct pdg_pgp_ring *ring, uint64_t keyid, size_t *at,
		      const struct pdg_pgp_cert **out, struct pdg_error *err)
{
	size_t low = 0;
	size_t high = ring->n_index;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ring->index[mid].keyid < keyid)
			low = mid + 1;
		else
			high = mid;
	}
	*out = NULL;
	low += *at;
	if (low >= ring->n_index || ring->index[low].keyid != keyid)
		return 0;
	(*at)++;
	return pdg_pgp_ring_cert(ring, ring->index[low].cert, out, err);
}
