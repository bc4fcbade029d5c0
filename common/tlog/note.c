/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints: what a log signs. Parsing and verifying are two steps, for a note carries lines
 * of witnesses and of older keys that say nothing to us; only the line of a key that the trust
 * root names counts. (C2SP signed-note.md, tlog-checkpoint.md; formats.md 6.4.)
 */
#include "tlog/note.h"

#include "crypto/digest.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/utf8.h"

#define KEY_ID_LEN   4
#define TYPE_ED25519 0x01
#define TYPE_OTHER   0xff
#define TYPE_RSA     "PKIX-RSA-PKCS#1v1.5"

/* U+2014 and a space. */
static const char sig_prefix[] = "\xe2\x80\x94 ";

void pdg_checkpoint_free(struct pdg_checkpoint *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->n_sigs; i++)
		pdg_buf_done(&c->sigs[i].sig);
	free(c->sigs);
	free(c->origin);
	pdg_buf_done(&c->text);
	free(c);
}

static int malformed(struct pdg_error *err, const char *why)
{
	return pdg_reject(err, "LOG-3", "checkpoint: %s", why);
}

static bool has_controls(struct pdg_bytes b)
{
	size_t i;

	for (i = 0; i < b.n; i++) {
		if (b.p[i] < 0x20 && b.p[i] != '\n')
			return true;
	}
	return false;
}

