/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection to PostgreSQL: with our settings, to the database that was opened and no other,
 * asked with a deadline of our own, for a server that is frozen, or a network that is gone, answers
 * nothing at all. What libpq says is told in one line; no password is ever in it.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "store/postgres_impl.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define ANSWER_MS 12000
#define RETRY_MS  250
#define TOLD_MS	  1000

/* An id is all that a statement of ours counts up. */
#define OUT_OF_RANGE "22003"
#define NO_RIGHT     "42501"

/*
 * A commit that was answered is on the disk. Nobody holds the writer's lock for long: a process
 * that hangs loses it. Plans are made once, for look-ups by index, whatever the server knows of the
 * sizes of tables.
 */
/* The path that the role came with is put away, and from then on the system's own is all. */
static const char settings[] =
	"SELECT pg_catalog.set_config('pedigree.path', pg_catalog.current_schemas(false)::text,"
	" false); SET search_path = pg_catalog, pg_temp;"
	"SELECT set_config('synchronous_commit', 'on', false)"
	" WHERE current_setting('synchronous_commit') IN ('off', 'local');"
	"SET statement_timeout = '8s'; SET lock_timeout = '4s';"
	"SET idle_in_transaction_session_timeout = '10s';"
	"SET default_transaction_isolation = 'read committed'; SET client_min_messages = 'warning';"
	"SET jit = off; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;"
	"SET enable_bitmapscan = off; SET enable_hashjoin = off;"
	"SET enable_mergejoin = off;"
	"SELECT current_setting('fsync'), current_setting('server_version_num')::int,"
	" current_setting('server_encoding'), current_setting('is_superuser')";

#define LEAST_VERSION 130000

/* --- errors --- */

/* libpq's own text ends with a line break and may have some. */
static void one_line(const char *text, char *out, size_t n)
{
	size_t i = 0;

	while (*text && i + 1 < n) {
		bool brk = *text == '\n' || *text == '\r' || *text == '\t';

		if (brk && (text[1] == '\0' || (i > 0 && out[i - 1] == ' '))) {
			text++;
			continue;
		}
		out[i++] = brk ? ' ' : *text;
		text++;
	}
	out[i] = '\0';
}

const char *pdg_pg_told(const struct pdg_pg *s)
{
	return s->id[0] ? "the database" : s->name;
}

/* libpq names host and port: that is for the log alone, once a second of all connections. */
static void tell(struct pdg_pg *s, const char *text)
{
	int64_t now = pdg_monotonic_ms();
	int64_t last = atomic_load(&s->logged);

	if ((last && now - last < TOLD_MS) ||
	    !atomic_compare_exchange_strong(&s->logged, &last, now))
		return;
	pdg_log(PDG_LOG_WARN, "no-database", "store", s->name, "error", text, NULL);
}

static int no_connection(struct pdg_pg *s, struct pdg_pg_conn *c, struct pdg_error *err)
{
	char text[256];
	int rc;

	one_line(c->pg ? PQerrorMessage(c->pg) : "no memory", text, sizeof(text));
	pdg_pg_drop(c);
	c->retry = pdg_monotonic_ms() + RETRY_MS;
	if (!s->id[0]) {
		rc = pdg_reject(err, "STO-3", "no connection to %s: %s", s->name, text);
	} else {
		tell(s, text);
		rc = pdg_reject(err, "STO-3", "no connection to the database");
	}
	pdg_fix(err, "see to it that the database runs and lets the service's user in: store in "
		     "[service]");
	return rc;
}

void pdg_pg_drop(struct pdg_pg_conn *c)
{
	PQfinish(c->pg);
	c->pg = NULL;
	memset(c->prepared, 0, sizeof(c->prepared));
}

/* The connection itself failed; it is given up. */
static int lost(struct pdg_pg_conn *c, const char *what, const char *why, struct pdg_error *err)
{
	char text[256];

	one_line(why ? why : PQerrorMessage(c->pg), text, sizeof(text));
	pdg_pg_drop(c);
	return pdg_reject(err, "STO-4", "cannot %s: %s", what, text);
}

