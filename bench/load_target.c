/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three kinds of service that bench-load sends to: pedigreed takes the envelope itself, Rekor
 * v2 a hashedrekord (SHA-256 of the signed bytes, signature, key), Rekor v1 a dsse entry.
 */
#include "load.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crypto/digest.h"
#include "crypto/key.h"
#include "figures.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

static const char *const names[] = {
	[BENCH_PEDIGREE] = "pedigree",
	[BENCH_REKOR_V2] = "rekor-v2",
	[BENCH_REKOR_V1] = "rekor-v1",
};
static const char *const paths[] = {
	[BENCH_PEDIGREE] = "/api/v1/attestations",
	[BENCH_REKOR_V2] = "/api/v2/log/entries",
	[BENCH_REKOR_V1] = "/api/v1/log/entries",
};

static int read_key(struct bench_target *t, const char *public, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KIB(16));
	PDG_AUTO(key) struct pdg_key *key = NULL;
	int rc;

	if (!public)
		return pdg_reject(err, "CLI-1", "--public is missing");
	rc = pdg_fs_read(public, &pem, err);
	if (rc == 0)
		rc = pdg_key_public_pem(pdg_buf_bytes(&pem), &key, err);
	if (rc < 0)
		return rc;
	pdg_base64(t->kind == BENCH_REKOR_V1 ? pdg_buf_bytes(&pem) : pdg_key_spki(key), &t->key);
	return pdg_buf_check(&t->key, err);
}

int bench_target_init(struct bench_target *t, const char *as, const char *public,
		      struct pdg_error *err)
{
	size_t i;

	pdg_buf_init(&t->key, PDG_LIMIT_KIB(32));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!as || strcmp(as, names[i]) == 0) {
			t->kind = (enum bench_kind)i;
			return i == BENCH_PEDIGREE ? 0 : read_key(t, public, err);
		}
	}
	return pdg_reject(err, "CLI-1", "--as is pedigree, rekor-v2 or rekor-v1");
}

/* --- what is sent --- */

static int write_v2(const struct bench_target *t, const struct pdg_envelope *e, struct pdg_jw *w,
		    struct pdg_error *err)
{
	uint8_t digest[PDG_SHA256_LEN];
	int rc = pdg_sha256(pdg_buf_bytes(&e->pae), digest, err);

	if (rc < 0)
		return rc;
	pdg_jw_obj(w);
	pdg_jw_kobj(w, "hashedRekordRequestV002");
	pdg_jw_key(w, "digest");
	pdg_jw_base64(w, pdg_bytes(digest, sizeof(digest)));
	pdg_jw_kobj(w, "signature");
	pdg_jw_key(w, "content");
	pdg_jw_base64(w, pdg_buf_bytes(&e->sigs[0].sig));
	pdg_jw_kobj(w, "verifier");
	pdg_jw_kobj(w, "publicKey");
	pdg_jw_key(w, "rawBytes");
	pdg_jw_bytes(w, pdg_buf_bytes(&t->key));
	pdg_jw_end(w);
	pdg_jw_kstr(w, "keyDetails", "PKIX_ECDSA_P256_SHA_256");
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
	return 0;
}

static int write_v1(const struct bench_target *t, const struct pdg_envelope *e, struct pdg_jw *w,
		    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf envelope = PDG_BUF_INIT(PDG_LIMIT_ENVELOPE);
	int rc = pdg_envelope_write(e, &envelope, err);

	if (rc < 0)
		return rc;
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "apiVersion", "0.0.1");
	pdg_jw_kstr(w, "kind", "dsse");
	pdg_jw_kobj(w, "spec");
	pdg_jw_kobj(w, "proposedContent");
	pdg_jw_key(w, "envelope");
	pdg_jw_bytes(w, pdg_buf_bytes(&envelope));
	pdg_jw_key(w, "verifiers");
	pdg_jw_arr(w);
	pdg_jw_bytes(w, pdg_buf_bytes(&t->key));
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
	return 0;
}

int bench_request(const struct bench_target *t, const struct pdg_envelope *e, struct pdg_buf *out,
		  struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_jw w;
	int rc;

	pdg_jw_init(&w, &body);
	if (t->kind == BENCH_PEDIGREE)
		rc = pdg_envelope_write(e, &body, err);
	else if (t->kind == BENCH_REKOR_V2)
		rc = write_v2(t, e, &w, err);
	else
		rc = write_v1(t, e, &w, err);
	if (rc == 0)
		rc = pdg_buf_check(&body, err);
	if (rc < 0)
		return rc;
	pdg_buf_printf(
		out,
		"POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Type: application/json\r\n"
		"Accept: application/json\r\n",
		paths[t->kind], (unsigned)t->port);
	if (t->kind == BENCH_PEDIGREE)
		pdg_buf_printf(out, "Prefer: wait=%u\r\n", (unsigned)t->wait);
	pdg_buf_printf(out, "Content-Length: %zu\r\n\r\n", body.n);
	pdg_buf_put(out, pdg_buf_bytes(&body));
	return pdg_buf_check(out, err);
}

