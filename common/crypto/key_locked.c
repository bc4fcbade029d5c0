/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys that are encrypted, and the files of the secrets that open them. Only the programs
 * that keep a service's keys read such files: a person's tools ask nobody for a passphrase.
 */
#include <openssl/pkcs12.h>
#include <unistd.h>

#include "crypto/key_impl.h"
#include "util/fs.h"
#include "util/limits.h"

PDG_AUTO_DEFINE(x509_sig, X509_SIG *, X509_SIG_free)

static int read_private(const char *path, struct pdg_buf *out, struct stat *out_st,
			struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = -1;
	int rc = pdg_key_open_private(path, &fd, out_st, err);

	return rc < 0 ? rc : pdg_fs_read_fd(fd, path, out, err);
}

static int no_secret(struct pdg_error *err, int rc)
{
	pdg_fix(err, "write the secret into the first line of that file, of mode 0600 and the "
		     "user's who runs this, or name another file");
	return rc;
}

int pdg_key_secret_file(const char *path, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_PASSPHRASE);
	struct pdg_bytes rest, line;
	struct stat st;
	int rc;

	pdg_key_hide_memory();
	rc = read_private(path, &text, &st, err);
	if (rc < 0)
		return no_secret(err, pdg_as_rule(err, rc, "KEY-3"));
	rc = pdg_key_check_private(path, &st, err);
	if (rc < 0)
		return rc;
	rest = pdg_buf_bytes(&text);
	if (!pdg_bytes_line(&rest, &line))
		line = rest;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n == 0)
		return pdg_reject(err, "KEY-4", "%s: the first line is empty, and no secret", path);
	pdg_buf_put(out, line);
	return pdg_buf_check(out, err);
}

/* What is inside of the encrypted form is PKCS#8 again, read as if it had stood in the file. */
static int open_locked(struct pdg_bytes der, struct pdg_bytes passphrase, struct pdg_key **out,
		       struct pdg_error *err)
{
	PDG_AUTO(x509_sig) X509_SIG *locked = NULL;
	PDG_AUTO(p8info) PKCS8_PRIV_KEY_INFO *info = NULL;
	const unsigned char *p = der.p;
	EVP_PKEY *pkey;

	locked = d2i_X509_SIG(NULL, &p, (long)der.n);
	if (!locked || p != der.p + der.n)
		return pdg_ossl_reject(err, "KEY-1", "is not an encrypted private key (RFC 5958)");
	info = PKCS8_decrypt(locked, (const char *)passphrase.p, (int)passphrase.n);
	if (!info)
		return pdg_ossl_reject(err, "KEY-4", "the passphrase does not open the key");
	pkey = EVP_PKCS82PKEY(info);
	if (!pkey)
		return pdg_ossl_reject(err, "KEY-1", "is not a private key of a known form");
	return pdg_key_adopt(pkey, pdg_bytes(NULL, 0), true, out, err);
}

static int locked_pem(struct pdg_bytes pem, const char *passphrase_file, struct pdg_key **out,
		      bool *out_locked, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(buf) struct pdg_buf passphrase = PDG_BUF_INIT(PDG_LIMIT_PASSPHRASE);
	struct pdg_bytes label;
	int rc;

	*out_locked = pdg_key_pem_read(pem, &label, &der, NULL) == 0 &&
		      pdg_bytes_eq_str(label, PDG_KEY_LOCKED);
	if (!*out_locked)
		return pdg_key_private_pem(pem, out, err);
	if (!passphrase_file)
		return pdg_reject(err, "KEY-4",
				  "is encrypted, and no passphrase is configured for it");
	rc = pdg_key_secret_file(passphrase_file, &passphrase, err);
	if (rc < 0)
		return pdg_context(err, rc, "its passphrase");
	return open_locked(pdg_buf_bytes(&der), pdg_buf_bytes(&passphrase), out, err);
}

int pdg_key_private_file_locked(const char *path, const char *passphrase_file, struct pdg_key **out,
				bool *out_locked, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(key) struct pdg_key *key = NULL;
	bool locked = false;
	struct stat st;
	int rc;

	pdg_key_hide_memory();
	rc = read_private(path, &text, &st, err);
	if (rc == 0)
		rc = pdg_context(
			err, locked_pem(pdg_buf_bytes(&text), passphrase_file, &key, &locked, err),
			"%s", path);
	if (rc < 0)
		return pdg_as_rule(err, rc, "KEY-3");
	rc = pdg_key_check_private(path, &st, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(key);
	if (out_locked)
		*out_locked = locked;
	return 0;
}
