/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Rekor v1 entry as gitsign keeps it inside a signature: TransparencyLogEntry in binary protobuf
 * (formats.md 9.6), each message a table of its fields. Protobuf lets unknown fields pass and the
 * last of several win; here both are refused, for no signature covers these bytes and every reader
 * must see the same entry in them.
 */
#include "tlog/rekor_v1.h"

#include "util/limits.h"

#define RULE	   "LOG-6"
#define RULE_LIMIT "LOG-15"
#define WORD_MAX   64 /* bytes of kind and of version */

enum wire { NUMBER = 0, BYTES = 2 };

struct value {
	uint64_t number;
	struct pdg_bytes bytes;
};

struct field {
	unsigned number;
	enum wire wire;
	bool repeated;
	const char *name;
	int (*take)(const struct value *v, struct pdg_entry *e, struct pdg_error *err);
};

/* The shortest form of a number of 64 bits. */
static bool take_varint(struct pdg_bytes *in, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < in->n && i < 10; i++) {
		uint8_t b = in->p[i];

		if (i == 9 && b > 1)
			return false;
		v |= (uint64_t)(b & 0x7f) << (7 * i);
		if (b & 0x80)
			continue;
		if (b == 0 && i > 0)
			return false;
		*in = pdg_bytes_from(*in, i + 1);
		*out = v;
		return true;
	}
	return false;
}

static bool take_value(struct pdg_bytes *in, enum wire wire, struct value *out)
{
	uint64_t n;

	if (!take_varint(in, &n))
		return false;
	if (wire == NUMBER) {
		out->number = n;
		return n > 0 && n <= INT64_MAX;
	}
	if (n == 0 || n > in->n)
		return false;
	out->bytes = pdg_bytes_head(*in, (size_t)n);
	*in = pdg_bytes_from(*in, (size_t)n);
	return true;
}

static const struct field *find_field(const struct field *fields, uint64_t tag)
{
	for (; fields->take; fields++) {
		if (tag == ((uint64_t)fields->number << 3 | (uint64_t)fields->wire))
			return fields;
	}
	return NULL;
}

static int read_message(struct pdg_bytes in, const struct field *fields, struct pdg_entry *e,
			struct pdg_error *err)
{
	unsigned seen = 0;
	unsigned last = 0;
	int rc;

	while (in.n > 0) {
		const struct field *f;
		struct value v = {0};
		uint64_t tag;

		if (!take_varint(&in, &tag))
			return pdg_reject(err, RULE, "a field's number cannot be read");
		f = find_field(fields, tag);
		if (!f)
			return pdg_reject(err, RULE, "a field that is not known");
		if ((seen & 1u << f->number) && !f->repeated)
			return pdg_reject(err, RULE, "%s stands there twice", f->name);
		/* In order, as every writer has them: there is one way to write an entry. */
		if (f->number < last)
			return pdg_reject(err, RULE, "%s stands out of order", f->name);
		seen |= 1u << f->number;
		last = f->number;
		if (!take_value(&in, f->wire, &v))
			return pdg_reject(err, RULE, "%s is cut off, zero, negative or too long",
					  f->name);
		rc = f->take(&v, e, err);
		if (rc < 0)
			return pdg_context(err, rc, "%s", f->name);
	}
	return 0;
}

static int put(struct pdg_buf *out, struct pdg_bytes in, struct pdg_error *err)
{
	pdg_buf_put(out, in);
	return pdg_buf_check(out, err);
}

static int put_word(char **out, struct pdg_bytes in, struct pdg_error *err)
{
	size_t i;

	if (in.n == 0 || in.n > WORD_MAX)
		return pdg_reject(err, RULE, "%zu bytes", in.n);
	for (i = 0; i < in.n; i++) {
		if (in.p[i] <= ' ' || in.p[i] >= 0x7f)
			return pdg_reject(err, RULE, "not a word of printable ASCII");
	}
	*out = pdg_bytes_dup(in);
	return *out ? 0 : pdg_nomem(err);
}

static int put_hash(struct pdg_hash32 *out, struct pdg_bytes in, struct pdg_error *err)
{
	if (in.n != PDG_HASH_LEN)
		return pdg_reject(err, RULE, "%zu bytes, not %d", in.n, PDG_HASH_LEN);
	memcpy(out->b, in.p, PDG_HASH_LEN);
	return 0;
}

static int take_key_id(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	return put(&e->log_id, v->bytes, err);
}

