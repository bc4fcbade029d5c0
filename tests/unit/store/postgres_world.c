/* SPDX-License-Identifier: Apache-2.0 */
/* The PostgreSQL of the store's tests; see postgres_world.h. */
#include "unit/store/postgres_world.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/spawn.h"
#include "support/check.h"
#include "util/fs.h"
#include "util/str.h"

static char *dir;    /* of this program */
static char *server; /* the server's, in it */
static char *url;    /* of the database that is there from the beginning */
static pid_t owner;

bool is_postgresql(void)
{
	return pdg_str_eq(getenv("PDG_TEST_STORE"), "postgresql");
}

int open_postgresql(const struct pdg_store_open *how, struct pdg_store **out, bool *out_new,
		    struct pdg_error *err)
{
	static const struct pdg_store_module *module;
	void *handle;

	if (!module) {
		handle =
			dlopen(PDG_TEST_BIN "/pedigree-store-postgresql.so", RTLD_NOW | RTLD_LOCAL);
		if (!handle) {
			(void)fprintf(stderr, "%s\n", dlerror());
			exit(1);
		}
		module = dlsym(handle, PDG_STORE_MODULE);
		if (!module || module->abi != PDG_STORE_MODULE_ABI ||
		    module->ops_size != sizeof(struct pdg_store_ops)) {
			(void)fprintf(stderr, "the module is another one\n");
			exit(1);
		}
	}
	return module->open(how, out, out_new, err);
}

static int run(const char *verb, const char *mode, struct pdg_buf *out)
{
	const char *argv[] = {"postgresql", verb, server, mode, NULL};
	struct pdg_error err = {0};
	int status = 1;
	struct pdg_spawn s = {
		.program = PDG_TEST_SOURCE "/tests/support/postgresql",
		.argv = argv,
		.out = out,
		.timeout_ms = 90000,
	};

	if (pdg_spawn(&s, &status, &err) < 0)
		(void)fprintf(stderr, "%s\n", err.text);
	return status;
}

void postgresql(const char *verb, const char *mode)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(4096);

	CHECK_INT(run(verb, mode, &out), 0);
}

static void end(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(4096);

	if (getpid() != owner)
		return;
	(void)run("stop", "immediate", &out);
	pdg_test_dir_remove(dir);
	free(server);
	free(url);
}

/* A sanitizer's finding ends this program without a word: then a child of it stops the server. */
static void watch(void)
{
	char *const argv[] = {(char[]){"postgresql"}, (char[]){"stop"}, server,
			      (char[]){"immediate"}, NULL};
	int end_of_us[2];
	char c;

	if (pipe2(end_of_us, O_CLOEXEC) != 0)
		exit(1);
	if (fork() != 0) {
		(void)close(end_of_us[0]);
		return;
	}
	(void)setsid();
	(void)close(end_of_us[1]);
	(void)!freopen("/dev/null", "w", stderr);
	(void)!freopen("/dev/null", "w", stdout);
	while (read(end_of_us[0], &c, 1) < 0)
		;
	(void)execv(PDG_TEST_SOURCE "/tests/support/postgresql", argv);
	_exit(1);
}

static void start(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(4096);
	int status;

	dir = pdg_test_dir();
	owner = getpid();
	/* Its user is another one where this one is root. */
	if (chmod(dir, 0711) != 0)
		exit(1);
	server = pdg_test_path(dir, "server");
	status = run("start", NULL, &out);
	if (status != 0) {
		pdg_test_dir_remove(dir);
		exit(status);
	}
	url = pdg_bytes_dup(pdg_bytes_head(pdg_buf_bytes(&out), out.n ? out.n - 1 : 0));
	if (!url)
		abort();
	watch();
	(void)atexit(end);
}

long long postgresql_ask(const char *where, const char *sql)
{
	PGconn *c = PQconnectdb(where);
	PGresult *r = PQexec(c, sql);
	long long n = 0;
	bool good = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;

	if (!CHECK(good))
		(void)fprintf(stderr, "%s: %s\n", sql, PQerrorMessage(c));
	if (good && PQntuples(r) > 0)
		n = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	PQfinish(c);
	return n;
}

void postgresql_drop_connections(const char *where)
{
	(void)postgresql_ask(where, "SELECT count(pg_terminate_backend(pid, 5000))"
				    " FROM pg_stat_activity WHERE datname = current_database()"
				    " AND pid <> pg_backend_pid()");
}

int postgresql_try_open(const char *where, bool only_look, struct pdg_error *err)
{
	const struct pdg_store_open how = {.url = where, .only_look = only_look};
	struct pdg_store *s = NULL;
	bool is_new = false;
	int rc = open_postgresql(&how, &s, &is_new, err);

	pdg_store_close(s);
	return rc;
}

char *postgresql_new_database(void)
{
	static unsigned n;
	char sql[64];
	char *slash, *name;

	if (!server)
		start();
	(void)snprintf(sql, sizeof(sql), "CREATE DATABASE t%u", ++n);
	(void)postgresql_ask(url, sql);
	slash = strrchr(url, '/');
	name = pdg_str_printf("%.*s/t%u", (int)(slash - url), url, n);
	if (!name)
		abort();
	return name;
}
