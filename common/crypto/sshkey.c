/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSH public keys: what is common to all kinds. allowed_signers.c lists them, sshsig.c finds one in
 * each signature and checks it here. One key has one blob: lengths are exact, numbers minimal,
 * points uncompressed; so keys are compared by their blobs.
 */
#include "crypto/sshkey_impl.h"

#include "crypto/sshwire.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"

#define TYPE_SHOWN   64	  /* characters of an unknown type's name in an error text */
#define USER_PRESENT 0x01 /* PROTOCOL.u2f: somebody touched the security key */

static const struct {
	const struct pdg_sshkey_kind *kinds;
	size_t n;
} tables[] = {
	{pdg_sshkey_ed25519, sizeof(pdg_sshkey_ed25519) / sizeof(pdg_sshkey_ed25519[0])},
	{pdg_sshkey_ecdsa, sizeof(pdg_sshkey_ecdsa) / sizeof(pdg_sshkey_ecdsa[0])},
	{pdg_sshkey_rsa, sizeof(pdg_sshkey_rsa) / sizeof(pdg_sshkey_rsa[0])},
};

/* Types that OpenSSH knows and this code does not judge. */
static const char *const not_judged[] = {
	"ssh-dss",
	"ssh-xmss@openssh.com",
	"webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
	"ssh-dss-cert-v01@openssh.com",
	"ssh-rsa-cert-v01@openssh.com",
	"ssh-ed25519-cert-v01@openssh.com",
	"ecdsa-sha2-nistp256-cert-v01@openssh.com",
	"ecdsa-sha2-nistp384-cert-v01@openssh.com",
	"ecdsa-sha2-nistp521-cert-v01@openssh.com",
	"sk-ssh-ed25519-cert-v01@openssh.com",
	"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
};

static const struct pdg_sshkey_kind *find_kind(struct pdg_bytes type)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (size_t i = 0; i < tables[t].n; i++)
			if (pdg_bytes_eq_str(type, tables[t].kinds[i].name))
				return &tables[t].kinds[i];
	return NULL;
}

bool pdg_sshkey_type_known(struct pdg_bytes type, bool *out_judged)
{
	*out_judged = find_kind(type) != NULL;
	if (*out_judged)
		return true;
	for (size_t i = 0; i < sizeof(not_judged) / sizeof(not_judged[0]); i++)
		if (pdg_bytes_eq_str(type, not_judged[i]))
			return true;
	return false;
}

void pdg_sshkey_free(struct pdg_sshkey *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	pdg_buf_done(&key->blob);
	free(key);
}

/* The kind, or why there is none: a name that cannot be one is no key at all. */
static int find_judged(struct pdg_bytes type, const struct pdg_sshkey_kind **out,
		       struct pdg_error *err)
{
	if (type.n == 0 || type.n > TYPE_SHOWN)
		return pdg_reject(err, "SSH-1", "the SSH key does not begin with a key type");
	for (size_t i = 0; i < type.n; i++)
		if (type.p[i] <= ' ' || type.p[i] > '~')
			return pdg_reject(err, "SSH-1", "the SSH key's type is not a name");
	*out = find_kind(type);
	if (!*out)
		return pdg_reject(err, "SSH-3", "SSH keys of type %.*s are not judged", (int)type.n,
				  (const char *)type.p);
	return 0;
}

static int take_fields(struct pdg_sshkey *key, struct pdg_bytes *rest, struct pdg_error *err)
{
	struct pdg_bytes application;
	int rc = key->kind->parse(key, rest, err);

	if (rc < 0 || !key->kind->hardware)
		return rc;
	if (!pdg_sshwire_string(rest, &application))
		return pdg_reject(err, "SSH-1", "the security key names no application");
	return pdg_sha256(application, key->application, err);
}

/* The blob that a key of this @type with these @fields has, and its name by that. */
static int name_and_keep(struct pdg_sshkey *key, struct pdg_bytes type, struct pdg_bytes fields,
			 struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_SSH_FINGERPRINT_TEXT - 1);
	uint8_t sum[PDG_SHA256_LEN];
	int rc;

	pdg_buf_init(&key->blob, PDG_LIMIT_SSH_BLOB);
	pdg_sshwire_put_string(&key->blob, type);
	pdg_buf_put(&key->blob, fields);
	rc = pdg_buf_check(&key->blob, err);
	if (rc < 0)
		return rc;
	rc = pdg_sha256(pdg_buf_bytes(&key->blob), sum, err);
	if (rc < 0)
		return rc;
	pdg_buf_puts(&text, "SHA256:");
	pdg_base64_nopad(pdg_bytes(sum, sizeof(sum)), &text);
	rc = pdg_buf_check(&text, err);
	if (rc < 0)
		return rc;
	memcpy(key->fingerprint, pdg_buf_cstr(&text), text.n + 1);
	return 0;
}

