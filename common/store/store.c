/* SPDX-License-Identifier: Apache-2.0 */
/* What every kind of store shares: the release of what it hands out, and how it spells keys. */
#include "store/store.h"

#include <string.h>

#include "store/shared.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/str.h"

bool pdg_store_reference(const char *reference, uint8_t out[32])
{
	struct pdg_bytes b = pdg_bytes_str(reference);

	return pdg_bytes_starts(b, "sha256:") &&
	       pdg_unhex(pdg_bytes_from(b, strlen("sha256:")), out, 32);
}

char *pdg_store_reference_text(struct pdg_bytes raw)
{
	char hex[2 * 32 + 1] = "";

	if (raw.n == 32)
		pdg_hex(raw, hex);
	return pdg_str_printf("sha256:%s", hex);
}

void pdg_store_reference_put(struct pdg_bytes raw, char out[PDG_STORED_REFERENCE])
{
	out[0] = '\0';
	if (raw.n != 32)
		return;
	memcpy(out, "sha256:", strlen("sha256:"));
	pdg_hex(raw, out + strlen("sha256:"));
}

int64_t pdg_store_tile_key(unsigned level, uint64_t n)
{
	/* A tree of 2^63 leaves has 8 levels of tiles, and less than 2^55 tiles on the lowest. */
	return (int64_t)((uint64_t)level << 56 | n);
}

int64_t pdg_store_limit(size_t max)
{
	return max > INT32_MAX ? INT32_MAX : (int64_t)max;
}

void pdg_stored_free(struct pdg_stored *a)
{
	if (!a)
		return;
	free(a->reference);
	free(a->stage);
	free(a->service_key);
	free(a->repository);
	free(a->git_commit);
	free(a->grade);
	pdg_buf_done(&a->envelope);
	pdg_buf_done(&a->payload);
	pdg_buf_done(&a->countersig);
	pdg_buf_done(&a->bundle);
	pdg_buf_done(&a->commit);
	pdg_buf_done(&a->links);
	free(a);
}

int pdg_store_stray(const int64_t *waits, const int64_t *bundle, int64_t *out,
		    struct pdg_error *err)
{
	if (!waits && !bundle)
		return pdg_fail(err, PDG_E_NOTFOUND, "whatever waits or has a bundle is kept");
	*out = !bundle || (waits && *waits < *bundle) ? *waits : *bundle;
	return 0;
}

int pdg_store_no_id(struct pdg_error *err)
{
	int rc = pdg_reject(err, "STO-5", "the ids of the store are used up: a row has the last");

	pdg_fix(err, "no service gives such an id: 'pedigreed --fsck' names the row; restore the "
		     "service's database and its log from one backup");
	return rc;
}

void pdg_store_pending(int64_t pending, int64_t oldest, uint64_t *out_pending, int64_t *out_oldest)
{
	*out_pending = oldest < 0 ? 0 : (uint64_t)pending;
	*out_oldest = oldest < 0 ? 0 : oldest;
}

bool pdg_stored_nomem(const struct pdg_stored *a)
{
	return a->countersig.failed == PDG_E_NOMEM || a->links.failed == PDG_E_NOMEM ||
	       a->payload.failed == PDG_E_NOMEM || a->envelope.failed == PDG_E_NOMEM ||
	       a->commit.failed == PDG_E_NOMEM || a->bundle.failed == PDG_E_NOMEM;
}

void pdg_stored_list_done(struct pdg_stored **v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		pdg_stored_free(v[i]);
	free(v);
}

int pdg_store_meta(struct pdg_store *s, const char *name, char **out, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int rc = s->ops->meta_get(s, name, out, &why);

	if (rc == PDG_E_NOTFOUND) {
		*out = NULL;
		return 0;
	}
	if (rc < 0 && err)
		*err = why;
	return rc;
}

int pdg_store_meta_number(struct pdg_store *s, const char *name, uint64_t *out,
			  struct pdg_error *err)
{
	PDG_AUTO(mem) char *text = NULL;
	int rc = pdg_store_meta(s, name, &text, err);

	*out = 0;
	if (rc < 0 || !text)
		return rc;
	if (!pdg_bytes_u64(pdg_bytes_str(text), UINT64_MAX, out))
		return pdg_reject(err, "STO-3", "the store's %s is '%.64s', no number", name, text);
	return 0;
}

int pdg_store_change(struct pdg_store *s, int (*change)(void *ctx, struct pdg_error *err),
		     void *ctx, struct pdg_error *err)
{
	int rc = s->ops->begin(s, err);

	if (rc < 0)
		return rc;
	rc = change(ctx, err);
	if (rc > 0)
		return s->ops->commit(s, err);
	s->ops->rollback(s);
	return rc;
}

/* Ids one after another that cannot be read. */
struct unread {
	int64_t first, last; /* first 0: none */
	struct pdg_error why;
};

static void tell_unread(const struct pdg_store_walk *w, struct unread *u)
{
	if (u->first)
		w->unread(w->ctx, u->first, u->last, &u->why);
	u->first = 0;
}

