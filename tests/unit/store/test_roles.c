/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other roles in the database of a PostgreSQL store: what they may do to it is what they were
 * given, and none of them runs anything as the service's user.
 */
#include <libpq-fe.h>

#include "unit/store/postgres_world.h"
#include "unit/store/store_world.h"

/* A new database of the role `svc`, as OPERATIONS.md has it made; *@own: its URL for our own. */
static char *database_of_svc(char **own)
{
	char *svc;

	*own = postgresql_new_database();
	(void)postgresql_ask(
		*own, "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'svc')"
		      " THEN CREATE ROLE svc LOGIN; CREATE ROLE other LOGIN; END IF; END $$;"
		      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO svc',"
		      " current_database()); END $$");
	svc = pdg_str_printf("postgresql://svc@%s", strchr(*own, '@') + 1);
	if (!svc)
		abort();
	return svc;
}

static char *as_other(const char *own)
{
	return pdg_str_printf("postgresql://other@%s", strchr(own, '@') + 1);
}

/* Who may make things where the tables are makes them to be run by us: then nothing is begun. */
static void nobody_else_makes_things(void)
{
	static const struct {
		const char *allow, *forbid;
	} t[] = {
		{"GRANT CREATE ON SCHEMA public TO PUBLIC",
		 "REVOKE CREATE ON SCHEMA public FROM PUBLIC"},
		{"GRANT ALL ON SCHEMA public TO other", "REVOKE ALL ON SCHEMA public FROM other"},
		{"CREATE TABLE theirs (a int); ALTER TABLE theirs OWNER TO other",
		 "DROP TABLE theirs"},
	};
	PDG_AUTO(mem) char *own = NULL;
	struct fixture f = {.path = database_of_svc(&own)};
	struct pdg_error err = {0};
	size_t round, i;

	f.dir = pdg_test_dir();
	/* before there is a store, and when there is one */
	for (round = 0; round < 2; round++) {
		for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			pdg_test_case("%s", t[i].allow);
			(void)postgresql_ask(own, t[i].allow);
			CHECK_RULE(postgresql_try_open(f.path, false, &err), &err, "STO-6");
			CHECK(err.fix[0] != '\0');
			CHECK_INT(postgresql_ask(own, "SELECT count(*) FROM pg_class"
						      " WHERE relname = 'attestation'"),
				  (long long)round);
			(void)postgresql_ask(own, t[i].forbid);
		}
		pdg_test_case(NULL);
		CHECK_OK(postgresql_try_open(f.path, false, &err), &err);
	}
	/* A connection that is made later asks again. */
	if (open_store(&f, NULL)) {
		put(&f, 1, "build", HEX64);
		(void)postgresql_ask(own, t[0].allow);
		postgresql_drop_connections(own);
		CHECK_RULE(f.s->ops->begin(f.s, &err), &err, "STO-6");
	}
	teardown(&f);
}

/* What hangs on our tables runs when we write to them, as us: whoever could hang it there is
 * refused, and so is what hangs there, by whose hand ever. */
