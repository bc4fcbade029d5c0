/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gpgme runs gpg and reads its machine-readable output; only its structures are used, never text
 * (CVE-2018-12020). GnuPG tells what keys are, and whether the mathematics of a signature is right;
 * never whether somebody may sign.
 */
#include "gnupg.h"

#include <string.h>

#define CHUNK 8192

static void data_release(gpgme_data_t d)
{
	if (d)
		gpgme_data_release(d);
}
PDG_AUTO_DEFINE(gpgme_data, gpgme_data_t, data_release)

static int failed(gpgme_error_t e, const char *what, struct pdg_error *err)
{
	char text[128];

	if (gpgme_err_code(e) == GPG_ERR_ENOMEM)
		return pdg_nomem(err);
	(void)gpgme_strerror_r(e, text, sizeof(text));
	return pdg_fail(err, PDG_E_IO, "GnuPG could not %s: %s", what, text);
}

int gnupg_open(const char *home, gpgme_ctx_t *out, struct pdg_error *err)
{
	PDG_AUTO(gpgme_ctx) gpgme_ctx_t ctx = NULL;
	gpgme_error_t e;

	if (!gpgme_check_version("1.16.0"))
		return pdg_fail(err, PDG_E_IO, "gpgme is older than 1.16.0");
	e = gpgme_engine_check_version(GPGME_PROTOCOL_OpenPGP);
	if (!e)
		e = gpgme_new(&ctx);
	if (!e)
		e = gpgme_ctx_set_engine_info(ctx, GPGME_PROTOCOL_OpenPGP, NULL, home);
	if (e) {
		int rc = failed(e, "be started", err);

		pdg_fix(err, "install gnupg (the program gpg)");
		return rc;
	}
	gpgme_set_offline(ctx, 1);
	*out = PDG_TAKE(ctx);
	return 0;
}

int gnupg_import(gpgme_ctx_t ctx, struct pdg_bytes packets, struct pdg_error *err)
{
	PDG_AUTO(gpgme_data) gpgme_data_t data = NULL;
	gpgme_import_result_t result;
	gpgme_error_t e;

	e = gpgme_data_new_from_mem(&data, (const char *)packets.p, packets.n, 0);
	if (!e)
		e = gpgme_op_import(ctx, data);
	if (e)
		return failed(e, "import the key file", err);
	result = gpgme_op_import_result(ctx);
	if (!result)
		return pdg_fail(err, PDG_E_IO, "GnuPG gave no result of its import");
	/* The file's reader has refused them already; a mistake in it must not import one. */
	if (result->secret_read > 0)
		return pdg_reject(err, "PGP-4", "OpenPGP key file: there is a secret key in it");
	return 0;
}

int gnupg_export(gpgme_ctx_t ctx, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(gpgme_data) gpgme_data_t data = NULL;
	char chunk[CHUNK];
	gpgme_error_t e;
	ssize_t n;

	e = gpgme_data_new(&data);
	if (!e)
		e = gpgme_op_export(ctx, NULL, 0, data);
	if (e)
		return failed(e, "export the keys", err);
	if (gpgme_data_seek(data, 0, SEEK_SET) != 0)
		return pdg_fail(err, PDG_E_IO, "what GnuPG exported cannot be read");
	while ((n = gpgme_data_read(data, chunk, sizeof(chunk))) > 0)
		pdg_buf_put(out, pdg_bytes(chunk, (size_t)n));
	if (n < 0)
		return pdg_fail(err, PDG_E_IO, "what GnuPG exported cannot be read");
	return pdg_buf_check(out, err);
}

int gnupg_list(gpgme_ctx_t ctx, int (*each)(void *arg, gpgme_key_t key, struct pdg_error *err),
	       void *arg, struct pdg_error *err)
{
	gpgme_error_t e = gpgme_set_keylist_mode(ctx, GPGME_KEYLIST_MODE_LOCAL);

	if (!e)
		e = gpgme_op_keylist_start(ctx, NULL, 0);
	for (;;) {
		PDG_AUTO(gpgme_key) gpgme_key_t key = NULL;
		int rc;

		if (!e)
			e = gpgme_op_keylist_next(ctx, &key);
		if (gpgme_err_code(e) == GPG_ERR_EOF)
			return 0;
		if (e)
			return failed(e, "list the keys", err);
		rc = each(arg, key, err);
		if (rc < 0)
			return rc;
	}
}

