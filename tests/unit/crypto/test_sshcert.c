/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSH certificates: those of every type that ssh-keygen made (tests/data/ssh_certs), then one of
 * them with one thing changed at a time. A certificate is either exactly of its form, or SSH-5; and
 * no changed bit is still signed by its CA.
 */
#include <openssl/err.h>

#include "crypto/allowed_signers.h"
#include "crypto/sshsig.h"
#include "ssh_data.h"
#include "util/limits.h"

#define JANUARY	  INT64_C(1704067200) /* 2024-01-01 */
#define FEBRUARY  INT64_C(1706745600)
#define APRIL	  INT64_C(1711929600) /* 2024-04-01 */
#define TYPE_HOST 2

static void read_cert_blob(const char *name, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
	char *path = pdg_str_printf("%s/ssh_certs/%s-cert.pub", PDG_TEST_DATA, name);
	struct pdg_bytes rest;
	struct pdg_bytes line;
	struct pdg_error err = {0};

	if (CHECK(path != NULL))
		pdg_test_read(path, &text);
	free(path);
	rest = pdg_buf_bytes(&text);
	if (CHECK(pdg_bytes_line(&rest, &line)))
		CHECK_OK(pdg_sshkey_line(line, out, &err), &err);
}

static struct pdg_sshcert *parse(const char *name)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_sshcert *cert = NULL;
	struct pdg_error err = {0};

	read_cert_blob(name, &blob);
	CHECK(pdg_sshcert_is(pdg_buf_bytes(&blob)));
	if (!CHECK_OK(pdg_sshcert_parse(pdg_buf_bytes(&blob), &cert, &err), &err))
		abort();
	return cert;
}

static int judge(struct pdg_bytes blob, struct pdg_error *err)
{
	PDG_AUTO(sshcert) struct pdg_sshcert *cert = NULL;
	int rc = pdg_sshcert_parse(blob, &cert, err);

	return rc < 0 ? rc : pdg_sshcert_verify(cert, err);
}

static void read_text(const char *name, struct pdg_buf *out)
{
	char *path = pdg_str_printf("%s/ssh_certs/%s", PDG_TEST_DATA, name);

	if (CHECK(path != NULL))
		pdg_test_read(path, out);
	free(path);
}

static void a_certificate_says_what_ssh_keygen_wrote(void)
{
	PDG_AUTO(sshcert) struct pdg_sshcert *cert = parse("good");
	PDG_AUTO(buf) struct pdg_buf print = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_bytes rest = cert->principals;
	struct pdg_bytes name;
	struct pdg_error err = {0};

	read_text("alice.fingerprint", &print);
	CHECK_BYTES(pdg_bytes_str(pdg_sshkey_fingerprint(cert->key)),
		    pdg_bytes_trim(pdg_buf_bytes(&print), "\n"));
	CHECK_UINT(cert->serial, 7);
	CHECK(!cert->host && !cert->verify_required && cert->unkept.n == 0);
	CHECK_BYTES(cert->key_id, pdg_bytes_str("alice-1"));
	CHECK(pdg_sshcert_principal(&rest, &name));
	CHECK_BYTES(name, pdg_bytes_str("alice@example.com"));
	CHECK(pdg_sshcert_principal(&rest, &name));
	CHECK_BYTES(name, pdg_bytes_str("alice@work.example"));
	CHECK(!pdg_sshcert_principal(&rest, &name));
	CHECK_UINT(cert->valid_after, (uint64_t)JANUARY);
	CHECK_UINT(cert->valid_before, (uint64_t)APRIL);
	CHECK_OK(pdg_sshcert_verify(cert, &err), &err);
	CHECK(pdg_sshcert_unfit(cert, 0) == NULL);
}

