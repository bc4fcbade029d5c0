/* SPDX-License-Identifier: Apache-2.0 */
/* Every way to write down something that would not be enforced, or not as meant, is refused by its
 * rule, at its line. */
#include <string.h>

#include "unit/trust/policy_place.h"

#define BUILDER	 "[builder \"b\"]\nrepository = https://h/*\n"
#define TOKEN	 BUILDER "oidcIssuer = https://issuer.example\n"
#define AUDIENCE "oidcAudience = pedigree\n"
#define CLAIM	 "oidcClaim = sub=x\n"
#define PRODUCER "[producer \"p\"]\nrepository = https://h/*\n"
#define APPROVER "[approver \"a@b\"]\nrepository = https://h/*\n"

/* In these texts ">" stands before the line that must be named; without one, none is. */
static void refused_by_rule(void)
{
	static const struct {
		const char *rule;
		const char *text;
	} cases[] = {
		/* grammar and names: one of each, test_config.c has the rest */
		{"POL-1", REPO ">protect\n"},
		{"POL-2", REPO ">protct = refs/heads/main\n"},
		{"POL-2", ">[repositry \"" URI "\"]\n"},
		{"POL-2", ">[service]\nlisten = 127.0.0.1:8700\n"},
		{"POL-2", "[trust]\n>validAfter = 2026-01-01T00:00:00Z\n"},
		{"POL-3", REPO "path = /a\n>path = /b\n"},
		{"POL-3", REPO ">allowForce = 1\n"},
		{"POL-3", "[policy]\n>version = 0\n" REPO},
		/* repositories */
		{"POL-3",
		 "[trust \"old\"]\nserviceKey = a.pub\n>validBefore = 1970-01-01T00:00:00Z\n"},
		{"POL-3", ">[repository \"https://h/*\"]\n"},
		{"POL-3", ">[repository \"https:///x\"]\n"},
		{"POL-3", REPO ">protect = main\n"},
		{"POL-3", REPO ">protect = *\n"},
		{"POL-3", REPO ">protect = refs/heads/\n"},
		{"POL-3", REPO ">protect = refs/heads/**\n"},
		{"POL-3", REPO ">protect = refs/heads/v[0-9]\n"},
		{"POL-3", REPO ">protect = refs/heads/v?\n"},
		{"POL-3", REPO ">protect = ^refs/heads/main\n"},
		{"POL-3", REPO ">protect =\n"},
		{"POL-3", REPO ">protect = refs/heads\n"},
		{"POL-3", REPO ">protect = refs/*\n"},
		{"POL-3", REPO ">protect = heads/main\n"},
		{"POL-3", REPO ">protect = HEAD\n"},
		{"POL-3", REPO ">protect = +refs/heads/main\n"},
		{"POL-3", REPO ">protect = refs/heads/main:refs/heads/main\n"},
		{"POL-3", REPO ">protect = refs/heads//main\n"},
		{"POL-3", REPO ">protect = refs/heads/a..b\n"},
		{"POL-3", REPO ">protect = refs/heads/.main\n"},
		{"POL-3", REPO ">protect = refs/heads/main.\n"},
		{"POL-3", REPO ">protect = refs/heads/main.lock\n"},
		{"POL-3", REPO ">protect = refs/heads/x.lock/y\n"},
		{"POL-3", REPO ">protect = refs/heads/main@{1}\n"},
		{"POL-3", REPO ">protect = \"refs/heads/main \"\n"},
		{"POL-3", REPO ">protect = refs/heads/a, refs/heads/b\n"},
		{"POL-3", REPO ">protect = \"refs/heads/ma\\tin\"\n"},
		{"POL-3", REPO ">protect = refs/heads/main\xC2\xA0\n"},
		{"POL-3", REPO ">protect = refs/heads/main\xE2\x80\x8B\n"},
		{"POL-3", REPO ">protect = refs/heads/ma\xE2\x80\x83in\n"},
		{"POL-3", REPO ">protect = refs/heads/\xE3\x80\x80main\n"},
		{"POL-3", REPO ">protect = refs/heads/main\xEF\xBB\xBF\n"},
		{"POL-3", REPO ">protect = refs/heads/main\xEF\xB8\x8F\n"},
		{"POL-3", REPO ">protect = refs/heads/ma\xE2\x80\xAEin\n"},
		{"POL-3", REPO ">protect = refs/heads/release\342\200\2211\n"},
		{"POL-3", REPO ">protect = refs/heads/m\xD0\xB0in\n"},
		{"POL-3", REPO ">protect = refs/heads/\xCE\xBF-o\n"},
		{"POL-3", REPO ">protect = refs/heads/\357\275\215ain\n"},
		{"POL-3", REPO ">protect = refs/head/main\n"},
		{"POL-3", REPO ">protect = refs/Heads/main\n"},
		{"POL-3", REPO ">protect = refs/tag/v*\n"},
		{"POL-3", REPO ">baseline = 7fd1a60\n"},
		{"POL-3", REPO ">baseline = HEAD\n"},
		{"POL-3", REPO ">baseline = v1.0\n"},
		{"POL-3", REPO ">baseline = 0000000000000000000000000000000000000000\n"},
		{"POL-3", REPO ">baseline = 7fd1a60b01f91b314f59955a4e4d4e80d8edf11d00\n"},
		{"POL-3", REPO ">baseline = 7FD1A60B01F91B314F59955A4E4D4E80D8EDF11D\n"},
		{"POL-3", REPO ">allowForce = yes\n"},
		{"POL-3", REPO ">requireCommitterMatch = False\n"},
		{"POL-3", REPO "sourceFrom = clone\n>sourceFrom = clone\n"},
		{"POL-3", REPO ">sourceFrom = none\n"},
		{"POL-3", REPO ">sourceFrom = Server\n"},
		{"POL-3", REPO ">pusherFrom = env:\n"},
		{"POL-3", REPO ">pusherFrom = env:1X\n"},
		{"POL-3", REPO ">pusherFrom = env:A-B\n"},
		{"POL-3", REPO ">pusherFrom = root\n"},
		/* files */
		{"POL-5", REPO ">openpgpKeys = missing\n"},
		{"POL-5", REPO ">openpgpKeys = .\n"},
		{"POL-5", REPO ">sshAllowedSigners = none\n"},
		{"POL-5", REPO ">sshAllowedSigners = /dev/null\n"},
		{"POL-5", REPO ">revoked = missing\n"},
		{"POL-5", REPO ">revoked = none\n"},
		{"POL-5", REPO ">forgeKeys = missing\n"},
		{"POL-5", REPO ">serverKey = missing\n"},
		{"POL-5", REPO ">serverKey = keys.asc\n"},
		{"POL-5", "[trust]\n>serviceKey = missing\n"},
		{"POL-5", "[trust]\n>trustedRoot = missing\n"},
		{"POL-5", BUILDER ">key = missing\n"},
		{"POL-5", PRODUCER "stage = sbom\n>key = Service\n"},
		{"POL-5", APPROVER "scope = s\n>sshKey = missing\n"},
		{"POL-5", APPROVER "scope = s\n>openpgpKey = 0123\n"},
		/* an empty policy */
		{"POL-4", ""},
		{"POL-4", "# nothing\n"},
		{"POL-4", "[policy]\nversion = 7\n"},
		{"POL-4", "[require]\nstage = source\n"},
		{"POL-4", "[trust]\n[require]\n[admission]\nmode = audit\n"},
		/* one key in two roles */
		{"POL-6", REPO "serverKey = a.pub\n" BUILDER ">key = a.pub\n"},
		{"POL-6", "[trust]\nserviceKey = a.pub\n" REPO ">serverKey = a.pub\n"},
		{"POL-6", "[trust]\nserviceKey = a.pub\n" PRODUCER "stage = sbom\n>key = a.pub\n"},
		{"POL-6",
		 BUILDER "key = b.pub\nkey = a.pub\n" PRODUCER "stage = sbom\n>key = a.pub\n"},
		{"POL-6", "[trust]\nserviceKey = a.pub\n>journalKey = a.pub\n"},
		{"POL-6", "[trust]\nserviceKey = a.pub\n[trust \"x\"]\n>journalKey = a.pub\n"},
		/* sections that lack something, or contradict */
		{"POL-8", ">" REPO "sourceFrom = server\nprotect = refs/heads/main\n"},
		{"POL-8", ">" REPO "sourceFrom = server\nserverKey = a.pub\n"},
		/* whose certificates count */
		{"POL-8", ">" REPO "x509Identity = a@b\n"},
		{"POL-8", ">" REPO "x509Issuer = https://i\n"},
		{"POL-8", ">" REPO "trustedRoot = root.json\n"},
		{"POL-8", ">" REPO "trustedRoot = root.json\nx509Identity = a@b\n"},
		{"POL-8", ">" REPO "trustedRoot = root.json\nx509Issuer = https://i\n"},
		{"POL-8", ">" REPO "x509Roots = root.json\nrequireCommitterMatch = false\n"},
		{"POL-3", REPO "x509Roots = root.json\n>x509Identity = *@b\n"},
		{"POL-3", REPO "x509Roots = root.json\n>x509Issuer = https://*\n"},
		{"POL-3", REPO "x509Roots = root.json\n>x509Identity =\n"},
		{"POL-5", REPO ">x509Roots = missing\n"},
		{"POL-5", REPO "x509Identity = a@b\nx509Issuer = i\n>trustedRoot = missing\n"},
		{"POL-8", REPO ">[repository \"git@github.com:company/myapp.git\"]\n"},
		{"POL-8", REPO "path = .\n>[repository \"https://h/p\"]\npath = ././\n"},
		{"POL-8", ">[builder \"b\"]\nkey = a.pub\n"},
		{"POL-8", ">" BUILDER},
		{"POL-8", ">" PRODUCER "stage = sbom\n"},
		{"POL-8", ">" PRODUCER "key = service\n"},
		{"POL-8", ">[producer \"p\"]\nstage = sbom\nkey = service\n"},
		{"POL-8", ">" APPROVER "scope = s\n"},
		{"POL-8", ">" APPROVER "sshKey = who.pub\n"},
		{"POL-8", ">[approver \"a@b\"]\nscope = s\nsshKey = who.pub\n"},
		/* whoever proves himself without a key */
		{"POL-8", ">" TOKEN "key = a.pub\n" AUDIENCE CLAIM},
		{"POL-8", ">" TOKEN AUDIENCE CLAIM "clientCertificate = CN=x\n"},
		{"POL-8", ">" BUILDER "key = a.pub\nclientCertificate = CN=x\n"},
		{"POL-8", ">" TOKEN AUDIENCE},
		{"POL-8", ">" TOKEN CLAIM},
		{"POL-8", ">" BUILDER AUDIENCE CLAIM},
		{"POL-8", ">" BUILDER "event = push\n"},
		{"POL-8", ">" BUILDER "key = a.pub\nevent = push\n"},
		{"POL-8", ">" PRODUCER
			  "stage = sbom\nkey = service\noidcIssuer = https://i\n" AUDIENCE CLAIM},
		{"POL-2", PRODUCER "stage = sbom\nkey = service\n>event = push\n"},
		{"POL-3", BUILDER ">oidcIssuer = http://issuer.example\n" AUDIENCE CLAIM},
		{"POL-3", BUILDER ">oidcIssuer = https://user@issuer.example\n" AUDIENCE CLAIM},
		{"POL-3", BUILDER ">oidcIssuer = https://Issuer.example\n" AUDIENCE CLAIM},
		{"POL-3", BUILDER ">oidcIssuer = https://issuer.example/?a\n" AUDIENCE CLAIM},
		{"POL-3", TOKEN "oidcAudience = a\n>oidcAudience = b\n" CLAIM},
		{"POL-3", TOKEN ">oidcClaim = sub\n" AUDIENCE},
		{"POL-3", TOKEN ">oidcClaim = =x\n" AUDIENCE},
		{"POL-3", TOKEN ">oidcClaim = sub=\n" AUDIENCE},
		{"POL-3", TOKEN ">oidcClaim = sub=repo:*\n" AUDIENCE},
		{"POL-3", TOKEN ">oidcClaim = aud=x\n" AUDIENCE},
		{"POL-3", TOKEN ">oidcClaim = user_email=x\n" AUDIENCE},
		{"POL-3", BUILDER ">clientCertificate = CN=*\n"},
		{"POL-8", REPO ">[trust \"old\"]\nvalidAfter = 2026-01-01T00:00:00Z\n"},
		{"POL-8",
		 ">[trust \"old\"]\nserviceKey = a.pub\nvalidAfter = 2026-01-01T00:00:00Z\n"
		 "validBefore = 2025-01-01T00:00:00Z\n"},
		{"POL-8", "[trust]\nserviceKey = a.pub\n[trust \"old\"]\n>serviceKey = a.pub\n"},
		/* who may what */
		{"POL-3", "[builder \"b\"]\n>repository = https://h/**\nkey = a.pub\n"},
		{"POL-3", "[builder \"b\"]\n>repository = https://h/a b\nkey = a.pub\n"},
		{"POL-3", BUILDER "key = a.pub\n>slsaLevel = 5\n"},
		{"POL-3", PRODUCER ">stage = scan\nkey = a.pub\n"},
		{"POL-3", PRODUCER ">stage = source\nkey = a.pub\n"},
		{"POL-3", PRODUCER ">stage = build\nkey = a.pub\n"},
		{"POL-3", PRODUCER ">stage = approval\nkey = a.pub\n"},
		{"POL-3", REPO "[require]\n>stage = sources\n"},
		{"POL-3", REPO "[require]\n>stage = Source\n"},
		{"POL-3", REPO "[require]\n>minimumSlsaLevel = 5\n"},
		{"POL-3", REPO "[require]\n>maximumSeverity = moderate\n"},
		{"POL-3", REPO "[require]\n>vexFor = all\n"},
		{"POL-3", REPO "[require]\n>approvals = 0\n"},
		{"POL-3", REPO "[require]\n>maximumScanAge = 0d\n"},
		{"POL-3", REPO "[admission]\n>pending = maybe\n"},
		{"POL-3", REPO "[admission \"ns\"]\n>mode = off\n"},
		{"POL-3", REPO "[admission]\n>unlisted = allow\n"},
	};
	struct place pl;
	size_t i;

	open_place(&pl);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%s", cases[i].text);
		check_refused(&pl, "policy", cases[i].text, cases[i].rule);
	}
	close_place(&pl);
}

static void the_line_is_named(void)
{
	PDG_AUTO(policy) struct pdg_policy *p = NULL;
	struct pdg_error err = {0};
	struct place pl;

	open_place(&pl);
	CHECK_RULE(load(&pl, "# one\n" REPO "\n\tprotct = refs/heads/main\n", &p, &err), &err,
		   "POL-2");
	CHECK_HAS(err.text,
		  "policy:4: unknown key 'protct' in [repository \"" URI "\"]; did you mean "
		  "'protect'?");
	CHECK_RULE(load(&pl, REPO "sourceFrom = server\nprotect = refs/heads/main\n", &p, &err),
		   &err, "POL-8");
	CHECK_HAS(err.text, "policy:1: ");
	CHECK_HAS(err.text, "serverKey");
	close_place(&pl);
}

PDG_TEST_MAIN("policy_refused", {"refused by rule", refused_by_rule},
	      {"the line is named", the_line_is_named})
