/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree key generate | show: the only place where a key is made on request. */
#include <stdio.h>

#include "crypto/key.h"
#include "judge/judge.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"

const struct pdg_opt pdg_cmd_key_generate_options[] = {
	{"type", "TYPE", "ecdsa-p256 (default: can be logged anywhere) or ed25519", false},
	{0},
};

const struct pdg_opt pdg_cmd_key_show_options[] = {
	{"public", NULL, "print the public key as PEM and nothing else", false},
	{0},
};

static int save_pair(const struct pdg_key *key, const char *file, const char *public_file,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	int rc = pdg_key_public_text(key, &pem, err);

	/* Both or none: the public part may be one that other keys are known by. */
	if (rc == 0 && pdg_fs_exists(public_file))
		rc = pdg_fail(err, PDG_E_USAGE, "\"%s\" exists already", public_file);
	if (rc == 0)
		rc = pdg_key_private_save(key, file, err);
	if (rc == 0)
		rc = pdg_fs_create(public_file, pdg_buf_bytes(&pem), 0644, err);
	if (rc != PDG_E_USAGE && rc != PDG_E_IO)
		return rc;
	/* Where a key goes, and what is there, is chosen by who calls. */
	(void)pdg_as_rule(err, PDG_E_IO, "CLI-2");
	pdg_fix(err, "name a file that is not there yet, in a folder that you may write to");
	return PDG_E_USAGE;
}

int pdg_cmd_key_generate(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	const char *type = pdg_args_get(args, "type");
	const char *file = args->arg[0];
	PDG_AUTO(mem) char *public_file = pdg_str_printf("%s.pub", file);
	enum pdg_key_type kind = PDG_KEY_ECDSA_P256;
	int rc;

	if (!public_file)
		return pdg_nomem(err);
	if (type && pdg_str_eq(type, "ed25519"))
		kind = PDG_KEY_ED25519;
	else if (type && !pdg_str_eq(type, "ecdsa-p256"))
		return pdg_reject(err, "CLI-2", "--type is '%s', not ecdsa-p256 or ed25519", type);
	rc = pdg_key_generate(kind, &key, err);
	if (rc == 0)
		rc = save_pair(key, file, public_file, err);
	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN, "%s, %s: %s, hint %s\n", file, public_file, pdg_key_details(key),
		pdg_key_hint(key));
	return 0;
}

/* A public key file, or the public part of a private one; what is neither is no public one. */
static int load_either(const char *file, struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);

	if (pdg_fs_read(file, &text, NULL) == 0 &&
	    pdg_bytes_find(pdg_buf_bytes(&text), pdg_bytes_str("PRIVATE KEY-----"), 0) != SIZE_MAX)
		return pdg_key_private_file(file, out, err);
	return pdg_key_public_file(file, out, err);
}

int pdg_cmd_key_show(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	char hex[2 * 32 + 1];
	int rc;

	rc = load_either(args->arg[0], &key, err);
	if (rc == 0)
		rc = pdg_key_public_text(key, &pem, err);
	if (rc < 0)
		return rc;
	if (!pdg_args_has(args, "public")) {
		pdg_hex(pdg_bytes(pdg_key_spki_sha256(key), 32), hex);
		pdg_out(stdout, PDG_PLAIN, "type         %s%s\n", pdg_key_details(key),
			pdg_key_is_private(key) ? " (private)" : "");
		pdg_out(stdout, PDG_PLAIN, "hint         %s\n", pdg_key_hint(key));
		pdg_out(stdout, PDG_PLAIN, "fingerprint  sha256:%s\n", hex);
	}
	pdg_out(stdout, PDG_PLAIN, "%s", pdg_buf_cstr(&pem));
	return 0;
}
