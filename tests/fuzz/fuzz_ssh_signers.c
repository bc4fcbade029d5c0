/* SPDX-License-Identifier: Apache-2.0 */
/* allowed_signers files: any bytes are a list with a line or an error, and a stranger is in none.
 *
 * Covers: common/crypto/allowed_signers.c common/crypto/allowed_line.c common/crypto/sshpattern.c
 */
#include "crypto/allowed_signers.h"
#include "fuzz.h"

/* formats.md 9.4's key: "… listed" only where the file itself has it. */
static const char line[] =
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

/* The one principal of a certificate by that key. */
static const char principal[] = "\0\0\0\17dev@example.com";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(allowed_signers) struct pdg_allowed_signers *list = NULL;
	PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(1024);
	const char *principals = NULL;
	struct pdg_error err = {0};
	enum pdg_signer_find f;
	enum pdg_signer_find g;
	struct pdg_sshcert cert;
	struct pdg_bytes name;
	int rc = pdg_allowed_signers_parse(pdg_bytes(data, size), "fuzz", &list, &err);

	if (rc < 0) {
		MUST(list == NULL && err.code == rc);
		return 0;
	}
	MUST(pdg_sshkey_line(pdg_bytes_str(line), &blob, NULL) == 0);
	MUST(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, NULL) == 0);
	f = pdg_allowed_signers_find(list, key, "git", 0, "dev@example.com", &principals);
	MUST((f == PDG_SIGNER_UNKNOWN) == (principals == NULL));
	cert = (struct pdg_sshcert){.key = key, .ca = key, .valid_before = UINT64_MAX};
	cert.principals = pdg_bytes(principal, sizeof(principal) - 1);
	g = pdg_allowed_signers_find_cert(list, &cert, "git", 0, "dev@example.com", &name);
	MUST((g == PDG_SIGNER_UNKNOWN || g == PDG_SIGNER_WRONG_NAME) == (name.n == 0));
	if (pdg_bytes_find(pdg_bytes(data, size), pdg_bytes_str(line + 12), 0) == SIZE_MAX)
		MUST(f == PDG_SIGNER_UNKNOWN && g == PDG_SIGNER_UNKNOWN);
	return 0;
}
