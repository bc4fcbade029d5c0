/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store in a PostgreSQL database, for several pedigreed at once; the one symbol of
 * pedigree-store-postgresql.so. One connection writes, a few read beside it.
 */
#include <string.h>
#include <sys/random.h>

#include "store/postgres_impl.h"
#include "util/size.h"
#include "util/str.h"

/* What this process did not come to publish is anybody's at once. */
static void release(struct pdg_pg *s)
{
	struct pdg_pg_args p = {.n = 0};

	if (!s->writer.pg || s->only_look || s->id[0] == '\0')
		return;
	pdg_pg_int(&p, s->owner);
	if (pdg_pg_exec(s, &s->writer, PDG_PG_RELEASE, &p, "give rows back", NULL, NULL) < 0)
		pdg_pg_drop(&s->writer); /* they are free when their time is over */
}

static void forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static void pg_close(struct pdg_store *store)
{
	struct pdg_pg *s = (struct pdg_pg *)store;
	size_t i;

	release(s);
	for (i = 0; i < PDG_PG_READERS; i++)
		pdg_pg_drop(&s->readers[i]);
	pdg_pg_drop(&s->writer);
	(void)pthread_cond_destroy(&s->returned);
	(void)pthread_mutex_destroy(&s->mutex);
	free(s->name);
	free(s->schema);
	forget(s->password);
	forget(s->url);
	free(s);
}

int pdg_pg_there(struct pdg_store *store, struct pdg_error *err)
{
	struct pdg_pg *s = (struct pdg_pg *)store;
	PDG_AUTO(pg_result) PGresult *hung = NULL;
	PDG_AUTO(mem) char *id = NULL;
	int rc = pdg_pg_meta_get(store, "store-id", &id, err);

	if (rc == PDG_E_NOTFOUND || (rc == 0 && !pdg_str_eq(id, s->id)))
		rc = pdg_reject(err, "STO-3", "another store took the place of %s", pdg_pg_told(s));
	if (rc == 0)
		rc = pdg_pg_read(store, PDG_PG_HUNG, NULL, &hung, err);
	return rc < 0 ? rc : pdg_pg_check_hung(s, hung, err);
}

static const struct pdg_store_ops pg_ops = {
	.name = "postgresql",
	.shared = true,
	.begin = pdg_pg_begin,
	.commit = pdg_pg_commit,
	.rollback = pdg_pg_rollback,
	.insert = pdg_pg_insert,
	.update_envelope = pdg_pg_update_envelope,
	.set_logged = pdg_pg_set_logged,
	.journal_append = pdg_pg_journal_append,
	.journal_tile_write = pdg_pg_journal_tile_write,
	.journal_checkpoint_write = pdg_pg_journal_checkpoint_write,
	.meta_set = pdg_pg_meta_set,
	.token_use = pdg_pg_token_use,
	.token_keep = pdg_pg_token_keep,
	.token_kept = pdg_pg_token_kept,
	.meta_get = pdg_pg_meta_get,
	.get = pdg_pg_get,
	.by_subject = pdg_pg_by_subject,
	.list = pdg_pg_list,
	.list_commit = pdg_pg_list_commit,
	.list_sources = pdg_pg_list_sources,
	.sources = pdg_pg_sources,
	.pending = pdg_pg_pending,
	.there = pdg_pg_there,
	.last_logged = pdg_pg_last_logged,
	.stray = pdg_pg_stray,
	.waits = pdg_pg_waits,
	.last_id = pdg_pg_last_id,
	.count = pdg_pg_count,
	.journal_state = pdg_pg_journal_state,
	.journal_leaf = pdg_pg_journal_leaf,
	.journal_tile_read = pdg_pg_journal_tile_read,
	.page = pdg_pg_page,
	.row = pdg_pg_row,
	.close = pg_close,
};

/* What is read belongs together, however long it takes and whoever writes meanwhile. */
static int look_only(struct pdg_pg *s, struct pdg_error *err)
{
	return pdg_pg_simple(s, &s->writer,
			     "SET statement_timeout = 0; SET idle_in_transaction_session_timeout ="
			     " 0; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT;"
			     " SAVEPOINT look",
			     "begin to read", NULL, err);
}

static int prepare_all(struct pdg_pg *s, const struct pdg_store_open *how, bool *out_new,
		       struct pdg_error *err)
{
	int rc = pdg_pg_connect(s, &s->writer, err);

	*out_new = false;
	if (rc == 0 && !how->only_look)
		rc = pdg_pg_migrate(s, &s->writer, out_new, err);
	if (rc == 0)
		rc = pdg_pg_check_schema(s, &s->writer, err);
	if (rc == 0)
		rc = pdg_pg_check_rights(s, &s->writer, err);
	return rc == 0 && how->only_look ? look_only(s, err) : rc;
}

static int pg_open(const struct pdg_store_open *how, struct pdg_store **out, bool *out_new,
		   struct pdg_error *err)
{
	PDG_AUTO(store) struct pdg_store *store = NULL;
	struct pdg_pg *s = pdg_calloc(1, sizeof(*s));
	bool is_new;
	int rc;

	if (!s)
		return pdg_nomem(err);
	s->base.ops = &pg_ops;
	(void)pthread_mutex_init(&s->mutex, NULL);
	(void)pthread_cond_init(&s->returned, NULL);
	store = &s->base;
	s->only_look = how->only_look;
	if (getrandom(&s->owner, sizeof(s->owner), 0) != (ssize_t)sizeof(s->owner))
		return pdg_fail(err, PDG_E_IO, "no random number");
	rc = pdg_pg_name(how->url, &s->name, err);
	if (rc < 0)
		return rc;
	s->url = pdg_str_dup(how->url);
	if (!s->url)
		return pdg_nomem(err);
	rc = prepare_all(s, how, &is_new, err);
	if (rc < 0)
		return rc;
	*out_new = is_new;
	*out = PDG_TAKE(store);
	return 0;
}

__attribute__((visibility("default"))) extern const struct pdg_store_module pdg_store_module;

const struct pdg_store_module pdg_store_module = {
	.abi = PDG_STORE_MODULE_ABI,
	.ops_size = sizeof(struct pdg_store_ops),
	.open = pg_open,
};