static int take_kind(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	return put_word(&e->kind, v->bytes, err);
}

static int take_version(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	return put_word(&e->version, v->bytes, err);
}

static int take_set(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	return put(&e->set, v->bytes, err);
}

static int take_proof_index(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	(void)err;
	e->proof_index = v->number;
	return 0;
}

static int take_proof_root(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	int rc = put_hash(&e->proof_root, v->bytes, err);

	e->has_proof = rc == 0;
	return rc;
}

static int take_proof_size(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	(void)err;
	e->proof_size = v->number;
	return 0;
}

static int take_proof_hash(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	int rc;

	if (e->proof.n == PDG_PROOF_MAX)
		return pdg_reject(err, RULE_LIMIT, "more than %d of them", PDG_PROOF_MAX);
	rc = put_hash(&e->proof.v[e->proof.n], v->bytes, err);
	if (rc == 0)
		e->proof.n++;
	return rc;
}

static int take_note(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	if (!pdg_bytes_utf8(v->bytes) || pdg_bytes_find_byte(v->bytes, 0, 0) != SIZE_MAX)
		return pdg_reject(err, RULE, "not UTF-8 text");
	return put(&e->checkpoint, v->bytes, err);
}

static int take_log_index(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	(void)err;
	e->log_index = v->number;
	return 0;
}

static int take_log_id(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	static const struct field fields[] = {
		{1, BYTES, false, "key_id", take_key_id},
		{0},
	};

	return read_message(v->bytes, fields, e, err);
}

static int take_kind_version(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	static const struct field fields[] = {
		{1, BYTES, false, "kind", take_kind},
		{2, BYTES, false, "version", take_version},
		{0},
	};

	return read_message(v->bytes, fields, e, err);
}

static int take_time(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	(void)err;
	e->integrated_time = (int64_t)v->number;
	return 0;
}

static int take_promise(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	static const struct field fields[] = {
		{1, BYTES, false, "signed_entry_timestamp", take_set},
		{0},
	};

	return read_message(v->bytes, fields, e, err);
}

static int take_checkpoint(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	static const struct field fields[] = {
		{1, BYTES, false, "envelope", take_note},
		{0},
	};

	return read_message(v->bytes, fields, e, err);
}

static int take_proof(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	static const struct field fields[] = {
		{1, NUMBER, false, "log_index", take_proof_index},
		{2, BYTES, false, "root_hash", take_proof_root},
		{3, NUMBER, false, "tree_size", take_proof_size},
		{4, BYTES, true, "hashes", take_proof_hash},
		{5, BYTES, false, "checkpoint", take_checkpoint},
		{0},
	};
	int rc = read_message(v->bytes, fields, e, err);

	if (rc == 0 && !e->has_proof)
		rc = pdg_reject(err, RULE, "root_hash is missing");
	return rc;
}

static int take_body(const struct value *v, struct pdg_entry *e, struct pdg_error *err)
{
	return put(&e->body, v->bytes, err);
}

static int read_entry(struct pdg_bytes in, struct pdg_entry *e, struct pdg_error *err)
{
	static const struct field fields[] = {
		{1, NUMBER, false, "log_index", take_log_index},
		{2, BYTES, false, "log_id", take_log_id},
		{3, BYTES, false, "kind_version", take_kind_version},
		{4, NUMBER, false, "integrated_time", take_time},
		{5, BYTES, false, "inclusion_promise", take_promise},
		{6, BYTES, false, "inclusion_proof", take_proof},
		{7, BYTES, false, "canonicalized_body", take_body},
		{0},
	};
	int rc = read_message(in, fields, e, err);

	if (rc == 0 && (e->log_id.n == 0 || !e->kind || !e->version))
		rc = pdg_reject(err, RULE, "log_id, kind or version is missing");
	return rc;
}

int pdg_rekor1_read(struct pdg_bytes in, struct pdg_entry **out, struct pdg_error *err)
{
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	int rc;

	if (in.n > PDG_LIMIT_LOG_ANSWER)
		return pdg_reject(err, RULE_LIMIT, "log entry of %zu bytes, the limit is %zu", in.n,
				  PDG_LIMIT_LOG_ANSWER);
	e = pdg_entry_new();
	if (!e)
		return pdg_nomem(err);
	rc = read_entry(in, e, err);
	if (rc < 0)
		return pdg_context(err, pdg_under_rule(err, rc, RULE_LIMIT), "log entry");
	*out = PDG_TAKE(e);
	return 0;
}
