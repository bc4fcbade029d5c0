/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migrations of the PostgreSQL store, run once each and in order, one transaction each: of several
 * pedigreed that start at once one makes the tables, and nobody writes while they are changed. They
 * lie in the schema that postgres_place.c found. A migration that was released is never edited.
 *
 * Columns are those of the SQLite store (schema.c); `pending` also says whose a row is for a while.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/postgres_impl.h"
#include "util/size.h"
#include "util/str.h"

static const char tables[] =
	"CREATE TABLE @pedigree_schema (version int PRIMARY KEY, applied timestamptz NOT NULL"
	" DEFAULT now());"
	"CREATE TABLE @attestation ("
	" id bigint PRIMARY KEY,"
	" reference bytea NOT NULL UNIQUE,"
	" stage text NOT NULL,"
	" received bigint NOT NULL,"
	" repository text,"
	" git_commit text,"
	" grade text,"
	" journal_index bigint NOT NULL,"
	" service_key text NOT NULL,"
	" countersig bytea NOT NULL,"
	" links bytea NOT NULL,"
	" envelope bytea NOT NULL,"
	" payload bytea NOT NULL,"
	" raw_commit bytea);"
	"CREATE INDEX source_of_commit ON @attestation (repository, git_commit, id)"
	" WHERE stage = 'source';"
	"CREATE INDEX by_commit ON @attestation (git_commit, id, stage)"
	" WHERE git_commit IS NOT NULL;"
	"CREATE TABLE @bundle (id bigint PRIMARY KEY, bundle bytea NOT NULL);"
	"CREATE TABLE @pending (id bigint PRIMARY KEY, owner bigint NOT NULL,"
	" until timestamptz NOT NULL) WITH (fillfactor = 50);"
	"CREATE TABLE @subject (algorithm text NOT NULL, value text NOT NULL, id bigint NOT NULL,"
	" PRIMARY KEY (algorithm, value, id));"
	"CREATE TABLE @journal_leaf (leaf_index bigint PRIMARY KEY, leaf bytea NOT NULL);"
	"CREATE TABLE @journal_tile (tile bigint PRIMARY KEY, hashes bytea NOT NULL);"
	"CREATE TABLE @journal_state (one int PRIMARY KEY CHECK (one = 1), size bigint NOT NULL,"
	" note bytea NOT NULL) WITH (fillfactor = 50);"
	"CREATE TABLE @meta (name text PRIMARY KEY, value text NOT NULL);"
	"CREATE TABLE @token (name bytea PRIMARY KEY, body bytea NOT NULL, expires bigint NOT NULL);"
	"CREATE INDEX token_by_age ON @token (expires);"
	"INSERT INTO @meta VALUES ('store-id', gen_random_uuid()::text)";

/* As in schema.c. */
static const char last_id[] =
	"ALTER TABLE @journal_state ADD COLUMN last_id bigint NOT NULL DEFAULT 0;"
	"UPDATE @journal_state SET last_id = coalesce((SELECT max(id) FROM @attestation), 0)";

/* What a token was used for; NULL: nothing was kept for it, or it was used before this was. */
static const char used_for[] = "ALTER TABLE @token ADD COLUMN reference bytea";

static const char *const migrations[] = {tables, last_id, used_for};

#define VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))

/* *@out: the schema's version, 0 for none. */
static int look(struct pdg_pg *s, struct pdg_pg_conn *c, int *out, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *v = NULL;
	enum pdg_pg_place place = PDG_PG_EMPTY;
	uint64_t version = 0;
	int rc = pdg_pg_find_place(s, c, &place, err);

	*out = 0;
	if (rc < 0)
		return rc;
	if (place == PDG_PG_OTHERS) {
		rc = pdg_reject(err, "STO-5", "%s is used by another program", pdg_pg_told(s));
		pdg_fix(err, "give pedigreed a database of its own, and name it by store in "
			     "[service]");
		return rc;
	}
	if (place == PDG_PG_EMPTY)
		return 0;
	rc = pdg_pg_simple(s, c, "SELECT coalesce(max(version), 0) FROM @pedigree_schema",
			   "read the schema", &v, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_u64(pdg_bytes_str(PQgetvalue(v, 0, 0)), INT32_MAX, &version))
		return pdg_reject(err, "STO-5", "%s has a schema of no version", pdg_pg_told(s));
	*out = (int)version;
	if (version <= (uint64_t)VERSION)
		return 0;
	rc = pdg_reject(err, "STO-1", "%s has schema %" PRIu64 ", this program knows up to %d",
			pdg_pg_told(s), version, VERSION);
	pdg_fix(err, "run the version of pedigreed that wrote it, or a later one");
	return rc;
}

