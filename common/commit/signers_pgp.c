/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would a signature by this OpenPGP key be refused? Asked by a developer's hooks before a message
 * is typed, with what git would give to gpg's -u.
 */
#include <ctype.h>

#include "commit/place_pgp.h"
#include "commit/signers.h"
#include "util/limits.h"

/* What gpg's -u was given. */
struct wanted {
	struct pdg_bytes hex;	  /* the end of a fingerprint, or empty */
	struct pdg_bytes address; /* or empty */
	bool exact;		  /* that key, and no other of its certificate */
};

static struct wanted read_wanted(const char *key)
{
	struct pdg_bytes b = pdg_bytes_str(key);
	struct wanted w = {.address = b};
	size_t at;
	size_t i;

	if (pdg_bytes_ends(b, "!")) {
		w.exact = true;
		b.n--;
	}
	if (pdg_bytes_starts(b, "0x"))
		b = pdg_bytes_from(b, 2);
	for (i = 0; i < b.n && isxdigit(b.p[i]); i++)
		;
	/* Short ids, long ids, fingerprints (gpg(1), HOW TO SPECIFY A USER ID). */
	if (i == b.n && (i == 8 || i == 16 || i == 40)) {
		w.hex = b;
		w.address = pdg_bytes(NULL, 0);
		return w;
	}
	at = pdg_bytes_find_byte(w.address, '<', 0);
	if (at != SIZE_MAX && pdg_bytes_ends(w.address, ">"))
		w.address = pdg_bytes(w.address.p + at + 1, w.address.n - at - 2);
	return w;
}

static bool is_named(const struct pdg_pgp_key *key, const struct wanted *w)
{
	const char *end = key->fingerprint + strlen(key->fingerprint) - w->hex.n;
	size_t i;

	for (i = 0; i < w->hex.n; i++) {
		if (toupper(w->hex.p[i]) != end[i])
			return false;
	}
	return w->hex.n > 0;
}

static bool has_address(const struct pdg_pgp_cert *cert, struct pdg_bytes address)
{
	size_t i;

	for (i = 0; i < cert->n_uids; i++) {
		if (address.n && pdg_bytes_eq_str(address, cert->uids[i].address))
			return true;
	}
	return false;
}

static bool cert_named(const struct pdg_pgp_cert *cert, const struct wanted *w)
{
	bool named = has_address(cert, w->address);

	for (size_t i = 0; !named && i < cert->n_keys; i++)
		named = is_named(&cert->keys[i], w);
	return named;
}

/* Look at one certificate. Returns false when a key that gpg may take is good. */
static bool cert_unfit(const struct pdg_signers *s, const struct pdg_pgp_cert *cert,
		       const struct wanted *w, int64_t at, enum pdg_pgp_fit *fit)
{
	bool gone = pdg_signers_revoke(s, cert->fingerprint, at);
	bool named = cert_named(cert, w);
	enum pdg_pgp_fit found = PDG_PGP_FIT;
	size_t i;

	for (i = 0; named && i < cert->n_keys; i++) {
		const struct pdg_pgp_place p = {NULL, cert, &cert->keys[i]};
		bool listed = gone || pdg_signers_revoke(s, p.key->fingerprint, at);
		bool revoked = pdg_pgp_place_revoked(&p, at);

		if (!p.key->can_sign || (w->exact && w->hex.n && !is_named(p.key, w)))
			continue;
		if (!listed && !revoked && !pdg_pgp_place_expired(&p, at))
			return false;
		found = listed ? PDG_PGP_LISTED : revoked ? PDG_PGP_REVOKED : PDG_PGP_EXPIRED;
	}
	if (found)
		*fit = found;
	return true;
}

/* What stands in the description of a certificate that @w can mean. */
static int put_wanted(const struct wanted *w, struct pdg_buf *out, struct pdg_error *err)
{
	if (w->hex.n) {
		for (size_t i = 0; i < w->hex.n; i++)
			pdg_buf_putc(out, (uint8_t)toupper(w->hex.p[i]));
	} else {
		pdg_buf_puts(out, "\"address\":\"");
		pdg_buf_put(out, w->address);
	}
	pdg_buf_putc(out, '"');
	return pdg_buf_check(out, err);
}

typedef bool cert_fn(const struct pdg_signers *s, const struct pdg_pgp_cert *cert,
		     const struct wanted *w, int64_t at, enum pdg_pgp_fit *fit);

/* Hand each certificate of people that @w can mean to @each, until that returns false. */
static int each_wanted(const struct pdg_signers *s, const struct wanted *w, cert_fn *each,
		       int64_t at, enum pdg_pgp_fit *fit, bool *out_all)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	int rc = put_wanted(w, &text, NULL);

	for (size_t i = 0; rc == 0 && i < s->n_rings; i++) {
		const struct pdg_pgp_cert *cert = NULL;
		size_t from = 0;

		while ((rc = pdg_pgp_ring_search(s->rings[i], pdg_buf_bytes(&text), &from, &cert,
						 NULL)) == 0 &&
		       cert) {
			if (!each(s, cert, w, at, fit)) {
				*out_all = false;
				return 0;
			}
		}
	}
	if (rc == 0)
		*out_all = true;
	return rc;
}

enum pdg_pgp_fit pdg_signers_pgp_fit(const struct pdg_signers *s, const char *key, int64_t at)
{
	const struct wanted w = read_wanted(key);
	enum pdg_pgp_fit fit = PDG_PGP_FIT;
	bool all;

	/* What cannot be read here is the judge's to say. */
	if (each_wanted(s, &w, cert_unfit, at, &fit, &all) < 0 || !all)
		return PDG_PGP_FIT;
	return fit;
}

static bool is_another(const struct pdg_signers *s, const struct pdg_pgp_cert *cert,
		       const struct wanted *w, int64_t at, enum pdg_pgp_fit *fit)
{
	(void)s;
	(void)at;
	(void)fit;
	return !cert_named(cert, w);
}

enum pdg_pgp_known pdg_signers_pgp_known(const struct pdg_signers *s, const char *key)
{
	const struct wanted w = read_wanted(key);
	bool none;

	if ((!w.hex.n && pdg_bytes_find_byte(w.address, '@', 0) == SIZE_MAX) ||
	    each_wanted(s, &w, is_another, 0, NULL, &none) < 0)
		return PDG_PGP_UNTOLD;
	return none ? PDG_PGP_UNKNOWN : PDG_PGP_KNOWN;
}