/* One for each type of key, of each type of CA, and signatures made with them. */
static void every_type_is_judged(void)
{
	static const struct {
		const char *name;
		const char *rule; /* NULL: good */
	} rows[] = {
		{"ed25519", NULL},   {"ecdsa256", NULL},   {"ecdsa384", NULL},	 {"ecdsa521", NULL},
		{"rsa3072", NULL},   {"sk-ed25519", NULL}, {"sk-ecdsa", NULL},	 {"by-ecdsa", NULL},
		{"by-rsa256", NULL}, {"by-rsa512", NULL},  {"by-sha1", "SSH-3"},
	};
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(SSH_DATA_MAX);

	read_text("message", &msg);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(sshcert) struct pdg_sshcert *cert = parse(rows[i].name);
		PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(sshsig) struct pdg_sshsig *sig = NULL;
		char *file = pdg_str_printf("%s.sig", rows[i].name);
		struct pdg_error err = {0};
		int rc;

		pdg_test_case("%s", rows[i].name);
		read_text(file, &armor);
		free(file);
		if (!CHECK_OK(pdg_sshsig_parse(pdg_buf_bytes(&armor), &sig, &err), &err))
			continue;
		CHECK(pdg_sshsig_cert(sig) != NULL);
		CHECK_STR(pdg_sshkey_fingerprint(pdg_sshsig_key(sig)),
			  pdg_sshkey_fingerprint(cert->key));
		CHECK_INT(pdg_sshsig_flags(sig), rows[i].name[0] == 's');
		rc = pdg_sshsig_verify(sig, "git", pdg_buf_bytes(&msg), &err);
		if (rows[i].rule)
			CHECK_RULE(rc, &err, rows[i].rule);
		else
			CHECK_OK(rc, &err);
		CHECK_RULE(pdg_sshsig_verify(sig, "git", pdg_bytes_str("x"), &err), &err, "SIG-1");
	}
	pdg_test_case(NULL);
}

static void options_are_kept_or_refused(void)
{
	static const struct {
		const char *name;
		uint8_t flags;
		bool fit;
	} rows[] = {
		{"good", 0, true},
		{"forever", 0, true},
		{"extension", 0, true},
		{"host", 0, false},
		{"command", 0, false},
		{"address", 0, false},
		{"unknown", 0, false},
		{"verify", 0, false}, /* by no security key: nobody is ever verified */
		{"sk-ed25519-verify", 1, false},
		{"sk-ed25519-verify", 1 | PDG_SSH_USER_VERIFIED, true},
		{"sk-ecdsa-verify", 1, false},
		{"sk-ecdsa", 1, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(sshcert) struct pdg_sshcert *cert = parse(rows[i].name);

		pdg_test_case("%s", rows[i].name);
		CHECK((pdg_sshcert_unfit(cert, rows[i].flags) == NULL) == rows[i].fit);
	}
	pdg_test_case(NULL);
}

static void times_are_ssh_keygens(void)
{
	PDG_AUTO(sshcert) struct pdg_sshcert *cert = parse("good");
	PDG_AUTO(sshcert) struct pdg_sshcert *forever = parse("forever");

	CHECK_INT(pdg_sshcert_when(cert, -1), -1);
	CHECK_INT(pdg_sshcert_when(cert, JANUARY - 1), -1);
	CHECK_INT(pdg_sshcert_when(cert, JANUARY), 0);
	CHECK_INT(pdg_sshcert_when(cert, APRIL - 1), 0);
	CHECK_INT(pdg_sshcert_when(cert, APRIL), 1);
	CHECK_INT(pdg_sshcert_when(forever, 0), 0);
	CHECK_INT(pdg_sshcert_when(forever, INT64_MAX), 0);
	CHECK_INT(pdg_sshcert_when(forever, -1), -1);
}

/* A certificate's fields, to put together again with one of them changed. */
struct fields {
	struct pdg_bytes type;
	struct pdg_bytes nonce;
	struct pdg_bytes key; /* Ed25519: one string */
	uint32_t use;
	struct pdg_bytes key_id;
	struct pdg_bytes principals;
	struct pdg_bytes critical;
	struct pdg_bytes extensions;
	struct pdg_bytes reserved;
	struct pdg_bytes ca;
	struct pdg_bytes signature;
	struct pdg_bytes after;
};

static void take_apart(struct pdg_bytes b, struct fields *f)
{
	uint64_t number;

	*f = (struct fields){0};
	CHECK(pdg_sshwire_string(&b, &f->type) && pdg_sshwire_string(&b, &f->nonce) &&
	      pdg_sshwire_string(&b, &f->key) && pdg_sshwire_u64(&b, &number) &&
	      pdg_sshwire_u32(&b, &f->use) && pdg_sshwire_string(&b, &f->key_id) &&
	      pdg_sshwire_string(&b, &f->principals) && pdg_sshwire_u64(&b, &number) &&
	      pdg_sshwire_u64(&b, &number) && pdg_sshwire_string(&b, &f->critical) &&
	      pdg_sshwire_string(&b, &f->extensions) && pdg_sshwire_string(&b, &f->reserved) &&
	      pdg_sshwire_string(&b, &f->ca) && pdg_sshwire_string(&b, &f->signature) && b.n == 0);
}

static void put_u64(struct pdg_buf *out, uint64_t v)
{
	pdg_buf_u32be(out, (uint32_t)(v >> 32));
	pdg_buf_u32be(out, (uint32_t)v);
}

static void put_together(const struct fields *f, struct pdg_buf *out)
{
	pdg_sshwire_put_string(out, f->type);
	pdg_sshwire_put_string(out, f->nonce);
	pdg_sshwire_put_string(out, f->key);
	put_u64(out, 7);
	pdg_buf_u32be(out, f->use);
	pdg_sshwire_put_string(out, f->key_id);
	pdg_sshwire_put_string(out, f->principals);
	put_u64(out, JANUARY);
	put_u64(out, APRIL);
	pdg_sshwire_put_string(out, f->critical);
	pdg_sshwire_put_string(out, f->extensions);
	pdg_sshwire_put_string(out, f->reserved);
	pdg_sshwire_put_string(out, f->ca);
	pdg_sshwire_put_string(out, f->signature);
	pdg_buf_put(out, f->after);
}

/* @text: names, each with the length before it; "name=value" is an option. */
static void put_list(const char *text, bool options, struct pdg_buf *out)
{
	while (*text) {
		size_t n = strcspn(text, " ");
		struct pdg_bytes word = pdg_bytes(text, n);
		size_t equals = pdg_bytes_find_byte(word, '=', 0);

		pdg_sshwire_put_string(out, pdg_bytes_head(word, equals));
		if (options)
			pdg_sshwire_put_string(
				out, pdg_bytes_from(word, equals == SIZE_MAX ? n : equals + 1));
		text += n + (text[n] == ' ');
	}
}

static void check_changed(const char *what, const struct fields *f, const char *rule)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_error err = {0};
	int rc;

	put_together(f, &blob);
	pdg_test_case("%s", what);
	rc = judge(pdg_buf_bytes(&blob), &err);
	if (rule)
		CHECK_RULE(rc, &err, rule);
	else
		CHECK_OK(rc, &err);
	pdg_test_case(NULL);
}

