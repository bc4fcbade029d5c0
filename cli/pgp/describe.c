/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three sources come together here: the file's certificates (keyfile.c: which there must be),
 * GnuPG's list (what they are) and the exported packets (pgp_bind.c: what the keys are made of, who
 * agreed to whom). A key that one of them lacks is an error, never left out.
 */
#include "describe.h"

#include "crypto/pgp_ring.h"
#include "crypto/pgp_uid.h"
#include "gnupg.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

struct listing {
	const struct pdg_pgp_bounds *exported;
	size_t next; /* GnuPG lists and exports in one order: where to look first */
	struct pdg_buf *out;
	struct pdg_jw w;
	size_t certs;
};

static const struct pdg_pgp_bound *find(const struct pdg_pgp_bounds *b, const char *fingerprint,
					size_t from)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct pdg_pgp_bound *k = &b->v[(from + i) % b->n];

		if (pdg_str_eq(k->fingerprint, fingerprint))
			return k;
	}
	return NULL;
}

static void put_time(struct pdg_jw *w, const char *key, int64_t t)
{
	pdg_jw_ku64(w, key, t > 0 ? (uint64_t)t : 0);
}

static void put_uid(struct listing *l, const struct pdg_pgp_bound *primary,
		    const struct _gpgme_user_id *uid)
{
	const char *text = uid->uid ? uid->uid : "";
	struct pdg_jw *w = &l->w;
	int64_t expires = 0;
	bool known = primary &&
		     pdg_pgp_bind_uid_expires(l->exported, primary, pdg_bytes_str(text), &expires);

	pdg_jw_obj(w);
	pdg_jw_kstr(w, "text", text);
	pdg_jw_key(w, "address");
	pdg_jw_bytes(w, pdg_pgp_uid_address(pdg_bytes_str(text)));
	pdg_jw_kbool(w, "revoked", uid->revoked);
	pdg_jw_kbool(w, "invalid", uid->invalid || !known);
	put_time(w, "expires", expires);
	pdg_jw_end(w);
}

static void put_key(struct pdg_jw *w, const struct _gpgme_subkey *key,
		    const struct pdg_pgp_bound *bound)
{
	bool revoked = key->revoked;

	pdg_jw_obj(w);
	pdg_jw_kstr(w, "fingerprint", bound->fingerprint);
	pdg_jw_kbool(w, "primary", bound->primary);
	pdg_jw_kbool(w, "canSign", key->can_sign);
	put_time(w, "created", key->timestamp);
	put_time(w, "expires", key->expires);
	pdg_jw_kbool(w, "revoked", revoked);
	put_time(w, "revokedAt", revoked ? bound->revoked_at : 0);
	pdg_jw_kbool(w, "invalid", key->invalid || key->disabled || key->timestamp < 0);
	pdg_jw_kbool(w, "crossCertified", bound->cross_certified);
	pdg_jw_kbool(w, "askGnupg", bound->ask);
	pdg_jw_key(w, "packet");
	pdg_jw_base64(w, bound->body);
	pdg_jw_end(w);
}

static int put_keys(struct listing *l, gpgme_key_t key, struct pdg_error *err)
{
	bool primary = true;

	for (const struct _gpgme_subkey *k = key->subkeys; k; k = k->next) {
		const struct pdg_pgp_bound *bound = find(l->exported, k->fpr, l->next);

		if (!bound || bound->primary != primary)
			return pdg_fail(err, PDG_E_IO,
					"GnuPG lists a key that it does not export: %s",
					k->fpr ? k->fpr : "without fingerprint");
		put_key(&l->w, k, bound);
		l->next = (size_t)(bound - l->exported->v) + 1;
		primary = false;
	}
	return 0;
}