int pdg_sshkey_take(struct pdg_bytes type, struct pdg_bytes *rest, struct pdg_sshkey **out,
		    struct pdg_error *err)
{
	PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
	const struct pdg_sshkey_kind *kind = NULL;
	struct pdg_bytes behind = *rest;
	int rc = find_judged(type, &kind, err);

	if (rc < 0)
		return rc;
	key = pdg_calloc(1, sizeof(*key));
	if (!key)
		return pdg_nomem(err);
	key->kind = kind;
	rc = take_fields(key, &behind, err);
	if (rc < 0)
		return rc;
	rc = name_and_keep(key, type, pdg_bytes_head(*rest, rest->n - behind.n), err);
	if (rc < 0)
		return rc;
	*rest = behind;
	*out = PDG_TAKE(key);
	return 0;
}

int pdg_sshkey_parse(struct pdg_bytes blob, struct pdg_sshkey **out, struct pdg_error *err)
{
	PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
	struct pdg_bytes rest = blob;
	struct pdg_bytes type;
	int rc;

	if (blob.n > PDG_LIMIT_SSH_BLOB)
		return pdg_reject(err, "SSH-1", "is larger than an SSH key (%zu bytes)", blob.n);
	if (!pdg_sshwire_string(&rest, &type))
		return pdg_reject(err, "SSH-1", "the SSH key does not begin with a key type");
	rc = pdg_sshkey_take(type, &rest, &key, err);
	if (rc < 0)
		return rc;
	if (rest.n != 0)
		return pdg_reject(err, "SSH-1", "bytes follow the SSH key");
	*out = PDG_TAKE(key);
	return 0;
}

/* What stands behind the type in keys that are not judged for it or for their size: n a number, s a
 * string; in those that nobody here knows strings, at least one. */
static const struct {
	const char *type;
	const char *fields;
} shapes[] = {
	{"ssh-rsa", "nn"},
	{"ssh-dss", "nnnn"},
	{"ssh-xmss@openssh.com", "ss"},
	{"webauthn-sk-ecdsa-sha2-nistp256@openssh.com", "sss"},
};

static bool has_fields(struct pdg_bytes type, struct pdg_bytes rest)
{
	const char *fields = NULL;
	struct pdg_bytes v;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (pdg_bytes_eq_str(type, shapes[i].type))
			fields = shapes[i].fields;
	if (!fields) {
		while (rest.n > 0 && pdg_sshwire_string(&rest, &v))
			fields = "";
		return fields && rest.n == 0;
	}
	for (; *fields; fields++)
		if (*fields == 'n' ? !pdg_sshwire_mpint(&rest, &v) : !pdg_sshwire_string(&rest, &v))
			return false;
	return rest.n == 0;
}

int pdg_sshkey_complete(struct pdg_bytes blob, struct pdg_error *err)
{
	PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
	struct pdg_error why = {0};
	struct pdg_bytes rest = blob;
	struct pdg_bytes type;
	int rc = pdg_sshkey_parse(blob, &key, &why);

	if (rc == 0)
		return 0;
	if (rc != PDG_E_FORMAT && rc != PDG_E_REJECTED)
		return pdg_fail(err, rc, "%s", why.text);
	if (!pdg_sshwire_string(&rest, &type))
		return pdg_reject(err, "SSH-1", "%s", why.text);
	if (find_kind(type) && !pdg_bytes_eq_str(type, pdg_sshkey_rsa[0].name))
		return pdg_reject(err, "SSH-1", "%s", why.text);
	if (!has_fields(type, rest))
		return pdg_reject(err, "SSH-1", "the SSH key is cut off, or bytes follow it");
	return 0;
}

struct pdg_bytes pdg_sshkey_blob(const struct pdg_sshkey *key)
{
	return pdg_buf_bytes(&key->blob);
}

bool pdg_sshkey_is_hardware(const struct pdg_sshkey *key)
{
	return key->kind->hardware;
}

const char *pdg_sshkey_fingerprint(const struct pdg_sshkey *key)
{
	return key->fingerprint;
}