/* The server refused. Its message alone: details may hold what was to be kept. */
static int refused(const struct pdg_pg *s, struct pdg_pg_conn *c, const PGresult *r,
		   const char *what, struct pdg_error *err)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	char text[256];

	if (PQstatus(c->pg) != CONNECTION_OK)
		return lost(c, what, message, err);
	one_line(message ? message : PQresultErrorMessage(r), text, sizeof(text));
	if (state && strncmp(state, "XX00", 4) == 0 && state[4] != '0') {
		int rc = pdg_reject(err, "STO-5", "the database is damaged: %s", text);

		pdg_fix(err, "restore the database and the log from one backup");
		return rc;
	}
	if (pdg_str_eq(state, OUT_OF_RANGE))
		return pdg_store_no_id(err);
	if (pdg_str_eq(state, NO_RIGHT)) {
		int rc =
			pdg_reject(err, "STO-6", "cannot %s in %s: %s", what, pdg_pg_told(s), text);

		pdg_fix(err, PDG_PG_GRANT);
		return rc;
	}
	return pdg_reject(err, "STO-4", "cannot %s: %s (%s)", what, text, state ? state : "-");
}

/* --- asking --- */

static bool wait_for(PGconn *pg, short events, int64_t end)
{
	struct pollfd p = {.fd = PQsocket(pg), .events = events};
	int64_t left = end - pdg_monotonic_ms();

	if (p.fd < 0 || left <= 0)
		return false;
	return poll(&p, 1, (int)left) >= 0; /* also when a signal came */
}

/* What was sent is on its way, and what came of it is here. NULL: it goes on being good. */
static const char *flush_and_wait(PGconn *pg, int64_t end)
{
	int more = 1;

	while (more || PQisBusy(pg)) {
		more = more ? PQflush(pg) : 0;
		if (more < 0)
			return PQerrorMessage(pg);
		if (!more && !PQisBusy(pg))
			break;
		if (!wait_for(pg, (short)(POLLIN | (more ? POLLOUT : 0)), end))
			return "the server does not answer";
		if (!PQconsumeInput(pg))
			return PQerrorMessage(pg);
	}
	return NULL;
}

/* All results of what was sent; the first that is an error, else the last. */
static int gather(const struct pdg_pg *s, struct pdg_pg_conn *c, const char *what, PGresult **out,
		  struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *kept = NULL;
	int64_t end = pdg_monotonic_ms() + ANSWER_MS;
	PGresult *r;

	for (;;) {
		const char *why = flush_and_wait(c->pg, end);

		if (why)
			return lost(c, what, why, err);
		r = PQgetResult(c->pg);
		if (!r)
			break;
		if (kept && PQresultStatus(kept) == PGRES_FATAL_ERROR) {
			PQclear(r);
			continue;
		}
		PQclear(kept);
		kept = r;
	}
	if (!kept)
		return lost(c, what, NULL, err);
	if (PQresultStatus(kept) != PGRES_TUPLES_OK && PQresultStatus(kept) != PGRES_COMMAND_OK)
		return refused(s, c, kept, what, err);
	c->answers = pdg_monotonic_ms();
	if (out)
		*out = PDG_TAKE(kept);
	return 0;
}

int pdg_pg_simple(struct pdg_pg *s, struct pdg_pg_conn *c, const char *sql, const char *what,
		  PGresult **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf spelt = PDG_BUF_INIT(PDG_LIMIT_KIB(16));
	int rc;

	if (!c->pg)
		return pdg_reject(err, "STO-4", "cannot %s: the connection to %s was lost", what,
				  pdg_pg_told(s));
	rc = pdg_pg_spell(s, sql, &spelt, err);
	if (rc < 0)
		return rc;
	if (!PQsendQuery(c->pg, pdg_buf_cstr(&spelt)))
		return lost(c, what, NULL, err);
	return gather(s, c, what, out, err);
}

static void statement_name(enum pdg_pg_sql which, char out[16])
{
	(void)snprintf(out, 16, "p%d", (int)which);
}

