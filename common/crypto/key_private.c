/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys: their files, which nobody else may read, and new ones. Every buffer that holds one
 * is a pdg_buf, which is cleansed, and no text of an error quotes what it read.
 */
#include "crypto/key_known.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fs.h"
#include "util/limits.h"

/*
 * From the first private byte on this process leaves no core dump, and no other program of the same
 * user may look into its memory (prctl(2), PR_SET_DUMPABLE). Whoever execs is as before.
 */
void pdg_key_hide_memory(void)
{
	/* With this argument it cannot fail. */
	(void)prctl(PR_SET_DUMPABLE, 0);
}

/* PKCS#8 carries its type inside, the traditional forms in their label. NULL: not of that form. */
static EVP_PKEY *decode_private(struct pdg_bytes label, struct pdg_bytes der)
{
	PDG_AUTO(evp_pkey) EVP_PKEY *pkey = NULL;
	PDG_AUTO(p8info) PKCS8_PRIV_KEY_INFO *info = NULL;
	const unsigned char *p = der.p;

	if (pdg_bytes_eq_str(label, "PRIVATE KEY")) {
		info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.n);
		if (info)
			pkey = EVP_PKCS82PKEY(info);
	} else if (pdg_bytes_eq_str(label, "EC PRIVATE KEY")) {
		pkey = d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, (long)der.n);
	} else if (pdg_bytes_eq_str(label, "RSA PRIVATE KEY")) {
		pkey = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &p, (long)der.n);
	}
	if (pkey && p != der.p + der.n)
		return NULL;
	return PDG_TAKE(pkey);
}

int pdg_key_private_pem(struct pdg_bytes pem, struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	struct pdg_bytes label;
	EVP_PKEY *pkey = NULL;
	int rc;

	rc = pdg_key_pem_read(pem, &label, &der, err);
	if (rc < 0) {
		pdg_fix(err,
			"write it anew as one unencrypted block: openssl pkey -in OLD -out NEW");
		return rc;
	}
	if (der.n == 0 || der.n > PDG_LIMIT_KEY_PEM)
		return pdg_reject(err, "KEY-1", "the PEM block is empty");
	if (pdg_bytes_eq_str(label, "PUBLIC KEY")) {
		rc = pdg_reject(err, "KEY-1", "is a public key; the private one is needed here");
		pdg_fix(err, "name the file of the private key, often this name without .pub");
		return rc;
	}
	if (pdg_bytes_eq_str(label, "PRIVATE KEY"))
		rc = pdg_key_known_private(pdg_buf_bytes(&der), &pkey, &spki, err);
	if (rc < 0)
		return rc;
	if (!pkey)
		pkey = decode_private(label, pdg_buf_bytes(&der));
	if (!pkey) {
		rc = pdg_ossl_reject(err, "KEY-1",
				     "is not an unencrypted private key of a known form");
		pdg_fix(err,
			"make one with pedigree key generate, or openssl pkey -in OLD -out NEW");
		return rc;
	}
	return pdg_key_adopt(pkey, pdg_buf_bytes(&spki), true, out, err);
}

/* Is the key that was read from @st its owner's alone? */
int pdg_key_check_private(const char *path, const struct stat *st, struct pdg_error *err)
{
	int rc;

	if (st->st_uid != geteuid() && st->st_uid != 0) {
		rc = pdg_reject(err, "KEY-2",
				"%s: the private file belongs to another user (uid %lu)", path,
				(unsigned long)st->st_uid);
		pdg_fix(err, "run this as that user (runuser -u USER -- ...), or name a key of "
			     "your own");
		return rc;
	}
	if (!(st->st_mode & (S_IRWXG | S_IRWXO)))
		return 0;
	rc = pdg_reject(err, "KEY-2", "%s: the private file is open to others (mode %04o)", path,
			(unsigned)(st->st_mode & 07777));
	pdg_fix(err, "chmod 600 %s", path);
	return rc;
}