static void nothing_hangs_on_the_tables(void)
{
	static const struct {
		const char *allow, *forbid;
	} t[] = {
		{"GRANT TRIGGER ON attestation TO other", "REVOKE ALL ON attestation FROM other"},
		{"GRANT SELECT, TRIGGER ON ALL TABLES IN SCHEMA public TO PUBLIC",
		 "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC"},
		{"GRANT REFERENCES ON token TO other", "REVOKE ALL ON token FROM other"},
		{"GRANT REFERENCES (id) ON pending TO PUBLIC",
		 "REVOKE REFERENCES (id) ON pending FROM PUBLIC"},
		{"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
		 "CREATE TRIGGER theirs BEFORE INSERT ON meta FOR EACH ROW EXECUTE FUNCTION f()",
		 "DROP TRIGGER theirs ON meta"},
		{"CREATE SCHEMA theirs; CREATE TABLE theirs.t (id bigint REFERENCES pending)",
		 "DROP SCHEMA theirs CASCADE"},
		{"CREATE RULE theirs AS ON INSERT TO bundle DO ALSO SELECT 1",
		 "DROP RULE theirs ON bundle"},
	};
	PDG_AUTO(mem) char *own = NULL;
	struct fixture f = {.path = database_of_svc(&own)};
	struct pdg_error err = {0};
	size_t i;

	f.dir = pdg_test_dir();
	CHECK_OK(postgresql_try_open(f.path, false, &err), &err);
	(void)postgresql_ask(own, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA"
				  " public TO other; CREATE TABLE mine (id int);"
				  "ALTER TABLE mine OWNER TO svc; GRANT ALL ON mine TO other");
	CHECK_OK(postgresql_try_open(f.path, false, &err), &err);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		pdg_test_case("%s", t[i].allow);
		(void)postgresql_ask(own, t[i].allow);
		CHECK_RULE(postgresql_try_open(f.path, false, &err), &err, "STO-6");
		CHECK(err.fix[0] != '\0');
		(void)postgresql_ask(own, t[i].forbid);
		CHECK_OK(postgresql_try_open(f.path, false, &err), &err);
	}
	pdg_test_case(NULL);
	/* A service that runs says so at /readyz, and the next connection takes nothing. */
	if (open_store(&f, NULL)) {
		CHECK_OK(f.s->ops->there(f.s, &err), &err);
		(void)postgresql_ask(own, t[0].allow);
		CHECK_RULE(f.s->ops->there(f.s, &err), &err, "STO-6");
		postgresql_drop_connections(own);
		CHECK_RULE(f.s->ops->begin(f.s, &err), &err, "STO-6");
	}
	teardown(&f);
}

/* Nor does it run by what the next version does to the tables. */
static void nothing_hangs_on_a_migration(void)
{
	PDG_AUTO(mem) char *own = NULL;
	struct fixture f = {.path = database_of_svc(&own)};
	struct pdg_error err = {0};

	f.dir = pdg_test_dir();
	CHECK_OK(postgresql_try_open(f.path, false, &err), &err);
	(void)postgresql_ask(
		own, POSTGRESQL_AS_VERSION_1
		"CREATE TABLE ran (a int);"
		"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
		" 'BEGIN INSERT INTO public.ran VALUES (1); RETURN NEW; END';"
		"CREATE TRIGGER theirs BEFORE INSERT ON pedigree_schema FOR EACH ROW"
		" EXECUTE FUNCTION f()");
	CHECK_RULE(postgresql_try_open(f.path, false, &err), &err, "STO-6");
	CHECK_INT(postgresql_ask(own, "SELECT count(*) FROM ran"), 0);
	CHECK_INT(postgresql_ask(own, "SELECT max(version) FROM pedigree_schema"), 1);
	(void)postgresql_ask(own, "DROP TRIGGER theirs ON pedigree_schema");
	CHECK_OK(postgresql_try_open(f.path, false, &err), &err);
	CHECK(postgresql_ask(own, "SELECT max(version) FROM pedigree_schema") > 1);
	teardown(&f);
}

/* Nor may a role that only writes to the tables change them: their owner does, once, and then it
 * goes on with the rights that it has. */
static void who_changes_the_tables(void)
{
	PDG_AUTO(mem) char *own = NULL;
	struct fixture f = {.path = database_of_svc(&own)};
	PDG_AUTO(mem) char *other = as_other(own);
	struct pdg_error err = {0};

	f.dir = pdg_test_dir();
	CHECK_OK(postgresql_try_open(f.path, false, &err), &err);
	(void)postgresql_ask(own, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA"
				  " public TO other");
	CHECK_OK(postgresql_try_open(other, false, &err), &err);
	(void)postgresql_ask(own, POSTGRESQL_AS_VERSION_1);
	CHECK_RULE(postgresql_try_open(other, false, &err), &err, "STO-6");
	CHECK_HAS(err.fix, "once");
	CHECK_INT(postgresql_ask(own, "SELECT max(version) FROM pedigree_schema"), 1);
	CHECK_OK(postgresql_try_open(f.path, false, &err), &err);
	CHECK(postgresql_ask(own, "SELECT max(version) FROM pedigree_schema") > 1);
	CHECK_OK(postgresql_try_open(other, false, &err), &err);
	teardown(&f);
}