static int prepare(const struct pdg_pg *s, struct pdg_pg_conn *c, enum pdg_pg_sql which,
		   const char *what, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf spelt = PDG_BUF_INIT(PDG_LIMIT_KIB(16));
	char name[16];
	int rc = pdg_pg_spell(s, pdg_pg_sql(which), &spelt, err);

	if (rc < 0)
		return rc;
	statement_name(which, name);
	if (!PQsendPrepare(c->pg, name, pdg_buf_cstr(&spelt), 0, NULL))
		return lost(c, what, NULL, err);
	rc = gather(s, c, what, NULL, err);
	if (rc == 0)
		c->prepared[which] = true;
	return rc;
}

int pdg_pg_exec(struct pdg_pg *s, struct pdg_pg_conn *c, enum pdg_pg_sql which,
		const struct pdg_pg_args *a, const char *what, PGresult **out,
		struct pdg_error *err)
{
	static const struct pdg_pg_args none = {.n = 0};
	char name[16];
	int rc = 0;

	if (!a)
		a = &none;
	if (!c->pg)
		return pdg_reject(err, "STO-4", "cannot %s: the connection to %s was lost", what,
				  pdg_pg_told(s));
	if (!c->prepared[which])
		rc = prepare(s, c, which, what, err);
	if (rc < 0)
		return rc;
	statement_name(which, name);
	if (!PQsendQueryPrepared(c->pg, name, a->n, a->value, a->length, a->format, 1))
		return lost(c, what, NULL, err);
	return gather(s, c, what, out, err);
}

/* --- connecting --- */

/*
 * What the URL says counts, for it comes last. A password that was in a file is not read again: the
 * process may not see its home any more (service/confine.c).
 */
static PGconn *begin_connecting(const struct pdg_pg *s)
{
	const char *const given[][2] = {
		{"connect_timeout", "5"},
		{"keepalives_idle", "10"},
		{"keepalives_interval", "5"},
		{"keepalives_count", "3"},
		{"tcp_user_timeout", "12000"},
		{"target_session_attrs", s->only_look ? "any" : "read-write"},
		{"gssencmode", "disable"},
		{"fallback_application_name", "pedigreed"},
		{"client_encoding", "UTF8"},
		{"password", s->password},
		{"dbname", s->url},
	};
	enum { N = sizeof(given) / sizeof(given[0]) };
	const char *keys[N + 1] = {NULL};
	const char *values[N + 1] = {NULL};
	size_t i, n = 0;

	for (i = 0; i < N; i++) {
		if (!given[i][1])
			continue;
		keys[n] = given[i][0];
		values[n++] = given[i][1];
	}
	return PQconnectdbParams(keys, values, 1);
}

static int keep_password(struct pdg_pg *s, const struct pdg_pg_conn *c, struct pdg_error *err)
{
	const char *used = PQpass(c->pg);

	if (s->id[0] || !used || !used[0])
		return 0;
	s->password = pdg_str_dup(used);
	return s->password ? 0 : pdg_nomem(err);
}

/* A server that answers before it wrote keeps nothing through a power cut. */
static int check_server(struct pdg_pg *s, struct pdg_pg_conn *c, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	uint64_t version = 0;
	int rc = pdg_pg_simple(s, c, settings, "set up a connection", &r, err);

	if (rc < 0)
		return rc;
	if (PQntuples(r) != 1 ||
	    !pdg_bytes_u64(pdg_bytes_str(PQgetvalue(r, 0, 1)), INT32_MAX, &version) ||
	    version < LEAST_VERSION)
		return pdg_reject(err, "STO-3", "%s is older than PostgreSQL 13", pdg_pg_told(s));
	if (!pdg_str_eq(PQgetvalue(r, 0, 2), "UTF8")) {
		rc = pdg_reject(err, "STO-6", "%s has the encoding %s", pdg_pg_told(s),
				PQgetvalue(r, 0, 2));
		pdg_fix(err, "make it anew: createdb --encoding=UTF8 --template=template0");
		return rc;
	}
	if (!s->id[0] && pdg_str_eq(PQgetvalue(r, 0, 3), "on"))
		pdg_log(PDG_LOG_WARN, "database-superuser", "store", s->name, "fix",
			"give the service a role that owns its database and nothing else", NULL);
	if (pdg_str_eq(PQgetvalue(r, 0, 0), "on"))
		return 0;
	rc = pdg_reject(err, "STO-3", "%s runs with fsync = off: it loses what it took",
			pdg_pg_told(s));
	pdg_fix(err, "set fsync = on in postgresql.conf");
	return rc;
}

