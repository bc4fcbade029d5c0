/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One certificate of a description (docs/FORMATS.md, "Key descriptions"), a line of JSON, becomes
 * keys that can check signatures. What it says about a key's identity is checked against the key
 * itself.
 */
#include "crypto/digest.h"
#include "crypto/pgp_material.h"
#include "crypto/pgp_ring.h"
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
		{"askGnupg", &key->ask},
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
	key->algo = body.p[PDG_PGP_KEY_HEAD - 1];
	key->width = pdg_pgp_width(body);
	if (pdg_pgp_u32(body.p + 1) != key->created)
		return refuse(err, "a key's packet has another creation time");
	return 0;
}

static int read_key(const json_t *o, struct pdg_pgp_key *key, struct pdg_error *err)
{
	static const char *const names[] = {"fingerprint",    "primary",  "canSign",   "created",
					    "expires",	      "revoked",  "revokedAt", "invalid",
					    "crossCertified", "askGnupg", "packet",    NULL};
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
	static const char *const names[] = {"text",    "address", "revoked",
					    "invalid", "expires", NULL};
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
	if (rc == 0)
		rc = read_time(o, "expires", &uid->expires, err);
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

int pdg_pgp_cert_of(struct pdg_bytes line, struct pdg_pgp_cert **out, struct pdg_error *err)
{
	PDG_AUTO(pgp_cert) struct pdg_pgp_cert *cert = pdg_calloc(1, sizeof(*cert));
	PDG_AUTO(json) json_t *o = NULL;
	struct pdg_error inner = {0};
	int rc;

	if (!cert)
		return pdg_nomem(err);
	rc = pdg_json_load(line, PDG_LIMIT_KEY_DESCRIPTION, &o, &inner);
	if (rc == 0)
		rc = read_cert(o, cert, &inner);
	/* The rules of JSON and base64 speak of requests: here they all mean one thing. */
	if (rc == PDG_E_FORMAT)
		return pdg_reject(err, RULE, "%s", inner.text);
	if (rc < 0)
		return pdg_fail(err, rc, "%s", inner.text);
	*out = PDG_TAKE(cert);
	return 0;
}

void pdg_pgp_cert_free(struct pdg_pgp_cert *cert)
{
	if (!cert)
		return;
	for (size_t i = 0; i < cert->n_keys; i++)
		pdg_pgp_material_free(cert->keys[i].material);
	for (size_t i = 0; i < cert->n_uids; i++) {
		free(cert->uids[i].text);
		free(cert->uids[i].address);
	}
	free(cert->keys);
	free(cert->uids);
	free(cert);
}
