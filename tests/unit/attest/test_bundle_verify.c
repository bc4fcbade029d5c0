/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles against a plain key: what makes one good, each way to make it bad, and that not a byte of
 * it can change unnoticed.
 */
#include "attest/bundle_verify.h"

#include "support/check.h"
#include "support/world.h"
#include "util/codec.h"
#include "util/limits.h"

struct fixture {
	struct pdg_world w;
	struct pdg_made build;
	struct pdg_root *root;
	uint8_t artifact[PDG_SHA256_LEN];
	struct pdg_buf text; /* the bundle, which a test may change */
};

static void fixture_done(struct fixture *f)
{
	pdg_buf_done(&f->text);
	pdg_root_free(f->root);
	pdg_made_done(&f->build);
	pdg_world_done(&f->w);
}
PDG_AUTO_DEFINE_VALUE(fixture, struct fixture, fixture_done)

static void load_root(struct fixture *f, int64_t from, int64_t until)
{
	PDG_AUTO(mem) char *path = pdg_test_path(f->w.dir, "keys/root.json");
	struct pdg_error err = {0};

	pdg_root_free(f->root);
	f->root = NULL;
	pdg_world_root(&f->w, from, until);
	CHECK_OK(pdg_root_load(path, &f->root, &err), &err);
}

static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){.root = NULL};
	pdg_world_init(&f->w, NULL);
	pdg_buf_init(&f->text, PDG_LIMIT_BUNDLE);
	load_root(f, WORLD_COMMITTED, 0);
	if (!pdg_unhex(pdg_bytes_str(WORLD_ARTIFACT), f->artifact, PDG_SHA256_LEN))
		abort();
}

/* Another bundle, made as @m says. */
static void make(struct fixture *f, const struct pdg_make *m)
{
	pdg_made_done(&f->build);
	pdg_world_build(&f->w, m, &f->build);
	pdg_buf_reset(&f->text);
	pdg_buf_put(&f->text, pdg_buf_bytes(&f->build.bundle));
}

static int verify(struct fixture *f, const struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
	int rc = pdg_bundle_parse(pdg_buf_bytes(&f->text), &b, err);

	return rc < 0 ? rc
		      : pdg_bundle_verify(b, key ? key : f->w.key[WORLD_SERVICE], f->root,
					  f->artifact, f->w.now, err);
}

static void good(struct fixture *f)
{
	struct pdg_error err = {0};

	CHECK_OK(verify(f, NULL, &err), &err);
}

static void bad(struct fixture *f, const struct pdg_key *key, const char *rule)
{
	struct pdg_error err = {0};

	CHECK_RULE(verify(f, key, &err), &err, rule);
}

static void a_good_bundle_is_verified(void)
{
	PDG_AUTO(fixture) struct fixture f;

	fixture_init(&f);
	make(&f, &(struct pdg_make){0});
	good(&f);
	/* The hint orders trials and decides nothing. */
	pdg_test_replace(&f.text, NULL, "\"hint\":\"", "\"hint\":\"x");
	good(&f);
}

static void each_part_must_hold(void)
{
	PDG_AUTO(fixture) struct fixture f;

	fixture_init(&f);
	make(&f, &(struct pdg_make){0});
	bad(&f, f.w.key[WORLD_BUILDER_KEY], "ENV-5");
	f.artifact[0] ^= 1;
	bad(&f, NULL, "BND-8");
	f.artifact[0] ^= 1;
	good(&f);

	make(&f, &(struct pdg_make){.unlogged = true});
	bad(&f, NULL, "BND-6");
	make(&f, &(struct pdg_make){.log = f.w.other_log});
	bad(&f, NULL, "LOG-8");
	make(&f, &(struct pdg_make){.service = f.w.key[WORLD_STRANGER]});
	bad(&f, NULL, "ENV-5");
	CHECK_OK(verify(&f, f.w.key[WORLD_STRANGER], NULL), NULL);
	make(&f, &(struct pdg_make){.payload = "{}", .stage = "build"});
	bad(&f, NULL, "STM-1");
}

