/* SPDX-License-Identifier: Apache-2.0 */
/* What the writer holds of the store's health, and what ends which failure. */
#include "service/health.h"

#include "support/check.h"
#include "util/str.h"
#include "util/time.h"

static struct pdg_error error_of(const char *rule)
{
	struct pdg_error err = {0};

	(void)pdg_reject(&err, rule, "of a test");
	return err;
}

static const char *why(const struct pdg_health *h)
{
	const struct pdg_error *err = pdg_health_why(h);

	return err ? err->rule : "none";
}

static void any_write_ends_a_failed_write(void)
{
	struct pdg_error full = error_of("STO-4");
	struct pdg_health h = {.failure = {.code = 0}};

	CHECK_STR(why(&h), "none");
	pdg_health_failed(&h, true, &full);
	CHECK_STR(why(&h), "STO-4");
	pdg_health_kept(&h, false, false);
	CHECK_STR(why(&h), "none");
}

static void one_row_is_no_failure(void)
{
	struct pdg_error damaged = error_of("STO-5");
	struct pdg_health h = {.failure = {.code = 0}};

	pdg_one_row(&damaged);
	CHECK(!pdg_health_is_damage(&damaged));
	pdg_health_failed(&h, false, &damaged);
	pdg_health_failed(&h, true, &damaged);
	CHECK_STR(why(&h), "none");
	/* What is recorded anew is not of one row any more. */
	(void)pdg_reject(&damaged, "STO-5", "the database is damaged: page 7");
	CHECK(pdg_health_is_damage(&damaged));
}

/* A value that is tried goes to another page. */
static void damage_is_ended_by_its_like(void)
{
	struct pdg_error damaged = error_of("STO-5");
	struct pdg_error full = error_of("STO-4");
	struct pdg_health h = {.failure = {.code = 0}};

	pdg_health_failed(&h, false, &damaged);
	pdg_health_kept(&h, false, false);
	CHECK_STR(why(&h), "STO-5");
	pdg_health_kept(&h, false, true);
	CHECK_STR(why(&h), "STO-5");
	pdg_health_kept(&h, true, false);
	CHECK_STR(why(&h), "none");
	pdg_health_failed(&h, true, &damaged);
	pdg_health_failed(&h, true, &full);
	CHECK_STR(why(&h), "STO-4");
	pdg_health_kept(&h, true, false);
	CHECK_STR(why(&h), "STO-5");
	pdg_health_kept(&h, false, true);
	CHECK_STR(why(&h), "none");
}

/* Where nobody sends any more it ends by itself; what the log gave back is not asked for. */
static void a_submission_counts_for_a_minute(void)
{
	struct pdg_error damaged = error_of("STO-5");
	struct pdg_health h = {.failure = {.code = 0}};
	int64_t now = pdg_monotonic_ms();

	pdg_health_failed(&h, false, &damaged);
	CHECK(h.accepts_until >= now + 60000 && h.accepts_until < now + 65000);
	CHECK_STR(why(&h), "STO-5");
	h.accepts_until = now;
	CHECK_STR(why(&h), "none");
	pdg_health_failed(&h, false, &damaged);
	CHECK_STR(why(&h), "STO-5");
	pdg_health_failed(&h, true, &damaged);
	h.accepts_until = now;
	CHECK_STR(why(&h), "STO-5");
	pdg_health_kept(&h, false, true);
	CHECK_STR(why(&h), "none");
}

PDG_TEST_MAIN("health", {"any write ends a failed write", any_write_ends_a_failed_write},
	      {"one row is no failure", one_row_is_no_failure},
	      {"damage is ended by its like", damage_is_ended_by_its_like},
	      {"a submission counts for a minute", a_submission_counts_for_a_minute})