static int put_cert(void *arg, gpgme_key_t key, struct pdg_error *err)
{
	struct listing *l = arg;
	const struct pdg_pgp_bound *primary;
	int rc;

	if (!key->subkeys)
		return pdg_fail(err, PDG_E_IO, "GnuPG lists a certificate without keys");
	primary = find(l->exported, key->subkeys->fpr, l->next);
	pdg_jw_init(&l->w, l->out);
	pdg_jw_obj(&l->w);
	pdg_jw_kstr(&l->w, "fingerprint", key->subkeys->fpr);
	put_time(&l->w, "expires", key->subkeys->expires);
	pdg_jw_kbool(&l->w, "revoked", key->revoked);
	pdg_jw_key(&l->w, "uids");
	pdg_jw_arr(&l->w);
	for (const struct _gpgme_user_id *uid = key->uids; uid; uid = uid->next)
		put_uid(l, primary, uid);
	pdg_jw_end(&l->w);
	pdg_jw_key(&l->w, "keys");
	pdg_jw_arr(&l->w);
	rc = put_keys(l, key, err);
	pdg_jw_end(&l->w);
	pdg_jw_end(&l->w);
	pdg_buf_putc(l->out, '\n');
	l->certs++;
	return rc;
}

/*
 * Has GnuPG taken every certificate that the file holds, and every revocation? One that does not
 * verify it drops, and the key that a damaged file revokes would be good (attacks.md 13).
 */
static int check_accepted(const struct keyfile *f, const struct pdg_pgp_bounds *exported,
			  struct pdg_error *err)
{
	for (size_t i = 0; i < f->keys.n; i++) {
		const char *fingerprint = f->keys.v[i].fingerprint;

		if (!f->keys.v[i].primary || find(exported, fingerprint, i))
			continue;
		(void)pdg_reject(err, "PGP-4",
				 "OpenPGP key file: GnuPG does not accept certificate %s",
				 fingerprint);
		pdg_fix(err,
			"see what gpg --show-keys says of the file; export that certificate anew or "
			"remove it");
		return PDG_E_FORMAT;
	}
	if (pdg_pgp_bind_lost_revocation(&f->keys, exported)) {
		(void)pdg_reject(err, "PGP-4",
				 "OpenPGP key file: GnuPG does not accept a revocation in it");
		pdg_fix(err, "export the revoked certificate anew");
		return PDG_E_FORMAT;
	}
	return 0;
}

static int put_all(const struct keyfile *f, gpgme_ctx_t ctx, const struct pdg_pgp_bounds *exported,
		   struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf lines = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
	struct listing l = {.exported = exported, .out = &lines};
	int rc = gnupg_list(ctx, put_cert, &l, err);

	if (rc == 0)
		rc = pdg_buf_check(&lines, err);
	if (rc < 0)
		return rc;
	if (l.certs == 0)
		return pdg_reject(err, "PGP-4", "OpenPGP key file: there is no certificate in it");
	rc = pdg_pgp_description_head(f->source, l.certs, pdg_buf_bytes(&lines), out, err);
	if (rc < 0)
		return rc;
	pdg_buf_put(out, pdg_buf_bytes(&lines));
	return pdg_buf_check(out, err);
}

int describe(const struct keyfile *f, const char *home, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf packets = PDG_BUF_INIT(2 * PDG_LIMIT_KEY_FILE);
	PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds exported = {0};
	PDG_AUTO(gpgme_ctx) gpgme_ctx_t ctx = NULL;
	int rc;

	rc = gnupg_open(home, &ctx, err);
	if (rc < 0)
		return rc;
	rc = gnupg_import(ctx, pdg_buf_bytes(&f->packets), err);
	if (rc < 0)
		return rc;
	rc = gnupg_export(ctx, &packets, err);
	if (rc < 0)
		return rc;
	rc = pdg_pgp_bind_read(pdg_buf_bytes(&packets), &exported, err);
	if (rc < 0)
		return rc;
	rc = check_accepted(f, &exported, err);
	if (rc < 0)
		return rc;
	return put_all(f, ctx, &exported, out, err);
}
