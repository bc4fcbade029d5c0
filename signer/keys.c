/* SPDX-License-Identifier: Apache-2.0 */
/* From the daemon's file, or what this was started with, to a key that can sign. */
#include "signer/keys.h"

#include "signer/token.h"
#include "trust/config.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"

#define URI_SCHEME "pkcs11:"

static int open_at(const char *place, const char *passphrase_file, struct pdg_key **out,
		   bool *out_in_token, struct pdg_error *err)
{
	int rc;

	if (pdg_str_starts(place, URI_SCHEME)) {
		rc = pdg_token_open(place, out, err);
		if (rc == 0)
			*out_in_token = true;
		return rc;
	}
	rc = pdg_key_private_file_locked(place, passphrase_file, out, err);
	if (rc == 0)
		*out_in_token = false;
	return rc;
}

/* A path of the file, taken from its folder; *@out stays NULL when it is not written. */
static int value_of(const struct pdg_config *c, const char *dir, const char *key, char **out,
		    struct pdg_error *err)
{
	unsigned line;
	const char *value = pdg_config_get(c, "service", NULL, key, 0, &line);

	if (!value)
		return 0;
	*out = pdg_str_starts(value, URI_SCHEME) ? pdg_str_dup(value) : pdg_path_join(dir, value);
	return *out ? 0 : pdg_nomem(err);
}

static int read_config(const char *path, struct pdg_config **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	int rc = pdg_config_read(path, &bytes, err);

	return rc < 0 ? rc : pdg_config_parse(pdg_buf_bytes(&bytes), path, out, err);
}

static int open_signing(const char *config, struct pdg_key **out, bool *out_in_token,
			struct pdg_error *err)
{
	PDG_AUTO(config) struct pdg_config *c = NULL;
	PDG_AUTO(mem) char *dir = pdg_path_dir(config);
	PDG_AUTO(mem) char *place = NULL;
	PDG_AUTO(mem) char *passphrase = NULL;
	int rc;

	if (!dir)
		return pdg_nomem(err);
	rc = read_config(config, &c, err);
	if (rc == 0)
		rc = value_of(c, dir, "signingKey", &place, err);
	if (rc == 0)
		rc = value_of(c, dir, "signingKeyPassphrase", &passphrase, err);
	if (rc == 0 && !place)
		rc = pdg_reject(err, "CFG-1", "%s: [service] names no signingKey", config);
	return rc < 0 ? rc : open_at(place, passphrase, out, out_in_token, err);
}

int pdg_signer_open(const struct pdg_signer_places *places, enum pdg_purpose purpose,
		    struct pdg_key **out, bool *out_in_token, struct pdg_error *err)
{
	const char *place = purpose == PDG_PURPOSE_JOURNAL ? places->journal_key : places->log_key;

	if (purpose == PDG_PURPOSE_SIGNING)
		return open_signing(places->config, out, out_in_token, err);
	if (!place)
		return pdg_fail(err, PDG_E_NOTFOUND, "there is no %s key here",
				pdg_purpose_name(purpose));
	return open_at(place, NULL, out, out_in_token, err);
}