/* Those of the right form fail at the CA's signature alone. */
static void options_are_in_order(void)
{
	static const struct {
		const char *text;
		const char *rule;
	} rows[] = {
		{"a b", "SIG-1"}, {"a=1 aa", "SIG-1"},		{"Z a", "SIG-1"},  {"b a", "SSH-5"},
		{"a a", "SSH-5"}, {"a=1 a=2", "SSH-5"},		{"aa a", "SSH-5"}, {"a Z", "SSH-5"},
		{"=1", "SSH-5"},  {"verify-required", "SIG-1"},
	};
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
	struct fields f;

	read_cert_blob("good", &blob);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf list = PDG_BUF_INIT(SSH_DATA_MAX);

		put_list(rows[i].text, true, &list);
		take_apart(pdg_buf_bytes(&blob), &f);
		f.critical = pdg_buf_bytes(&list);
		check_changed(rows[i].text, &f, rows[i].rule);
		take_apart(pdg_buf_bytes(&blob), &f);
		f.extensions = pdg_buf_bytes(&list);
		check_changed(rows[i].text, &f, rows[i].rule);
	}
	take_apart(pdg_buf_bytes(&blob), &f);
	f.critical = pdg_bytes("\0\0\0\1a", 5);
	check_changed("an option without data", &f, "SSH-5");
	f.critical = pdg_bytes("\0\0\0\17verify-required\0\0\0\1x", 24);
	check_changed("verify-required with a value", &f, "SSH-5");
	f.critical = pdg_bytes("\0\0\0\1\0\0\0\0", 9);
	check_changed("an option of a NUL", &f, "SSH-5");
}