/* Unicode's White_Space property, which key names must not hold. */
static bool is_space(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

static bool is_key_name(struct pdg_bytes name)
{
	size_t at = 0;

	while (at < name.n) {
		uint32_t c;
		size_t len = pdg_utf8_next(name, at, &c);

		if (len == 0 || is_space(c) || c == '+')
			return false;
		at += len;
	}
	return name.n > 0;
}

/* Split at the last empty line: the text with its newline, and the signature lines. */
static bool split(struct pdg_bytes note, struct pdg_bytes *out_text, struct pdg_bytes *out_sigs)
{
	size_t i;

	if (note.n < 3 || note.p[note.n - 1] != '\n')
		return false;
	for (i = note.n - 1; i > 0; i--) {
		if (note.p[i] == '\n' && note.p[i - 1] == '\n') {
			*out_text = pdg_bytes_head(note, i);
			*out_sigs = pdg_bytes_from(note, i + 1);
			return out_sigs->n > 0;
		}
	}
	return false;
}

static int parse_sig(struct pdg_bytes line, struct pdg_note_sig *s, struct pdg_error *err)
{
	struct pdg_bytes rest;
	size_t space;
	int rc;

	if (!pdg_bytes_starts(line, sig_prefix))
		return malformed(err, "a signature line does not begin with an em dash");
	rest = pdg_bytes_from(line, sizeof(sig_prefix) - 1);
	space = pdg_bytes_find_byte(rest, ' ', 0);
	if (space == SIZE_MAX)
		return malformed(err, "a signature line has no signature");
	s->name = pdg_bytes_head(rest, space);
	if (!is_key_name(s->name))
		return malformed(err, "a signature line has no valid key name");
	pdg_buf_init(&s->sig, PDG_LIMIT_CHECKPOINT);
	rc = pdg_unbase64(pdg_bytes_from(rest, space + 1), PDG_BASE64_STD, &s->sig, err);
	if (rc == PDG_E_NOMEM)
		return rc;
	if (rc < 0 || s->sig.n <= KEY_ID_LEN)
		return malformed(err, "a signature line is not base64 of key id and signature");
	memcpy(s->id, s->sig.p, KEY_ID_LEN);
	memmove(s->sig.p, s->sig.p + KEY_ID_LEN, s->sig.n - KEY_ID_LEN);
	s->sig.n -= KEY_ID_LEN;
	return 0;
}

static int parse_sigs(struct pdg_bytes sigs, struct pdg_checkpoint *c, struct pdg_error *err)
{
	struct pdg_bytes line;
	size_t cap = 0;
	int rc;

	while (pdg_bytes_line(&sigs, &line)) {
		rc = pdg_array_grow(&c->sigs, c->n_sigs, &cap, sizeof(*c->sigs),
				    PDG_LIMIT_NOTE_SIGNATURES);
		if (rc == PDG_E_LIMIT)
			return pdg_reject(err, "LOG-15", "checkpoint has more than %d signatures",
					  PDG_LIMIT_NOTE_SIGNATURES);
		if (rc < 0)
			return pdg_nomem(err);
		/* Counted first, so that what it holds is freed whatever comes. */
		c->n_sigs++;
		rc = parse_sig(line, &c->sigs[c->n_sigs - 1], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int parse_root(struct pdg_bytes line, struct pdg_hash32 *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_HASH_LEN);
	int rc = pdg_unbase64(line, PDG_BASE64_STD, &raw, err);

	if (rc == PDG_E_NOMEM)
		return rc;
	if (rc < 0 || raw.n != PDG_HASH_LEN)
		return malformed(err, "line 3 is not base64 of a root hash of 32 bytes");
	memcpy(out->b, raw.p, PDG_HASH_LEN);
	return 0;
}

static int parse_text(struct pdg_bytes text, struct pdg_checkpoint *c, struct pdg_error *err)
{
	struct pdg_bytes line;
	int rc;

	if (!pdg_bytes_line(&text, &line) || line.n == 0)
		return malformed(err, "line 1 is not an origin");
	c->origin = pdg_bytes_dup(line);
	if (!c->origin)
		return pdg_nomem(err);
	if (!pdg_bytes_line(&text, &line) || !pdg_bytes_u64(line, PDG_TREE_MAX, &c->size))
		return malformed(err, "line 2 is not a plain decimal tree size below 2^63");
	if (!pdg_bytes_line(&text, &line))
		return malformed(err, "line 3, the root hash, is missing");
	rc = parse_root(line, &c->root, err);
	if (rc < 0)
		return rc;
	while (pdg_bytes_line(&text, &line)) {
		if (line.n == 0)
			return malformed(err, "an extension line is empty");
	}
	return 0;
}

int pdg_checkpoint_parse(struct pdg_bytes in, struct pdg_checkpoint **out, struct pdg_error *err)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	struct pdg_bytes sigs;
	int rc;

	if (in.n > PDG_LIMIT_CHECKPOINT)
		return pdg_reject(err, "LOG-15", "checkpoint of %zu bytes, the limit is %zu", in.n,
				  PDG_LIMIT_CHECKPOINT);
	c = pdg_calloc(1, sizeof(*c));
	if (!c)
		return pdg_nomem(err);
	pdg_buf_init(&c->text, PDG_LIMIT_CHECKPOINT);
	pdg_buf_put(&c->text, in);
	rc = pdg_buf_check(&c->text, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_utf8(in) || has_controls(in))
		return malformed(err, "not UTF-8 text without controls");
	if (!split(pdg_buf_bytes(&c->text), &c->body, &sigs))
		return malformed(err, "no signature lines behind an empty line");
	rc = parse_text(c->body, c, err);
	if (rc < 0)
		return rc;
	rc = parse_sigs(sigs, c, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(c);
	return 0;
}

int pdg_note_key_id(const char *name, const struct pdg_key *key, uint8_t out[32],
		    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	int rc;

	switch (pdg_key_type(key)) {
	case PDG_KEY_ED25519:
		pdg_buf_printf(&b, "%s\n", name);
		pdg_buf_putc(&b, TYPE_ED25519);
		pdg_buf_put(&b, pdg_key_ed25519_raw(key));
		break;
	case PDG_KEY_RSA:
		pdg_buf_printf(&b, "%s\n", name);
		pdg_buf_putc(&b, TYPE_OTHER);
		pdg_buf_puts(&b, TYPE_RSA);
		pdg_buf_put(&b, pdg_key_spki(key));
		break;
	case PDG_KEY_ECDSA_P256:
	case PDG_KEY_ECDSA_P384:
	case PDG_KEY_ECDSA_P521:
		memcpy(out, pdg_key_spki_sha256(key), PDG_SHA256_LEN);
		return 0;
	}
	rc = pdg_buf_check(&b, err);
	if (rc < 0)
		return rc;
	return pdg_sha256(pdg_buf_bytes(&b), out, err);
}

int pdg_checkpoint_verify(const struct pdg_checkpoint *c, const char *name,
			  const struct pdg_key *key, struct pdg_error *err)
{
	uint8_t id[PDG_SHA256_LEN];
	bool found = false;
	size_t i;
	int rc;

	rc = pdg_note_key_id(name, key, id, err);
	if (rc < 0)
		return rc;
	for (i = 0; i < c->n_sigs; i++) {
		const struct pdg_note_sig *s = &c->sigs[i];

		if (!pdg_bytes_eq_str(s->name, name) || memcmp(s->id, id, KEY_ID_LEN) != 0)
			continue;
		rc = pdg_key_verify(key, c->body, pdg_buf_bytes(&s->sig), err);
		if (rc == PDG_E_REJECTED)
			return pdg_reject(err, "LOG-5",
					  "the signature of \"%s\" on its checkpoint is wrong",
					  name);
		if (rc < 0)
			return rc;
		found = true;
	}
	if (!found)
		return pdg_reject(err, "LOG-4", "the checkpoint is not signed by the key of \"%s\"",
				  name);
	return 0;
}

int pdg_checkpoint_sign(const char *origin, uint64_t size, const struct pdg_hash32 *root,
			const struct pdg_key *key, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	uint8_t id[PDG_SHA256_LEN];
	int rc;

	if (!is_key_name(pdg_bytes_str(origin)) || has_controls(pdg_bytes_str(origin)))
		return pdg_fail(err, PDG_E_USAGE, "\"%s\" cannot be the origin of a log", origin);
	rc = pdg_note_key_id(origin, key, id, err);
	if (rc < 0)
		return rc;
	pdg_buf_printf(&text, "%s\n%llu\n", origin, (unsigned long long)size);
	pdg_base64(pdg_bytes(root->b, PDG_HASH_LEN), &text);
	pdg_buf_putc(&text, '\n');
	rc = pdg_buf_check(&text, err);
	if (rc < 0)
		return rc;
	pdg_buf_put(&sig, pdg_bytes(id, KEY_ID_LEN));
	rc = pdg_key_sign(key, pdg_buf_bytes(&text), &sig, err);
	if (rc < 0)
		return rc;
	pdg_buf_printf(&text, "\n%s%s ", sig_prefix, origin);
	pdg_base64(pdg_buf_bytes(&sig), &text);
	pdg_buf_putc(&text, '\n');
	rc = pdg_buf_check(&text, err);
	if (rc < 0)
		return rc;
	pdg_buf_put(out, pdg_buf_bytes(&text));
	return pdg_buf_check(out, err);
}
