/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in a PKCS#11 token, SoftHSM's: every type that is used, where the public half is found, what
 * a URI must say. pkcs11-tool (OpenSC) makes the keys.
 */
#include "signer/token.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/spawn.h"
#include "support/check.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"

#define PIN "4711"

static char *dir;
static const char *module;

/* SoftHSM 2.6 forgets some bytes with every EdDSA signature; LeakSanitizer, where it is, is told.
 */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static int tool(const char *const *argv)
{
	const struct pdg_spawn s = {.program = argv[0], .argv = argv, .quiet = true};
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_spawn quiet = s;
	struct pdg_error err = {0};
	int status = -1;

	quiet.out = &out;
	return CHECK_OK(pdg_spawn(&quiet, &status, &err), &err) ? status : -1;
}

static void make_token(const char *label)
{
	const char *const argv[] = {"/usr/bin/softhsm2-util",
				    "--init-token",
				    "--free",
				    "--label",
				    label,
				    "--so-pin",
				    "1234",
				    "--pin",
				    PIN,
				    NULL};

	CHECK_INT(tool(argv), 0);
}

/* pkcs11-tool, logged in to the token, with @more, which NULL ends. */
static int in_token(const char *const *more)
{
	const char *argv[24] = {"/usr/bin/pkcs11-tool",
				"--module",
				module,
				"--token-label",
				"service",
				"--login",
				"--pin",
				PIN};
	size_t n = 8;

	while (*more)
		argv[n++] = *more++;
	return tool(argv);
}

static void make_key(const char *label, const char *id, const char *type)
{
	const char *const more[] = {"--keypairgen", "--key-type", type, "--label",
				    label,	    "--id",	  id,	NULL};

	pdg_test_case("make %s", label);
	CHECK_INT(in_token(more), 0);
	pdg_test_case(NULL);
}

static void drop_public(const char *id)
{
	const char *const more[] = {"--delete-object", "--type", "pubkey", "--id", id, NULL};

	CHECK_INT(in_token(more), 0);
}

/* @uri with the module and the PIN behind it. */
static int open_key(const char *uri, struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *whole = pdg_str_printf("%s?module-path=%s&pin-value=" PIN, uri, module);

	return pdg_token_open(whole, out, err);
}

static void check_signs(const char *uri, enum pdg_key_type type)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	PDG_AUTO(key) struct pdg_key *key = NULL;
	struct pdg_bytes msg = pdg_bytes_str("what is signed");
	struct pdg_error err = {0};
	unsigned i;

	pdg_test_case("%s", uri);
	if (!CHECK_OK(open_key(uri, &key, &err), &err))
		return;
	CHECK(pdg_key_type(key) == type);
	/* ECDSA's numbers have leading zeros once in a while. */
	for (i = 0; i < 40; i++) {
		pdg_buf_reset(&sig);
		CHECK_OK(pdg_key_sign(key, msg, &sig, &err), &err);
		CHECK_OK(pdg_key_verify(key, msg, pdg_buf_bytes(&sig), &err), &err);
	}
	pdg_test_case(NULL);
}

static void modules_leaks(bool begin)
{
	if (begin && __lsan_disable)
		__lsan_disable();
	if (!begin && __lsan_enable)
		__lsan_enable();
}

static void every_type_signs(void)
{
	make_token("service");
	make_key("p256", "01", "EC:prime256v1");
	make_key("p384", "02", "EC:secp384r1");
	make_key("p521", "03", "EC:secp521r1");
	make_key("rsa", "04", "rsa:2048");
	make_key("ed", "05", "EC:edwards25519");
	check_signs("pkcs11:token=service;object=p256", PDG_KEY_ECDSA_P256);
	check_signs("pkcs11:token=service;id=%02", PDG_KEY_ECDSA_P384);
	check_signs("pkcs11:token=service;object=p521;type=private", PDG_KEY_ECDSA_P521);
	check_signs("pkcs11:token=service;object=rsa", PDG_KEY_RSA);
	modules_leaks(true);
	check_signs("pkcs11:token=service;object=ed", PDG_KEY_ED25519);
	modules_leaks(false);
}

