/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSH certificates: a key, what it may be used for, and a CA's signature over both. sshsig.c meets
 * them in the place of the key; allowed_signers.c asks whether a policy's CA made them. As strict
 * as PROTOCOL.certkeys has it, and so stricter than OpenSSH, which orders options and does not
 * look.
 */
#include "crypto/sshcert.h"

#include "crypto/sshkey_impl.h"
#include "crypto/sshwire.h"
#include "util/limits.h"
#include "util/size.h"

#define TYPE_USER      1
#define TYPE_HOST      2
#define MARK	       "-cert-v01"
#define PRINCIPALS_MAX 256 /* OpenSSH's SSHKEY_CERT_MAX_PRINCIPALS */

/* Each with the type of the key that it certifies. */
static const struct {
	const char *type;
	const char *plain;
} types[] = {
	{"ssh-ed25519" MARK "@openssh.com", "ssh-ed25519"},
	{"ecdsa-sha2-nistp256" MARK "@openssh.com", "ecdsa-sha2-nistp256"},
	{"ecdsa-sha2-nistp384" MARK "@openssh.com", "ecdsa-sha2-nistp384"},
	{"ecdsa-sha2-nistp521" MARK "@openssh.com", "ecdsa-sha2-nistp521"},
	{"ssh-rsa" MARK "@openssh.com", "ssh-rsa"},
	{"sk-ssh-ed25519" MARK "@openssh.com", "sk-ssh-ed25519@openssh.com"},
	{"sk-ecdsa-sha2-nistp256" MARK "@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"},
};

bool pdg_sshcert_type(struct pdg_bytes type, struct pdg_bytes *out_plain)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!pdg_bytes_eq_str(type, types[i].type))
			continue;
		if (out_plain)
			*out_plain = pdg_bytes_str(types[i].plain);
		return true;
	}
	return false;
}

bool pdg_sshcert_is(struct pdg_bytes blob)
{
	struct pdg_bytes type;

	return pdg_sshwire_string(&blob, &type) && pdg_sshcert_type(type, NULL);
}

void pdg_sshcert_free(struct pdg_sshcert *cert)
{
	if (!cert)
		return;
	pdg_sshkey_free(cert->key);
	pdg_sshkey_free(cert->ca);
	pdg_buf_done(&cert->blob);
	free(cert);
}

static bool has_nul(struct pdg_bytes b)
{
	return pdg_bytes_find_byte(b, 0, 0) != SIZE_MAX;
}

bool pdg_sshcert_principal(struct pdg_bytes *rest, struct pdg_bytes *out)
{
	return pdg_sshwire_string(rest, out);
}

static int check_principals(struct pdg_bytes rest, struct pdg_error *err)
{
	struct pdg_bytes name;
	size_t n = 0;

	while (rest.n > 0) {
		if (!pdg_sshwire_string(&rest, &name) || name.n == 0 || has_nul(name))
			return pdg_reject(err, "SSH-5",
					  "the SSH certificate's principals are not names");
		if (++n > PRINCIPALS_MAX)
			return pdg_reject(err, "SSH-5",
					  "the SSH certificate has more than %d principals",
					  PRINCIPALS_MAX);
	}
	return 0;
}

/* Does @a stand before @b, byte by byte? */
static bool is_before(struct pdg_bytes a, struct pdg_bytes b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order < 0 || (order == 0 && a.n < b.n);
}

/* Take a pair off *@rest, whose name stands behind @last. */
static int take_option(struct pdg_bytes *rest, struct pdg_bytes last, struct pdg_bytes *name,
		       struct pdg_bytes *data, struct pdg_error *err)
{
	if (!pdg_sshwire_string(rest, name) || !pdg_sshwire_string(rest, data) || name->n == 0 ||
	    has_nul(*name))
		return pdg_reject(err, "SSH-5", "the SSH certificate's options are cut short");
	if (last.n > 0 && !is_before(last, *name))
		return pdg_reject(
			err, "SSH-5",
			"the SSH certificate's options are not each there once, in order");
	return 0;
}

/* verify-required can be kept; a command or an address to log in from says nothing here. */
static int keep_critical(struct pdg_sshcert *cert, struct pdg_bytes name, struct pdg_bytes data,
			 struct pdg_error *err)
{
	if (pdg_bytes_eq_str(name, "verify-required")) {
		if (data.n != 0)
			return pdg_reject(
				err, "SSH-5",
				"option verify-required of the SSH certificate has a value");
		cert->verify_required = true;
	} else if (cert->unkept.n == 0) {
		cert->unkept = name;
	}
	return 0;
}

/* @critical NULL: extensions, which add to a session and do not concern a signature. */
static int take_options(struct pdg_bytes rest, struct pdg_sshcert *critical, struct pdg_error *err)
{
	struct pdg_bytes last = {0};
	struct pdg_bytes name;
	struct pdg_bytes data;

	while (rest.n > 0) {
		int rc = take_option(&rest, last, &name, &data, err);

		if (rc == 0 && critical)
			rc = keep_critical(critical, name, data, err);
		if (rc < 0)
			return rc;
		last = name;
	}
	return 0;
}

/* The lists inside the certificate, once all of it was found to be there. */
struct lists {
	struct pdg_bytes critical;
	struct pdg_bytes extensions;
	struct pdg_bytes reserved;
	struct pdg_bytes ca;
};

