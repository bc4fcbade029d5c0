/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our client against a real Rekor v2: logs signatures, verifies what comes back, and, where the
 * log's files can be read, sends the same bytes again and gets the same entries.
 *
 *	test_interop_rekor_v2 URL LOG-KEY.pub ORIGIN [READ-URL]
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"
#include "support/rekor_add.h"
#include "tlog/log.h"
#include "tlog/rekor.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/size.h"
#include "util/str.h"

#define ITEMS 100

PDG_AUTO_DEFINE(log, struct pdg_log *, pdg_log_free)

struct things {
	struct pdg_key *key;
	struct pdg_log_item item[ITEMS];
	struct pdg_buf sig[ITEMS];
};

static void forget_entries(struct things *t)
{
	size_t i;

	for (i = 0; i < ITEMS; i++)
		pdg_entry_free(PDG_TAKE(t->item[i].entry));
}

static void things_free(struct things *t)
{
	size_t i;

	if (!t)
		return;
	forget_entries(t);
	for (i = 0; i < ITEMS; i++)
		pdg_buf_done(&t->sig[i]);
	pdg_key_free(t->key);
	free(t);
}
PDG_AUTO_DEFINE(things, struct things *, things_free)

/* Real signatures over messages of the form of a PAE: Rekor checks them. */
static int make_things(struct things **out, struct pdg_error *err)
{
	PDG_AUTO(things) struct things *t = pdg_calloc(1, sizeof(*t));
	size_t i;
	int rc;

	if (!t)
		return pdg_nomem(err);
	rc = pdg_key_generate(PDG_KEY_ECDSA_P256, &t->key, err);
	for (i = 0; rc == 0 && i < ITEMS; i++) {
		PDG_AUTO(mem)
		char *pae =
			pdg_str_printf("DSSEv1 28 application/vnd.in-toto+json 9 {\"n\":%3zu}", i);
		struct pdg_bytes msg = pdg_bytes_str(pae);

		pdg_buf_init(&t->sig[i], PDG_LIMIT_SIGNATURE);
		rc = pdg_sha256(msg, t->item[i].digest, err);
		if (rc == 0)
			rc = pdg_key_sign(t->key, msg, &t->sig[i], err);
		t->item[i].sig = pdg_buf_bytes(&t->sig[i]);
		t->item[i].key = t->key;
	}
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(t);
	return 0;
}

/* Log all; note or compare where they are. */
static int log_things(struct pdg_log *log, struct things *t, uint64_t *index, bool again,
		      struct pdg_error *err)
{
	size_t i;

	rekor_add(log, t->item, ITEMS);
	for (i = 0; i < ITEMS; i++) {
		if (t->item[i].rc < 0) {
			*err = t->item[i].err;
			return t->item[i].rc;
		}
		if (again && index[i] != t->item[i].entry->log_index)
			return pdg_fail(err, PDG_E_REJECTED,
					"item %zu was %" PRIu64 " and is %" PRIu64, i, index[i],
					t->item[i].entry->log_index);
		index[i] = t->item[i].entry->log_index;
	}
	return 0;
}

static int run(const struct pdg_rekor_options *opt, struct pdg_error *err)
{
	PDG_AUTO(log) struct pdg_log *log = NULL;
	PDG_AUTO(things) struct things *t = NULL;
	PDG_AUTO(things) struct things *more = NULL;
	uint64_t index[ITEMS];
	int rc;

	rc = pdg_rekor_v2_open(opt, &log, err);
	if (rc == 0)
		rc = make_things(&t, err);
	if (rc == 0)
		rc = make_things(&more, err);
	if (rc == 0)
		rc = log_things(log, t, index, false, err);
	if (rc < 0)
		return rc;
	(void)printf("%d entries logged and verified, the last at %" PRIu64 "\n", ITEMS,
		     index[ITEMS - 1]);
	if (!opt->read_url)
		return log_things(log, more, index, false, err);
	forget_entries(t);
	rc = log_things(log, t, index, true, err);
	if (rc < 0)
		return pdg_context(err, rc, "the same bytes again");
	(void)printf("the same bytes again: the same %d entries, proofs rebuilt from tiles\n",
		     ITEMS);
	return log_things(log, more, index, false, err);
}

int main(int argc, char **argv)
{
	struct pdg_error err = {0};
	struct pdg_rekor_options opt = {0};
	PDG_AUTO(key) struct pdg_key *key = NULL;
	int rc;

	if (argc != 4 && argc != 5) {
		(void)fprintf(stderr,
			      "usage: test_interop_rekor_v2 URL LOG-KEY.pub ORIGIN [READ-URL]\n");
		return 2;
	}
	opt.url = argv[1];
	opt.origin = argv[3];
	opt.read_url = argc == 5 ? argv[4] : NULL;
	rc = pdg_key_public_file(argv[2], &key, &err);
	opt.key = key;
	if (rc == 0)
		rc = run(&opt, &err);
	if (rc < 0)
		pdg_out_error("test_interop_rekor_v2", &err);
	return pdg_exit_status(rc);
}
