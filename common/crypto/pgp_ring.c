/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A description of a key file (docs/FORMATS.md, "Key descriptions") becomes a ring of keys that can
 * check signatures. Descriptions come from pedigree-pgp or from the cache of an earlier run
 * (pgp_load.c); what they say about a key's identity is checked against the key itself.
 */
#include "crypto/pgp_ring.h"

#include "crypto/digest.h"
#include "crypto/pgp_material.h"
#include "util/codec.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define RULE		   "PGP-4"
#define FINGERPRINT_DIGITS (PDG_PGP_FINGERPRINT_HEX - 1)
#define TIME_MAX	   UINT32_MAX /* creation times and lifetimes have four bytes each */

static int refuse(struct pdg_error *err, const char *what)
{
	return pdg_reject(err, RULE, "key description: %s", what);
}

static int read_fingerprint(const json_t *o, char out[PDG_PGP_FINGERPRINT_HEX],
			    struct pdg_error *err)
{
	const char *s;
	int rc = pdg_json_str(o, "fingerprint", &s, err);

	if (rc < 0)
		return rc;
	if (strlen(s) != FINGERPRINT_DIGITS || strspn(s, "0123456789ABCDEF") != FINGERPRINT_DIGITS)
		return refuse(err, "a fingerprint is not 40 upper-case hex digits");
	memcpy(out, s, PDG_PGP_FINGERPRINT_HEX);
	return 0;
}

/* Creation may lie at 2^32 - 1, and a key live as long from then. */
static int read_time(const json_t *o, const char *name, int64_t *out, struct pdg_error *err)
{
	uint64_t v;
	int rc = pdg_json_u64(o, name, &v, err);

	if (rc < 0)
		return rc;
	if (v > 2 * (uint64_t)TIME_MAX)
		return pdg_reject(err, RULE, "key description: %s is no time of a key", name);
	*out = (int64_t)v;
	return 0;
}

static int read_flags(const json_t *o, struct pdg_pgp_key *key, struct pdg_error *err)
{
	const struct {
		const char *name;
		bool *out;
	} flags[] = {
		{"primary", &key->primary},
		{"canSign", &key->can_sign},
		{"revoked", &key->revoked},
		{"invalid", &key->invalid},
		{"crossCertified", &key->cross_certified},
	};
	const struct {
		const char *name;
		int64_t *out;
	} times[] = {
		{"created", &key->created},
		{"expires", &key->expires},
		{"revokedAt", &key->revoked_at},
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(flags) / sizeof(flags[0]); i++)
		rc = pdg_json_bool(o, flags[i].name, flags[i].out, err);
	for (size_t i = 0; rc == 0 && i < sizeof(times) / sizeof(times[0]); i++)
		rc = read_time(o, times[i].name, times[i].out, err);
	return rc;
}

/* The packet is what the key is: its fingerprint and creation time must be the description's. */
static int check_packet(struct pdg_bytes body, struct pdg_pgp_key *key, struct pdg_error *err)
{
	char fingerprint[PDG_PGP_FINGERPRINT_HEX];
	int rc = pdg_pgp_fingerprint(body, fingerprint, err);

	if (rc < 0)
		return rc;
	if (strcmp(fingerprint, key->fingerprint) != 0)
		return refuse(err, "a key's packet has another fingerprint");
	rc = pdg_pgp_material_new(body, &key->material, err);
	if (rc < 0)
		return rc;
	if (pdg_pgp_u32(body.p + 1) != key->created)
		return refuse(err, "a key's packet has another creation time");
	return 0;
}

