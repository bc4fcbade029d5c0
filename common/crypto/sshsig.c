/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSHSIG, from armor to verdict, in the order of trust: form, then key, then namespace, then the
 * mathematics. commit/judge_ssh.c comes here with git's signatures, approvals with their own
 * namespace.
 */
#include "crypto/sshsig.h"

#include "crypto/digest.h"
#include "crypto/sshkey_impl.h"
#include "crypto/sshwire.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"

#define ARMOR_BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define ARMOR_END   "-----END SSH SIGNATURE-----"
#define MAGIC	    "SSHSIG"
#define VERSION	    1
#define COLUMNS	    70 /* as ssh-keygen breaks its lines (sshbuf-misc.c) */
#define SHOWN	    64 /* characters of a foreign namespace in an error text */

struct pdg_sshsig {
	struct pdg_buf blob;	  /* what the spans below point into */
	struct pdg_sshkey *plain; /* NULL where a certificate stands in its place */
	struct pdg_sshcert *cert;
	struct pdg_bytes public_; /* the blob of either */
	struct pdg_bytes namespace_;
	struct pdg_bytes hash_name;
	struct pdg_bytes inner;
	enum pdg_hash hash;
};

void pdg_sshsig_free(struct pdg_sshsig *sig)
{
	if (!sig)
		return;
	pdg_sshkey_free(sig->plain);
	pdg_sshcert_free(sig->cert);
	pdg_buf_done(&sig->blob);
	free(sig);
}

/*
 * Are the lines between BEGIN and END broken as some program does, ssh-keygen or one that writes
 * PEM (RFC 7468 2) or MIME (RFC 2045 6.8)? The commit's name covers the armor, but no signature
 * does: what is free in it is free to whoever wants a second name for the same commit.
 */
static bool is_broken_evenly(struct pdg_bytes body)
{
	static const size_t widths[] = {64, COLUMNS, 76, 0};
	struct pdg_columns columns = {0};
	struct pdg_bytes line;

	while (pdg_bytes_line(&body, &line))
		if (!pdg_columns_take(&columns, widths, line.n))
			return false;
	return columns.width > 0;
}

/* The lines between BEGIN and END: base64, none empty, and no \r, which git never stores. */
static int armor_body(struct pdg_bytes armor, struct pdg_bytes *out_body, struct pdg_error *err)
{
	struct pdg_bytes body;
	struct pdg_bytes rest;
	size_t end;

	if (!pdg_bytes_starts(armor, ARMOR_BEGIN))
		return pdg_reject(err, "SSH-1",
				  "the SSH signature does not begin with its BEGIN line");
	body = pdg_bytes_from(armor, strlen(ARMOR_BEGIN));
	end = pdg_bytes_find(body, pdg_bytes_str("\n" ARMOR_END), 0);
	if (end == SIZE_MAX)
		return pdg_reject(err, "SSH-1", "the SSH signature has no END line");
	rest = pdg_bytes_from(body, end + 1 + strlen(ARMOR_END));
	if (rest.n > 0 && !pdg_bytes_eq_str(rest, "\n"))
		return pdg_reject(err, "SSH-1", "bytes follow the SSH signature's END line");
	body = pdg_bytes_head(body, end);
	if (!is_broken_evenly(body) || body.p[body.n - 1] == '\n' ||
	    pdg_bytes_find_byte(body, '\r', 0) != SIZE_MAX)
		return pdg_reject(err, "SSH-1", "the SSH signature's lines are not of their form");
	*out_body = body;
	return 0;
}

static int take_hash(struct pdg_sshsig *sig, struct pdg_error *err)
{
	if (pdg_bytes_eq_str(sig->hash_name, "sha512"))
		sig->hash = PDG_SHA512;
	else if (pdg_bytes_eq_str(sig->hash_name, "sha256"))
		sig->hash = PDG_SHA256;
	else
		return pdg_reject(err, "SSH-1",
				  "the SSH signature's hash is neither sha256 nor sha512");
	return 0;
}