static void the_public_half_may_be_gone(void)
{
	struct pdg_error err = {0};
	struct pdg_key *key = NULL;

	/* RSA's is in the private object too; of an EC key nothing is left. */
	drop_public("04");
	check_signs("pkcs11:token=service;object=rsa", PDG_KEY_RSA);
	drop_public("02");
	CHECK_RULE(open_key("pkcs11:token=service;id=%02", &key, &err), &err, "KEY-5");
}

/* A certificate of the key, made by OpenSSL with another one's name for it, is as good. */
static void a_certificate_will_do(void)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(mem) char *pub = NULL;
	PDG_AUTO(mem) char *ca = pdg_test_path(dir, "ca.pem");
	PDG_AUTO(mem) char *ca_cert = pdg_test_path(dir, "ca.crt");
	PDG_AUTO(mem) char *request = pdg_test_path(dir, "any.csr");
	PDG_AUTO(mem) char *der = pdg_test_path(dir, "key.der");
	struct pdg_error err = {0};

	if (!CHECK_OK(open_key("pkcs11:token=service;object=p256", &key, &err), &err) ||
	    !CHECK_OK(pdg_key_public_text(key, &pem, &err), &err))
		return;
	pub = pdg_test_file(dir, "key.pub", pdg_buf_bytes(&pem));
	{
		const char *const make_ca[] = {"/usr/bin/openssl",
					       "req",
					       "-x509",
					       "-newkey",
					       "ed25519",
					       "-nodes",
					       "-keyout",
					       ca,
					       "-subj",
					       "/CN=ca",
					       "-out",
					       ca_cert,
					       NULL};
		const char *const ask[] = {"/usr/bin/openssl", "req",  "-new",	"-key", ca, "-subj",
					   "/CN=service",      "-out", request, NULL};
		const char *const make[] = {"/usr/bin/openssl",
					    "x509",
					    "-req",
					    "-in",
					    request,
					    "-CA",
					    ca_cert,
					    "-CAkey",
					    ca,
					    "-force_pubkey",
					    pub,
					    "-outform",
					    "DER",
					    "-out",
					    der,
					    NULL};
		const char *const put[] = {"--write-object", der,  "--type", "cert",
					   "--id",	     "01", NULL};

		CHECK_INT(tool(make_ca), 0);
		CHECK_INT(tool(ask), 0);
		CHECK_INT(tool(make), 0);
		CHECK_INT(in_token(put), 0);
	}
	drop_public("01");
	check_signs("pkcs11:token=service;object=p256", PDG_KEY_ECDSA_P256);
}

static void what_a_uri_must_say(void)
{
	static const char *const uris[] = {
		"pkcs11:token=service",		      /* several keys */
		"pkcs11:token=service;object=absent", /* none */
		"pkcs11:object=ed;foo=bar",	      /* what is not known */
		"pkcs11:token=service;object=ed;type=cert;id=%99",
		"pkcs11:token=serv%ZZice",
		"nothing",
	};
	struct pdg_key *key = NULL;
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		pdg_test_case("%s", uris[i]);
		CHECK_RULE(open_key(uris[i], &key, &err), &err, "KEY-5");
		CHECK(strstr(err.text, PIN) == NULL);
	}
	/* It may be there later. */
	CHECK_RULE(open_key("pkcs11:token=absent;object=ed", &key, &err), &err, "KEY-7");
	CHECK_INT(err.code, PDG_E_IO);
	/* Two tokens of one name. */
	make_token("twice");
	make_token("twice");
	CHECK_RULE(open_key("pkcs11:token=twice;object=ed", &key, &err), &err, "KEY-5");
	pdg_test_case(NULL);
}

static int open_with(const char *query, struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(mem)
	char *uri =
		pdg_str_printf("pkcs11:token=service;object=ed?module-path=%s%s", module, query);

	return pdg_token_open(uri, out, err);
}

