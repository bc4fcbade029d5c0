/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the tests of common/tlog: Ed25519 keys from a seed, and fresh ones. */
#ifndef PDG_TESTS_UNIT_TLOG_KEYS_H
#define PDG_TESTS_UNIT_TLOG_KEYS_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "crypto/key.h"
#include "support/check.h"
#include "util/codec.h"

/* The Ed25519 key whose seed is the 32 bytes @first, @first + 1, … (RFC 8410 PKCS#8). */
static inline struct pdg_key *key_of_seed(uint8_t first)
{
	static const uint8_t head[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
				       0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(64);
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(256);
	struct pdg_key *key = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();
	char *path;
	unsigned i;

	pdg_buf_put(&der, pdg_bytes(head, sizeof(head)));
	for (i = 0; i < 32; i++)
		pdg_buf_putc(&der, (uint8_t)(first + i));
	pdg_buf_puts(&pem, "-----BEGIN PRIVATE KEY-----\n");
	pdg_base64(pdg_buf_bytes(&der), &pem);
	pdg_buf_puts(&pem, "\n-----END PRIVATE KEY-----\n");
	path = pdg_test_file(dir, "key.pem", pdg_buf_bytes(&pem));
	if (chmod(path, 0600) != 0 || pdg_key_private_file(path, &key, &err) < 0) {
		(void)fprintf(stderr, "key of seed: %s\n", err.text);
		abort();
	}
	free(path);
	pdg_test_dir_remove(dir);
	return key;
}

static inline struct pdg_key *key_new(enum pdg_key_type type)
{
	struct pdg_key *key = NULL;

	if (pdg_key_generate(type, &key, NULL) < 0)
		abort();
	return key;
}

/* A public key from base64 of its SPKI. */
static inline struct pdg_key *key_of_spki(const char *b64)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(1024);
	struct pdg_key *key = NULL;

	if (pdg_unbase64(pdg_bytes_str(b64), PDG_BASE64_STD, &der, NULL) < 0 ||
	    pdg_key_public_der(pdg_buf_bytes(&der), &key, NULL) < 0)
		abort();
	return key;
}

#endif
