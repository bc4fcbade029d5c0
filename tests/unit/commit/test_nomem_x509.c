/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th allocation fails, for every n, where certificates are loaded and signatures judged: no
 * verdict is made up, nothing leaks. */
#include "support/failalloc.h"
#include "unit/commit/x509_data.h"
#include "util/limits.h"

static struct x509_world world;
static struct pdg_buf object = PDG_BUF_INIT(PDG_LIMIT_COMMIT);

static int load_signers(struct pdg_error *err)
{
	PDG_AUTO(signers) struct pdg_signers *s = NULL;
	int rc = pdg_signers_load(&world.repo, world.dir, &s, err);

	CHECK_INT(s == NULL, rc < 0);
	return rc;
}

static int judge(struct pdg_error *err)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	int rc;

	pdg_verdict_init(&v);
	rc = pdg_judge_commit(world.signers, pdg_buf_bytes(&object), false, RECEIVED, &v, err);
	if (rc == 0) {
		CHECK_STR(v.why.text, "");
		CHECK_INT(v.result, PDG_RESULT_GOOD);
	}
	return rc;
}

static void every_allocation(void)
{
	const struct x509_commit c = {.entry = MADE + 1, .token = MADE + 1, .cms = {.time = MADE}};
	const struct x509_commit ed25519 = {.cms = {.time = MADE, .digest = "SHA512"}};
	struct pdg_revocation another = {.fingerprint = "0123456789ABCDEF0123456789ABCDEF01234567",
					 .when = {.revoked_since = MADE}};
	const struct pdg_revocations list = {.v = &another, .n = 1};

	x509_world_init(&world);
	x509_world_make(&world);
	pdg_failalloc_run("trusted root", load_signers);
	x509_commit_make(&world, &c, &object);
	pdg_failalloc_run("commit", judge);
	pdg_buf_done(&object);
	x509_world_done(&world);
	x509_world_init(&world);
	world.own_roots = true;
	world.repo.x509_issuers.n = 0;
	world.ask[LEAF].key = "ED25519";
	world.ask[LEAF].until = world.ask[MIDDLE].until = world.ask[ROOT].until = RECEIVED + 1;
	world.repo.revocations = &list;
	x509_world_make(&world);
	pdg_failalloc_run("roots", load_signers);
	x509_commit_make(&world, &ed25519, &object);
	pdg_failalloc_run("commit under revocations", judge);
	pdg_buf_done(&object);
	x509_world_done(&world);
}

/* Certificates beside the path are looked at with more signatures to check: none is overlooked. */
static void beside_the_path(void)
{
	const struct pki_ask old_root = {.name = "Old",
					 .from = MADE - YEAR,
					 .until = RECEIVED + 1,
					 .constraints = "critical,CA:TRUE",
					 .usage = "critical,keyCertSign"};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PKI_DER_MAX);
	struct pki_cert old = pki_make(&old_root);
	struct pki_ask ask = old_root;
	struct pki_cert cross;
	struct x509_commit c = {.cms = {.time = MADE}};

	x509_world_init(&world);
	world.own_roots = true;
	world.repo.x509_issuers.n = 0;
	world.ask[LEAF].until = world.ask[MIDDLE].until = world.ask[ROOT].until = RECEIVED + 1;
	x509_world_make(&world);
	ask.name = "Root";
	ask.same_key = world.cert[ROOT].key;
	ask.issuer = &old;
	cross = pki_make(&ask);
	pki_pem(&world.cert[ROOT], &text);
	pki_pem(&old, &text);
	free(world.roots[0]);
	world.roots[0] = pdg_test_file(world.dir, "two.pem", pdg_buf_bytes(&text));
	x509_world_load(&world);
	c.cms.certs[0] = &world.cert[LEAF];
	c.cms.certs[1] = &world.cert[MIDDLE];
	c.cms.certs[2] = &cross;
	x509_commit_make(&world, &c, &object);
	pdg_failalloc_run("commit with a cross certificate", judge);
	pdg_buf_done(&object);
	pki_done(&cross);
	pki_done(&old);
	x509_world_done(&world);
}

PDG_TEST_MAIN("nomem_x509", {"every allocation", every_allocation},
	      {"beside the path", beside_the_path})
