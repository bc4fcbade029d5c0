/* SPDX-License-Identifier: Apache-2.0 */
/* The text of the store and the list of it; core_keys.c keeps both, policy_box.c trusts them. */
#include "service/own_keys.h"

#include <inttypes.h>
#include <string.h>

#include "service/meta.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define NAME "this service"

void pdg_own_keys_done(struct pdg_key_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		pdg_key_free(list->v[i].key);
		free(list->v[i].name);
	}
	free(list->v);
	*list = (struct pdg_key_list){0};
}

int pdg_own_keys_add(struct pdg_key_list *list, struct pdg_bytes spki, int64_t since, int64_t until,
		     struct pdg_error *err)
{
	struct pdg_trusted_key *grown;
	struct pdg_trusted_key one = {.when = {.after = since, .before = until}};
	int rc = pdg_key_public_der(spki, &one.key, err);

	if (rc < 0)
		return rc;
	one.name = pdg_str_dup(NAME);
	grown = one.name ? realloc(list->v, (list->n + 1) * sizeof(*grown)) : NULL;
	if (!grown) {
		free(one.name);
		pdg_key_free(one.key);
		return pdg_nomem(err);
	}
	list->v = grown;
	list->v[list->n++] = one;
	return 0;
}

static void drop(struct pdg_key_list *list, size_t i)
{
	pdg_key_free(list->v[i].key);
	free(list->v[i].name);
	list->n--;
	memmove(&list->v[i], &list->v[i + 1], (list->n - i) * sizeof(*list->v));
}

/* "NUMBER " off the front. */
static bool take_time(struct pdg_bytes *rest, int64_t *out)
{
	size_t blank = pdg_bytes_find_byte(*rest, ' ', 0);
	uint64_t n;

	if (blank == SIZE_MAX || !pdg_bytes_u64(pdg_bytes_head(*rest, blank), INT64_MAX, &n))
		return false;
	*out = (int64_t)n;
	*rest = pdg_bytes_from(*rest, blank + 1);
	return true;
}

static int read_line(struct pdg_bytes line, struct pdg_key_list *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	int64_t since, until;

	if (!take_time(&line, &since) || !take_time(&line, &until) ||
	    pdg_unbase64(line, PDG_BASE64_STD, &spki, NULL) < 0)
		return pdg_reject(err, "STO-3",
				  "a line of the store's " PDG_META_SERVICE_KEYS
				  " is not of its form");
	return pdg_as_rule(err, pdg_own_keys_add(out, pdg_buf_bytes(&spki), since, until, err),
			   "STO-3");
}

int pdg_own_keys_read(const char *text, struct pdg_key_list *out, struct pdg_error *err)
{
	struct pdg_bytes rest = pdg_bytes_str(text);
	struct pdg_bytes line;
	int rc = 0;

	while (rc == 0 && pdg_bytes_line(&rest, &line))
		rc = read_line(line, out, err);
	if (rc < 0)
		pdg_own_keys_done(out);
	return rc;
}

int pdg_own_keys_turn(struct pdg_key_list *list, const struct pdg_key *key, int64_t since,
		      int64_t now, struct pdg_error *err)
{
	struct pdg_trusted_key *last = list->n ? &list->v[list->n - 1] : NULL;
	size_t i;

	if (last && pdg_key_same(last->key, key))
		return 0;
	if (last)
		last->when.before = now;
	for (i = 0; i < list->n; i++) {
		if (!pdg_key_same(list->v[i].key, key))
			continue;
		since = list->v[i].when.after;
		drop(list, i);
		break;
	}
	while (list->n >= PDG_LIMIT_OWN_KEYS)
		drop(list, 0);
	return pdg_own_keys_add(list, pdg_key_spki(key), since ? since : now, 0, err);
}

int pdg_own_keys_write(const struct pdg_key_list *list, struct pdg_buf *out, struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		pdg_buf_printf(out, "%" PRId64 " %" PRId64 " ", list->v[i].when.after,
			       list->v[i].when.before);
		pdg_base64(pdg_key_spki(list->v[i].key), out);
		pdg_buf_putc(out, '\n');
	}
	return pdg_buf_check(out, err);
}

int pdg_own_key_keep(struct pdg_store *store, const char *name, const struct pdg_key *key,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(mem) char *was = NULL;
	int rc = pdg_store_meta(store, name, &was, err);

	pdg_base64(pdg_key_spki(key), &text);
	if (rc == 0)
		rc = pdg_buf_check(&text, err);
	if (rc < 0 || pdg_str_eq(was, pdg_buf_cstr(&text)))
		return rc;
	return store->ops->meta_set(store, name, pdg_buf_cstr(&text), err);
}
