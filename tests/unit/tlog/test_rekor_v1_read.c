/* SPDX-License-Identifier: Apache-2.0 */
/* The binary form of a Rekor v1 entry: each field once, each missing, and all that is not its form.
 */
#include "unit/tlog/rekor1_made.h"

static const struct rekor1_fields all = REKOR1_ALL;

static int read_fields(const struct rekor1 *r, const struct rekor1_fields *f,
		       struct pdg_entry **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf proto = PDG_BUF_INIT(65536);

	rekor1_proto(r, f, &proto);
	return pdg_rekor1_read(pdg_buf_bytes(&proto), out, err);
}

static void whole(void)
{
	struct rekor1_fields f = all;
	PDG_AUTO(rekor1) struct rekor1 r;
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	struct pdg_error err = {0};

	rekor1_init(&r);
	f.entry |= 1u << 7;
	if (!CHECK_OK(read_fields(&r, &f, &e, &err), &err))
		return;
	CHECK_UINT(e->log_index, REKOR1_INDEX);
	CHECK_BYTES(pdg_buf_bytes(&e->log_id), pdg_bytes(pdg_key_spki_sha256(r.log), 32));
	CHECK_STR(e->kind, "hashedrekord");
	CHECK_STR(e->version, "0.0.1");
	CHECK_INT(e->integrated_time, REKOR1_TIME);
	CHECK_BYTES(pdg_buf_bytes(&e->set), pdg_buf_bytes(&r.set));
	CHECK(e->has_proof);
	CHECK_UINT(e->proof_index, REKOR1_LEAF);
	CHECK_UINT(e->proof_size, REKOR1_SIZE);
	CHECK_BYTES(pdg_bytes(e->proof_root.b, 32), pdg_bytes(r.tree.b, 32));
	CHECK_UINT(e->proof.n, r.proof.n);
	CHECK(memcmp(e->proof.v, r.proof.v, r.proof.n * 32) == 0);
	CHECK_BYTES(pdg_buf_bytes(&e->checkpoint), pdg_buf_bytes(&r.note));
	CHECK_BYTES(pdg_buf_bytes(&e->body), pdg_buf_bytes(&r.body));
}

static void each_field_missing(void)
{
	PDG_AUTO(rekor1) struct rekor1 r;
	struct pdg_error err = {0};
	unsigned i;

	rekor1_init(&r);
	for (i = 1; i <= 6; i++) {
		PDG_AUTO(entry) struct pdg_entry *e = NULL;
		struct rekor1_fields f = all;

		pdg_test_case("field %u", i);
		f.entry &= ~(1u << i);
		if (i == 2 || i == 3) {
			CHECK_RULE(read_fields(&r, &f, &e, &err), &err, "LOG-6");
			CHECK(e == NULL);
			continue;
		}
		if (!CHECK_OK(read_fields(&r, &f, &e, &err), &err))
			continue;
		CHECK((e->log_index == 0) == (i == 1));
		CHECK((e->integrated_time == 0) == (i == 4));
		CHECK((e->set.n == 0) == (i == 5));
		CHECK(e->has_proof == (i != 6));
	}
	for (i = 1; i <= 2; i++) {
		PDG_AUTO(entry) struct pdg_entry *e = NULL;
		struct rekor1_fields f = all;

		pdg_test_case("kind_version field %u", i);
		f.kind &= ~(1u << i);
		CHECK_RULE(read_fields(&r, &f, &e, &err), &err, "LOG-6");
	}
	for (i = 1; i <= 5; i++) {
		PDG_AUTO(entry) struct pdg_entry *e = NULL;
		struct rekor1_fields f = all;

		pdg_test_case("inclusion_proof field %u", i);
		f.proof &= ~(1u << i);
		if (i == 2) {
			CHECK_RULE(read_fields(&r, &f, &e, &err), &err, "LOG-6");
			continue;
		}
		if (!CHECK_OK(read_fields(&r, &f, &e, &err), &err))
			continue;
		CHECK((e->proof_index == 0) == (i == 1));
		CHECK((e->proof_size == 0) == (i == 3));
		CHECK((e->proof.n == 0) == (i == 4));
		CHECK((e->checkpoint.n == 0) == (i == 5));
	}
	pdg_test_case(NULL);
}

