/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KRLs: any bytes are one or an error. Asked about a certificate whose serial number and key id are
 * taken from the end of the input, it gives the same answer every time, and none by number 0.
 *
 * Covers: common/crypto/sshkrl.c common/crypto/sshkrl_certs.c
 */
#include <string.h>

#include "crypto/sshkrl.h"
#include "fuzz.h"

/* The key that is asked about, and the CA of its certificate (formats.md 9.4). */
static const char key_line[] =
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

static struct pdg_sshkey *key_of(void)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(1024);
	struct pdg_sshkey *key = NULL;

	MUST(pdg_sshkey_line(pdg_bytes_str(key_line), &blob, NULL) == 0);
	MUST(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, NULL) == 0);
	return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(sshkrl) struct pdg_sshkrl *krl = NULL;
	PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
	struct pdg_bytes in = pdg_bytes(data, size);
	struct pdg_sshcert cert = {.serial = 0};
	const char *alone = NULL;
	const char *what = NULL;
	const char *again = NULL;
	struct pdg_error err = {0};
	int rc = pdg_sshkrl_parse(in, &krl, &err);

	if (rc < 0) {
		MUST(krl == NULL && err.code == rc);
		return 0;
	}
	MUST(pdg_sshkrl_is(in));
	key = key_of();
	cert.key = key;
	cert.ca = key;
	for (size_t i = 0; i < 8 && i < size; i++)
		cert.serial = cert.serial << 8 | data[size - 1 - i];
	cert.key_id = pdg_bytes_from(in, size < 4 ? 0 : size - 4);
	MUST(pdg_sshkrl_find(krl, key, NULL, &alone, &err) == 0);
	MUST(pdg_sshkrl_find(krl, key, &cert, &what, &err) == 0);
	MUST(pdg_sshkrl_find(krl, key, &cert, &again, &err) == 0);
	MUST(what == again && (!alone || what));
	cert.serial = 0;
	MUST(pdg_sshkrl_find(krl, key, &cert, &what, &err) == 0);
	MUST(!what || strstr(what, "serial") == NULL);
	return 0;
}
