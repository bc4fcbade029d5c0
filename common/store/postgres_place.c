/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in its database the store lies, and who else has a hand in it. Schemas that the search path
 * names may be somebody else's: whoever may make one in the database can give it the name of the
 * service's user. So the store is looked for once, in a schema of ours, and every table is named
 * with that schema from then on ("@"); what others can make in it is asked of each connection.
 */
#include <stdio.h>
#include <string.h>

#include "store/postgres_impl.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/str.h"

/*
 * Of each schema that the role's search path named (postgres_conn.c has put it away), in order:
 * name; is it of somebody who may do everything in this database anyway; has it a store; has it
 * anything; who else may make things in it; which of its tables is somebody else's; of whom it is.
 */
static const char look_sql[] =
	"WITH trusted AS (SELECT oid FROM pg_roles WHERE rolsuper OR rolname = current_user"
	"  OR rolname = 'pg_database_owner'"
	"  OR oid = (SELECT datdba FROM pg_database WHERE datname = current_database())),"
	" path AS (SELECT p.name, p.place FROM unnest(current_setting('pedigree.path')::name[])"
	"  WITH ORDINALITY p (name, place) WHERE left(p.name, 3) <> 'pg_')"
	" SELECT n.nspname, n.nspowner IN (SELECT oid FROM trusted),"
	" EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid"
	"  AND c.relname = 'pedigree_schema' AND c.relkind = 'r'),"
	" EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid),"
	" (SELECT coalesce(r.rolname, 'PUBLIC')"
	"  FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x"
	"  LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE x.privilege_type = 'CREATE'"
	"  AND x.grantee <> n.nspowner AND x.grantee NOT IN (SELECT oid FROM trusted) LIMIT 1),"
	" (SELECT c.relname FROM pg_class c WHERE c.relnamespace = n.oid"
	"  AND c.relowner NOT IN (SELECT oid FROM trusted) LIMIT 1),"
	" pg_get_userbyid(n.nspowner)"
	" FROM path JOIN pg_namespace n ON n.nspname = path.name ORDER BY path.place";

enum { NAME, OURS, STORE, ANYTHING, CREATOR, FOREIGN, OWNER };

static bool is_true(const PGresult *r, int row, int col)
{
	return pdg_str_eq(PQgetvalue(r, row, col), "t");
}

/* A store of ours; else, where it is only looked at, any; else our first schema. -1: none. */
static int choose(const PGresult *r, bool only_look)
{
	int n = PQntuples(r);
	int i;

	for (i = 0; i < n; i++) {
		if (is_true(r, i, STORE) && is_true(r, i, OURS))
			return i;
	}
	for (i = 0; i < n && only_look; i++) {
		if (is_true(r, i, STORE))
			return i;
	}
	for (i = 0; i < n; i++) {
		if (is_true(r, i, OURS))
			return i;
	}
	return -1;
}

/* What somebody else makes in the schema, or owns of it, could be run as the service's user. */
static int check_alone(const struct pdg_pg *s, const PGresult *r, int i, struct pdg_error *err)
{
	const char *schema = PQgetvalue(r, i, NAME);
	const char *who = PQgetvalue(r, i, CREATOR);
	int rc;

	if (!PQgetisnull(r, i, CREATOR)) {
		rc = pdg_reject(err, "STO-6",
				"in the schema \"%s\" of %s others than its owner may make things "
				"(%s)",
				schema, pdg_pg_told(s), who);
		pdg_fix(err, "let its owner run: REVOKE CREATE ON SCHEMA \"%s\" FROM %s", schema,
			who);
		return rc;
	}
	if (PQgetisnull(r, i, FOREIGN))
		return 0;
	rc = pdg_reject(err, "STO-6", "in the schema \"%s\" of %s \"%s\" is another role's", schema,
			pdg_pg_told(s), PQgetvalue(r, i, FOREIGN));
	pdg_fix(err, "look at who made it; drop it, or let the service's user own it: ALTER TABLE "
		     "... OWNER TO");
	return rc;
}

static int no_place(const struct pdg_pg *s, const PGresult *r, struct pdg_error *err)
{
	int rc;

	if (PQntuples(r) == 0) {
		rc = pdg_reject(err, "STO-6", "%s has no schema for the service's user",
				pdg_pg_told(s));
		pdg_fix(err, "make one that the user owns, and name it: ALTER ROLE ... SET "
			     "search_path");
		return rc;
	}
	rc = pdg_reject(err, "STO-6",
			"the schema \"%s\" of %s belongs to \"%s\", who owns neither it nor the "
			"database for the service's user",
			PQgetvalue(r, 0, NAME), pdg_pg_told(s), PQgetvalue(r, 0, OWNER));
	pdg_fix(err,
		"let the service's user own the database or the schema: ALTER SCHEMA \"%s\" "
		"OWNER TO ...",
		PQgetvalue(r, 0, NAME));
	return rc;
}

/* Keep where it is, as it stands before a table's name: "schema". */
static int pin(struct pdg_pg *s, struct pdg_pg_conn *c, const PGresult *r, int i,
	       struct pdg_error *err)
{
	const char *name = PQgetvalue(r, i, NAME);
	char *quoted = PQescapeIdentifier(c->pg, name, strlen(name));
	char *prefix = quoted ? pdg_str_printf("%s.", quoted) : NULL;
	int rc = 0;

