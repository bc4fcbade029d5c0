/* SPDX-License-Identifier: Apache-2.0 */
/* ssh-ed25519 (RFC 8709), plain and from a security key: one string of 32 bytes, one of 64. */
#include "crypto/ed25519.h"
#include "crypto/sshkey_impl.h"
#include "crypto/sshwire.h"

#define KEY_LEN	      32
#define SIGNATURE_LEN 64

static int parse(struct pdg_sshkey *key, struct pdg_bytes *rest, struct pdg_error *err)
{
	struct pdg_bytes raw;

	if (!pdg_sshwire_string(rest, &raw) || raw.n != KEY_LEN)
		return pdg_reject(err, "SSH-1", "the Ed25519 key has not %d bytes", KEY_LEN);
	if (pdg_ed25519_small(raw))
		return pdg_reject(err, "SSH-1", "the Ed25519 key is a point of small order");
	key->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, raw.p, raw.n);
	if (!key->pkey)
		return pdg_ossl_fail(err, "take an Ed25519 key");
	return 0;
}

static int verify(const struct pdg_sshkey *key, struct pdg_bytes algorithm, struct pdg_bytes msg,
		  struct pdg_bytes sig, struct pdg_error *err)
{
	if (!pdg_bytes_eq_str(algorithm, key->kind->name))
		return pdg_reject(err, "SSH-1", "the signature's algorithm is not its key's, %s",
				  key->kind->name);
	if (sig.n != SIGNATURE_LEN)
		return pdg_reject(err, "SSH-1", "the Ed25519 signature has not %d bytes",
				  SIGNATURE_LEN);
	return pdg_sshkey_check(key, NULL, msg, sig, err);
}

const struct pdg_sshkey_kind pdg_sshkey_ed25519[2] = {
	{.name = "ssh-ed25519", .parse = parse, .verify = verify},
	{.name = "sk-ssh-ed25519@openssh.com", .hardware = true, .parse = parse, .verify = verify},
};