/* A new database whose owner gives rights on whatever comes to be made there. */
static void rights_given_beforehand(void)
{
	PDG_AUTO(mem) char *own = NULL;
	struct fixture f = {.path = database_of_svc(&own)};
	struct pdg_error err = {0};

	f.dir = pdg_test_dir();
	(void)postgresql_ask(own, "ALTER DEFAULT PRIVILEGES FOR ROLE svc GRANT ALL ON TABLES TO"
				  " other");
	CHECK_RULE(postgresql_try_open(f.path, false, &err), &err, "STO-6");
	teardown(&f);
}

/* They fit what we ask better than the system's, and are never run. */
static void operators_of_others(void)
{
	static const char trojans[] =
		"CREATE FUNCTION public.lt(numeric, bigint) RETURNS boolean LANGUAGE sql AS"
		" 'SELECT 1 / 0 = 1';"
		"CREATE OPERATOR public.< (LEFTARG = numeric, RIGHTARG = bigint, FUNCTION = lt);"
		"CREATE FUNCTION public.minus(numeric, bigint) RETURNS numeric LANGUAGE sql AS"
		" 'SELECT (1 / 0)::numeric';"
		"CREATE OPERATOR public.- (LEFTARG = numeric, RIGHTARG = bigint, FUNCTION = minus);"
		"CREATE FUNCTION public.plus(bigint, bigint) RETURNS bigint LANGUAGE sql AS"
		" 'SELECT (1 / 0)::bigint';"
		"CREATE OPERATOR public.+ (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = plus);"
		"CREATE FUNCTION public.max(bigint) RETURNS bigint LANGUAGE sql AS"
		" 'SELECT (1 / 0)::bigint';"
		"CREATE FUNCTION public.octet_length(bytea) RETURNS int LANGUAGE sql AS 'SELECT 1 / 0'";
	PDG_AUTO(mem) char *own = NULL;
	struct fixture f = {.path = database_of_svc(&own)};
	struct pdg_stored **v = NULL;
	struct pdg_error err = {0};
	size_t n = 0;

	f.dir = pdg_test_dir();
	(void)postgresql_ask(own, trojans);
	(void)postgresql_ask(own, "ALTER ROLE svc SET search_path = public, pg_catalog");
	if (open_store(&f, NULL)) {
		put(&f, 1, "build", HEX64);
		CHECK_OK(f.s->ops->pending(f.s, 0, 9, SIZE_MAX, &v, &n, &err), &err);
		CHECK_UINT(n, 1);
		pdg_stored_list_done(v, n);
		CHECK_OK(f.s->ops->page(f.s, 0, &v, &n, &err), &err);
		CHECK_UINT(n, 1);
		pdg_stored_list_done(v, n);
	}
	(void)postgresql_ask(own, "ALTER ROLE svc RESET search_path");
	teardown(&f);
}

/* One that bears our name comes before `public` in the search path, whoever made it. */
static void a_schema_of_our_name(void)
{
	PDG_AUTO(mem) char *own = NULL;
	struct fixture f = {.path = database_of_svc(&own)};
	PDG_AUTO(mem) char *other = as_other(own);

	f.dir = pdg_test_dir();
	(void)postgresql_ask(own, "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO"
				  " other', current_database()); END $$");
	(void)postgresql_ask(other, "CREATE SCHEMA svc; GRANT ALL ON SCHEMA svc TO svc");
	if (open_store(&f, NULL)) {
		(void)postgresql_ask(other,
				     "CREATE TABLE svc.pedigree_schema (version int PRIMARY KEY);"
				     "INSERT INTO svc.pedigree_schema VALUES (1);"
				     "CREATE TABLE svc.meta (name text, value text);"
				     "GRANT ALL ON ALL TABLES IN SCHEMA svc TO svc");
		postgresql_drop_connections(own);
		put(&f, 1, "build", HEX64);
		CHECK_INT(postgresql_ask(own, "SELECT count(*) FROM public.attestation"), 1);
	}
	teardown(&f);
}