static void each_field_twice(void)
{
	PDG_AUTO(rekor1) struct rekor1 r;
	struct pdg_error err = {0};
	unsigned i;

	rekor1_init(&r);
	for (i = 1; i <= 7; i++) {
		PDG_AUTO(entry) struct pdg_entry *e = NULL;
		struct rekor1_fields f = all;

		pdg_test_case("field %u", i);
		f.entry |= 1u << 7;
		f.entry_twice = 1u << i;
		CHECK_RULE(read_fields(&r, &f, &e, &err), &err, "LOG-6");
	}
	for (i = 1; i <= 2; i++) {
		PDG_AUTO(entry) struct pdg_entry *e = NULL;
		struct rekor1_fields f = all;

		pdg_test_case("kind_version field %u", i);
		f.kind_twice = 1u << i;
		CHECK_RULE(read_fields(&r, &f, &e, &err), &err, "LOG-6");
	}
	for (i = 1; i <= 5; i++) {
		PDG_AUTO(entry) struct pdg_entry *e = NULL;
		struct rekor1_fields f = all;

		pdg_test_case("inclusion_proof field %u", i);
		f.proof_twice = 1u << i;
		if (i != 4)
			CHECK_RULE(read_fields(&r, &f, &e, &err), &err, "LOG-6");
		else if (CHECK_OK(read_fields(&r, &f, &e, &err), &err))
			CHECK_UINT(e->proof.n, 2 * r.proof.n);
	}
	pdg_test_case(NULL);
}

/* The log id and the kind, then @tail: an entry but for that. */
static int read_with(struct pdg_bytes tail, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf proto = PDG_BUF_INIT(PDG_LIMIT_MIB(4));
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	int rc;

	pdg_buf_put(&proto, pdg_bytes("\x12\x03\x0a\x01I\x1a\x06\x0a\x01k\x12\x01v", 13));
	pdg_buf_put(&proto, tail);
	rc = pdg_rekor1_read(pdg_buf_bytes(&proto), &e, err);
	CHECK((rc == 0) == (e != NULL));
	return rc;
}