/* The rows behind @*after, each by itself: as many as a page might have, whose place it takes. */
static int each_by_id(struct pdg_store *s, const struct pdg_store_walk *w, struct unread *u,
		      int64_t *after, struct pdg_error *err)
{
	int64_t end = w->last - *after > PDG_LIMIT_PAGE ? *after + PDG_LIMIT_PAGE : w->last;

	while (*after < end) {
		PDG_AUTO(stored) struct pdg_stored *a = NULL;
		struct pdg_error why = {0};
		int64_t id = ++*after;
		int rc = s->ops->row(s, id, &a, &why);

		if (rc < 0 && pdg_str_eq(why.rule, "STO-5")) {
			u->first = u->first ? u->first : id;
			u->last = id;
			u->why = why;
			continue;
		}
		tell_unread(w, u);
		if (rc == PDG_E_NOTFOUND)
			continue;
		if (rc == 0)
			rc = w->each(w->ctx, a, &why);
		if (rc < 0) {
			if (err)
				*err = why;
			return rc;
		}
	}
	return 0;
}

/* 1: there may be more; 0: the end. */
static int each_of_page(struct pdg_store *s, const struct pdg_store_walk *w, struct unread *u,
			int64_t *after, struct pdg_error *err)
{
	PDG_AUTO(rows) struct pdg_rows page = {0};
	struct pdg_error why = {0};
	size_t i;
	int rc = s->ops->page(s, *after, &page.v, &page.n, &why);

	if (rc < 0 && w->unread && pdg_str_eq(why.rule, "STO-5")) {
		if (*after < w->last) {
			rc = each_by_id(s, w, u, after, err);
			return rc < 0 ? rc : 1;
		}
		/* Nothing says what might be there. */
		if (!u->first)
			*u = (struct unread){.first = *after + 1, .last = *after + 1, .why = why};
		tell_unread(w, u);
		return 0;
	}
	if (rc < 0) {
		if (err)
			*err = why;
		return rc;
	}
	if (w->unread)
		tell_unread(w, u);
	for (i = 0; rc == 0 && i < page.n; i++) {
		*after = page.v[i]->id;
		rc = w->each(w->ctx, page.v[i], err);
	}
	return rc < 0 ? rc : page.n > 0;
}

int pdg_store_each(struct pdg_store *s, const struct pdg_store_walk *w, struct pdg_error *err)
{
	struct unread u = {.first = 0};
	int64_t after = 0;
	int rc;

	do
		rc = each_of_page(s, w, &u, &after, err);
	while (rc > 0);
	return rc;
}

int pdg_store_each_source(struct pdg_store *s, const char *repository,
			  const struct pdg_store_subject *commit,
			  int (*each)(void *ctx, struct pdg_stored **a, struct pdg_error *err),
			  void *ctx, struct pdg_error *err)
{
	int64_t after = 0;
	bool last = false;
	int rc = 0;

	while (rc == 0 && !last) {
		PDG_AUTO(rows) struct pdg_rows page = {0};
		size_t i;

		rc = s->ops->sources(s, repository, commit->algorithm, commit->value, after,
				     PDG_LIMIT_PAGE, PDG_LIMIT_PAGE_BYTES, &page.v, &page.n, err);
		for (i = 0; rc == 0 && i < page.n; i++) {
			after = page.v[i]->id;
			rc = each(ctx, &page.v[i], err);
		}
		last = page.n == 0;
	}
	return rc;
}

void pdg_listed_done(struct pdg_listed *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(v[i].stage);
		free(v[i].repository);
		free(v[i].git_commit);
	}
	free(v);
}

/* Less is not worth a look. */
#define SPARED_LEAST 32

/* Where the base64 of @payload is that of an envelope in @text; SIZE_MAX: nowhere. The member's
 * name is looked for, which is short: a search for all of it would cost more than it spares. */
static size_t find_payload(struct pdg_bytes text, struct pdg_bytes payload)
{
	static const char member[] = "\"payload\":\"";
	const struct pdg_bytes name = pdg_bytes_str(member);
	size_t at = pdg_bytes_find(text, name, 0);

	for (; at != SIZE_MAX; at = pdg_bytes_find(text, name, at + 1)) {
		if (pdg_base64_begins(pdg_bytes_from(text, at + name.n), payload))
			return at + name.n;
	}
	return SIZE_MAX;
}

int pdg_store_spare(struct pdg_bytes text, struct pdg_bytes payload, struct pdg_spared *out,
		    struct pdg_error *err)
{
	size_t n = pdg_base64_length(payload.n);
	size_t at = n >= SPARED_LEAST ? find_payload(text, payload) : SIZE_MAX;

	pdg_buf_init(&out->buf, text.n ? text.n : 1);
	if (at == SIZE_MAX) {
		out->at = -1;
		out->kept = text;
		return 0;
	}
	out->at = (int64_t)at;
	pdg_buf_expect(&out->buf, text.n - n);
	pdg_buf_put(&out->buf, pdg_bytes_head(text, at));
	pdg_buf_put(&out->buf, pdg_bytes_from(text, at + n));
	out->kept = pdg_buf_bytes(&out->buf);
	return pdg_buf_check(&out->buf, err);
}

bool pdg_store_whole(struct pdg_bytes kept, int64_t at, struct pdg_bytes payload, size_t max,
		     struct pdg_buf *out)
{
	pdg_buf_init(out, max);
	if (at < 0) {
		pdg_buf_put(out, kept);
		return !out->failed;
	}
	if ((uint64_t)at > kept.n) {
		out->failed = PDG_E_FORMAT;
		return false;
	}
	pdg_buf_expect(out, kept.n + payload.n / 3 * 4 + 4);
	pdg_buf_put(out, pdg_bytes_head(kept, (size_t)at));
	pdg_base64(payload, out);
	pdg_buf_put(out, pdg_bytes_from(kept, (size_t)at));
	return !out->failed;
}