/* PROTOCOL.sshsig: "SSHSIG", version, public key, namespace, reserved, hash, signature. */
static int take_fields(struct pdg_sshsig *sig, struct pdg_error *err)
{
	struct pdg_bytes rest = pdg_buf_bytes(&sig->blob);
	struct pdg_bytes reserved;
	uint32_t version;
	int rc;

	if (!pdg_bytes_starts(rest, MAGIC))
		return pdg_reject(err, "SSH-1", "the SSH signature does not begin with " MAGIC);
	rest = pdg_bytes_from(rest, strlen(MAGIC));
	if (!pdg_sshwire_u32(&rest, &version) || version != VERSION)
		return pdg_reject(err, "SSH-1", "the SSH signature is not of version %d", VERSION);
	if (!pdg_sshwire_string(&rest, &sig->public_) ||
	    !pdg_sshwire_string(&rest, &sig->namespace_) || !pdg_sshwire_string(&rest, &reserved) ||
	    !pdg_sshwire_string(&rest, &sig->hash_name) || !pdg_sshwire_string(&rest, &sig->inner))
		return pdg_reject(err, "SSH-1", "the SSH signature is cut short");
	if (rest.n != 0)
		return pdg_reject(err, "SSH-1", "bytes follow the SSH signature's last field");
	if (sig->namespace_.n == 0 || reserved.n != 0)
		return pdg_reject(err, "SSH-1", "the SSH signature %s",
				  reserved.n ? "uses a reserved field" : "names no namespace");
	rc = take_hash(sig, err);
	if (rc < 0)
		return rc;
	if (pdg_sshcert_is(sig->public_))
		return pdg_sshcert_parse(sig->public_, &sig->cert, err);
	return pdg_sshkey_parse(sig->public_, &sig->plain, err);
}

static int new_sig(struct pdg_sshsig **out, struct pdg_error *err)
{
	struct pdg_sshsig *sig = pdg_calloc(1, sizeof(*sig));

	if (!sig)
		return pdg_nomem(err);
	pdg_buf_init(&sig->blob, PDG_LIMIT_SSH_BLOB);
	*out = sig;
	return 0;
}

int pdg_sshsig_parse(struct pdg_bytes armor, struct pdg_sshsig **out, struct pdg_error *err)
{
	PDG_AUTO(sshsig) struct pdg_sshsig *sig = NULL;
	struct pdg_bytes body;
	int rc;

	if (armor.n > PDG_LIMIT_COMMIT_SIGNATURE)
		return pdg_reject(err, "SSH-1", "the SSH signature is too large (%zu bytes)",
				  armor.n);
	rc = armor_body(armor, &body, err);
	if (rc < 0)
		return rc;
	rc = new_sig(&sig, err);
	if (rc < 0)
		return rc;
	rc = pdg_unbase64(body, PDG_BASE64_LINES, &sig->blob, NULL);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc < 0)
		return pdg_reject(err, "SSH-1", "the SSH signature's lines are not strict base64");
	rc = take_fields(sig, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(sig);
	return 0;
}