static void every_field_counts(void)
{
	static const char dss_cert[] = "\0\0\0\34ssh-dss-cert-v01@openssh.com\0\0\0\1x";
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(buf) struct pdg_buf dsa = PDG_BUF_INIT(SSH_DATA_MAX);
	struct fields good;
	struct fields f;

	read_cert_blob("good", &blob);
	ssh_read_blob("dsa", &dsa);
	take_apart(pdg_buf_bytes(&blob), &good);
	check_changed("nothing", &good, NULL);
#define CHANGED(member, value, rule)                                                               \
	do {                                                                                       \
		f = good;                                                                          \
		f.member = (value);                                                                \
		check_changed(#member " = " #value, &f, (rule));                                   \
	} while (0)
	CHANGED(type, pdg_bytes_str("ssh-ed25519"), "SSH-5");
	CHANGED(type, pdg_bytes_str("ssh-ed25519-cert-v02@openssh.com"), "SSH-5");
	CHANGED(type, pdg_bytes_str("ssh-rsa-cert-v01@openssh.com"), "SSH-1");
	CHANGED(nonce, pdg_bytes(NULL, 0), "SIG-1");
	CHANGED(key, pdg_bytes_head(good.key, 31), "SSH-1");
	CHANGED(use, 0, "SSH-5");
	CHANGED(use, 3, "SSH-5");
	CHANGED(use, 0x10001, "SSH-5");
	CHANGED(use, TYPE_HOST, "SIG-1");
	CHANGED(key_id, pdg_bytes("a\0", 2), "SSH-5");
	CHANGED(key_id, pdg_bytes(NULL, 0), "SIG-1");
	CHANGED(principals, pdg_bytes(NULL, 0), "SIG-1");
	CHANGED(principals, pdg_bytes("\0\0\0\0", 4), "SSH-5");
	CHANGED(principals, pdg_bytes("\0\0\0\2a\0", 6), "SSH-5");
	CHANGED(principals, pdg_bytes("\0\0\0\2a", 5), "SSH-5");
	CHANGED(reserved, pdg_bytes_str("x"), "SSH-5");
	CHANGED(ca, pdg_bytes(NULL, 0), "SSH-1");
	CHANGED(ca, pdg_bytes_head(good.ca, good.ca.n - 1), "SSH-1");
	CHANGED(ca, pdg_buf_bytes(&blob), "SSH-5"); /* a chain */
	CHANGED(ca, pdg_bytes(dss_cert, sizeof(dss_cert) - 1), "SSH-5");
	CHANGED(ca, pdg_buf_bytes(&dsa), "SSH-3");
	CHANGED(signature, pdg_bytes(NULL, 0), "SSH-1");
	CHANGED(signature, pdg_bytes_head(good.signature, 20), "SSH-1");
	CHANGED(after, pdg_bytes("\0", 1), "SSH-5");
#undef CHANGED
}

static void principals_are_bounded(void)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(buf) struct pdg_buf names = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(buf) struct pdg_buf large = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_error err = {0};
	struct fields f;

	read_cert_blob("good", &blob);
	take_apart(pdg_buf_bytes(&blob), &f);
	for (size_t i = 0; i < 256; i++)
		ssh_put(&names, "a");
	f.principals = pdg_buf_bytes(&names);
	check_changed("256 principals", &f, "SIG-1");
	ssh_put(&names, "a");
	f.principals = pdg_buf_bytes(&names);
	check_changed("257 principals", &f, "SSH-5");
	f.principals = pdg_bytes(NULL, 0);
	memset(pdg_buf_room(&large, PDG_LIMIT_SSH_BLOB), 'x', PDG_LIMIT_SSH_BLOB);
	f.nonce = pdg_buf_bytes(&large);
	check_changed("too large", &f, "SSH-5");
	CHECK_RULE(judge(pdg_bytes(NULL, 0), &err), &err, "SSH-5");
}

