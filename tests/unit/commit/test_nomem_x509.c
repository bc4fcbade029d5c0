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

	x509_world_init(&world);
	x509_world_make(&world);
	pdg_failalloc_run("trusted root", load_signers);
	x509_commit_make(&world, &c, &object);
	pdg_failalloc_run("commit", judge);
	pdg_buf_done(&object);
	x509_world_done(&world);
	x509_world_init(&world);
	world.own_roots = true;
	x509_world_make(&world);
	pdg_failalloc_run("roots", load_signers);
	x509_world_done(&world);
}

PDG_TEST_MAIN("nomem_x509", {"every allocation", every_allocation})