static int check_lists(struct pdg_sshcert *cert, const struct lists *l, uint32_t type,
		       struct pdg_error *err)
{
	int rc;

	if (type != TYPE_USER && type != TYPE_HOST)
		return pdg_reject(err, "SSH-5",
				  "the SSH certificate is neither a user's nor a host's");
	cert->host = type == TYPE_HOST;
	if (has_nul(cert->key_id))
		return pdg_reject(err, "SSH-5", "the SSH certificate's key id holds a NUL");
	if (l->reserved.n != 0)
		return pdg_reject(err, "SSH-5", "the SSH certificate uses a reserved field");
	rc = check_principals(cert->principals, err);
	if (rc == 0)
		rc = take_options(l->critical, cert, err);
	if (rc == 0)
		rc = take_options(l->extensions, NULL, err);
	return rc;
}

static int take_ca(struct pdg_sshcert *cert, struct pdg_bytes blob, struct pdg_error *err)
{
	struct pdg_bytes rest = blob;
	struct pdg_bytes type;

	/* "-cert-v01" also of types that are not judged: no chain, whatever the link is made of. */
	if (pdg_sshwire_string(&rest, &type) &&
	    pdg_bytes_find(type, pdg_bytes_str(MARK), 0) != SIZE_MAX)
		return pdg_reject(
			err, "SSH-5",
			"the SSH certificate is signed by a certificate, not by a CA's key");
	return pdg_context(err, pdg_sshkey_parse(blob, &cert->ca, err),
			   "the CA of the certificate");
}

/* PROTOCOL.certkeys: type, nonce, the key's own fields, and what is said of it. */
static int take_fields(struct pdg_sshcert *cert, struct pdg_error *err)
{
	struct pdg_bytes rest = pdg_buf_bytes(&cert->blob);
	struct pdg_bytes type = {0};
	struct pdg_bytes plain;
	struct pdg_bytes nonce;
	struct lists l;
	uint32_t use;
	int rc;

	if (!pdg_sshwire_string(&rest, &type) || !pdg_sshcert_type(type, &plain))
		return pdg_reject(err, "SSH-5", "does not begin with a certificate's type");
	if (!pdg_sshwire_string(&rest, &nonce))
		return pdg_reject(err, "SSH-5", "the SSH certificate is cut short");
	rc = pdg_sshkey_take(plain, &rest, &cert->key, err);
	if (rc < 0)
		return pdg_context(err, rc, "the certified key");
	if (!pdg_sshwire_u64(&rest, &cert->serial) || !pdg_sshwire_u32(&rest, &use) ||
	    !pdg_sshwire_string(&rest, &cert->key_id) ||
	    !pdg_sshwire_string(&rest, &cert->principals) ||
	    !pdg_sshwire_u64(&rest, &cert->valid_after) ||
	    !pdg_sshwire_u64(&rest, &cert->valid_before) ||
	    !pdg_sshwire_string(&rest, &l.critical) || !pdg_sshwire_string(&rest, &l.extensions) ||
	    !pdg_sshwire_string(&rest, &l.reserved) || !pdg_sshwire_string(&rest, &l.ca))
		return pdg_reject(err, "SSH-5", "the SSH certificate is cut short");
	cert->body = pdg_bytes_head(pdg_buf_bytes(&cert->blob), cert->blob.n - rest.n);
	if (!pdg_sshwire_string(&rest, &cert->signature))
		return pdg_reject(err, "SSH-5", "the SSH certificate is cut short");
	if (rest.n != 0)
		return pdg_reject(err, "SSH-5", "bytes follow the SSH certificate");
	rc = check_lists(cert, &l, use, err);
	return rc < 0 ? rc : take_ca(cert, l.ca, err);
}

int pdg_sshcert_parse(struct pdg_bytes blob, struct pdg_sshcert **out, struct pdg_error *err)
{
	PDG_AUTO(sshcert) struct pdg_sshcert *cert = NULL;
	int rc;

	if (blob.n > PDG_LIMIT_SSH_BLOB)
		return pdg_reject(err, "SSH-5", "is larger than an SSH certificate (%zu bytes)",
				  blob.n);
	cert = pdg_calloc(1, sizeof(*cert));
	if (!cert)
		return pdg_nomem(err);
	pdg_buf_init(&cert->blob, PDG_LIMIT_SSH_BLOB);
	pdg_buf_put(&cert->blob, blob);
	rc = pdg_buf_check(&cert->blob, err);
	if (rc == 0)
		rc = take_fields(cert, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(cert);
	return 0;
}

int pdg_sshcert_verify(const struct pdg_sshcert *cert, struct pdg_error *err)
{
	return pdg_context(err, pdg_sshkey_verify(cert->ca, cert->body, cert->signature, err),
			   "the CA's signature on the SSH certificate");
}

const char *pdg_sshcert_unfit(const struct pdg_sshcert *cert, uint8_t flags)
{
	if (cert->host)
		return "is certified for a host, not for a person";
	if (cert->unkept.n > 0)
		return "is certified under a critical option that no signature can keep";
	if (cert->verify_required && !(flags & PDG_SSH_USER_VERIFIED))
		return "is certified for use by a verified user alone, and none was verified";
	return NULL;
}

int pdg_sshcert_when(const struct pdg_sshcert *cert, int64_t at)
{
	if (at < 0 || (uint64_t)at < cert->valid_after)
		return -1;
	return (uint64_t)at >= cert->valid_before ? 1 : 0;
}