	PQfreemem(quoted);
	if (!prefix)
		return pdg_nomem(err);
	if (!s->schema)
		s->schema = PDG_TAKE(prefix);
	else if (!pdg_str_eq(s->schema, prefix))
		rc = pdg_reject(err, "STO-3",
				"another store took the place of %s while it was open",
				pdg_pg_told(s));
	free(prefix);
	return rc;
}

int pdg_pg_find_place(struct pdg_pg *s, struct pdg_pg_conn *c, enum pdg_pg_place *out,
		      struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	int rc = pdg_pg_simple(s, c, look_sql, "read the schema", &r, err);
	int i;

	if (rc < 0)
		return rc;
	i = choose(r, s->only_look);
	if (i < 0)
		return no_place(s, r, err);
	if (!s->only_look)
		rc = check_alone(s, r, i, err);
	if (rc == 0)
		rc = pin(s, c, r, i, err);
	if (rc < 0)
		return rc;
	*out = is_true(r, i, STORE)	 ? PDG_PG_STORE
	       : is_true(r, i, ANYTHING) ? PDG_PG_OTHERS
					 : PDG_PG_EMPTY;
	return 0;
}

#define TABLES                                                                                     \
	"(VALUES ('attestation', 'SELECT INSERT UPDATE'), ('bundle', 'SELECT INSERT'),"            \
	" ('pending', 'SELECT INSERT UPDATE DELETE'), ('subject', 'SELECT INSERT'),"               \
	" ('journal_leaf', 'SELECT INSERT'), ('journal_tile', 'SELECT INSERT UPDATE'),"            \
	" ('journal_state', 'SELECT INSERT UPDATE'), ('meta', 'SELECT INSERT UPDATE'),"            \
	" ('token', 'SELECT INSERT UPDATE DELETE'), ('pedigree_schema', 'SELECT UPDATE'))"
#define MISSING                                                                                    \
	"SELECT t.name, p.privilege, c.oid IS NULL FROM " TABLES " t (name, privileges)"           \
	" CROSS JOIN LATERAL unnest(string_to_array(t.privileges, ' ')) p (privilege)"             \
	" LEFT JOIN pg_class c ON c.relname = t.name AND c.relnamespace ="                         \
	" (SELECT k.relnamespace FROM @pedigree_schema v JOIN pg_class k ON k.oid = v.tableoid"    \
	" WHERE v.version = 1)"                                                                    \
	" WHERE (c.oid IS NULL OR NOT has_table_privilege(c.oid, p.privilege))"

/* At the first statement that needs it would be too late: the service would be ready, and take
 * nothing. */
int pdg_pg_check_rights(struct pdg_pg *s, struct pdg_pg_conn *c, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	int rc = pdg_pg_simple(s, c, s->only_look ? MISSING " AND p.privilege = 'SELECT'" : MISSING,
			       "read the schema", &r, err);

	if (rc < 0 || PQntuples(r) == 0)
		return rc;
	if (is_true(r, 0, 2)) {
		rc = pdg_reject(err, "STO-5", "the table %s is missing in %s", PQgetvalue(r, 0, 0),
				pdg_pg_told(s));
		pdg_fix(err, "restore the database and the log from one backup");
		return rc;
	}
	rc = pdg_reject(err, "STO-6", "the service's user has no right to %s on %s of %s",
			PQgetvalue(r, 0, 1), PQgetvalue(r, 0, 0), pdg_pg_told(s));
	pdg_fix(err, PDG_PG_GRANT);
	return rc;
}

/* Not where the store is only looked at: nothing runs for who reads. */
int pdg_pg_check_hung(const struct pdg_pg *s, const PGresult *r, struct pdg_error *err)
{
	const char *table, *what, *name;
	int rc;

	if (s->only_look || PQntuples(r) == 0)
		return 0;
	table = PQgetvalue(r, 0, 0);
	what = PQgetvalue(r, 0, 1);
	name = PQgetvalue(r, 0, 2);
	if (pdg_str_eq(what, "TRIGGER") || pdg_str_eq(what, "REFERENCES")) {
		rc = pdg_reject(err, "STO-6",
				"others than the owner of \"%s\" of %s may hang on it what the "
				"service runs (%s: %s)",
				table, pdg_pg_told(s), name, what);
		pdg_fix(err, "let its owner run: REVOKE %s ON %s\"%s\" FROM %s", what,
			s->schema ? s->schema : "", table, name);
		return rc;
	}
	rc = pdg_reject(err, "STO-6",
			"on \"%s\" of %s hangs what is not the service's: the %s \"%s\"", table,
			pdg_pg_told(s), what, name);
	pdg_fix(err, "look at who made it, drop it, and run pedigreed --fsck: it may have changed "
		     "what was written");
	return rc;
}

int pdg_pg_spell(const struct pdg_pg *s, const char *sql, struct pdg_buf *out,
		 struct pdg_error *err)
{
	const char *at;

	for (; (at = strchr(sql, '@')); sql = at + 1) {
		pdg_buf_put(out, pdg_bytes(sql, (size_t)(at - sql)));
		pdg_buf_puts(out, s->schema ? s->schema : "");
	}
	pdg_buf_puts(out, sql);
	return pdg_buf_check(out, err);
}