static void every_cut_and_every_bit_counts(void)
{
	static const char *const names[] = {"good", "ecdsa256", "by-rsa512", "sk-ed25519"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
		struct pdg_error err = {0};

		read_cert_blob(names[i], &blob);
		CHECK_OK(judge(pdg_buf_bytes(&blob), &err), &err);
		for (size_t bit = 0; bit < 8 * blob.n; bit++) {
			pdg_test_case("%s, bit %zu", names[i], bit);
			blob.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
			CHECK(judge(pdg_buf_bytes(&blob), &err) < 0);
			CHECK(err.code == PDG_E_FORMAT || err.code == PDG_E_REJECTED);
			blob.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		for (size_t n = 0; n < blob.n; n++) {
			uint8_t *cut = ssh_exact(pdg_buf_bytes(&blob), n);

			pdg_test_case("%s, first %zu bytes", names[i], n);
			CHECK_CODE(judge(pdg_bytes(cut, n), &err), &err, PDG_E_FORMAT);
			free(cut);
		}
		pdg_test_case(NULL);
		CHECK_UINT(ERR_peek_error(), 0);
	}
}

static struct pdg_allowed_signers *list_of(const char *text)
{
	struct pdg_allowed_signers *list = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_allowed_signers_parse(pdg_bytes_str(text), "test", &list, &err), &err))
		abort();
	return list;
}

/* The first two words of NAME.pub. */
static char *key_of(const char *file)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
	char *key;
	char *end;

	read_text(file, &text);
	key = pdg_bytes_dup(pdg_buf_bytes(&text));
	if (!key || !(end = strchr(key, ' ')) || !(end = strchr(end + 1, ' ')))
		abort();
	*end = '\0';
	return key;
}

static void authorities_are_found(void)
{
	static const struct {
		const char *line; /* before the key */
		const char *key;
		const char *principal;
		int64_t at;
		enum pdg_signer_find want;
		const char *name;
	} rows[] = {
		{"*@example.com cert-authority", "ca.pub", NULL, FEBRUARY, PDG_SIGNER_FOUND,
		 "alice@example.com"},
		{"*@example.com cert-authority", "ca.pub", "alice@example.com", FEBRUARY,
		 PDG_SIGNER_FOUND, "alice@example.com"},
		{"*@work.example cert-authority", "ca.pub", NULL, FEBRUARY, PDG_SIGNER_FOUND,
		 "alice@work.example"},
		{"* cert-authority,namespaces=\"git\"", "ca.pub", "alice@work.example", FEBRUARY,
		 PDG_SIGNER_FOUND, "alice@work.example"},
		{"*@work.example cert-authority", "ca.pub", "alice@example.com", FEBRUARY,
		 PDG_SIGNER_WRONG_NAME, ""},
		{"*,!alice@example.com cert-authority", "ca.pub", NULL, FEBRUARY, PDG_SIGNER_FOUND,
		 "alice@work.example"},
		{"*,!alice@* cert-authority", "ca.pub", NULL, FEBRUARY, PDG_SIGNER_WRONG_NAME, ""},
		{"* cert-authority", "ca.pub", "bob@example.com", FEBRUARY, PDG_SIGNER_WRONG_NAME,
		 ""},
		{"* cert-authority", "ca.pub", "Alice@example.com", FEBRUARY, PDG_SIGNER_WRONG_NAME,
		 ""},
		{"* cert-authority", "ca.pub", "*", FEBRUARY, PDG_SIGNER_WRONG_NAME, ""},
		{"* cert-authority", "ca.pub", "", FEBRUARY, PDG_SIGNER_WRONG_NAME, ""},
		/* other namespaces, other keys, no authority */
		{"* cert-authority,namespaces=\"file\"", "ca.pub", NULL, FEBRUARY,
		 PDG_SIGNER_UNKNOWN, ""},
		{"* cert-authority", "ca-ecdsa.pub", NULL, FEBRUARY, PDG_SIGNER_UNKNOWN, ""},
		{"*", "ca.pub", NULL, FEBRUARY, PDG_SIGNER_UNKNOWN, ""},
		{"*", "alice.pub", NULL, FEBRUARY, PDG_SIGNER_UNKNOWN, ""},
		{"* cert-authority", "alice.pub", NULL, FEBRUARY, PDG_SIGNER_UNKNOWN, ""},
		{"*", "good-cert.pub", NULL, FEBRUARY, PDG_SIGNER_UNKNOWN, ""},
		/* the certificate's times, and the line's */
		{"* cert-authority", "ca.pub", NULL, JANUARY - 1, PDG_SIGNER_NOT_YET,
		 "alice@example.com"},
		{"* cert-authority", "ca.pub", NULL, APRIL, PDG_SIGNER_EXPIRED,
		 "alice@example.com"},
		{"* cert-authority,valid-before=\"20240115Z\"", "ca.pub", NULL, FEBRUARY,
		 PDG_SIGNER_EXPIRED, "alice@example.com"},
		{"* valid-after=\"20240215Z\",cert-authority", "ca.pub", NULL, FEBRUARY,
		 PDG_SIGNER_NOT_YET, "alice@example.com"},
		{"* cert-authority,valid-before=\"20990101Z\"", "ca.pub", NULL, APRIL,
		 PDG_SIGNER_EXPIRED, "alice@example.com"},
	};
	PDG_AUTO(sshcert) struct pdg_sshcert *cert = parse("good");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(mem) char *key = key_of(rows[i].key);
		PDG_AUTO(mem) char *text = pdg_str_printf("%s %s\n", rows[i].line, key);
		PDG_AUTO(allowed_signers) struct pdg_allowed_signers *list = list_of(text);
		struct pdg_bytes name;

		pdg_test_case("row %zu: %s", i, rows[i].line);
		CHECK(pdg_allowed_signers_find_cert(list, cert, "git", rows[i].at,
						    rows[i].principal, &name) == rows[i].want);
		CHECK_BYTES(name, pdg_bytes_str(rows[i].name));
	}
	pdg_test_case(NULL);
}