/* The statuses of a signature whose mathematics is right, whatever its key has come to. */
static bool is_right(gpgme_err_code_t code)
{
	return code == GPG_ERR_NO_ERROR || code == GPG_ERR_SIG_EXPIRED ||
	       code == GPG_ERR_KEY_EXPIRED || code == GPG_ERR_CERT_REVOKED;
}

/*
 * Does gpg find something wrong with the bytes? It has many words for that, and "general error" for
 * the rest; what is not of that kind comes from the system or from gpgme. That its ring is there
 * has been seen to (verify.c).
 */
static bool is_unread(gpgme_error_t e)
{
	gpgme_err_code_t code = gpgme_err_code(e);

	return e && gpgme_err_code_to_errno(code) == 0 && code != GPG_ERR_INV_ENGINE &&
	       code != GPG_ERR_NOT_SUPPORTED && code != GPG_ERR_CANCELED;
}

/* What gpg says of a key that it does not let sign: of a subkey without consent, "general error".
 */
static bool is_unfit(gpgme_err_code_t code)
{
	return code == GPG_ERR_GENERAL || code == GPG_ERR_WRONG_KEY_USAGE ||
	       code == GPG_ERR_BAD_PUBKEY || code == GPG_ERR_UNUSABLE_PUBKEY;
}

static void say_not(gpgme_error_t e, struct pdg_pgp_answer *out, char why[PDG_PGP_ANSWER_TEXT + 1])
{
	(void)gpgme_strerror_r(e, why, PDG_PGP_ANSWER_TEXT + 1);
	why[PDG_PGP_ANSWER_TEXT] = '\0';
	*out = (struct pdg_pgp_answer){.said = PDG_PGP_SAID_NOT, .text_n = strlen(why)};
}

/* Two signatures, or none, are none that is good (attacks.md M16, M17). */
static void judge(const struct _gpgme_signature *s, struct pdg_pgp_answer *out,
		  char why[PDG_PGP_ANSWER_TEXT + 1])
{
	gpgme_err_code_t code;

	*out = (struct pdg_pgp_answer){.said = PDG_PGP_SAID_BAD};
	if (!s || s->next)
		return;
	code = gpgme_err_code(s->status);
	if (!is_right(code)) {
		if (code != GPG_ERR_BAD_SIGNATURE)
			say_not(s->status, out, why);
		if (is_unfit(code))
			out->said = PDG_PGP_SAID_UNFIT;
		return;
	}
	/* Only with VALIDSIG is this the whole fingerprint. */
	if (!s->fpr || strlen(s->fpr) != PDG_PGP_FINGERPRINT_HEX - 1 || s->timestamp > UINT32_MAX)
		return;
	out->said = PDG_PGP_SAID_GOOD;
	out->hash_id = s->hash_algo; /* gpgme numbers them as RFC 4880 9.4 does */
	out->created = (uint32_t)s->timestamp;
	memcpy(out->fingerprint, s->fpr, sizeof(out->fingerprint));
}

int gnupg_verify(gpgme_ctx_t ctx, struct pdg_bytes packet, struct pdg_bytes msg,
		 struct pdg_pgp_answer *out, char why[PDG_PGP_ANSWER_TEXT + 1],
		 struct pdg_error *err)
{
	PDG_AUTO(gpgme_data) gpgme_data_t sig = NULL;
	PDG_AUTO(gpgme_data) gpgme_data_t text = NULL;
	gpgme_verify_result_t result;
	gpgme_error_t e;

	e = gpgme_data_new_from_mem(&sig, (const char *)packet.p, packet.n, 0);
	if (!e)
		e = gpgme_data_new_from_mem(&text, (const char *)msg.p, msg.n, 0);
	if (!e)
		e = gpgme_op_verify(ctx, sig, text, NULL);
	if (is_unread(e)) {
		say_not(e, out, why);
		return 0;
	}
	if (e)
		return failed(e, "check a signature", err);
	result = gpgme_op_verify_result(ctx);
	if (!result)
		return pdg_fail(err, PDG_E_IO, "GnuPG gave no result of its check");
	judge(result->signatures, out, why);
	return 0;
}
