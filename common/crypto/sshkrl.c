/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KRLs: the list, its keys (by their fingerprints), and the question. The sections on certificates
 * are sshkrl_certs.c's. Read strictly: what is not understood might be a revocation, so the file is
 * refused. commit/signers_ssh.c loads them.
 */
#include "crypto/sshkrl_impl.h"

#include "crypto/sshwire.h"
#include "util/limits.h"
#include "util/size.h"

#define MAGIC	       "SSHKRL\n\0"
#define MAGIC_LEN      8
#define FORMAT_VERSION 1
#define SHA1_LEN       20

/* PROTOCOL.krl 1 */
enum {
	SECTION_CERTIFICATES = 1,
	SECTION_KEYS = 2,
	SECTION_SHA1 = 3,
	SECTION_SIGNATURE = 4,
	SECTION_SHA256 = 5,
	SECTION_EXTENSION = 255,
};

/* Fingerprints, in order. SHA-1's are followed by zeros. */
struct prints {
	uint8_t (*v)[PDG_SHA256_LEN];
	size_t n;
	size_t cap;
};

struct pdg_sshkrl {
	struct pdg_buf blob; /* what the key ids point into */
	struct pdg_krl_issuer *issuers;
	size_t n_issuers;
	size_t cap_issuers;
	struct prints sha1;
	struct prints sha256;
	size_t entries;
};

void pdg_sshkrl_free(struct pdg_sshkrl *krl)
{
	if (!krl)
		return;
	for (size_t i = 0; i < krl->n_issuers; i++)
		pdg_krl_issuer_done(&krl->issuers[i]);
	free(krl->issuers);
	free(krl->sha1.v);
	free(krl->sha256.v);
	pdg_buf_done(&krl->blob);
	free(krl);
}

bool pdg_sshkrl_is(struct pdg_bytes in)
{
	return pdg_bytes_eq(pdg_bytes_head(in, MAGIC_LEN), pdg_bytes(MAGIC, MAGIC_LEN));
}

int pdg_krl_malformed(struct pdg_error *err, const char *what)
{
	return pdg_reject(err, "SSH-6", "the KRL %s", what);
}

int pdg_krl_grow(size_t *entries, void *items, size_t n, size_t *cap, size_t size,
		 struct pdg_error *err)
{
	int grown = *entries < PDG_LIMIT_KRL_ENTRIES
			    ? pdg_array_grow(items, n, cap, size, PDG_LIMIT_KRL_ENTRIES)
			    : PDG_E_LIMIT;

	if (grown == PDG_E_LIMIT)
		return pdg_fail(err, PDG_E_LIMIT, "the KRL has more than %zu entries",
				PDG_LIMIT_KRL_ENTRIES);
	if (grown < 0)
		return pdg_nomem(err);
	(*entries)++;
	return 0;
}

/* None is known, so a critical one is refused; the others say of themselves that they may be. */
int pdg_krl_extension(struct pdg_bytes *rest, struct pdg_error *err)
{
	struct pdg_bytes name;
	struct pdg_bytes contents;
	uint8_t critical;

	if (!pdg_sshwire_string(rest, &name) || !pdg_sshwire_u8(rest, &critical) || critical > 1 ||
	    !pdg_sshwire_string(rest, &contents) || name.n == 0)
		return pdg_krl_malformed(err, "has an extension that is none");
	if (critical)
		return pdg_krl_malformed(err, "has a critical extension, and none is known here");
	return 0;
}

bool pdg_krl_is_key(struct pdg_bytes blob)
{
	struct pdg_bytes type;

	return pdg_sshwire_string(&blob, &type) && type.n > 0 && blob.n > 0 &&
	       pdg_bytes_find(type, pdg_bytes_str("-cert-v"), 0) == SIZE_MAX;
}