static int read_key(const json_t *o, struct pdg_pgp_key *key, struct pdg_error *err)
{
	static const char *const names[] = {"fingerprint",    "primary", "canSign",   "created",
					    "expires",	      "revoked", "revokedAt", "invalid",
					    "crossCertified", "packet",	 NULL};
	PDG_AUTO(buf) struct pdg_buf packet = PDG_BUF_INIT(UINT16_MAX);
	int rc = pdg_json_only(o, names, err);

	if (rc < 0)
		return rc;
	rc = read_fingerprint(o, key->fingerprint, err);
	if (rc < 0)
		return rc;
	rc = read_flags(o, key, err);
	if (rc < 0)
		return rc;
	rc = pdg_json_base64(o, "packet", &packet, err);
	if (rc < 0)
		return rc;
	for (size_t i = FINGERPRINT_DIGITS - 16; i < FINGERPRINT_DIGITS; i++) {
		char c = key->fingerprint[i];

		key->keyid = key->keyid << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'A' + 10);
	}
	return check_packet(pdg_buf_bytes(&packet), key, err);
}

static int read_uid(const json_t *o, struct pdg_pgp_uid *uid, struct pdg_error *err)
{
	static const char *const names[] = {"text", "address", "revoked", "invalid", NULL};
	const char *text;
	const char *address;
	int rc = pdg_json_only(o, names, err);

	if (rc == 0)
		rc = pdg_json_str(o, "text", &text, err);
	if (rc == 0)
		rc = pdg_json_str(o, "address", &address, err);
	if (rc == 0)
		rc = pdg_json_bool(o, "revoked", &uid->revoked, err);
	if (rc == 0)
		rc = pdg_json_bool(o, "invalid", &uid->invalid, err);
	if (rc < 0)
		return rc;
	uid->text = pdg_str_dup(text);
	uid->address = pdg_str_dup(address);
	return uid->text && uid->address ? 0 : pdg_nomem(err);
}

static int read_keys(const json_t *arr, struct pdg_pgp_cert *cert, struct pdg_error *err)
{
	cert->keys = pdg_calloc(pdg_json_len(arr), sizeof(*cert->keys));
	if (!cert->keys)
		return pdg_nomem(err);
	for (size_t i = 0; i < pdg_json_len(arr); i++) {
		struct pdg_pgp_key *key = &cert->keys[i];
		int rc;

		cert->n_keys = i + 1;
		rc = read_key(pdg_json_at(arr, i), key, err);
		if (rc < 0)
			return pdg_context(err, rc, "keys[%zu]", i);
		if (key->primary != (i == 0))
			return refuse(err, "the first key of a certificate alone is primary");
	}
	if (cert->n_keys == 0 || strcmp(cert->keys[0].fingerprint, cert->fingerprint) != 0)
		return refuse(err, "a certificate is not named after its primary key");
	return 0;
}

static int read_uids(const json_t *arr, struct pdg_pgp_cert *cert, struct pdg_error *err)
{
	cert->uids = pdg_calloc(pdg_json_len(arr), sizeof(*cert->uids));
	if (!cert->uids)
		return pdg_nomem(err);
	for (size_t i = 0; i < pdg_json_len(arr); i++) {
		int rc;

		cert->n_uids = i + 1;
		rc = read_uid(pdg_json_at(arr, i), &cert->uids[i], err);
		if (rc < 0)
			return pdg_context(err, rc, "uids[%zu]", i);
	}
	return 0;
}

static int read_cert(const json_t *o, struct pdg_pgp_cert *cert, struct pdg_error *err)
{
	static const char *const names[] = {"fingerprint", "expires", "revoked",
					    "uids",	   "keys",    NULL};
	const json_t *uids;
	const json_t *keys;
	int rc = pdg_json_only(o, names, err);

	if (rc == 0)
		rc = read_fingerprint(o, cert->fingerprint, err);
	if (rc == 0)
		rc = read_time(o, "expires", &cert->expires, err);
	if (rc == 0)
		rc = pdg_json_bool(o, "revoked", &cert->revoked, err);
	if (rc == 0)
		rc = pdg_json_arr(o, "uids", &uids, err);
	if (rc == 0)
		rc = read_uids(uids, cert, err);
	if (rc == 0)
		rc = pdg_json_arr(o, "keys", &keys, err);
	return rc == 0 ? read_keys(keys, cert, err) : rc;
}

