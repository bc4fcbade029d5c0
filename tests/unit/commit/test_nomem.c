/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th allocation fails, for every n: no verdict is made up, nothing leaks. */
#include "support/failalloc.h"
#include "unit/commit/commit_data.h"

static struct world world;
static struct pdg_buf object = PDG_BUF_INIT(PDG_LIMIT_COMMIT);

static int parse_commit(struct pdg_error *err)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	int rc = pdg_commit_parse(pdg_buf_bytes(&object), false, &c, err);

	CHECK_INT(c == NULL, rc < 0);
	return rc;
}

static int parse_tag(struct pdg_error *err)
{
	PDG_AUTO(tag) struct pdg_tag *t = NULL;
	int rc = pdg_tag_parse(pdg_buf_bytes(&object), false, &t, err);

	CHECK_INT(t == NULL, rc < 0);
	return rc;
}

static int load_signers(struct pdg_error *err)
{
	PDG_AUTO(signers) struct pdg_signers *s = NULL;
	int rc = pdg_signers_load(&world.repo, world.cache, &s, err);

	CHECK_INT(s == NULL, rc < 0);
	return rc;
}

static int judge(struct pdg_error *err)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	int rc;

	pdg_verdict_init(&v);
	rc = pdg_judge_commit(world.signers, pdg_buf_bytes(&object), false, FEBRUARY, &v, err);
	if (rc == 0)
		CHECK_INT(v.result, PDG_RESULT_GOOD);
	return rc;
}

static int judge_tag(struct pdg_error *err)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	int rc;

	pdg_verdict_init(&v);
	rc = pdg_judge_tag(world.signers, pdg_buf_bytes(&object), false, FEBRUARY, &v, err);
	if (rc == 0)
		CHECK_INT(v.result, PDG_RESULT_GOOD);
	return rc;
}

static void run(const char *file, int (*work)(struct pdg_error *err))
{
	pdg_buf_done(&object);
	data_read(file, &object);
	pdg_failalloc_run(file, work);
	pdg_buf_done(&object);
}

static void every_allocation(void)
{
	run("pgp-dual.raw", parse_commit);
	run("pgp-forge-merge.raw", parse_commit);
	run("ssh-tag.raw", parse_tag);
	world_init(&world);
	world_load(&world);
	/* A cache entry for which there is no memory would send the loader to pedigree-pgp. */
	world.repo.openpgp_keys.n = 0;
	world.repo.forge_keys = (struct pdg_strings){world.forge + 1, 1};
	pdg_failalloc_run("signers", load_signers);
	run("pgp-good.raw", judge);
	run("pgp-dual.raw", judge);
	run("pgp-forge-merge.raw", judge);
	run("ssh-good.raw", judge);
	run("ssh-dual.raw", judge);
	run("pgp-tag.raw", judge_tag);
	run("ssh-tag.raw", judge_tag);
	world_done(&world);
}

/* Certificates, and KRLs of each kind of section. */
static void every_allocation_for_certificates(void)
{
	static const char *const krls[] = {"range", "bitmap", "ids", "sha1", "others"};

	world_init(&world);
	free(world.allowed[0]);
	world.allowed[0] = data_path("../ssh_certs/allowed_signers");
	world.repo.openpgp_keys.n = 0;
	world.repo.forge_keys.n = 0;
	for (size_t i = 0; i < sizeof(krls) / sizeof(krls[0]); i++) {
		PDG_AUTO(mem) char *name = pdg_str_printf("../ssh_certs/%s.krl", krls[i]);

		free(world.revoked[0]);
		world.revoked[0] = data_path(name);
		pdg_failalloc_run(krls[i], load_signers);
	}
	world_load(&world);
	run("../ssh_certs/good.raw", judge);
	run("../ssh_certs/dual-good.raw", judge);
	run("../ssh_certs/tag.raw", judge_tag);
	world_done(&world);
}

PDG_TEST_MAIN("nomem", {"every allocation", every_allocation},
	      {"every allocation for certificates", every_allocation_for_certificates})