int pdg_sshkey_check(const struct pdg_sshkey *key, const EVP_MD *hash, struct pdg_bytes msg,
		     struct pdg_bytes sig, struct pdg_error *err)
{
	PDG_AUTO(evp_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestVerifyInit(ctx, NULL, hash, NULL, key->pkey) != 1)
		return pdg_ossl_fail(err, "set up an SSH key for verifying");
	EVP_MD_CTX_set_flags(ctx, EVP_MD_CTX_FLAG_FINALISE);
	return pdg_ossl_check(ctx, sig, msg, key->fingerprint, err);
}

/* What a security key signs: its application, its flags and counter, and the message's digest. */
static int wrap(const struct pdg_sshkey *key, struct pdg_bytes *rest, struct pdg_bytes msg,
		struct pdg_buf *out, struct pdg_error *err)
{
	uint8_t sum[PDG_SHA256_LEN];
	uint32_t counter;
	uint8_t flags;
	int rc;

	if (!pdg_sshwire_u8(rest, &flags) || !pdg_sshwire_u32(rest, &counter))
		return pdg_reject(err, "SSH-1", "the security key's signature is cut short");
	if (!(flags & USER_PRESENT))
		return pdg_reject(err, "SIG-1", "nobody touched security key %s for this signature",
				  key->fingerprint);
	rc = pdg_sha256(msg, sum, err);
	if (rc < 0)
		return rc;
	pdg_buf_put(out, pdg_bytes(key->application, sizeof(key->application)));
	pdg_buf_putc(out, flags);
	pdg_buf_u32be(out, counter);
	pdg_buf_put(out, pdg_bytes(sum, sizeof(sum)));
	return pdg_buf_check(out, err);
}

int pdg_sshkey_verify(const struct pdg_sshkey *key, struct pdg_bytes msg, struct pdg_bytes sig,
		      struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf wrapped = PDG_BUF_INIT(2 * PDG_SHA256_LEN + 5);
	struct pdg_bytes algorithm;
	struct pdg_bytes inner;
	int rc;

	if (!pdg_sshwire_string(&sig, &algorithm) || !pdg_sshwire_string(&sig, &inner))
		return pdg_reject(err, "SSH-1", "the SSH signature is cut short");
	if (key->kind->hardware) {
		rc = wrap(key, &sig, msg, &wrapped, err);
		if (rc < 0)
			return rc;
		msg = pdg_buf_bytes(&wrapped);
	}
	if (sig.n != 0)
		return pdg_reject(err, "SSH-1", "bytes follow the SSH signature");
	return key->kind->verify(key, algorithm, msg, inner, err);
}

bool pdg_sshkey_whole(const struct pdg_sshkey *key, struct pdg_bytes value)
{
	struct pdg_bytes r;
	struct pdg_bytes s;

	if (key->kind == pdg_sshkey_rsa)
		return value.n == (size_t)EVP_PKEY_get_size(key->pkey);
	if (key->kind->field == 0)
		return true; /* Ed25519 has one length */
	return pdg_sshwire_mpint(&value, &r) && pdg_sshwire_mpint(&value, &s) &&
	       r.n + PDG_LIMIT_LEADING_ZEROS >= key->kind->field &&
	       s.n + PDG_LIMIT_LEADING_ZEROS >= key->kind->field;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Take a word off *@rest and the blanks behind it. */
static struct pdg_bytes take_word(struct pdg_bytes *rest)
{
	struct pdg_bytes word;
	size_t n = 0;

	while (n < rest->n && !is_blank(rest->p[n]))
		n++;
	word = pdg_bytes_head(*rest, n);
	while (n < rest->n && is_blank(rest->p[n]))
		n++;
	*rest = pdg_bytes_from(*rest, n);
	return word;
}

int pdg_sshkey_line(struct pdg_bytes line, struct pdg_buf *out_blob, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(PDG_LIMIT_SSH_BLOB);
	struct pdg_bytes rest = line;
	struct pdg_bytes type;
	struct pdg_bytes inside;
	int rc;

	while (rest.n > 0 && is_blank(rest.p[0]))
		rest = pdg_bytes_from(rest, 1);
	type = take_word(&rest);
	if (type.n == 0 || rest.n == 0)
		return pdg_reject(err, "SSH-2", "is not a key type and a key in base64");
	rc = pdg_unbase64(take_word(&rest), PDG_BASE64_STD, &blob, NULL);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc < 0)
		return pdg_reject(err, "SSH-2", "the key is not strict base64");
	rest = pdg_buf_bytes(&blob);
	if (!pdg_sshwire_string(&rest, &inside) || !pdg_bytes_eq(inside, type))
		return pdg_reject(err, "SSH-2", "the key is not of the type that stands before it");
	pdg_buf_put(out_blob, pdg_buf_bytes(&blob));
	return pdg_buf_check(out_blob, err);
}
