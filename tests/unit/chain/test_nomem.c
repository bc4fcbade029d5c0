/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th allocation fails while a record is read, a chain judged, a report written: never a
 * verdict. */
#include "unit/chain/scene.h"

#include "support/failalloc.h"

static struct scene scene;
static struct pdg_buf record_text = PDG_BUF_INIT(PDG_LIMIT_RECORD);

static int read_record(struct pdg_error *err)
{
	PDG_AUTO(evidence) struct pdg_evidence *e = NULL;
	struct pdg_record *r = NULL;
	int rc = pdg_evidence_new(&e, err);

	if (rc == 0)
		rc = pdg_record_parse(pdg_buf_bytes(&record_text), "test", &r, err);
	return rc < 0 ? rc : pdg_evidence_add(e, r, err);
}

static int judge(struct pdg_error *err)
{
	PDG_AUTO(judge) struct pdg_judge *j = NULL;
	PDG_AUTO(chain_report) struct pdg_chain_report *r = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	int rc = pdg_judge_new(scene.w.policy, NULL, &scene.w.clock, &j, err);

	if (rc == 0)
		rc = pdg_chain_verify(j, scene.e, WORLD_ARTIFACT, "app.tar", &r, err);
	return rc < 0 ? rc : pdg_report_json(r, &text, err);
}

static void every_allocation(void)
{
	scene_init(&scene, NULL);
	pdg_made_record(&scene.source, &record_text);
	pdg_failalloc_run("record", read_record);
	pdg_failalloc_run("good chain", judge);
	/* One that is refused, with others beside it. */
	pdg_made_done(&scene.build);
	pdg_world_build(&scene.w, &(struct pdg_make){.producer = scene.w.key[WORLD_STRANGER]},
			&scene.build);
	scene_both(&scene);
	pdg_made_done(&scene.build);
	pdg_world_build(&scene.w, &(struct pdg_make){.invocation = "2", .rule = "BLD-6"},
			&scene.build);
	pdg_world_add(scene.e, &scene.build);
	pdg_failalloc_run("broken chain", judge);
	pdg_buf_done(&record_text);
	scene_done(&scene);
}

PDG_TEST_MAIN("chain without memory", {"every allocation", every_allocation})
