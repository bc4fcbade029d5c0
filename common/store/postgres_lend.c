/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which connection of the PostgreSQL store a question goes to, and its parameters and answers in
 * the binary form of the protocol: nothing is quoted, nothing is escaped.
 */
#include <string.h>

#include "store/postgres_impl.h"
#include "util/str.h"

/* --- parameters --- */

static void add(struct pdg_pg_args *a, const void *p, size_t n, int format)
{
	a->value[a->n] = p;
	a->length[a->n] = (int)n;
	a->format[a->n] = format;
	a->n++;
}

void pdg_pg_int(struct pdg_pg_args *a, int64_t v)
{
	uint8_t *b = a->number[a->n];
	size_t i;

	for (i = 0; i < 8; i++)
		b[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
	add(a, b, 8, 1);
}

void pdg_pg_text(struct pdg_pg_args *a, const char *v)
{
	add(a, v, 0, 0);
}

void pdg_pg_blob(struct pdg_pg_args *a, struct pdg_bytes v)
{
	add(a, v.n ? (const void *)v.p : "", v.n, 1);
}

void pdg_pg_blob_or_null(struct pdg_pg_args *a, struct pdg_bytes v)
{
	if (v.n)
		pdg_pg_blob(a, v);
	else
		add(a, NULL, 0, 1);
}

/* --- answers --- */

struct pdg_bytes pdg_pg_get_bytes(const PGresult *r, int row, int col)
{
	return pdg_bytes(PQgetvalue(r, row, col), (size_t)PQgetlength(r, row, col));
}

int64_t pdg_pg_get_int(const PGresult *r, int row, int col)
{
	struct pdg_bytes b = pdg_pg_get_bytes(r, row, col);
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < b.n && b.n <= 8; i++)
		v = v << 8 | b.p[i];
	return (int64_t)v;
}

bool pdg_pg_get_bool(const PGresult *r, int row, int col)
{
	struct pdg_bytes b = pdg_pg_get_bytes(r, row, col);

	return b.n == 1 && b.p[0] == 1;
}

bool pdg_pg_get_text(const PGresult *r, int row, int col, char **out)
{
	if (PQgetisnull(r, row, col))
		return true;
	*out = pdg_bytes_dup(pdg_pg_get_bytes(r, row, col));
	return *out != NULL;
}

/* --- connections --- */

int pdg_pg_write(struct pdg_store *store, enum pdg_pg_sql which, const struct pdg_pg_args *a,
		 const char *what, PGresult **out, struct pdg_error *err)
{
	struct pdg_pg *s = (struct pdg_pg *)store;

	return pdg_pg_exec(s, &s->writer, which, a, what, out, err);
}

static struct pdg_pg_conn *idle_reader(struct pdg_pg *s)
{
	size_t i;

	for (i = 0; i < PDG_PG_READERS; i++) {
		if (!s->readers[i].busy)
			return &s->readers[i];
	}
	return NULL;
}

/* A reader's connection; NULL: the writer's, for the thread that has a batch open. */
static struct pdg_pg_conn *borrow(struct pdg_pg *s)
{
	struct pdg_pg_conn *c = NULL;

	(void)pthread_mutex_lock(&s->mutex);
	if (!s->only_look && !(s->in_batch && pthread_equal(s->batch_thread, pthread_self()))) {
		while (!(c = idle_reader(s)))
			(void)pthread_cond_wait(&s->returned, &s->mutex);
		c->busy = true;
	}
	(void)pthread_mutex_unlock(&s->mutex);
	return c;
}

static void give_back(struct pdg_pg *s, struct pdg_pg_conn *c)
{
	(void)pthread_mutex_lock(&s->mutex);
	c->busy = false;
	(void)pthread_cond_signal(&s->returned);
	(void)pthread_mutex_unlock(&s->mutex);
}

/* What could not be read leaves the transaction that looks as it was, to be asked other things. */
static int look(struct pdg_pg *s, enum pdg_pg_sql which, const struct pdg_pg_args *a,
		const char *what, PGresult **out, struct pdg_error *err)
{
	int rc = pdg_pg_exec(s, &s->writer, which, a, what, out, err);

	if (rc < 0 && s->only_look && s->writer.pg &&
	    PQtransactionStatus(s->writer.pg) == PQTRANS_INERROR)
		(void)!pdg_pg_simple(s, &s->writer, "ROLLBACK TO look", what, NULL, NULL);
	return rc;
}

int pdg_pg_read(struct pdg_store *store, enum pdg_pg_sql which, const struct pdg_pg_args *a,
		PGresult **out, struct pdg_error *err)
{
	static const char what[] = "look something up";
	struct pdg_pg *s = (struct pdg_pg *)store;
	struct pdg_pg_conn *c = borrow(s);
	struct pdg_error why = {0};
	bool old;
	int rc;

	if (!c)
		return look(s, which, a, what, out, err);
	old = c->pg != NULL;
	rc = pdg_pg_connect(s, c, &why);
	if (rc == 0)
		rc = pdg_pg_exec(s, c, which, a, what, out, &why);
	/* It may have been broken for long: the server was started anew since it was asked last. */
	if (rc < 0 && old && !c->pg) {
		rc = pdg_pg_connect(s, c, &why);
		if (rc == 0)
			rc = pdg_pg_exec(s, c, which, a, what, out, &why);
	}
	give_back(s, c);
	if (rc < 0 && err)
		*err = why;
	return rc;
}
