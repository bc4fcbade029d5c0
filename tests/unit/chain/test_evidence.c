/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence from a folder: what is taken, what is named as unreadable, and the limits. */
#include <sys/stat.h>
#include <unistd.h>

#include "unit/chain/scene.h"
#include "util/fs.h"

/* A folder of evidence, and what was read from it. */
struct folder {
	char *dir;
	struct pdg_evidence *e;
};

static void folder_done(struct folder *f)
{
	pdg_evidence_free(f->e);
	pdg_test_dir_remove(f->dir);
}
PDG_AUTO_DEFINE_VALUE(folder, struct folder, folder_done)

static void put(const struct folder *f, const char *name, struct pdg_bytes content)
{
	free(pdg_test_file(f->dir, name, content));
}

static void put_record(const struct folder *f, const char *name, const struct pdg_made *m)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);

	pdg_made_record(m, &text);
	put(f, name, pdg_buf_bytes(&text));
}

static bool load(struct folder *f)
{
	struct pdg_error err = {0};

	pdg_evidence_free(f->e);
	f->e = NULL;
	return CHECK_OK(pdg_evidence_dir(f->dir, &f->e, &err), &err);
}

static void records_bundles_and_envelopes_are_taken(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(folder) struct folder f = {.dir = pdg_test_dir()};

	scene_init(&s, NULL);
	put_record(&f, "source-1.json", &s.source);
	put_record(&f, "build-1.json", &s.build);
	put(&f, "build.sigstore.json", pdg_buf_bytes(&s.build.bundle));
	put(&f, "build.intoto.json", pdg_buf_bytes(&s.build.envelope));
	put(&f, "README", pdg_bytes_str("no evidence"));
	put(&f, "notes.txt", pdg_bytes_str("{"));
	if (!load(&f))
		return;
	CHECK_UINT(f.e->n, 4);
	CHECK_UINT(f.e->n_unreadable, 0);
	/* Several of one reference stay side by side. */
	CHECK_STR(f.e->v[0]->reference, f.e->v[1]->reference);
}

static void lines_are_taken_one_by_one(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(folder) struct folder f = {.dir = pdg_test_dir()};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);

	scene_init(&s, NULL);
	pdg_made_record(&s.source, &text);
	pdg_buf_puts(&text, "\n\n{\"torn\n");
	pdg_made_record(&s.build, &text);
	put(&f, "all.jsonl", pdg_buf_bytes(&text));
	if (!load(&f))
		return;
	CHECK_UINT(f.e->n, 2);
	if (CHECK_UINT(f.e->n_unreadable, 1))
		CHECK(pdg_str_starts(f.e->unreadable[0], "all.jsonl:3: "));
	if (f.e->n == 2)
		CHECK_STR(f.e->v[1]->where, "all.jsonl:4");
}

static void what_cannot_be_read_is_named(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(folder) struct folder f = {.dir = pdg_test_dir()};
	PDG_AUTO(mem) char *pipe = pdg_test_path(f.dir, "pipe.json");
	PDG_AUTO(mem) char *link = pdg_test_path(f.dir, "link.json");
	PDG_AUTO(mem) char *folder = pdg_test_path(f.dir, "folder.json");

	scene_init(&s, NULL);
	put(&f, "empty.json", pdg_bytes_str(""));
	put(&f, "torn.json", pdg_bytes_str("{\"reference\":"));
	put(&f, "other.json", pdg_bytes_str("{\"name\":\"package\"}"));
	CHECK(mkfifo(pipe, 0600) == 0);
	CHECK(symlink("/nowhere/at/all", link) == 0);
	CHECK(mkdir(folder, 0700) == 0);
	put_record(&f, "build.json", &s.build);
	if (!load(&f))
		return;
	CHECK_UINT(f.e->n, 1);
	CHECK_UINT(f.e->n_unreadable, 5);
}

static void a_folder_that_is_none(void)
{
	PDG_AUTO(folder) struct folder f = {.dir = pdg_test_dir()};
	PDG_AUTO(mem) char *absent = pdg_test_path(f.dir, "absent");
	PDG_AUTO(mem) char *file = pdg_test_file(f.dir, "file", pdg_bytes_str("x"));
	struct pdg_evidence *e = NULL;
	struct pdg_error err = {0};

	CHECK_CODE(pdg_evidence_dir(absent, &e, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(pdg_evidence_dir(file, &e, &err), &err, PDG_E_IO);
	CHECK(e == NULL);
}

static void too_much_is_refused(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	struct pdg_error err = {0};
	size_t i;

	scene_init(&s, NULL);
	scene_clear(&s);
	pdg_made_record(&s.build, &text);
	/* As if each had been read from a tenth of what all may be. */
	for (i = 0; i < 11; i++) {
		struct pdg_record *r = NULL;
		int rc;

		if (!CHECK_OK(pdg_record_parse(pdg_buf_bytes(&text), NULL, &r, &err), &err))
			return;
		r->size = PDG_LIMIT_EVIDENCE / 10;
		rc = pdg_evidence_add(s.e, r, &err);
		if (i < 10)
			CHECK_OK(rc, &err);
		else
			CHECK_CODE(rc, &err, PDG_E_LIMIT);
	}
	CHECK_UINT(s.e->n, 10);
	CHECK(s.e->size <= PDG_LIMIT_EVIDENCE);
}

/* Whole chain from a folder: what verify does. */
static void a_folder_is_judged(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(folder) struct folder f = {.dir = pdg_test_dir()};

	scene_init(&s, NULL);
	put_record(&f, "source.json", &s.source);
	put_record(&f, "build.json", &s.build);
	if (!load(&f))
		return;
	pdg_evidence_free(s.e);
	s.e = PDG_TAKE(f.e);
	expect_good(&s);
	put(&f, "build.json", pdg_bytes_str("{}"));
	if (!load(&f))
		return;
	pdg_evidence_free(s.e);
	s.e = PDG_TAKE(f.e);
	expect(&s, PDG_VERDICT_UNDECIDED, PDG_STAGE_BUILD, missing("CHN-1"), missing("CHN-1"));
}

/* What comes through a pipe is read as a file of lines is. */
static void lines_are_taken(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(evidence) struct pdg_evidence *e = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	struct pdg_error err = {0};

	scene_init(&s, NULL);
	pdg_made_record(&s.source, &text);
	pdg_buf_puts(&text, "\n\n{\n");
	pdg_made_record(&s.build, &text);
	if (!CHECK_OK(pdg_evidence_lines(pdg_buf_bytes(&text), "http://h", &e, &err), &err))
		return;
	CHECK_UINT(e->n, 2);
	if (CHECK_UINT(e->n_unreadable, 1))
		CHECK(pdg_str_starts(e->unreadable[0], "http://h:3: "));
	pdg_evidence_free(e);
	e = NULL;
	CHECK_OK(pdg_evidence_lines(pdg_bytes(NULL, 0), "http://h", &e, &err), &err);
	CHECK_UINT(e ? e->n : 1, 0);
}

PDG_TEST_MAIN("evidence", {"lines of a service are taken", lines_are_taken},
	      {"records, bundles and envelopes are taken", records_bundles_and_envelopes_are_taken},
	      {"lines are taken one by one", lines_are_taken_one_by_one},
	      {"what cannot be read is named", what_cannot_be_read_is_named},
	      {"a folder that is none", a_folder_that_is_none},
	      {"too much is refused", too_much_is_refused},
	      {"a folder is judged", a_folder_is_judged})