static void no_notice(void *ctx, const PGresult *r)
{
	(void)ctx;
	(void)r;
}

int pdg_pg_connect(struct pdg_pg *s, struct pdg_pg_conn *c, struct pdg_error *err)
{
	int rc;

	if (c->pg)
		return 0;
	if (pdg_monotonic_ms() < c->retry)
		return pdg_reject(err, "STO-4", "there is no connection to %s", pdg_pg_told(s));
	c->pg = begin_connecting(s);
	if (PQstatus(c->pg) != CONNECTION_OK)
		return no_connection(s, c, err);
	(void)PQsetNoticeReceiver(c->pg, no_notice, NULL);
	if (PQsetnonblocking(c->pg, 1) != 0)
		return no_connection(s, c, err);
	rc = keep_password(s, c, err);
	if (rc == 0)
		rc = check_server(s, c, err);
	/* Before it is known which database it is, the schema may have to be made. */
	if (rc == 0 && s->id[0])
		rc = pdg_pg_check_schema(s, c, err);
	if (rc < 0) {
		pdg_pg_drop(c);
		c->retry = pdg_monotonic_ms() + RETRY_MS;
	}
	return rc;
}

/* --- what may be printed --- */

static const char *option(const PQconninfoOption *o, const char *keyword)
{
	for (; o->keyword; o++) {
		if (pdg_str_eq(o->keyword, keyword))
			return o->val && o->val[0] ? o->val : NULL;
	}
	return NULL;
}

/* libpq's reason quotes the URL, and there may be a password where it is wrong: what is quoted is
 * left out, but for a parameter's name where only parameters stand behind the first '?'. */
static int no_url(const char *url, const char *why, struct pdg_error *err)
{
	static const char parameter[] = "invalid URI query parameter";
	const char *query = strchr(url, '?');
	char text[256];
	int rc;

	one_line(why ? why : "no memory", text, sizeof(text));
	if (!query || strchr(query, '@') || !pdg_str_starts(text, parameter))
		text[strcspn(text, ":")] = '\0';
	rc = pdg_reject(err, "CFG-1", "store in [service] is no URL that libpq takes: %s", text);
	if (pdg_str_starts(text, parameter))
		pdg_fix(err, "see what libpq's parameters are called, as sslmode and sslrootcert");
	else
		pdg_fix(err, "write postgresql://USER@HOST:PORT/DATABASE; in names and passwords, "
			     "percent-encode what is not a letter or digit");
	return rc;
}

/* A number for each host, or one for all: libpq would find out at each connection. */
static int check_port(const char *port, struct pdg_error *err)
{
	int rc;

	if (!port || port[strspn(port, "0123456789,")] == '\0')
		return 0;
	rc = pdg_reject(err, "CFG-1", "store in [service] is a URL with the port '%.64s'", port);
	pdg_fix(err, "write the port as a number: postgresql://USER@HOST:PORT/DATABASE");
	return rc;
}

int pdg_pg_name(const char *url, char **out, struct pdg_error *err)
{
	char *why = NULL;
	PQconninfoOption *o = PQconninfoParse(url, &why);
	const char *host, *port, *db;
	int rc;

	if (!o) {
		rc = no_url(url, why, err);
		PQfreemem(why);
		return rc;
	}
	host = option(o, "host");
	port = option(o, "port");
	db = option(o, "dbname");
	rc = check_port(port, err);
	if (rc == 0) {
		*out = pdg_str_printf("the database \"%s\" at %s%s%s", db ? db : "",
				      host ? host : "the default place", port ? ":" : "",
				      port ? port : "");
		rc = *out ? 0 : pdg_nomem(err);
	}
	PQconninfoFree(o);
	return rc;
}