static int check_hung(struct pdg_pg *s, struct pdg_pg_conn *c, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *hung = NULL;
	int rc = pdg_pg_exec(s, c, PDG_PG_HUNG, NULL, "read the schema", &hung, err);

	return rc < 0 ? rc : pdg_pg_check_hung(s, hung, err);
}

/* Inside the transaction: the versions from @from on. No grant lets anybody but their owner change
 * tables, so a right that is missing for that is not the one that the service's user wants. */
static int run_all(struct pdg_pg *s, struct pdg_pg_conn *c, int from, struct pdg_error *err)
{
	bool changes = from > 0;
	char sql[96];
	int rc = 0;

	for (; rc == 0 && from < VERSION; from++) {
		rc = pdg_pg_simple(s, c, migrations[from], "change the schema", NULL, err);
		(void)snprintf(sql, sizeof(sql), "INSERT INTO @pedigree_schema VALUES (%d)",
			       from + 1);
		if (rc == 0)
			rc = pdg_pg_simple(s, c, sql, "change the schema", NULL, err);
	}
	if (rc < 0 && changes && err && pdg_str_eq(err->rule, "STO-6"))
		pdg_fix(err, "this version changes the tables: start it once as the role that owns "
			     "them (store in [service]), then as the service's user again");
	return rc;
}

int pdg_pg_migrate(struct pdg_pg *s, struct pdg_pg_conn *c, bool *out_new, struct pdg_error *err)
{
	int version = 0;
	int rc = look(s, c, &version, err);

	*out_new = false;
	if (rc < 0 || version == VERSION)
		return rc;
	rc = pdg_pg_simple(s, c, "BEGIN; SELECT pg_advisory_xact_lock(" PDG_PG_LOCK_MAKING ")",
			   "change the schema", NULL, err);
	if (rc == 0 && version > 0)
		rc = pdg_pg_simple(s, c, PDG_PG_LOCK, "change the schema", NULL, err);
	/* Somebody else may have made it while this one waited. */
	if (rc == 0)
		rc = look(s, c, &version, err);
	/* A migration writes to tables too. */
	if (rc == 0 && version > 0 && version < VERSION)
		rc = check_hung(s, c, err);
	if (rc == 0)
		rc = run_all(s, c, version, err);
	if (rc == 0)
		rc = pdg_pg_simple(s, c, "COMMIT", "change the schema", NULL, err);
	if (rc < 0) {
		pdg_pg_drop(c);
		return rc;
	}
	*out_new = version == 0;
	return 0;
}

int pdg_pg_check_schema(struct pdg_pg *s, struct pdg_pg_conn *c, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	int version = 0;
	int rc = look(s, c, &version, err);

	if (rc == 0 && version < VERSION && s->id[0] == '\0')
		rc = pdg_reject(err, "STO-3",
				version ? "%s has an older schema: start pedigreed once"
					: "there is no store in %s",
				pdg_pg_told(s));
	if (rc == 0)
		rc = check_hung(s, c, err);
	if (rc == 0)
		rc = pdg_pg_simple(s, c, "SELECT value FROM @meta WHERE name = 'store-id'",
				   "read the schema", &r, err);
	if (rc < 0)
		return rc;
	if (PQntuples(r) != 1 || PQgetlength(r, 0, 0) >= PDG_PG_ID_LEN)
		return pdg_reject(err, "STO-5", "%s has no identity", pdg_pg_told(s));
	if (s->id[0] == '\0') {
		(void)snprintf(s->id, sizeof(s->id), "%s", PQgetvalue(r, 0, 0));
		return 0;
	}
	if (pdg_str_eq(s->id, PQgetvalue(r, 0, 0)))
		return 0;
	rc = pdg_reject(err, "STO-3", "another store took the place of %s while it was open",
			pdg_pg_told(s));
	pdg_fix(err, "stop every pedigreed before its database is replaced; start them again");
	return rc;
}
