/* SPDX-License-Identifier: Apache-2.0 */
/* Notes: one commit for many, fanned out, readable by git itself; nothing written for nothing new.
 */
#include <stdlib.h>
#include <string.h>

#include "git/notes.h"
#include "support/check.h"
#include "support/gitrepo.h"

#define MANY 40

static void one_commit_for_many(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "repo");
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_note_item items[MANY];
	char *names[MANY];
	PDG_AUTO(mem) char *before = NULL;
	PDG_AUTO(mem) char *after = NULL;
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < MANY; i++) {
		names[i] = pdg_test_commit(path, "x", 1700000000 + (long)i);
		items[i] = (struct pdg_note_item){names[i], pdg_bytes_str("{\"note\":1}\n")};
	}
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
	CHECK_OK(pdg_notes_add(r, items, MANY, &err), &err);
	for (i = 0; i < MANY; i++) {
		PDG_AUTO(mem)
		char *text = pdg_test_git_out(path, "notes", "--ref=attestations", "show", names[i],
					      NULL);

		CHECK_STR(text, "{\"note\":1}");
	}
	before = pdg_test_git_out(path, "rev-list", "--count", PDG_NOTES_REF, NULL);
	CHECK_STR(before, "1");

	/* The same again writes nothing; another text replaces and is one commit more. */
	CHECK_OK(pdg_notes_add(r, items, MANY, &err), &err);
	free(PDG_TAKE(before));
	before = pdg_test_git_out(path, "rev-list", "--count", PDG_NOTES_REF, NULL);
	CHECK_STR(before, "1");
	items[7].text = pdg_bytes_str("other\n");
	CHECK_OK(pdg_notes_add(r, items, MANY, &err), &err);
	after = pdg_test_git_out(path, "notes", "--ref=attestations", "show", names[7], NULL);
	CHECK_STR(after, "other");
	free(PDG_TAKE(after));
	after = pdg_test_git_out(path, "rev-list", "--count", PDG_NOTES_REF, NULL);
	CHECK_STR(after, "2");

	for (i = 0; i < MANY; i++)
		free(names[i]);
	pdg_test_dir_remove(dir);
}

/* git keeps few notes flat; ours must replace such a one, not stand beside it. */
static void flat_note_is_replaced(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "repo");
	PDG_AUTO(mem) char *c = pdg_test_commit(path, "x", 1700000000);
	PDG_AUTO(mem) char *text = NULL;
	PDG_AUTO(mem) char *tree = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_note_item item = {c, pdg_bytes_str("ours\n")};
	struct pdg_error err = {0};

	pdg_test_git(path, "notes", "--ref=attestations", "add", "-m", "theirs", c, NULL);
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
	CHECK_OK(pdg_notes_add(r, &item, 1, &err), &err);
	text = pdg_test_git_out(path, "notes", "--ref=attestations", "show", c, NULL);
	CHECK_STR(text, "ours");
	tree = pdg_test_git_out(path, "ls-tree", "-r", "--name-only", PDG_NOTES_REF, NULL);
	CHECK_UINT(strlen(tree), 41);
	CHECK(tree[2] == '/');
	pdg_test_dir_remove(dir);
}

static void bad_name(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "repo");
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_note_item item = {"../../x", pdg_bytes_str("x")};
	struct pdg_error err = {0};

	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
	CHECK_RULE(pdg_notes_add(r, &item, 1, &err), &err, "GIT-4");
	CHECK_OK(pdg_notes_add(r, NULL, 0, &err), &err);
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("notes", {"one commit for many", one_commit_for_many},
	      {"flat note is replaced", flat_note_is_replaced}, {"bad name", bad_name})
