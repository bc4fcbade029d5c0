/* SPDX-License-Identifier: Apache-2.0 */
#include "support/sshsig_made.h"

#include "crypto/digest.h"
#include "crypto/sshwire.h"
#include "util/codec.h"
#include "util/limits.h"

#define COLUMNS 70 /* as ssh-keygen breaks its lines */

void pdg_made_lines(struct pdg_buf *out, struct pdg_bytes bin, size_t columns)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_bytes rest;

	pdg_base64(bin, &text);
	for (rest = pdg_buf_bytes(&text); rest.n; rest = pdg_bytes_from(rest, columns)) {
		pdg_buf_put(out, pdg_bytes_head(rest, columns));
		pdg_buf_putc(out, '\n');
	}
}

void pdg_made_gpgsig(struct pdg_buf *out, struct pdg_bytes armor)
{
	struct pdg_bytes line;

	pdg_buf_puts(out, "gpgsig");
	while (pdg_bytes_line(&armor, &line)) {
		pdg_buf_putc(out, ' ');
		pdg_buf_put(out, line);
		pdg_buf_putc(out, '\n');
	}
}

void pdg_made_ssh_blob(struct pdg_buf *out, const struct pdg_key *key)
{
	pdg_sshwire_put_string(out, pdg_bytes_str("ssh-ed25519"));
	pdg_sshwire_put_string(out, pdg_key_ed25519_raw(key));
}

/* What both the signed bytes and the blob say of the signature. */
static void put_terms(struct pdg_buf *b)
{
	pdg_sshwire_put_string(b, pdg_bytes_str("git"));
	pdg_sshwire_put_string(b, pdg_bytes(NULL, 0));
	pdg_sshwire_put_string(b, pdg_bytes_str("sha512"));
}

int pdg_made_sshsig(const struct pdg_key *key, struct pdg_bytes payload, struct pdg_buf *message,
		    struct pdg_buf *sig, struct pdg_buf *armor, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf public = PDG_BUF_INIT(1024);
	PDG_AUTO(buf) struct pdg_buf inner = PDG_BUF_INIT(1024);
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(4096);
	uint8_t sum[64];
	int rc = pdg_digest(PDG_SHA512, payload, sum, err);

	pdg_buf_puts(message, "SSHSIG");
	put_terms(message);
	pdg_sshwire_put_string(message, pdg_bytes(sum, sizeof(sum)));
	if (rc == 0)
		rc = pdg_key_sign(key, pdg_buf_bytes(message), sig, err);
	if (rc < 0)
		return rc;
	pdg_made_ssh_blob(&public, key);
	pdg_sshwire_put_string(&inner, pdg_bytes_str("ssh-ed25519"));
	pdg_sshwire_put_string(&inner, pdg_buf_bytes(sig));
	pdg_buf_puts(&blob, "SSHSIG");
	pdg_buf_u32be(&blob, 1);
	pdg_sshwire_put_string(&blob, pdg_buf_bytes(&public));
	put_terms(&blob);
	pdg_sshwire_put_string(&blob, pdg_buf_bytes(&inner));
	pdg_buf_puts(armor, "-----BEGIN SSH SIGNATURE-----\n");
	pdg_made_lines(armor, pdg_buf_bytes(&blob), COLUMNS);
	pdg_buf_puts(armor, "-----END SSH SIGNATURE-----\n");
	return pdg_buf_check(armor, err);
}
