/* SPDX-License-Identifier: Apache-2.0 */
/* Damage done to what is kept: fsck finds it, and where it would sign on top of it the service does
 * not start or is not ready. */
#include "unit/service/core_world.h"

static void fsck_finds_damage(void)
{
	static const char *const damages[] = {
		"UPDATE attestation SET payload = x'7b7d' WHERE id = 1",
		"UPDATE attestation SET envelope = (SELECT envelope FROM attestation WHERE id = 1)"
		" WHERE id = 2",
		"UPDATE attestation SET countersig = (SELECT countersig FROM attestation WHERE id = 1)"
		" WHERE id = 2",
		"UPDATE attestation SET journal_index = 0 WHERE id = 2",
		"UPDATE attestation SET links = replace(links, 'sha256:', 'sha256:0') WHERE id = 2",
		"UPDATE bundle SET bundle = (SELECT bundle FROM bundle WHERE id = 1) WHERE id = 2",
		"UPDATE journal_leaf SET leaf = CAST(replace(CAST(leaf AS TEXT), 'server', 'clone!')"
		" AS BLOB) WHERE leaf_index = 0",
		"DELETE FROM journal_leaf WHERE leaf_index = 1",
		"DELETE FROM subject WHERE id = 1 AND algorithm = 'gitCommit'",
		"DELETE FROM subject WHERE id = 2",
	};
	struct world w;
	PDG_AUTO(mem) char *db = NULL;
	PDG_AUTO(buf) struct pdg_buf kept = PDG_BUF_INIT(PDG_LIMIT_MIB(16));
	struct pdg_error err = {0};
	size_t i;

	world_init(&w);
	world_open(&w);
	db = pdg_test_path(w.dir, "p.db");
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	fsck_is_clean(&w);
	world_close(&w);
	pdg_test_read(db, &kept);
	for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));

		pdg_test_case("%s", damages[i]);
		world_sql(&w, damages[i]);
		world_open(&w);
		CHECK_RULE(pdg_core_fsck(w.core, fsck_line, NULL, &text, &err), &err, "FSK-1");
		CHECK(text.n > 0);
		world_close(&w);
		free(pdg_test_file(w.dir, "p.db", pdg_buf_bytes(&kept)));
	}
	pdg_test_case("journal tiles");
	world_sql(&w, "UPDATE journal_tile SET hashes = zeroblob(64)");
	world_refuses_to_open(&w, "JNL-2");
	free(pdg_test_file(w.dir, "p.db", pdg_buf_bytes(&kept)));
	pdg_test_case("while it runs");
	world_open(&w);
	fsck_is_clean(&w);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	world_sql(&w, "DELETE FROM journal_leaf WHERE leaf_index = 1");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-2");
	pdg_test_case(NULL);
	world_done(&w);
}

PDG_TEST_MAIN("damage", {"fsck finds damage", fsck_finds_damage})