/* attacks.md 59: a valid entry, of something else. */
static void the_entry_of_another_is_refused(void)
{
	PDG_AUTO(fixture) struct fixture f;
	PDG_AUTO(made) struct pdg_made other = {.stage = NULL};
	PDG_AUTO(bundle) struct pdg_bundle *own = NULL;
	PDG_AUTO(bundle) struct pdg_bundle *foreign = NULL;
	struct pdg_error err = {0};
	struct pdg_bytes payload, sig;

	fixture_init(&f);
	make(&f, &(struct pdg_make){0});
	pdg_world_build(&f.w, &(struct pdg_make){.invocation = "2"}, &other);
	if (!CHECK_OK(pdg_bundle_parse(pdg_buf_bytes(&f.text), &own, &err), &err) ||
	    !CHECK_OK(pdg_bundle_parse(pdg_buf_bytes(&other.bundle), &foreign, &err), &err))
		return;
	payload = pdg_buf_bytes(&own->envelope->payload);
	sig = pdg_buf_bytes(&own->envelope->sigs[0].sig);
	pdg_buf_reset(&f.text);
	CHECK_OK(pdg_bundle_write(&(struct pdg_bundle_parts){.key = f.w.key[WORLD_SERVICE],
							     .entry = foreign->entries[0],
							     .payload = payload,
							     .sig = sig},
				  &f.text, &err),
		 &err);
	bad(&f, NULL, "LOG-7");
	/* And the signature of another. */
	pdg_buf_reset(&f.text);
	sig = pdg_buf_bytes(&foreign->envelope->sigs[0].sig);
	CHECK_OK(pdg_bundle_write(&(struct pdg_bundle_parts){.key = f.w.key[WORLD_SERVICE],
							     .entry = own->entries[0],
							     .payload = payload,
							     .sig = sig},
				  &f.text, &err),
		 &err);
	bad(&f, NULL, "ENV-5");
}

/* What is judged carries no time of its own: now must be within the log's window. */
static void the_window_of_the_log_is_kept(void)
{
	PDG_AUTO(fixture) struct fixture f;

	fixture_init(&f);
	make(&f, &(struct pdg_make){0});
	load_root(&f, WORLD_COMMITTED, WORLD_NOW);
	good(&f);
	load_root(&f, WORLD_COMMITTED, WORLD_NOW - 1);
	bad(&f, NULL, "TIM-2");
	load_root(&f, WORLD_NOW, 0);
	good(&f);
	load_root(&f, WORLD_NOW + 1, 0);
	bad(&f, NULL, "TIM-1");
}

/* --- a signature over the artifact itself --- */

static void make_message(struct fixture *f, const struct pdg_key *key, bool hint)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	PDG_AUTO(entry) struct pdg_entry *entry = NULL;
	struct pdg_log_item item = {.key = key};
	struct pdg_error err = {0};
	struct pdg_jw w;

	CHECK_OK(pdg_sha256(pdg_bytes_str("hello"), f->artifact, &err), &err);
	CHECK_OK(pdg_key_sign(key, pdg_bytes_str("hello"), &sig, &err), &err);
	memcpy(item.digest, f->artifact, PDG_SHA256_LEN);
	item.sig = pdg_buf_bytes(&sig);
	CHECK_OK(f->w.log->ops->add(f->w.log, &item, 1, &err), &err);
	CHECK_OK(item.rc, &item.err);
	entry = item.entry;

	pdg_buf_reset(&f->text);
	pdg_buf_puts(&f->text, "{\"mediaType\":\"" PDG_BUNDLE_V03 "\",\"verificationMaterial\":"
			       "{\"publicKey\":{\"hint\":\"k\"},\"tlogEntries\":[");
	pdg_jw_init(&w, &f->text);
	pdg_entry_write(entry, &w);
	pdg_buf_puts(&f->text, "]},\"messageSignature\":{");
	if (hint) {
		pdg_buf_puts(&f->text,
			     "\"messageDigest\":{\"algorithm\":\"SHA2_256\",\"digest\":\"");
		pdg_base64(pdg_bytes(f->artifact, PDG_SHA256_LEN), &f->text);
		pdg_buf_puts(&f->text, "\"},");
	}
	pdg_buf_puts(&f->text, "\"signature\":\"");
	pdg_base64(pdg_buf_bytes(&sig), &f->text);
	pdg_buf_puts(&f->text, "\"}}");
}