/* What the role may not do is found when the service starts. */
static void rights_are_asked_first(void)
{
	PDG_AUTO(mem) char *own = NULL;
	struct fixture f = {.path = database_of_svc(&own)};
	PDG_AUTO(mem) char *other = as_other(own);
	PDG_AUTO(mem) char *ascii = NULL;
	struct pdg_error err = {0};

	f.dir = pdg_test_dir();
	CHECK_OK(postgresql_try_open(f.path, false, &err), &err);
	CHECK_RULE(postgresql_try_open(other, false, &err), &err, "STO-6");
	CHECK_HAS(err.text, strrchr(own, '/') + 1);
	CHECK(err.fix[0] != '\0');
	CHECK_RULE(postgresql_try_open(other, true, &err), &err, "STO-6");
	(void)postgresql_ask(own, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO other");
	CHECK_RULE(postgresql_try_open(other, false, &err), &err, "STO-6");
	CHECK_OK(postgresql_try_open(other, true, &err), &err);
	(void)postgresql_ask(own, "REVOKE SELECT ON token FROM other");
	CHECK_RULE(postgresql_try_open(other, true, &err), &err, "STO-6");
	(void)postgresql_ask(own, "REVOKE DELETE ON pending FROM svc");
	CHECK_RULE(postgresql_try_open(f.path, false, &err), &err, "STO-6");
	(void)postgresql_ask(own, "DROP DATABASE IF EXISTS ascii");
	(void)postgresql_ask(own, "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C'"
				  " LC_CTYPE 'C' TEMPLATE template0");
	ascii = pdg_str_printf("%.*s/ascii", (int)(strrchr(own, '/') - own), own);
	CHECK_RULE(postgresql_try_open(ascii, false, &err), &err, "STO-6");
	teardown(&f);
}

/* Who may only read holds up nobody who writes. */
static void readers_take_no_lock(void)
{
	static const char locks[] = "BEGIN; SELECT pg_advisory_xact_lock(5260359, 1);"
				    "LOCK TABLE pedigree_schema, journal_state, attestation IN"
				    " ACCESS SHARE MODE";
	PDG_AUTO(mem) char *own = NULL;
	struct fixture f = {.path = database_of_svc(&own)};
	PDG_AUTO(mem) char *other = as_other(own);
	struct pdg_error err = {0};
	PGconn *c;
	PGresult *r;

	f.dir = pdg_test_dir();
	if (open_store(&f, NULL)) {
		(void)postgresql_ask(own, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO other");
		c = PQconnectdb(other);
		r = PQexec(c, locks);
		CHECK(PQresultStatus(r) == PGRES_COMMAND_OK);
		PQclear(r);
		put(&f, 1, "build", HEX64);
		CHECK_OK(f.s->ops->begin(f.s, &err), &err);
		CHECK_OK(f.s->ops->commit(f.s, &err), &err);
		PQfinish(c);
		c = PQconnectdb(other);
		r = PQexec(c, "BEGIN; LOCK TABLE pedigree_schema IN ROW EXCLUSIVE MODE");
		CHECK_STR(PQresultErrorField(r, PG_DIAG_SQLSTATE), "42501");
		PQclear(r);
		PQfinish(c);
	}
	teardown(&f);
}

/* Strangers are told that the database is away, and not where it is. */
static void where_it_is(void)
{
	struct fixture f;
	PDG_AUTO(mem) char *name = NULL;
	struct pdg_error err = {0};

	setup(&f);
	name = pdg_str_printf("\"%s\"", strrchr(f.path, '/') + 1);
	postgresql("stop", "immediate");
	CHECK_RULE(f.s->ops->begin(f.s, &err), &err, "STO-3");
	CHECK(!strstr(err.text, "127.0.0.1") && !strstr(err.text, name));
	CHECK_RULE(postgresql_try_open(f.path, false, &err), &err, "STO-3");
	CHECK(strstr(err.text, "127.0.0.1") && strstr(err.text, name));
	postgresql("start", NULL);
	teardown(&f);
}

PDG_TEST_MAIN("roles", {"nobody else makes things", nobody_else_makes_things},
	      {"nothing hangs on the tables", nothing_hangs_on_the_tables},
	      {"nothing hangs on a migration", nothing_hangs_on_a_migration},
	      {"who changes the tables", who_changes_the_tables},
	      {"rights given beforehand", rights_given_beforehand},
	      {"operators of others", operators_of_others},
	      {"a schema of our name", a_schema_of_our_name},
	      {"rights are asked first", rights_are_asked_first},
	      {"readers take no lock", readers_take_no_lock}, {"where it is", where_it_is})
