/* SPDX-License-Identifier: Apache-2.0 */
/* From the daemon's file, or what this was started with, to a key that can sign. */
#include "signer/keys.h"

#include "signer/token.h"
#include "trust/config.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/str.h"

#define URI_SCHEME "pkcs11:"

static int check_module(const struct pdg_signer_places *places, const char *uri,
			struct pdg_error *err)
{
	PDG_AUTO(mem) char *module = NULL;
	size_t i;
	int rc = pdg_token_module(uri, &module, err);

	if (rc < 0)
		return rc;
	for (i = 0; i < PDG_PURPOSES; i++) {
		if (places->modules[i] && pdg_str_eq(places->modules[i], module))
			return 0;
	}
	rc = pdg_reject(err, "KEY-5", "the module %s is not one that was named at the start",
			module);
	pdg_fix(err, "start the service anew for a key behind another module");
	return rc;
}

/* Whoever names one takes his key for protected by it. */
static void tell_of_unused(const char *passphrase_file, bool in_token)
{
	pdg_log(PDG_LOG_WARN, "passphrase-not-used", "file", passphrase_file, "error",
		in_token ? "signingKey is in a token: its URI names its PIN"
			 : "signingKey is not encrypted",
		"fix",
		in_token
			? "take signingKeyPassphrase out of [service]"
			: "encrypt the key (openssl pkcs8 -topk8), or take signingKeyPassphrase out of "
			  "[service]",
		NULL);
}

static int open_at(const struct pdg_signer_places *places, const char *place,
		   const char *passphrase_file, struct pdg_key **out, bool *out_in_token,
		   struct pdg_error *err)
{
	bool locked = false;
	int rc;

	if (pdg_str_starts(place, URI_SCHEME)) {
		rc = check_module(places, place, err);
		if (rc == 0)
			rc = pdg_token_open(place, out, err);
		if (rc == 0)
			*out_in_token = true;
	} else {
		rc = pdg_key_private_file_locked(place, passphrase_file, out, &locked, err);
		if (rc == 0)
			*out_in_token = false;
	}
	if (rc == 0 && passphrase_file && !locked)
		tell_of_unused(passphrase_file, *out_in_token);
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

/* Where the signing key is, and its passphrase, by the daemon's file of now. */
static int find_signing(const char *config, char **out, char **out_passphrase,
			struct pdg_error *err)
{
	PDG_AUTO(config) struct pdg_config *c = NULL;
	PDG_AUTO(mem) char *dir = pdg_path_dir(config);
	int rc;

	if (!dir)
		return pdg_nomem(err);
	rc = read_config(config, &c, err);
	if (rc == 0)
		rc = value_of(c, dir, "signingKey", out, err);
	if (rc == 0)
		rc = value_of(c, dir, "signingKeyPassphrase", out_passphrase, err);
	if (rc == 0 && !*out)
		rc = pdg_reject(err, "CFG-1", "%s: [service] names no signingKey", config);
	return rc;
}

static int open_signing(const struct pdg_signer_places *places, struct pdg_key **out,
			bool *out_in_token, struct pdg_error *err)
{
	PDG_AUTO(mem) char *place = NULL;
	PDG_AUTO(mem) char *passphrase = NULL;
	int rc = find_signing(places->config, &place, &passphrase, err);

	return rc < 0 ? rc : open_at(places, place, passphrase, out, out_in_token, err);
}

int pdg_signer_modules(struct pdg_signer_places *places, struct pdg_error *err)
{
	PDG_AUTO(mem) char *signing = NULL;
	PDG_AUTO(mem) char *passphrase = NULL;
	const char *at[PDG_PURPOSES] = {NULL};
	size_t i;
	int rc = find_signing(places->config, &signing, &passphrase, err);

	at[PDG_PURPOSE_SIGNING] = signing;
	at[PDG_PURPOSE_JOURNAL] = places->journal_key;
	at[PDG_PURPOSE_LOG] = places->log_key;
	for (i = 0; rc != PDG_E_NOMEM && i < PDG_PURPOSES; i++) {
		if (at[i] && pdg_str_starts(at[i], URI_SCHEME))
			rc = pdg_token_module(at[i], &places->modules[i], err);
	}
	return rc == PDG_E_NOMEM ? rc : 0;
}

int pdg_signer_open(const struct pdg_signer_places *places, enum pdg_purpose purpose,
		    struct pdg_key **out, bool *out_in_token, struct pdg_error *err)
{
	const char *place = purpose == PDG_PURPOSE_JOURNAL ? places->journal_key : places->log_key;
	int rc;

	if (purpose == PDG_PURPOSE_SIGNING)
		return open_signing(places, out, out_in_token, err);
	if (!place)
		return pdg_fail(err, PDG_E_NOTFOUND, "there is no %s key here",
				pdg_purpose_name(purpose));
	rc = open_at(places, place, NULL, out, out_in_token, err);
	if (rc < 0 && err && pdg_str_eq(err->rule, "KEY-4"))
		pdg_fix(err, "this key is a file that is not encrypted, or in a token: openssl "
			     "pkey -in OLD -out NEW, and keep NEW where nobody else reads it");
	return rc;
}
