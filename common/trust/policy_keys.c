/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every key that a policy may hold (rules.md 7). PDG_CFG_LATER marks what this version knows
 * and does not do: a policy that asks for it is refused, for a rule that is not enforced must not
 * seem to be. What only prepares a later stage, and loosens nothing today, is read and checked.
 */
#include "trust/policy.h"

#include <string.h>

static const struct pdg_config_key keys[] = {
	{"policy", false, "version", PDG_CFG_NUMBER, false},

	{"trust", false, "serviceKey", PDG_CFG_PATH, true},
	{"trust", false, "journalKey", PDG_CFG_PATH, true},
	{"trust", false, "trustedRoot", PDG_CFG_PATH, false},
	{"trust", false, "witness", PDG_CFG_LATER, true},

	{"trust", true, "serviceKey", PDG_CFG_PATH, true},
	{"trust", true, "journalKey", PDG_CFG_PATH, true},
	{"trust", true, "validAfter", PDG_CFG_TIME, false},
	{"trust", true, "validBefore", PDG_CFG_TIME, false},
	{"trust", true, "compromisedSince", PDG_CFG_TIME, false},

	{"repository", true, "path", PDG_CFG_PATH, false},
	{"repository", true, "protect", PDG_CFG_STRING, true},
	{"repository", true, "baseline", PDG_CFG_STRING, true},
	{"repository", true, "allowForce", PDG_CFG_BOOL, false},
	{"repository", true, "openpgpKeys", PDG_CFG_PATH, true},
	{"repository", true, "sshAllowedSigners", PDG_CFG_PATH, true},
	{"repository", true, "x509Roots", PDG_CFG_PATH, true},
	{"repository", true, "x509Identity", PDG_CFG_STRING, true},
	{"repository", true, "x509Issuer", PDG_CFG_STRING, true},
	{"repository", true, "trustedRoot", PDG_CFG_PATH, false},
	{"repository", true, "forgeKeys", PDG_CFG_PATH, true},
	{"repository", true, "revoked", PDG_CFG_PATH, true},
	{"repository", true, "requireCommitterMatch", PDG_CFG_BOOL, false},
	{"repository", true, "sourceFrom", PDG_CFG_STRING, false},
	{"repository", true, "serverKey", PDG_CFG_PATH, true},
	{"repository", true, "sourceVerifier", PDG_CFG_LATER, true},
	{"repository", true, "pusherFrom", PDG_CFG_STRING, false},

	{"builder", true, "repository", PDG_CFG_STRING, true},
	{"builder", true, "key", PDG_CFG_PATH, true},
	{"builder", true, "oidcIssuer", PDG_CFG_STRING, false},
	{"builder", true, "oidcAudience", PDG_CFG_STRING, false},
	{"builder", true, "oidcClaim", PDG_CFG_STRING, true},
	{"builder", true, "certificateIdentity", PDG_CFG_LATER, false},
	{"builder", true, "certificateOidcIssuer", PDG_CFG_LATER, false},
	{"builder", true, "trustedRoot", PDG_CFG_LATER, false},
	{"builder", true, "clientCertificate", PDG_CFG_STRING, true},
	{"builder", true, "slsaLevel", PDG_CFG_NUMBER, false},
	{"builder", true, "event", PDG_CFG_STRING, true},

	{"producer", true, "repository", PDG_CFG_STRING, true},
	{"producer", true, "stage", PDG_CFG_STRING, true},
	{"producer", true, "key", PDG_CFG_STRING, true},
	{"producer", true, "oidcIssuer", PDG_CFG_STRING, false},
	{"producer", true, "oidcAudience", PDG_CFG_STRING, false},
	{"producer", true, "oidcClaim", PDG_CFG_STRING, true},
	{"producer", true, "certificateIdentity", PDG_CFG_LATER, false},
	{"producer", true, "certificateOidcIssuer", PDG_CFG_LATER, false},
	{"producer", true, "trustedRoot", PDG_CFG_LATER, false},
	{"producer", true, "clientCertificate", PDG_CFG_STRING, true},

	{"approver", true, "repository", PDG_CFG_STRING, true},
	{"approver", true, "openpgpKey", PDG_CFG_STRING, true},
	{"approver", true, "sshKey", PDG_CFG_PATH, true},
	{"approver", true, "scope", PDG_CFG_STRING, true},
	{"approver", true, "notAuthor", PDG_CFG_BOOL, false},

	{"require", false, "stage", PDG_CFG_STRING, true},
	{"require", false, "minimumSlsaLevel", PDG_CFG_NUMBER, false},
	{"require", false, "maximumSeverity", PDG_CFG_STRING, false},
	{"require", false, "vexFor", PDG_CFG_STRING, false},
	{"require", false, "maximumScanAge", PDG_CFG_DURATION, false},
	{"require", false, "approvals", PDG_CFG_NUMBER, false},
	{"require", false, "approvalMaximumAge", PDG_CFG_DURATION, false},
	{"require", false, "log", PDG_CFG_BOOL, false},
	{"require", false, "linkBySubject", PDG_CFG_BOOL, false},
	{"require", false, "onServiceWord", PDG_CFG_BOOL, false},

	{"admission", false, "registry", PDG_CFG_STRING, true},
	{"admission", false, "scope", PDG_CFG_STRING, false},
	{"admission", false, "cluster", PDG_CFG_STRING, false},
	{"admission", false, "unlisted", PDG_CFG_STRING, false},
	{"admission", false, "pending", PDG_CFG_STRING, false},
	{"admission", false, "mode", PDG_CFG_STRING, false},
	{"admission", false, "exemptNamespace", PDG_CFG_STRING, true},
	{"admission", false, "apiServer", PDG_CFG_STRING, true},
	{"admission", false, "deadline", PDG_CFG_DURATION, false},

	{"admission", true, "registry", PDG_CFG_STRING, true},
	{"admission", true, "scope", PDG_CFG_STRING, false},
	{"admission", true, "cluster", PDG_CFG_STRING, false},
	{"admission", true, "unlisted", PDG_CFG_STRING, false},
	{"admission", true, "pending", PDG_CFG_STRING, false},
	{"admission", true, "mode", PDG_CFG_STRING, false},
	{"admission", true, "exemptNamespace", PDG_CFG_STRING, true},
	{"admission", true, "apiServer", PDG_CFG_STRING, true},
	{"admission", true, "deadline", PDG_CFG_DURATION, false},

	{"revocation", false, "file", PDG_CFG_PATH, true},

	{0},
};

const struct pdg_config_key *pdg_policy_keys(size_t *out_n)
{
	if (out_n)
		*out_n = sizeof(keys) / sizeof(keys[0]) - 1;
	return keys;
}

bool pdg_policy_in_config(const struct pdg_config *c)
{
	size_t i;
	size_t k;

	for (i = 0; i < c->n_sections; i++) {
		for (k = 0; keys[k].section; k++) {
			if (strcmp(keys[k].section, c->sections[i].section) == 0)
				return true;
		}
	}
	return false;
}
