/* SPDX-License-Identifier: Apache-2.0 */
/* The ids of every kind of store: each is given out once, whatever somebody takes out of it or puts
 * into it. */
#include "unit/store/store_world.h"

/* Insert attestation @i with its journal leaf, as the service does; its id. */
static int64_t accepted(struct fixture *f, unsigned i, bool commit)
{
	PDG_AUTO(stored) struct pdg_stored *a = example(i, "build");
	struct pdg_store_subject subject = {"sha256", HEX64};
	struct pdg_error err = {0};

	CHECK_OK(f->s->ops->begin(f->s, &err), &err);
	CHECK_OK(f->s->ops->insert(f->s, a, &subject, 1, &err), &err);
	CHECK_OK(f->s->ops->journal_checkpoint_write(f->s, i, pdg_bytes_str("note"), &err), &err);
	if (commit)
		CHECK_OK(f->s->ops->commit(f->s, &err), &err);
	else
		f->s->ops->rollback(f->s);
	return a->id;
}

static void stray_is(struct fixture *f, int64_t want)
{
	struct pdg_error err = {0};
	int64_t got = -1;
	int rc = f->s->ops->stray(f->s, 0, &got, &err);

	CHECK_INT(rc == 0 ? got : rc, want);
}

/* What else is kept under the id of a row that somebody took out is not the next one's. */
static void ids_are_given_out_once(void)
{
	PDG_AUTO(mem) char *second = reference(2);
	struct pdg_error err = {0};
	struct fixture f;

	setup(&f);
	CHECK_INT(accepted(&f, 1, true), 1);
	CHECK_INT(accepted(&f, 2, false), 2);
	CHECK_INT(accepted(&f, 2, true), 2);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(
		f.s->ops->set_logged(f.s, 2, second, pdg_bytes(NULL, 0), pdg_bytes_str("{}"), &err),
		&err);
	CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	stray_is(&f, PDG_E_NOTFOUND);
	pdg_test_case("with its bundle left");
	other_sql(&f, "DELETE FROM attestation WHERE id = 2");
	stray_is(&f, 2);
	CHECK_INT(accepted(&f, 3, true), 3);
	pdg_test_case("while it waits");
	other_sql(&f, "DELETE FROM attestation WHERE id = 3");
	CHECK_INT(accepted(&f, 4, true), 4);
	pdg_test_case("with nothing left, and a start in between");
	other_sql(&f, "DELETE FROM attestation WHERE id > 1; DELETE FROM bundle;"
		      "DELETE FROM pending WHERE id > 1");
	reopen(&f);
	CHECK_INT(accepted(&f, 5, true), 5);
	CHECK_INT(accepted(&f, 6, true), 6);
	pdg_test_case("the journal's state does not forget");
	other_sql(&f, "DELETE FROM attestation WHERE id > 1; DELETE FROM pending WHERE id > 1");
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->journal_checkpoint_write(f.s, 9, pdg_bytes_str("note"), &err), &err);
	CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	CHECK_INT(accepted(&f, 7, true), 7);
	pdg_test_case(NULL);
	teardown(&f);
}

/* Nothing is kept, and the row that is in the way is found. */
static void ids_that_are_used_up(void)
{
	static const char *const strays[] = {
		"INSERT INTO bundle (id, bundle) SELECT 9223372036854775807, bundle FROM bundle",
		"UPDATE bundle SET id = 9223372036854775807",
		"UPDATE journal_state SET last_id = 9223372036854775807",
	};
	PDG_AUTO(mem) char *first = reference(1);
	size_t i;

	for (i = 0; i < sizeof(strays) / sizeof(strays[0]); i++) {
		PDG_AUTO(stored) struct pdg_stored *a = example(2, "build");
		struct pdg_error err = {0};
		struct fixture f;
		int n;

		pdg_test_case("%s", strays[i]);
		setup(&f);
		CHECK_INT(accepted(&f, 1, true), 1);
		CHECK_OK(f.s->ops->begin(f.s, &err), &err);
		CHECK_OK(f.s->ops->set_logged(f.s, 1, first, pdg_bytes(NULL, 0),
					      pdg_bytes_str("{}"), &err),
			 &err);
		CHECK_OK(f.s->ops->commit(f.s, &err), &err);
		other_sql(&f, strays[i]);
		for (n = 0; n < 2; n++) {
			CHECK_OK(f.s->ops->begin(f.s, &err), &err);
			CHECK_RULE(f.s->ops->insert(f.s, a, NULL, 0, &err), &err, "STO-5");
			CHECK_HAS(pdg_error_fix(&err), "--fsck");
			f.s->ops->rollback(f.s);
		}
		stray_is(&f, i < 2 ? INT64_MAX : PDG_E_NOTFOUND);
		teardown(&f);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("ids", {"given out once", ids_are_given_out_once}, {"used up", ids_that_are_used_up})