/* --- what is answered --- */

/* The value of the header @name in @head, or nothing. */
static struct pdg_bytes header(struct pdg_bytes head, const char *name)
{
	struct pdg_bytes line;
	size_t n = strlen(name);

	while (pdg_bytes_line(&head, &line)) {
		if (line.n <= n || line.p[n] != ':' ||
		    strncasecmp((const char *)line.p, name, n) != 0)
			continue;
		line = pdg_bytes_from(line, n + 1);
		while (line.n && line.p[0] == ' ')
			line = pdg_bytes_from(line, 1);
		while (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		return line;
	}
	return pdg_bytes(NULL, 0);
}

int bench_answer(struct pdg_bytes in, uint64_t *out_status, size_t *out_n)
{
	static const char end[] = "\r\n0\r\n\r\n";
	size_t head = pdg_bytes_find(in, pdg_bytes_str("\r\n\r\n"), 0);
	struct pdg_bytes value;
	uint64_t n = 0;

	if (head == SIZE_MAX)
		return in.n > PDG_LIMIT_HEADERS ? -1 : 0;
	if (!pdg_bytes_starts(in, "HTTP/1.1 ") ||
	    !pdg_bytes_u64(pdg_bytes_head(pdg_bytes_from(in, 9), 3), 999, out_status))
		return -1;
	value = header(pdg_bytes_head(in, head + 2), "transfer-encoding");
	if (value.n) {
		size_t at = pdg_bytes_find(in, pdg_bytes_str(end), head);

		if (at == SIZE_MAX)
			return 0;
		*out_n = at + strlen(end);
		return 1;
	}
	value = header(pdg_bytes_head(in, head + 2), "content-length");
	if (!pdg_bytes_u64(value, PDG_LIMIT_RECORD, &n))
		return -1;
	*out_n = head + 4 + (size_t)n;
	return in.n >= *out_n;
}

/* --- what it costs there --- */

static double process_us(pid_t pid)
{
	clockid_t clock;

	return clock_getcpuclockid(pid, &clock) == 0 ? bench_us(clock) : 0;
}

/* The parent of @pid, 0 when it is gone: behind the name's bracket, " S PARENT …". */
static pid_t parent_of(const char *pid)
{
	PDG_AUTO(mem) char *path = pdg_str_printf("/proc/%s/stat", pid);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	struct pdg_bytes rest;
	const char *at;
	uint64_t parent = 0;

	if (!path || pdg_fs_read(path, &text, NULL) < 0)
		return 0;
	at = strrchr(pdg_buf_cstr(&text), ')');
	if (!at || strlen(at) < 5)
		return 0;
	rest = pdg_bytes_str(at + 4);
	rest = pdg_bytes_head(rest, pdg_bytes_find(rest, pdg_bytes_str(" "), 0));
	return pdg_bytes_u64(rest, INT32_MAX, &parent) ? (pid_t)parent : 0;
}

struct process {
	pid_t pid, parent;
};

/* All processes that there are; *@out owned by the caller, free(). */
static size_t processes(struct process **out)
{
	size_t n = 0, cap = 0;
	const struct dirent *entry;
	DIR *proc = opendir("/proc");
	uint64_t pid;

	while (proc && (entry = readdir(proc)) != NULL) {
		if (!pdg_bytes_u64(pdg_bytes_str(entry->d_name), INT32_MAX, &pid) ||
		    pdg_array_grow(out, n, &cap, sizeof(**out), SIZE_MAX / 64) < 0)
			continue;
		(*out)[n++] = (struct process){(pid_t)pid, parent_of(entry->d_name)};
	}
	if (proc)
		(void)closedir(proc);
	return n;
}

/* A family is a few processes deep: the holder of the keys has one that signs. */
static double family_of(const struct process *all, size_t n, pid_t pid, unsigned depth)
{
	double sum = process_us(pid);
	size_t i;

	for (i = 0; depth > 0 && i < n; i++) {
		if (all[i].parent == pid)
			sum += family_of(all, n, all[i].pid, depth - 1);
	}
	return sum;
}

double bench_family_us(pid_t pid)
{
	PDG_AUTO(mem) struct process *all = NULL;
	size_t n;

	if (pid == 0)
		return 0;
	n = processes(&all);
	return family_of(all, n, pid, 4);
}
