/* SPDX-License-Identifier: Apache-2.0 */
/* Reading tests/data/ssh/ (made by tests/data/make-ssh.sh), and putting SSH's wire items together.
 */
#ifndef PDG_TESTS_UNIT_CRYPTO_SSH_DATA_H
#define PDG_TESTS_UNIT_CRYPTO_SSH_DATA_H

#include "crypto/sshkey.h"
#include "crypto/sshwire.h"
#include "support/check.h"
#include "util/str.h"

#define SSH_DATA_MAX ((size_t)1 << 20)

/* The kinds that are judged, by the names of their files. */
static const char *const ssh_names[] = {"ed25519", "ecdsa256", "ecdsa384",   "ecdsa521",
					"rsa2048", "rsa3072",  "sk-ed25519", "sk-ecdsa"};

#define SSH_NAMES (sizeof(ssh_names) / sizeof(ssh_names[0]))

/* Append tests/data/ssh/@name@suffix. */
static inline void ssh_read(const char *name, const char *suffix, struct pdg_buf *out)
{
	char *path = pdg_str_printf("%s/ssh/%s%s", PDG_TEST_DATA, name, suffix);

	if (CHECK(path != NULL))
		pdg_test_read(path, out);
	free(path);
}

/* Append the blob of the key file @name.pub. */
static inline void ssh_read_blob(const char *name, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_bytes rest;
	struct pdg_bytes line;
	struct pdg_error err = {0};

	ssh_read(name, ".pub", &text);
	rest = pdg_buf_bytes(&text);
	if (CHECK(pdg_bytes_line(&rest, &line)))
		CHECK_OK(pdg_sshkey_line(line, out, &err), &err);
}

static inline void ssh_put(struct pdg_buf *out, const char *s)
{
	pdg_sshwire_put_string(out, pdg_bytes_str(s));
}

/* A copy of exactly @n bytes, to be freed: a read beyond it is seen by the sanitizer. */
static inline uint8_t *ssh_exact(struct pdg_bytes b, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (CHECK(copy != NULL) && n > 0)
		memcpy(copy, b.p, n);
	return copy;
}

#endif