static int take_certificates(struct pdg_sshkrl *krl, struct pdg_bytes in, struct pdg_error *err)
{
	int rc = pdg_krl_grow(&krl->entries, &krl->issuers, krl->n_issuers, &krl->cap_issuers,
			      sizeof(*krl->issuers), err);

	if (rc < 0)
		return rc;
	return pdg_krl_issuer_read(&krl->issuers[krl->n_issuers++], in, &krl->entries, err);
}

static int add_print(struct pdg_sshkrl *krl, struct prints *to, struct pdg_bytes print,
		     struct pdg_error *err)
{
	int rc = pdg_krl_grow(&krl->entries, &to->v, to->n, &to->cap, sizeof(*to->v), err);

	if (rc == 0)
		memcpy(to->v[to->n++], print.p, print.n);
	return rc;
}

static int take_keys(struct pdg_sshkrl *krl, struct pdg_bytes *rest, struct pdg_error *err)
{
	uint8_t sum[PDG_SHA256_LEN];
	struct pdg_bytes blob;

	while (rest->n > 0) {
		int rc;

		if (!pdg_sshwire_string(rest, &blob) || !pdg_krl_is_key(blob))
			return pdg_krl_malformed(err, "revokes a key that is none");
		rc = pdg_sha256(blob, sum, err);
		if (rc == 0)
			rc = add_print(krl, &krl->sha256, pdg_bytes(sum, sizeof(sum)), err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int take_prints(struct pdg_sshkrl *krl, struct prints *to, size_t len,
		       struct pdg_bytes *rest, struct pdg_error *err)
{
	struct pdg_bytes print;

	while (rest->n > 0) {
		int rc;

		if (!pdg_sshwire_string(rest, &print) || print.n != len)
			return pdg_krl_malformed(err, "has a fingerprint of another length");
		rc = add_print(krl, to, print, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int take_section(struct pdg_sshkrl *krl, uint8_t type, struct pdg_bytes rest,
			struct pdg_error *err)
{
	int rc;

	if (rest.n == 0)
		return pdg_krl_malformed(err, "has an empty section");
	switch (type) {
	case SECTION_CERTIFICATES:
		return take_certificates(krl, rest, err);
	case SECTION_KEYS:
		return take_keys(krl, &rest, err);
	case SECTION_SHA1:
		return take_prints(krl, &krl->sha1, SHA1_LEN, &rest, err);
	case SECTION_SHA256:
		return take_prints(krl, &krl->sha256, PDG_SHA256_LEN, &rest, err);
	case SECTION_EXTENSION:
		rc = pdg_krl_extension(&rest, err);
		if (rc == 0 && rest.n != 0)
			return pdg_krl_malformed(err, "has bytes behind an extension");
		return rc;
	case SECTION_SIGNATURE:
		return pdg_krl_malformed(err, "is signed, and signatures of KRLs are not judged");
	default:
		return pdg_krl_malformed(err, "has a section of an unknown type");
	}
}

static int compare_prints(const void *a, const void *b)
{
	return memcmp(a, b, PDG_SHA256_LEN);
}

static void sort_prints(struct prints *p)
{
	if (p->n > 0)
		qsort(p->v, p->n, sizeof(*p->v), compare_prints);
}

/* Magic, format, the list's version and date, flags and two strings, of which none may be used. */
static int take_header(struct pdg_bytes *rest, struct pdg_error *err)
{
	uint32_t format;
	uint64_t version;
	uint64_t date;
	uint64_t flags;
	struct pdg_bytes reserved;
	struct pdg_bytes comment;

	if (!pdg_sshkrl_is(*rest))
		return pdg_krl_malformed(err, "does not begin as one");
	*rest = pdg_bytes_from(*rest, MAGIC_LEN);
	if (!pdg_sshwire_u32(rest, &format) || format != FORMAT_VERSION)
		return pdg_krl_malformed(err, "is not of version 1 of the format");
	if (!pdg_sshwire_u64(rest, &version) || !pdg_sshwire_u64(rest, &date) ||
	    !pdg_sshwire_u64(rest, &flags) || !pdg_sshwire_string(rest, &reserved) ||
	    !pdg_sshwire_string(rest, &comment))
		return pdg_krl_malformed(err, "is cut short");
	if (flags != 0 || reserved.n != 0)
		return pdg_krl_malformed(err, "uses flags or a field that are reserved");
	if (pdg_bytes_find_byte(comment, 0, 0) != SIZE_MAX)
		return pdg_krl_malformed(err, "has a comment that is no text");
	return 0;
}

static int take_all(struct pdg_sshkrl *krl, struct pdg_error *err)
{
	struct pdg_bytes rest = pdg_buf_bytes(&krl->blob);
	struct pdg_bytes body;
	uint8_t type;
	int rc = take_header(&rest, err);

	while (rc == 0 && rest.n > 0) {
		if (!pdg_sshwire_u8(&rest, &type) || !pdg_sshwire_string(&rest, &body))
			return pdg_krl_malformed(err, "is cut short");
		rc = take_section(krl, type, body, err);
	}
	if (rc == 0 && krl->entries == krl->n_issuers)
		return pdg_krl_malformed(err, "revokes nothing");
	return rc;
}

int pdg_sshkrl_parse(struct pdg_bytes in, struct pdg_sshkrl **out, struct pdg_error *err)
{
	PDG_AUTO(sshkrl) struct pdg_sshkrl *krl = pdg_calloc(1, sizeof(*krl));
	int rc;

	if (!krl)
		return pdg_nomem(err);
	pdg_buf_init(&krl->blob, PDG_LIMIT_KEY_FILE);
	pdg_buf_put(&krl->blob, in);
	rc = pdg_buf_check(&krl->blob, err);
	if (rc == 0)
		rc = take_all(krl, err);
	if (rc < 0)
		return rc;
	sort_prints(&krl->sha1);
	sort_prints(&krl->sha256);
	*out = PDG_TAKE(krl);
	return 0;
}

static bool has_print(const struct prints *in, const uint8_t print[PDG_SHA256_LEN])
{
	return in->n > 0 && bsearch(print, in->v, in->n, sizeof(*in->v), compare_prints);
}

static int has_key(const struct pdg_sshkrl *krl, const struct pdg_sshkey *key, bool *out,
		   struct pdg_error *err)
{
	uint8_t sha256[PDG_SHA256_LEN];
	uint8_t sha1[PDG_SHA256_LEN] = {0};
	int rc = pdg_sha256(pdg_sshkey_blob(key), sha256, err);

	if (rc == 0 && krl->sha1.n > 0)
		rc = pdg_digest(PDG_SHA1, pdg_sshkey_blob(key), sha1, err);
	if (rc == 0)
		*out = has_print(&krl->sha256, sha256) || has_print(&krl->sha1, sha1);
	return rc;
}

int pdg_sshkrl_find(const struct pdg_sshkrl *krl, const struct pdg_sshkey *key,
		    const struct pdg_sshcert *cert, const char **out_what, struct pdg_error *err)
{
	uint8_t ca[PDG_SHA256_LEN];
	const char *what = NULL;
	bool found;
	int rc = has_key(krl, key, &found, err);

	if (rc == 0 && found)
		what = "the key";
	if (rc == 0 && cert && !what) {
		rc = has_key(krl, cert->ca, &found, err);
		if (rc == 0 && found)
			what = "the key of the certificate's authority";
	}
	if (rc == 0 && cert && !what)
		rc = pdg_sha256(pdg_sshkey_blob(cert->ca), ca, err);
	for (size_t i = 0; rc == 0 && cert && !what && i < krl->n_issuers; i++)
		if (krl->issuers[i].any || pdg_bytes_eq(pdg_bytes(krl->issuers[i].ca, sizeof(ca)),
							pdg_bytes(ca, sizeof(ca))))
			what = pdg_krl_issuer_find(&krl->issuers[i], cert);
	if (rc == 0)
		*out_what = what;
	return rc;
}