static void other_forms(void)
{
	static const struct {
		const char *what;
		bool good;
		struct pdg_bytes tail;
	} t[] = {
		{"nothing more", true, {NULL, 0}},
		{"a number", true, {(const uint8_t *)"\x20\x7f", 2}},
		{"the largest number",
		 true,
		 {(const uint8_t *)"\x20\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10}},
		{"a negative number",
		 false,
		 {(const uint8_t *)"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}},
		{"more than 64 bits",
		 false,
		 {(const uint8_t *)"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11}},
		{"eleven bytes",
		 false,
		 {(const uint8_t *)"\x20\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12}},
		{"a number longer than needed", false, {(const uint8_t *)"\x20\x81\x00", 3}},
		{"a tag longer than needed", false, {(const uint8_t *)"\xa0\x00\x01", 3}},
		{"no number", false, {(const uint8_t *)"\x20", 1}},
		{"half a number", false, {(const uint8_t *)"\x20\x80", 2}},
		{"an unknown field", false, {(const uint8_t *)"\x40\x01", 2}},
		{"field 0", false, {(const uint8_t *)"\x00\x01", 2}},
		{"a number in bytes", false, {(const uint8_t *)"\x22\x01\x01", 3}},
		{"a number of 64 bits",
		 false,
		 {(const uint8_t *)"\x21\x01\x00\x00\x00\x00\x00\x00\x00", 9}},
		{"a group", false, {(const uint8_t *)"\x2b\x2c", 2}},
		{"a message beyond the end", false, {(const uint8_t *)"\x2a\x03\x0a\x01", 4}},
		{"a length beyond everything",
		 false,
		 {(const uint8_t *)"\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}},
		{"a field beyond its message", false, {(const uint8_t *)"\x2a\x02\x0a\x01S", 5}},
		{"an unknown field in a message", false, {(const uint8_t *)"\x2a\x03\x12\x01S", 5}},
		{"an empty promise", false, {(const uint8_t *)"\x2a\x00", 2}},
		{"an empty proof", false, {(const uint8_t *)"\x32\x00", 2}},
		{"a root hash too short", false, {(const uint8_t *)"\x32\x03\x12\x01h", 5}},
		{"a zero", false, {(const uint8_t *)"\x20\x00", 2}},
		{"out of order", false, {(const uint8_t *)"\x08\x01", 2}},
		{"a second kind", false, {(const uint8_t *)"\x1a\x00", 2}},
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		pdg_test_case("%s", t[i].what);
		if (t[i].good)
			CHECK_OK(read_with(t[i].tail, &err), &err);
		else
			CHECK_RULE(read_with(t[i].tail, &err), &err, "LOG-6");
	}
	pdg_test_case(NULL);
}

/* Words are printable; a note is text. */
static void texts(void)
{
	static const struct {
		bool good;
		struct pdg_bytes in;
	} t[] = {
		{true, {(const uint8_t *)"\x12\x03\x0a\x01I\x1a\x06\x0a\x01k\x12\x01v", 13}},
		{false, {(const uint8_t *)"\x12\x03\x0a\x01I\x1a\x06\x0a\x01\0\x12\x01v", 13}},
		{false, {(const uint8_t *)"\x12\x03\x0a\x01I\x1a\x06\x0a\x01k\x12\x01\xff", 13}},
		{false, {(const uint8_t *)"\x12\x03\x0a\x01I\x1a\x05\x0a\x01k\x12\x00", 12}},
		{false, {(const uint8_t *)"\x12\x02\x0a\x00\x1a\x06\x0a\x01k\x12\x01v", 12}},
		{false, {NULL, 0}},
	};
	PDG_AUTO(rekor1) struct rekor1 r;
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(entry) struct pdg_entry *one = NULL;
		int rc = pdg_rekor1_read(t[i].in, &one, &err);

		pdg_test_case("case %zu", i);
		if (t[i].good)
			CHECK_OK(rc, &err);
		else
			CHECK_RULE(rc, &err, "LOG-6");
	}
	pdg_test_case(NULL);
	rekor1_init(&r);
	r.note.p[0] = 0;
	CHECK_RULE(read_fields(&r, &all, &e, &err), &err, "LOG-6");
	r.note.p[0] = 0xff;
	CHECK_RULE(read_fields(&r, &all, &e, &err), &err, "LOG-6");
}

static void limits(void)
{
	PDG_AUTO(rekor1) struct rekor1 r;
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	PDG_AUTO(buf) struct pdg_buf big = PDG_BUF_INIT(PDG_LIMIT_MIB(4));
	PDG_AUTO(buf) struct pdg_buf m = PDG_BUF_INIT(PDG_LIMIT_MIB(4));
	struct pdg_error err = {0};
	uint8_t *p;

	rekor1_init(&r);
	r.proof.n = PDG_PROOF_MAX;
	CHECK_OK(read_fields(&r, &all, &e, &err), &err);
	pdg_entry_free(PDG_TAKE(e));
	r.proof.n = PDG_PROOF_MAX / 2 + 1;
	CHECK_RULE(read_fields(&r,
			       &(struct rekor1_fields){.entry = all.entry,
						       .proof = all.proof,
						       .proof_twice = 1u << 4,
						       .kind = all.kind},
			       &e, &err),
		   &err, "LOG-15");

	p = pdg_buf_room(&big, PDG_LIMIT_LOG_ANSWER + 1);
	memset(p, 'a', big.n);
	CHECK_RULE(pdg_rekor1_read(pdg_buf_bytes(&big), &e, &err), &err, "LOG-15");
	put_bytes(&m, 1, pdg_bytes(big.p, 65));
	pdg_buf_reset(&big);
	put_bytes(&big, 2, pdg_buf_bytes(&m));
	CHECK_RULE(pdg_rekor1_read(pdg_buf_bytes(&big), &e, &err), &err, "LOG-15");
}

PDG_TEST_MAIN("rekor_v1_read", {"whole", whole}, {"each field missing", each_field_missing},
	      {"each field twice", each_field_twice}, {"other forms", other_forms},
	      {"texts", texts}, {"limits", limits})
