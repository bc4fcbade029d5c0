/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals on record: so many a minute of each who is known, and each of them once. */
#include "unit/service/core_refusal.h"

static void refusals_on_record_are_bounded(void)
{
	struct build_of another_name = {BUILDER_2, APP, "ssh-good.raw", MAIN, 1, 0};
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_core_stats stats;

	world_init(&w);
	world_open(&w);
	for (; another_name.artifact <= 70; another_name.artifact++) {
		pdg_buf_reset(&body);
		build_body(&w, CI, &another_name, &body);
		refused(&w, pdg_buf_bytes(&body), "IDN-2", 403);
	}
	CHECK_UINT(journal_size(&w), 60);
	/* Somebody else's are his own; and the next minute is another one. */
	build_body(&w, SERVER, &app_build, &other);
	refused(&w, pdg_buf_bytes(&other), "IDN-4", 403);
	CHECK_UINT(journal_size(&w), 61);
	atomic_store(&w.now, NOW + 60);
	refused(&w, pdg_buf_bytes(&body), "IDN-2", 403);
	CHECK_UINT(journal_size(&w), 62);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.refused_after_identity, 72);
	world_done(&w);
}

/* What was refused is sent again by whoever has it: other signatures on it, and after a restart. */
static void refusals_are_on_record_once(void)
{
	static const struct build_of another_name = {BUILDER_2, APP, "ssh-good.raw", MAIN, 1, 0};
	struct world w;
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};
	unsigned i;

	world_init(&w);
	world_open(&w);
	build_statement(&another_name, &payload);
	CHECK_OK(pdg_envelope_sign(pdg_buf_bytes(&payload), w.key[CI], &e, &err), &err);
	for (i = 0; i < 5; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		uint8_t junk[2] = {0x30, (uint8_t)i};

		CHECK_OK(pdg_envelope_write(e, &body, &err), &err);
		if (i == 0)
			refused_and(&w, pdg_buf_bytes(&body), "IDN-2", 403, true);
		else
			refused_again(&w, pdg_buf_bytes(&body), "IDN-2", 403);
		CHECK_OK(pdg_envelope_add(e, "", pdg_bytes(junk, 2), &err), &err);
		if (i == 3) {
			world_close(&w);
			world_open(&w);
		}
	}
	{
		/* Another of his keys is another identity, another statement another refusal. */
		PDG_AUTO(buf) struct pdg_buf second = PDG_BUF_INIT(PDG_LIMIT_BODY);

		build_body(&w, CI_2, &another_name, &second);
		refused_and(&w, pdg_buf_bytes(&second), "IDN-2", 403, true);
		refused_again(&w, pdg_buf_bytes(&second), "IDN-2", 403);
	}
	fsck_is_clean(&w);
	world_done(&w);
}

PDG_TEST_MAIN("refused_record", {"refusals on record are bounded", refusals_on_record_are_bounded},
	      {"refusals are on record once", refusals_are_on_record_once})
