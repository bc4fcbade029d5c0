/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree verify-bundle: the Sigstore conformance protocol, for bundles signed with a plain key.
 */
#include <stdio.h>
#include <string.h>

#include "attest/bundle_verify.h"
#include "common/check_option.h"
#include "common/settings.h"
#include "judge/judge.h"
#include "judge/subject.h"
#include "trust/policy.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"
#include "util/time.h"

const struct pdg_opt pdg_cmd_verify_bundle_options[] = {
	{"bundle", "FILE", "the bundle", false},
	{"key", "PEM", "public key that must have signed it", false},
	{"certificate-identity", "ID", "identity that must have signed it", false},
	{"certificate-oidc-issuer", "URL", "issuer of that identity", false},
	{"trusted-root", "FILE", "Sigstore TrustedRoot; default: the policy's", false},
	{"policy", "FILE", "policy that names the trusted root", false},
	{"staging", NULL, "accepted, changes nothing", false},
	{0},
};

static int load_root(const struct pdg_args *args, struct pdg_root **out, struct pdg_error *err)
{
	PDG_AUTO(policy) struct pdg_policy *policy = NULL;
	PDG_AUTO(mem) char *file = NULL;
	const char *path = pdg_args_get(args, "trusted-root");
	int rc;

	if (!path) {
		rc = pdg_settings_policy(pdg_args_get(args, "policy"), &file, err);
		if (rc == 0)
			rc = pdg_policy_load(file, &policy, err);
		if (rc < 0)
			return rc;
		path = policy->trusted_root;
		if (!path)
			return pdg_reject(err, "CLI-2",
					  "no --trusted-root, and the policy %s names none", file);
	}
	return pdg_root_load(path, out, err);
}

static int load_bundle(const char *path, struct pdg_bundle **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_BUNDLE);
	int rc = pdg_fs_read(path, &text, err);

	if (rc == 0)
		rc = pdg_bundle_parse(pdg_buf_bytes(&text), out, err);
	return rc < 0 ? pdg_context(err, rc, "%s", path) : 0;
}

/* The conformance protocol: a digest only if no path of that name exists. */
static int artifact_digest(const char *text, uint8_t out[PDG_SHA256_LEN], struct pdg_error *err)
{
	char hex[PDG_SHA256_HEX];
	struct pdg_bytes digits;
	int rc;

	if (!pdg_fs_exists(text) && pdg_str_starts(text, "sha256:")) {
		digits = pdg_bytes_str(text + strlen("sha256:"));
	} else {
		rc = pdg_check_in_file(text, "", err);
		if (rc == 0)
			rc = pdg_sha256_file(text, hex, err);
		if (rc < 0)
			return rc;
		digits = pdg_bytes_str(hex);
	}
	if (!pdg_unhex(digits, out, PDG_SHA256_LEN))
		return pdg_reject(err, "CLI-3", "'%s' is no file and no sha256:<64 hex>", text);
	return 0;
}

int pdg_cmd_verify_bundle(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(root) struct pdg_root *root = NULL;
	PDG_AUTO(bundle) struct pdg_bundle *bundle = NULL;
	PDG_AUTO(key) struct pdg_key *key = NULL;
	uint8_t digest[PDG_SHA256_LEN];
	const char *bundle_file = pdg_args_get(args, "bundle");
	const char *key_file = pdg_args_get(args, "key");
	int rc;

	if (!bundle_file)
		return pdg_reject(err, "CLI-2", "--bundle FILE is missing");
	if (pdg_args_has(args, "certificate-identity") ||
	    pdg_args_has(args, "certificate-oidc-issuer")) {
		rc = pdg_reject(err, "CLI-4", "this version judges no certificate identities");
		pdg_fix(err,
			"use --key PEM for a bundle signed with a plain key, or cosign for this one");
		return rc;
	}
	if (!key_file)
		return pdg_reject(err, "CLI-2",
				  "--key PEM is missing: an identity is always required");
	rc = pdg_check_in_file(bundle_file, "--bundle", err);
	if (rc == 0)
		rc = pdg_key_public_file(key_file, &key, err);
	if (rc == 0)
		rc = load_root(args, &root, err);
	if (rc == 0)
		rc = artifact_digest(args->arg[0], digest, err);
	if (rc == 0)
		rc = load_bundle(bundle_file, &bundle, err);
	if (rc == 0)
		rc = pdg_bundle_verify(bundle, key, root, digest, pdg_now(&pdg_clock_system), err);
	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN, "verified\n");
	return 0;
}