static void a_message_signature_is_verified(void)
{
	PDG_AUTO(fixture) struct fixture f;

	fixture_init(&f);
	make_message(&f, f.w.key[WORLD_SERVICE], false);
	good(&f);
	f.artifact[31] ^= 1;
	bad(&f, NULL, "SIG-1");
	make_message(&f, f.w.key[WORLD_SERVICE], true);
	good(&f);
	f.artifact[31] ^= 1;
	bad(&f, NULL, "BND-9");
	f.artifact[31] ^= 1;
	bad(&f, f.w.key[WORLD_BUILDER_KEY], "SIG-1");
	pdg_test_replace(&f.text, NULL, "\"algorithm\":\"SHA2_256\"", "\"algorithm\":\"SHA2_512\"");
	bad(&f, NULL, "BND-1");
}

static void a_certificate_is_not_judged(void)
{
	PDG_AUTO(fixture) struct fixture f;
	size_t end;

	fixture_init(&f);
	make(&f, &(struct pdg_make){0});
	end = pdg_bytes_find(pdg_buf_bytes(&f.text), pdg_bytes_str("},\"tlogEntries\""), 0);
	if (!CHECK(end != SIZE_MAX))
		return;
	pdg_test_replace(&f.text, NULL, "\"publicKey\":{\"hint\":\"",
			 "\"certificate\":{\"rawBytes\":\"");
	bad(&f, NULL, "BND-7");
}

/* --- every byte --- */

static bool is_hint(struct pdg_bytes text, size_t at)
{
	size_t from = pdg_bytes_find(text, pdg_bytes_str("\"hint\":\""), 0) + strlen("\"hint\":\"");

	return at >= from && at < pdg_bytes_find_byte(text, '"', from);
}

/*
 * All eight bits of every byte. Nothing else is free: there is no white space in what we write,
 * every member is known to the reader, and base64 has one spelling but for the alphabet (- and _
 * for + and /), which no single bit makes of the other.
 */
static void no_byte_changes_unnoticed(void)
{
	PDG_AUTO(fixture) struct fixture f;
	PDG_AUTO(buf) struct pdg_buf original = PDG_BUF_INIT(PDG_LIMIT_BUNDLE);
	size_t i, bit, hint = 0;

	fixture_init(&f);
	make(&f, &(struct pdg_make){0});
	good(&f);
	pdg_buf_put(&original, pdg_buf_bytes(&f.text));
	for (i = 0; i < f.text.n; i++) {
		if (is_hint(pdg_buf_bytes(&original), i)) {
			hint++;
			continue;
		}
		for (bit = 0; bit < 8; bit++) {
			struct pdg_error err = {0};

			f.text.p[i] ^= (uint8_t)(1U << bit);
			pdg_test_case("byte %zu of %zu, bit %zu", i, f.text.n, bit);
			CHECK(verify(&f, NULL, &err) < 0);
			f.text.p[i] ^= (uint8_t)(1U << bit);
		}
	}
	pdg_test_case(NULL);
	CHECK_UINT(hint, 44);
	good(&f);
}

static void a_cut_bundle_is_refused(void)
{
	PDG_AUTO(fixture) struct fixture f;
	size_t whole;

	fixture_init(&f);
	make(&f, &(struct pdg_make){0});
	for (whole = f.text.n; f.text.n > 0;) {
		struct pdg_error err = {0};

		f.text.n--;
		CHECK(verify(&f, NULL, &err) == PDG_E_FORMAT);
	}
	f.text.n = whole;
	good(&f);
}

PDG_TEST_MAIN("bundle_verify", {"a good bundle is verified", a_good_bundle_is_verified},
	      {"each part must hold", each_part_must_hold},
	      {"the entry of another is refused", the_entry_of_another_is_refused},
	      {"the window of the log is kept", the_window_of_the_log_is_kept},
	      {"a message signature is verified", a_message_signature_is_verified},
	      {"a certificate is not judged", a_certificate_is_not_judged},
	      {"no byte changes unnoticed", no_byte_changes_unnoticed},
	      {"a cut bundle is refused", a_cut_bundle_is_refused})