int pdg_sshsig_parse_blob(struct pdg_bytes blob, struct pdg_sshsig **out, struct pdg_error *err)
{
	PDG_AUTO(sshsig) struct pdg_sshsig *sig = NULL;
	int rc;

	if (blob.n > PDG_LIMIT_SSH_BLOB)
		return pdg_reject(err, "SSH-1", "the SSH signature is too large (%zu bytes)",
				  blob.n);
	rc = new_sig(&sig, err);
	if (rc < 0)
		return rc;
	pdg_buf_put(&sig->blob, blob);
	rc = pdg_buf_check(&sig->blob, err);
	if (rc < 0)
		return rc;
	rc = take_fields(sig, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(sig);
	return 0;
}

const struct pdg_sshkey *pdg_sshsig_key(const struct pdg_sshsig *sig)
{
	return sig->cert ? sig->cert->key : sig->plain;
}

const struct pdg_sshcert *pdg_sshsig_cert(const struct pdg_sshsig *sig)
{
	return sig->cert;
}

int pdg_sshsig_verify(const struct pdg_sshsig *sig, const char *namespace_, struct pdg_bytes msg,
		      struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf data = PDG_BUF_INIT(PDG_LIMIT_SSH_BLOB + PDG_DIGEST_MAX);
	uint8_t sum[PDG_DIGEST_MAX];
	int rc;

	if (!pdg_bytes_eq_str(sig->namespace_, namespace_))
		return pdg_reject(err, "SSH-4",
				  "the SSH signature is for namespace \"%.*s\", not \"%s\"",
				  (int)pdg_bytes_head(sig->namespace_, SHOWN).n,
				  (const char *)sig->namespace_.p, namespace_);
	rc = pdg_digest(sig->hash, msg, sum, err);
	if (rc < 0)
		return rc;
	pdg_buf_puts(&data, MAGIC);
	pdg_sshwire_put_string(&data, sig->namespace_);
	pdg_sshwire_put_string(&data, pdg_bytes(NULL, 0));
	pdg_sshwire_put_string(&data, sig->hash_name);
	pdg_sshwire_put_string(&data, pdg_bytes(sum, pdg_digest_len(sig->hash)));
	rc = pdg_buf_check(&data, err);
	if (rc < 0)
		return rc;
	rc = pdg_sshkey_verify(pdg_sshsig_key(sig), pdg_buf_bytes(&data), sig->inner, err);
	if (rc < 0 || !sig->cert)
		return rc;
	return pdg_sshcert_verify(sig->cert, err);
}

/* Is @armor byte for byte what ssh-keygen writes around the blob of @sig? */
static int check_canonical(const struct pdg_sshsig *sig, struct pdg_bytes armor,
			   struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(2 * PDG_LIMIT_SSH_BLOB);
	PDG_AUTO(buf) struct pdg_buf want = PDG_BUF_INIT(3 * PDG_LIMIT_SSH_BLOB);
	struct pdg_bytes rest;
	int rc;

	pdg_base64(pdg_buf_bytes(&sig->blob), &text);
	pdg_buf_puts(&want, ARMOR_BEGIN);
	for (rest = pdg_buf_bytes(&text); rest.n; rest = pdg_bytes_from(rest, COLUMNS)) {
		pdg_buf_put(&want, pdg_bytes_head(rest, COLUMNS));
		pdg_buf_putc(&want, '\n');
	}
	pdg_buf_puts(&want, ARMOR_END "\n");
	rc = pdg_buf_check(&text, err);
	if (rc == 0)
		rc = pdg_buf_check(&want, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq(armor, pdg_buf_bytes(&want)))
		return pdg_reject(err, "SSH-1", "its armor is not what ssh-keygen writes");
	return 0;
}

/* The parts of an inner signature: algorithm, value, and a security key's flags and counter. */
struct inner {
	struct pdg_bytes algorithm;
	struct pdg_bytes value;
	struct pdg_bytes rest;
};

static bool take_inner(const struct pdg_sshsig *sig, struct inner *out)
{
	out->rest = sig->inner;
	return pdg_sshwire_string(&out->rest, &out->algorithm) &&
	       pdg_sshwire_string(&out->rest, &out->value);
}

uint8_t pdg_sshsig_flags(const struct pdg_sshsig *sig)
{
	struct inner in;
	uint8_t flags;

	if (!pdg_sshkey_is_hardware(pdg_sshsig_key(sig)) || !take_inner(sig, &in) ||
	    !pdg_sshwire_u8(&in.rest, &flags))
		return 0;
	return flags;
}

/* Same key, namespace, digest and algorithm; of a security key the same flags, but its counter. */
static bool same_maker(const struct pdg_sshsig *a, const struct pdg_sshsig *b)
{
	struct inner ia;
	struct inner ib;

	return take_inner(a, &ia) && take_inner(b, &ib) && pdg_bytes_eq(a->public_, b->public_) &&
	       pdg_bytes_eq(a->namespace_, b->namespace_) && a->hash == b->hash &&
	       pdg_bytes_eq(ia.algorithm, ib.algorithm) && ia.rest.n == ib.rest.n &&
	       pdg_bytes_eq(pdg_bytes_head(ia.rest, 1), pdg_bytes_head(ib.rest, 1)) &&
	       pdg_sshkey_whole(pdg_sshsig_key(b), ib.value);
}

int pdg_sshsig_twin(const struct pdg_sshsig *sig, struct pdg_bytes other, struct pdg_bytes msg,
		    struct pdg_error *err)
{
	PDG_AUTO(mem) char *namespace_ = pdg_bytes_dup(sig->namespace_);
	PDG_AUTO(sshsig) struct pdg_sshsig *twin = NULL;
	struct pdg_error inner = {0};
	int rc = namespace_ ? pdg_sshsig_parse(other, &twin, err) : pdg_nomem(err);

	if (rc == 0)
		rc = check_canonical(twin, other, err);
	if (rc < 0)
		return rc;
	if (!same_maker(sig, twin))
		return pdg_reject(err, "SSH-1", "it is not of the form and key of the first");
	/* Everything but the mathematics must hold, and that must not: @msg is signed already. */
	rc = pdg_sshsig_verify(twin, namespace_, msg, &inner);
	if (rc == PDG_E_REJECTED && strcmp(inner.rule, "SIG-1") == 0)
		return 0;
	if (rc == 0)
		return pdg_reject(err, "SSH-1", "it is over the same bytes as the first");
	if (err)
		*err = inner;
	return rc;
}
