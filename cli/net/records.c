/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching records: a subject's listing page by page, then each record, then what the records link
 * to. The links only say what to fetch; the judge resolves them anew.
 */
#include "net/records.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "attest/dsse.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

/* References to fetch, each once; those before `done` are saved. */
struct todo {
	char **v;      /* in the order in which they were named */
	char **sorted; /* the same */
	size_t n, cap, cap_sorted, done;
	size_t size; /* bytes saved: no more than can be judged */
};

static void todo_done(struct todo *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		free(t->v[i]);
	free(t->v);
	free(t->sorted);
}
PDG_AUTO_DEFINE_VALUE(todo, struct todo, todo_done)

static int too_many(struct pdg_error *err)
{
	return pdg_fail(err, PDG_E_LIMIT, "more than %d records for one subject",
			PDG_LIMIT_EVIDENCE_FILES);
}

/* Where @reference is, or belongs, among the sorted. */
static size_t find(const struct todo *t, const char *reference, bool *there)
{
	size_t low = 0, high = t->n;

	*there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(t->sorted[middle], reference);

		if (order == 0)
			*there = true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int todo_add(struct todo *t, const char *reference, struct pdg_error *err)
{
	bool there;
	size_t at;

	if (!pdg_is_reference(reference))
		return pdg_fail(err, PDG_E_FORMAT, "the service names '%s' as a reference",
				reference);
	at = find(t, reference, &there);
	if (there)
		return 0;
	if (t->n == PDG_LIMIT_EVIDENCE_FILES)
		return too_many(err);
	if (pdg_array_grow(&t->v, t->n, &t->cap, sizeof(char *), PDG_LIMIT_EVIDENCE_FILES) < 0 ||
	    pdg_array_grow(&t->sorted, t->n, &t->cap_sorted, sizeof(char *),
			   PDG_LIMIT_EVIDENCE_FILES) < 0)
		return pdg_nomem(err);
	t->v[t->n] = pdg_str_dup(reference);
	if (!t->v[t->n])
		return pdg_nomem(err);
	memmove(t->sorted + at + 1, t->sorted + at, (t->n - at) * sizeof(char *));
	t->sorted[at] = t->v[t->n];
	t->n++;
	return 0;
}

static int add_links(struct todo *t, const json_t *record, struct pdg_error *err)
{
	const json_t *links;
	const char *reference;
	size_t i;
	int rc = pdg_json_opt_arr(record, "links", &links, err);

	for (i = 0; rc == 0 && i < pdg_json_len(links); i++) {
		rc = pdg_json_str(pdg_json_at(links, i), "reference", &reference, err);
		if (rc == 0)
			rc = todo_add(t, reference, err);
	}
	return rc;
}

/* Stage names come from the service: only the plain words of a stage become part of a file name. */
static bool plain_word(const char *s)
{
	size_t i;

	for (i = 0; s[i]; i++) {
		if ((s[i] < 'a' || s[i] > 'z') && s[i] != '-')
			return false;
	}
	return i > 0 && i < 32;
}

/* One line on standard output. Between JSON's tokens a line end is white space, in them it cannot
 * be. */
static int print_record(struct pdg_bytes text, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf line = PDG_BUF_INIT(PDG_LIMIT_RECORD + 1);
	size_t i;
	int rc;

	pdg_buf_put(&line, text);
	pdg_buf_putc(&line, '\n');
	rc = pdg_buf_check(&line, err);
	if (rc < 0)
		return rc;
	for (i = 0; i < text.n; i++) {
		if (line.p[i] == '\n' || line.p[i] == '\r')
			line.p[i] = ' ';
	}
	(void)fwrite(line.p, 1, line.n, stdout);
	return 0;
}

static int save(const char *dir, const char *reference, const json_t *record, struct pdg_bytes text,
		struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = NULL;
	const char *stage, *said;
	int rc;

	rc = pdg_json_str(record, "stage", &stage, err);
	if (rc == 0)
		rc = pdg_json_str(record, "reference", &said, err);
	if (rc < 0)
		return rc;
	if (!pdg_str_eq(said, reference) || !plain_word(stage))
		return pdg_fail(err, PDG_E_FORMAT,
				"asked for %s, the service answered %s of stage '%s'", reference,
				said, stage);
	if (!dir)
		return print_record(text, err);
	path = pdg_str_printf("%s/%s-%s.json", dir, stage, reference + strlen("sha256:"));
	return path ? pdg_fs_write(path, text, 0600, err) : pdg_nomem(err);
}

static int fetch_one(struct pdg_service_client *s, struct todo *t, const char *dir,
		     struct pdg_error *err)
{
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	PDG_AUTO(json) json_t *record = NULL;
	const char *reference = t->v[t->done++];
	PDG_AUTO(mem) char *path = pdg_str_printf("/api/v1/attestations/%s", reference);
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = pdg_service_get(s, path, PDG_LIMIT_RECORD, &a, err);
	if (rc == 0 && a.body.n > PDG_LIMIT_EVIDENCE - t->size)
		return pdg_fail(err, PDG_E_LIMIT, "more than %zu MiB of records",
				PDG_LIMIT_EVIDENCE / PDG_LIMIT_MIB(1));
	t->size += a.body.n;
	if (rc == 0)
		rc = pdg_json_load(pdg_buf_bytes(&a.body), PDG_LIMIT_RECORD, &record, err);
	if (rc == 0)
		rc = save(dir, reference, record, pdg_buf_bytes(&a.body), err);
	if (rc == 0)
		rc = add_links(t, record, err);
	return rc < 0 ? pdg_context(err, rc, "record %s", reference) : 0;
}

static int fetch_all(struct pdg_service_client *s, struct todo *t, const char *dir,
		     struct pdg_error *err)
{
	int rc = dir ? pdg_fs_mkdirs(dir, 0700, err) : 0;

	if (rc < 0) {
		rc = pdg_as_rule(err, rc, "CLI-2");
		pdg_fix(err, "name a folder that this user may make or write to");
	}
	while (rc == 0 && t->done < t->n)
		rc = fetch_one(s, t, dir, err);
	return rc;
}

int pdg_records_by_reference(struct pdg_service_client *s, const char *reference, const char *dir,
			     struct pdg_error *err)
{
	PDG_AUTO(todo) struct todo t = {0};
	int rc = todo_add(&t, reference, err);

	return rc < 0 ? rc : fetch_all(s, &t, dir, err);
}

/* One page of the listing, from behind *@after on. *@more: there is another, behind what *@after is
 * then. */
static int list_page(struct pdg_service_client *s, const char *digest, uint64_t *after, bool *more,
		     struct todo *t, struct pdg_error *err)
{
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	PDG_AUTO(json) json_t *o = NULL;
	PDG_AUTO(mem)
	char *path = pdg_str_printf("/api/v1/subjects/%s?after=%" PRIu64, digest, *after);
	const json_t *list;
	const char *reference;
	uint64_t next = 0;
	size_t i;
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = pdg_service_get(s, path, PDG_LIMIT_RECORD, &a, err);
	if (rc == 0)
		rc = pdg_json_load(pdg_buf_bytes(&a.body), PDG_LIMIT_RECORD, &o, err);
	if (rc == 0)
		rc = pdg_json_arr(o, "attestations", &list, err);
	for (i = 0; rc == 0 && i < pdg_json_len(list); i++) {
		rc = pdg_json_str(pdg_json_at(list, i), "reference", &reference, err);
		if (rc == 0)
			rc = todo_add(t, reference, err);
	}
	if (rc == 0)
		rc = pdg_json_opt_u64(o, "next", *after, &next, err);
	if (rc < 0)
		return rc;
	/* Whoever answers with the same place again would keep us here. */
	*more = next > *after;
	*after = next;
	return 0;
}

int pdg_records_by_subject(struct pdg_service_client *s, const char *digest, const char *dir,
			   struct pdg_error *err)
{
	PDG_AUTO(todo) struct todo t = {0};
	uint64_t after = 0;
	bool more = true;
	size_t pages;
	int rc;

	for (pages = 0; more; pages++) {
		/* Pages with nothing new in them could go on for ever. */
		rc = pages == PDG_LIMIT_EVIDENCE_FILES
			     ? too_many(err)
			     : list_page(s, digest, &after, &more, &t, err);
		if (rc < 0)
			return pdg_context(err, rc, "listing of %s", digest);
	}
	return fetch_all(s, &t, dir, err);
}
