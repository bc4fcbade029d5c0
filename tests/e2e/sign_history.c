/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_history KEY.pem DIR PARENT N [NUMBER…]: N commits in a line behind PARENT (-: a root), each
 * signed as ssh-keygen would by the Ed25519 key but those NUMBERs, as files DIR/0 … DIR/N-1 for git
 * hash-object -t commit -w --stdin-paths. Prints the last one's name, and the key as an
 * allowed_signers line in DIR/allowed. For pushes of thousands, which git takes minutes to sign.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commit/object.h"
#include "crypto/key.h"
#include "support/sshsig_made.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/time.h"

#define WHO	   "Alice <alice@example.com>"
#define EMPTY_TREE "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

struct history {
	struct pdg_key *key;
	const char *dir;
	int64_t from; /* the first commit's date */
};

/* The signature over @payload as a header of the commit. */
static int sign(const struct history *h, struct pdg_bytes payload, struct pdg_buf *header,
		struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf message = PDG_BUF_INIT(1024);
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(1024);
	PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(4096);
	int rc = pdg_made_sshsig(h->key, payload, &message, &sig, &armor, err);

	if (rc < 0)
		return rc;
	pdg_made_gpgsig(header, pdg_buf_bytes(&armor));
	return pdg_buf_check(header, err);
}

static int write_file(const struct history *h, const char *name, const struct pdg_buf *b,
		      struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(h->dir, name);
	FILE *f = path ? fopen(path, "wb") : NULL;
	bool written = f && fwrite(b->p, 1, b->n, f) == b->n;

	if ((f && fclose(f) != 0) || !written)
		return pdg_fail(err, PDG_E_IO, "%s in %s cannot be written", name, h->dir);
	return 0;
}

/* Commit number @i behind @name, whose name then is its own. */
static int make(const struct history *h, uint64_t i, bool sign_it, char name[PDG_OID_HEX],
		struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf head = PDG_BUF_INIT(PDG_LIMIT_KIB(8));
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_KIB(8));
	PDG_AUTO(buf) struct pdg_buf message = PDG_BUF_INIT(256);
	char file[24];
	int rc;

	pdg_buf_puts(&head, "tree " EMPTY_TREE "\n");
	if (name[0])
		pdg_buf_printf(&head, "parent %s\n", name);
	pdg_buf_printf(&head, "author " WHO " %jd +0000\ncommitter " WHO " %jd +0000\n",
		       (intmax_t)h->from + (intmax_t)i, (intmax_t)h->from + (intmax_t)i);
	pdg_buf_printf(&message, "\nnumber %ju\n", (uintmax_t)i);
	pdg_buf_put(&payload, pdg_buf_bytes(&head));
	pdg_buf_put(&payload, pdg_buf_bytes(&message));
	rc = sign_it ? sign(h, pdg_buf_bytes(&payload), &head, err) : 0;
	if (rc < 0)
		return rc;
	pdg_buf_put(&head, pdg_buf_bytes(&message));
	(void)snprintf(file, sizeof(file), "%ju", (uintmax_t)i);
	rc = pdg_object_name("commit", pdg_buf_bytes(&head), false, name, err);
	return rc < 0 ? rc : write_file(h, file, &head, err);
}

static int open_key(struct history *h, const char *pem, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf line = PDG_BUF_INIT(1024);
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(1024);
	int rc = pdg_key_private_file(pem, &h->key, err);

	if (rc < 0)
		return rc;
	pdg_made_ssh_blob(&blob, h->key);
	pdg_buf_puts(&line, "alice@example.com namespaces=\"git\" ssh-ed25519 ");
	pdg_base64(pdg_buf_bytes(&blob), &line);
	pdg_buf_putc(&line, '\n');
	return write_file(h, "allowed", &line, err);
}

static bool is_among(uint64_t i, char **numbers)
{
	uint64_t n;

	for (; *numbers; numbers++) {
		if (pdg_bytes_u64(pdg_bytes_str(*numbers), UINT64_MAX, &n) && n == i)
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	struct history h = {.key = NULL};
	struct pdg_error err = {.code = 0};
	char name[PDG_OID_HEX] = "";
	uint64_t n = 0;
	uint64_t i;
	int rc;

	if (argc < 5 || !pdg_bytes_u64(pdg_bytes_str(argv[4]), 1000000, &n) ||
	    strlen(argv[3]) >= sizeof(name))
		return 2;
	if (strcmp(argv[3], "-") != 0)
		memcpy(name, argv[3], strlen(argv[3]) + 1);
	h.dir = argv[2];
	h.from = pdg_now(&pdg_clock_system) - (int64_t)n;
	rc = open_key(&h, argv[1], &err);
	key = h.key;
	for (i = 0; rc == 0 && i < n; i++)
		rc = make(&h, i, !is_among(i, argv + 5), name, &err);
	if (rc < 0)
		pdg_out_error("sign_history", &err);
	else
		printf("%s\n", name);
	return rc < 0 ? 3 : 0;
}