static int read_certs(const json_t *arr, struct pdg_pgp_ring *ring, struct pdg_error *err)
{
	size_t keys = 0;

	if (pdg_json_len(arr) == 0)
		return refuse(err, "there is no certificate in it");
	if (pdg_json_len(arr) > PDG_LIMIT_KEYS)
		return pdg_fail(err, PDG_E_LIMIT, "key description: more than %d certificates",
				PDG_LIMIT_KEYS);
	ring->certs = pdg_calloc(pdg_json_len(arr), sizeof(*ring->certs));
	if (!ring->certs)
		return pdg_nomem(err);
	for (size_t i = 0; i < pdg_json_len(arr); i++) {
		int rc;

		ring->n = i + 1;
		rc = read_cert(pdg_json_at(arr, i), &ring->certs[i], err);
		if (rc < 0)
			return pdg_context(err, rc, "certs[%zu]", i);
		keys += ring->certs[i].n_keys;
		if (keys > PDG_LIMIT_KEYS)
			return pdg_fail(err, PDG_E_LIMIT, "key description: more than %d keys",
					PDG_LIMIT_KEYS);
	}
	return 0;
}

/* @source: what it must describe, or NULL for any. */
static int read_head(const json_t *o, const char *source, struct pdg_error *err)
{
	static const char *const names[] = {"version", "source", "certs", NULL};
	const char *described;
	uint64_t version;
	int rc = pdg_json_u64(o, "version", &version, err);

	if (rc < 0)
		return rc;
	if (version != PDG_PGP_DESCRIPTION_VERSION)
		return refuse(err, "its version is not known");
	rc = pdg_json_only(o, names, err);
	if (rc == 0)
		rc = pdg_json_str(o, "source", &described, err);
	if (rc < 0)
		return rc;
	if (!pdg_is_hex(pdg_bytes_str(described), PDG_SHA256_HEX - 1))
		return refuse(err, "its source is not a SHA-256 in lower-case hex");
	if (source && strcmp(described, source) != 0)
		return refuse(err, "it describes another key file");
	return 0;
}

static int read_all(struct pdg_bytes in, const char *source, struct pdg_pgp_ring *ring,
		    struct pdg_error *err)
{
	PDG_AUTO(json) json_t *o = NULL;
	const json_t *certs;
	int rc = pdg_json_load(in, PDG_LIMIT_KEY_DESCRIPTION, &o, err);

	if (rc == 0)
		rc = read_head(o, source, err);
	if (rc == 0)
		rc = pdg_json_arr(o, "certs", &certs, err);
	return rc == 0 ? read_certs(certs, ring, err) : rc;
}

int pdg_pgp_ring_of(struct pdg_bytes description, const char *source, struct pdg_pgp_ring **out,
		    struct pdg_error *err)
{
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = pdg_calloc(1, sizeof(*ring));
	struct pdg_error inner = {0};
	int rc;

	if (!ring)
		return pdg_nomem(err);
	rc = read_all(description, source, ring, &inner);
	/* The rules of JSON and base64 speak of requests: here they all mean one thing. */
	if (rc == PDG_E_FORMAT)
		return pdg_reject(err, RULE, "%s", inner.text);
	if (rc < 0)
		return pdg_fail(err, rc, "%s", inner.text);
	*out = PDG_TAKE(ring);
	return 0;
}

static void cert_done(struct pdg_pgp_cert *cert)
{
	for (size_t i = 0; i < cert->n_keys; i++)
		pdg_pgp_material_free(cert->keys[i].material);
	for (size_t i = 0; i < cert->n_uids; i++) {
		free(cert->uids[i].text);
		free(cert->uids[i].address);
	}
	free(cert->keys);
	free(cert->uids);
}

void pdg_pgp_ring_free(struct pdg_pgp_ring *ring)
{
	if (!ring)
		return;
	for (size_t i = 0; i < ring->n; i++)
		cert_done(&ring->certs[i]);
	free(ring->certs);
	free(ring);
}