/* The descriptor that is checked is the one that is read: the name may point elsewhere later. */
int pdg_key_open_private(const char *path, int *out_fd, struct stat *out_st, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		bool theirs = errno == EACCES || errno == EPERM;
		int rc = pdg_fail(err,
				  errno == ENOENT || errno == ENOTDIR ? PDG_E_NOTFOUND : PDG_E_IO,
				  "%s: cannot be opened: %s", path, strerror(errno));

		if (theirs)
			pdg_fix(err, "chown it to the user that runs this, and let that user into "
				     "its folder; or run this as the user that owns it");
		return rc;
	}
	if (fstat(fd, out_st) != 0)
		return pdg_fail(err, PDG_E_IO, "%s: %s", path, strerror(errno));
	if (!S_ISREG(out_st->st_mode))
		return pdg_fail(err, PDG_E_IO, "%s: is not a regular file", path);
	*out_fd = fd;
	fd = -1;
	return 0;
}

/* The bytes of a file that should be a private key's; who may read it is not asked here. */
static int read_file(const char *path, struct pdg_buf *out, struct stat *st, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = -1;
	int rc;

	pdg_key_hide_memory();
	rc = pdg_key_open_private(path, &fd, st, err);
	if (rc == 0)
		rc = pdg_fs_read_fd(fd, path, out, err);
	return rc < 0 ? pdg_as_rule(err, rc, "KEY-3") : 0;
}

/* What is no private key at all is called that, and not a key that others can read. */
int pdg_key_private_file(const char *path, struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(key) struct pdg_key *key = NULL;
	struct stat st;
	int rc = read_file(path, &text, &st, err);

	if (rc < 0)
		return rc;
	rc = pdg_context(err, pdg_key_private_pem(pdg_buf_bytes(&text), &key, err), "%s", path);
	if (rc < 0)
		return pdg_as_rule(err, rc, "KEY-3");
	rc = pdg_key_check_private(path, &st, err);
	if (rc == 0)
		*out = PDG_TAKE(key);
	return rc;
}

int pdg_key_private_bytes(const char *path, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	struct stat st;
	int rc = read_file(path, &text, &st, err);

	if (rc == 0)
		rc = pdg_key_check_private(path, &st, err);
	if (rc < 0)
		return rc;
	pdg_buf_put(out, pdg_buf_bytes(&text));
	return pdg_buf_check(out, err);
}

int pdg_key_generate(enum pdg_key_type type, struct pdg_key **out, struct pdg_error *err)
{
	EVP_PKEY *pkey = NULL;

	pdg_key_hide_memory();
	if (type == PDG_KEY_ECDSA_P256)
		pkey = EVP_EC_gen("P-256");
	else if (type == PDG_KEY_ED25519)
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else
		return pdg_fail(err, PDG_E_USAGE, "only P-256 and Ed25519 keys are made here");
	if (!pkey)
		return pdg_ossl_fail(err, "make a key");
	return pdg_key_adopt(pkey, pdg_bytes(NULL, 0), true, out, err);
}

int pdg_key_private_save(const struct pdg_key *key, const char *path, struct pdg_error *err)
{
	PDG_AUTO(p8info) PKCS8_PRIV_KEY_INFO *info = NULL;
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	unsigned char *p;
	int n;
	int rc;

	if (!key->signer)
		return pdg_fail(err, PDG_E_USAGE, "key %s has no private part to save", key->hint);
	info = EVP_PKEY2PKCS8(key->pkey);
	n = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : -1;
	if (n <= 0)
		return pdg_ossl_fail(err, "encode a private key");
	p = pdg_buf_room(&der, (size_t)n);
	if (p && i2d_PKCS8_PRIV_KEY_INFO(info, &p) != n)
		return pdg_ossl_fail(err, "encode a private key");
	rc = pdg_buf_check(&der, err);
	if (rc < 0)
		return rc;
	pdg_pem_write("PRIVATE KEY", pdg_buf_bytes(&der), &pem);
	rc = pdg_buf_check(&pem, err);
	if (rc < 0)
		return rc;
	return pdg_fs_create(path, pdg_buf_bytes(&pem), 0600, err);
}