static void pins_and_modules(void)
{
	PDG_AUTO(mem) char *pin = pdg_test_file(dir, "pin", pdg_bytes_str(PIN "\n"));
	PDG_AUTO(mem) char *source = pdg_str_printf("&pin-source=file:%s", pin);
	PDG_AUTO(mem) char *plain = pdg_str_printf("&pin-source=%s", pin);
	struct pdg_key *key = NULL;
	struct pdg_error err = {0};

	modules_leaks(true);
	CHECK(chmod(pin, 0600) == 0);
	CHECK_OK(open_with(source, &key, &err), &err);
	pdg_key_free(key);
	key = NULL;
	CHECK_OK(open_with(plain, &key, &err), &err);
	pdg_key_free(key);
	modules_leaks(false);
	CHECK_RULE(open_with("&pin-value=0815", &key, &err), &err, "KEY-5");
	CHECK_HAS(err.fix, "pin-source");
	CHECK_RULE(open_with("", &key, &err), &err, "KEY-5");
	CHECK_HAS(err.fix, "pin-source");
	CHECK_RULE(open_with("&pin-source=file:relative", &key, &err), &err, "KEY-5");
	CHECK_RULE(open_with("&pin-source=file:/nowhere/at/all", &key, &err), &err, "KEY-3");
	CHECK(chmod(pin, 0644) == 0);
	CHECK_RULE(open_with(source, &key, &err), &err, "KEY-2");
	CHECK_RULE(pdg_token_open("pkcs11:token=service;object=ed?module-path=/nowhere/m.so", &key,
				  &err),
		   &err, "KEY-5");
	CHECK_HAS(err.text, "/nowhere/m.so");
	CHECK_RULE(pdg_token_open("pkcs11:token=service;object=ed?module-path=m.so", &key, &err),
		   &err, "KEY-5");
	/* No list of modules is asked: whoever may write one has his code run here. */
	CHECK_RULE(pdg_token_open("pkcs11:token=service;object=p384?pin-value=" PIN, &key, &err),
		   &err, "KEY-5");
	CHECK_HAS(err.text, "module-path");
}

/* A folder of tokens of this test's own; false: something is not installed. */
static bool set_up(void)
{
	static const char *const modules[] = {"/usr/lib/softhsm/libsofthsm2.so",
					      "/usr/lib64/pkcs11/libsofthsm2.so",
					      "/usr/lib64/libsofthsm2.so"};
	PDG_AUTO(mem) char *conf = NULL;
	PDG_AUTO(mem) char *text = NULL;
	size_t i;

	for (i = 0; i < 3 && !module; i++)
		module = pdg_fs_exists(modules[i]) ? modules[i] : NULL;
	if (!module || access("/usr/bin/softhsm2-util", X_OK) != 0 ||
	    access("/usr/bin/pkcs11-tool", X_OK) != 0 || access("/usr/bin/openssl", X_OK) != 0)
		return false;
	dir = pdg_test_dir();
	text = pdg_str_printf("directories.tokendir = %s\nobjectstore.backend = file\n", dir);
	conf = pdg_test_file(dir, "softhsm2.conf", pdg_bytes_str(text));
	return setenv("SOFTHSM2_CONF", conf, 1) == 0;
}

int main(void)
{
	static const struct pdg_test tests[] = {
		{"every type signs", every_type_signs},
		{"a certificate will do", a_certificate_will_do},
		{"the public half may be gone", the_public_half_may_be_gone},
		{"what a URI must say", what_a_uri_must_say},
		{"PINs and modules", pins_and_modules},
	};
	const char *ci = getenv("CI");
	int status;

	if (!set_up()) {
		fputs("not checked: SoftHSM or OpenSC is not installed\n", stderr);
		return ci && strcmp(ci, "true") == 0 ? 1 : 77;
	}
	status = pdg_test_run("token", tests, sizeof(tests) / sizeof(tests[0]));
	pdg_test_dir_remove(dir);
	return status;
}