/* Of several lines the one that says most; nobody is named by a certificate without principals. */
static void the_best_authority_wins(void)
{
	static const char *const nobodies[] = {"nobody", "star"};
	PDG_AUTO(mem) char *ca = key_of("ca.pub");
	PDG_AUTO(mem)
	char *text = pdg_str_printf("eve@example.com cert-authority %s\n"
				    "* cert-authority,valid-before=\"20240115Z\" %s\n"
				    "alice@* cert-authority %s\n",
				    ca, ca, ca);
	PDG_AUTO(allowed_signers) struct pdg_allowed_signers *list = list_of(text);
	PDG_AUTO(sshcert) struct pdg_sshcert *cert = parse("good");
	struct pdg_bytes name;

	CHECK(pdg_allowed_signers_find_cert(list, cert, "git", FEBRUARY, "alice@example.com",
					    &name) == PDG_SIGNER_FOUND);
	for (size_t i = 0; i < 2; i++) {
		PDG_AUTO(sshcert) struct pdg_sshcert *nobody = parse(nobodies[i]);

		pdg_test_case("%s", nobodies[i]);
		CHECK(pdg_allowed_signers_find_cert(list, nobody, "git", FEBRUARY,
						    "alice@example.com",
						    &name) == PDG_SIGNER_WRONG_NAME);
	}
	pdg_test_case(NULL);
}

static void an_authority_is_no_certificate(void)
{
	PDG_AUTO(mem) char *key = key_of("good-cert.pub");
	PDG_AUTO(mem) char *text = pdg_str_printf("* cert-authority %s\n", key);
	struct pdg_allowed_signers *list = NULL;
	struct pdg_error err = {0};

	CHECK_RULE(pdg_allowed_signers_parse(pdg_bytes_str(text), "x", &list, &err), &err, "SSH-2");
	CHECK(list == NULL);
}

PDG_TEST_MAIN("sshcert",
	      {"a certificate says what ssh-keygen wrote",
	       a_certificate_says_what_ssh_keygen_wrote},
	      {"every type is judged", every_type_is_judged},
	      {"options are kept or refused", options_are_kept_or_refused},
	      {"times are ssh-keygen's", times_are_ssh_keygens},
	      {"options are in order", options_are_in_order},
	      {"every field counts", every_field_counts},
	      {"principals are bounded", principals_are_bounded},
	      {"every cut and every bit counts", every_cut_and_every_bit_counts},
	      {"authorities are found", authorities_are_found},
	      {"the best authority wins", the_best_authority_wins},
	      {"an authority is no certificate", an_authority_is_no_certificate})
