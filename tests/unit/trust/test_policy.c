/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies as people write them: the design's example loads as it was meant, every key of the table
 * is read, and what is left out has its default.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust/policy_read.h"
#include "unit/trust/policy_place.h"
#include "util/str.h"

static void check_example(const struct place *pl, const struct pdg_policy *p)
{
	const struct pdg_policy_repository *r = pdg_policy_repository(p, URI ".git");

	CHECK_UINT(p->version, 7);
	CHECK_STR(p->file, pl->file);
	CHECK_UINT(strlen(p->digest), 71);
	CHECK(pdg_str_starts(p->digest, "sha256:"));
	CHECK_UINT(p->service_keys.n, 1);
	CHECK_STR(p->trusted_root, at(pl, "keys/trusted-root.json"));
	if (CHECK(r != NULL)) {
		CHECK_STR(r->uri, URI);
		CHECK_STR(r->normal, URI);
		CHECK_STR(r->path, "/srv/git/no-such-place/myapp.git");
		CHECK_UINT(r->protect.n, 2);
		CHECK_STR(r->openpgp_keys.v[0], at(pl, "keys/developers.asc"));
		CHECK_STR(r->ssh_allowed_signers.v[0], at(pl, "keys/allowed_signers"));
		CHECK_INT(r->source_from, PDG_GRADE_SERVER);
		CHECK_UINT(r->server_keys.n, 1);
		CHECK(r->require_committer_match);
		CHECK(!r->allow_force);
		CHECK_INT(r->pusher_from, PDG_PUSHER_NONE);
		CHECK_UINT(r->line, 6);
		CHECK(pdg_policy_protects(r, "refs/heads/main"));
		CHECK(pdg_policy_protects(r, "refs/heads/release/1"));
		CHECK(!pdg_policy_protects(r, "refs/heads/release/1/2"));
		CHECK(!pdg_policy_protects(r, "refs/tags/main"));
		CHECK(pdg_policy_repository_at(p, "/srv/git/no-such-place/myapp.git") == r);
	}
	CHECK(pdg_policy_repository(p, "https://github.com/company/other") == NULL);
	CHECK(pdg_policy_repository(p, "") == NULL);
	CHECK(pdg_policy_repository_at(p, "/srv/git") == NULL);
}

static bool may_speak(const struct pdg_policy_builder *b, const char *uri)
{
	struct pdg_error err = {0};
	bool may = false;

	CHECK_OK(pdg_policy_ask_builder(b, uri, &may, &err), &err);
	return may;
}

static void check_example_signers(const struct pdg_policy *p)
{
	const struct pdg_policy_builder *b =
		pdg_policy_builder(p, "https://ci.company.example/release");

	if (CHECK(b != NULL)) {
		CHECK_INT(b->slsa_level, 3);
		CHECK_UINT(b->keys.n, 1);
		CHECK(may_speak(b, URI));
		CHECK(may_speak(b, "git@GitHub.com:company/other.git"));
		CHECK(!may_speak(b, "https://github.com/other/myapp"));
		CHECK(!may_speak(b, "https://github.com/company/a/b"));
		CHECK(!may_speak(b, ""));
	}
	CHECK(pdg_policy_builder(p, "https://ci.company.example/release/") == NULL);
	CHECK(pdg_policy_builder(p, "https://CI.company.example/release") == NULL);
	if (CHECK_UINT(p->n_producers, 1)) {
		CHECK_UINT(p->producers[0].stages.n, 2);
		CHECK(!p->producers[0].key_service);
	}
	if (CHECK_UINT(p->n_approvers, 1)) {
		CHECK_STR(p->approvers[0].openpgp_keys.v[0],
			  "0123456789ABCDEF0123456789ABCDEF01234567");
		CHECK(p->approvers[0].not_author);
	}
	CHECK_UINT(p->require.stages, 3);
	CHECK_INT(p->require.maximum_severity, PDG_SEVERITY_MEDIUM);
	CHECK_INT(p->require.vex_for, PDG_SEVERITY_HIGH);
	CHECK_UINT(p->require.approvals, 2);
	CHECK_INT(p->require.approval_maximum_age, 90 * 86400);
	CHECK(p->require.log);
	CHECK(!p->require.link_by_subject && !p->require.on_service_word);
}

/* The design's section 5, with a path that is surely nobody's. */
static void the_designs_example(void)
{
	static const char text[] =
		"[policy]\n\tversion = 7\n"
		"[trust]\n\tserviceKey = keys/pedigreed.pub\n\ttrustedRoot = keys/trusted-root.json\n"
		"[repository \"https://github.com/company/myapp\"]\n"
		"\tpath = /srv/git/no-such-place/myapp.git\n"
		"\tprotect = refs/heads/main\n\tprotect = refs/heads/release/*\n"
		"\topenpgpKeys = keys/developers.asc\n\tsshAllowedSigners = keys/allowed_signers\n"
		"\tsourceFrom = server\n\tserverKey = keys/git-server.pub\n"
		"[builder \"https://ci.company.example/release\"]\n"
		"\trepository = https://github.com/company/*\n\tkey = keys/ci.pub\n\tslsaLevel = 3\n"
		"[producer \"scanner\"]\n\trepository = https://github.com/company/*\n"
		"\tstage = sbom\n\tstage = vulnerability\n\tkey = keys/scanner.pub\n"
		"[approver \"security@company.com\"]\n\trepository = https://github.com/company/*\n"
		"\topenpgpKey = 0123456789ABCDEF0123456789ABCDEF01234567\n\tscope = production-deployment\n"
		"[require]\n\tstage = source\n\tstage = build\n\tmaximumSeverity = medium\n\tapprovals = 2\n"
		"[admission]\n\tregistry = gcr.io/company/*\n\tscope = production-deployment\n"
		"\tcluster = prod-us-central1-1\n";
	PDG_AUTO(policy) struct pdg_policy *p = NULL;
	struct pdg_error err = {0};
	struct place pl;

	open_place(&pl);
	CHECK_INT(mkdir(at(&pl, "keys"), 0700), 0);
	put_key(&pl, "keys/pedigreed.pub");
	put_key(&pl, "keys/git-server.pub");
	put_key(&pl, "keys/ci.pub");
	put_key(&pl, "keys/scanner.pub");
	put_file(&pl, "keys/trusted-root.json", pdg_bytes_str("{}"));
	put_file(&pl, "keys/developers.asc", pdg_bytes_str("-"));
	put_file(&pl, "keys/allowed_signers", pdg_bytes_str("-"));
	if (CHECK_OK(load(&pl, text, &p, &err), &err)) {
		check_example(&pl, p);
		check_example_signers(p);
	}
	close_place(&pl);
}

/* A value for a key that makes a policy in which it can stand. */
static const char *sample(const struct pdg_config_key *k)
{
	static const struct {
		const char *key;
		const char *value;
	} named[] = {
		{"trustedRoot", "root.json"},
		{"x509Roots", "root.json"},
		{"protect", "refs/heads/main"},
		{"openpgpKeys", "keys.asc"},
		{"sshAllowedSigners", "signers"},
		{"forgeKeys", "keys.asc"},
		{"revoked", "revoked"},
		{"file", "gone"},
		{"sourceFrom", "clone"},
		{"pusherFrom", "env:REMOTE_USER"},
		{"sshKey", "who.pub"},
		{"openpgpKey", "keys.asc"},
		{"maximumSeverity", "low"},
		{"vexFor", "critical"},
		{"unlisted", "warn"},
		{"pending", "allow"},
		{"mode", "audit"},
		{"path", "here.git"},
		{"repository", "https://h/*"},
		{"validAfter", "2026-01-01T00:00:00Z"},
		{"baseline", "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"},
		{"validBefore", "2027-01-01T00:00:00Z"},
		{"compromisedSince", "2026-06-01T00:00:00Z"},
		{"oidcIssuer", "https://issuer.example"},
		{"oidcClaim", "sub=x"},
	};
	size_t i;

	if (strcmp(k->key, "stage") == 0)
		return strcmp(k->section, "producer") == 0 ? "sbom" : "source";
	if (strcmp(k->section, "trust") == 0 && strcmp(k->key, "journalKey") == 0)
		return k->subsection ? "d.pub" : "c.pub";
	if (strcmp(k->section, "trust") == 0 && strcmp(k->key, "serviceKey") == 0)
		return k->subsection ? "f.pub" : "a.pub";
	if (strcmp(k->key, "serverKey") == 0)
		return "b.pub";
	if (strcmp(k->key, "key") == 0)
		return strcmp(k->section, "builder") == 0 ? "e.pub" : "service";
	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (strcmp(named[i].key, k->key) == 0)
			return named[i].value;
	}
	switch (k->kind) {
	case PDG_CFG_BOOL:
		return "true";
	case PDG_CFG_NUMBER:
		return "3";
	case PDG_CFG_DURATION:
		return "5s";
	default:
		return "some-text";
	}
}

/* A section has one way of proof: each way gets a section of that name. */
static const char *section_name(const struct pdg_config_key *k)
{
	if (strcmp(k->section, "repository") == 0)
		return URI;
	if (strncmp(k->key, "oidc", 4) == 0 || strcmp(k->key, "event") == 0)
		return "token";
	return strcmp(k->key, "clientCertificate") == 0 ? "certificate" : "x";
}

/* Every key that is not marked as later, each in a section of its own, with a value for it. */
static void write_every_key(struct pdg_buf *text)
{
	size_t n = 0;
	const struct pdg_config_key *keys = pdg_policy_keys(&n);
	size_t i;

	CHECK(keys[n].section == NULL);
	for (i = 0; i < n; i++) {
		const char *name = section_name(&keys[i]);

		if (keys[i].kind == PDG_CFG_LATER)
			continue;
		if (keys[i].subsection)
			pdg_buf_printf(text, "[%s \"%s\"]\n", keys[i].section, name);
		else
			pdg_buf_printf(text, "[%s]\n", keys[i].section);
		pdg_buf_printf(text, "%s = %s\n", keys[i].key, sample(&keys[i]));
	}
	for (i = 0; i < 4; i++)
		pdg_buf_printf(text, "[%s \"%s\"]\nrepository = https://h/*\n%s",
			       i & 1 ? "producer" : "builder", i & 2 ? "token" : "certificate",
			       i & 1 ? "stage = sbom\n" : "");
}

/* What of the sections that prove themselves without a key was read. */
static void proofs_are_read(const struct pdg_policy *p)
{
	const struct pdg_policy_builder *b = pdg_policy_builder(p, "token");

	if (!CHECK(b != NULL) || !CHECK_UINT(p->n_producers, 3))
		return;
	CHECK_STR(b->proof.oidc_issuer, "https://issuer.example");
	CHECK_STR(b->proof.oidc_audience, "some-text");
	CHECK_STR(b->proof.oidc_claims.v[0], "sub=x");
	CHECK_STR(b->proof.events.v[0], "some-text");
	CHECK_UINT(b->keys.n + b->proof.client_certificates.n, 0);
	b = pdg_policy_builder(p, "certificate");
	if (CHECK(b != NULL))
		CHECK_STR(b->proof.client_certificates.v[0], "some-text");
	CHECK_STR(p->producers[1].proof.oidc_issuer, "https://issuer.example");
	CHECK_STR(p->producers[2].proof.client_certificates.v[0], "some-text");
}

/* No key of the table is forgotten by the reader. */
static void every_key_of_the_table(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 16);
	PDG_AUTO(policy) struct pdg_policy *p = NULL;
	struct pdg_error err = {0};
	struct place pl;

	open_place(&pl);
	put_key(&pl, "f.pub");
	write_every_key(&text);
	if (CHECK_OK(load(&pl, pdg_buf_cstr(&text), &p, &err), &err)) {
		const struct pdg_policy_repository *r = &p->repositories[0];

		CHECK_STR(r->path, at(&pl, "here.git"));
		CHECK_STR(r->pusher_env, "REMOTE_USER");
		CHECK(r->allow_force && r->baseline.n == 1 && r->revoked.n == 1 &&
		      r->forge_keys.n == 1);
		CHECK_UINT(p->service_keys.n, 2);
		CHECK_STR(p->service_keys.v[1].name, "x");
		CHECK_INT(p->service_keys.v[0].when.after, 0);
		CHECK_INT(p->service_keys.v[1].when.after, 1767225600);
		CHECK_INT(p->service_keys.v[1].when.before, 1798761600);
		CHECK_INT(p->journal_keys.v[1].when.compromised_since, 1780272000);
		CHECK_UINT(p->revocation_files.n, 1);
		CHECK_STR(p->revocation_files.v[0], at(&pl, "gone"));
		CHECK_UINT(p->revocations.n, 1);
		CHECK(r->revocations == &p->revocations);
		CHECK(p->producers[0].key_service);
		CHECK_INT(p->require.vex_for, PDG_SEVERITY_CRITICAL);
		CHECK_INT(p->require.maximum_scan_age, 5);
		proofs_are_read(p);
	}
	close_place(&pl);
}

/* Each one that is marked as later is refused. */
static void keys_of_later(void)
{
	struct pdg_error err = {0};
	struct place pl;
	size_t n = 0;
	const struct pdg_config_key *keys = pdg_policy_keys(&n);
	size_t later = 0;
	size_t i;

	open_place(&pl);
	for (i = 0; i < n; i++) {
		PDG_AUTO(policy) struct pdg_policy *none = NULL;
		char one[256];

		if (keys[i].kind != PDG_CFG_LATER)
			continue;
		later++;
		(void)snprintf(one, sizeof(one),
			       keys[i].subsection ? "[%s \"x\"]\n%s = y\n" : "[%s]\n%s = y\n",
			       keys[i].section, keys[i].key);
		pdg_test_case("%s", one);
		CHECK_RULE(load(&pl, one, &none, &err), &err, "POL-7");
	}
	CHECK(later > 5);
	close_place(&pl);
}

static void defaults(void)
{
	PDG_AUTO(policy) struct pdg_policy *p = NULL;
	struct pdg_error err = {0};
	struct place pl;

	open_place(&pl);
	if (CHECK_OK(load(&pl, REPO, &p, &err), &err)) {
		CHECK_UINT(p->version, 1);
		CHECK_UINT(p->require.stages, 0x7f); /* all but deployment */
		CHECK_INT(p->require.maximum_severity, PDG_SEVERITY_NONE);
		CHECK_UINT(p->require.approvals, 1);
		CHECK(p->require.log);
		CHECK_INT(p->repositories[0].source_from, PDG_GRADE_NONE);
		CHECK_STR(p->repositories[0].path, NULL);
	}
	close_place(&pl);
}

#define BUILDER "[builder \"b\"]\nrepository = https://h/*\n"

static void one_role_twice_is_fine(void)
{
	PDG_AUTO(policy) struct pdg_policy *p = NULL;
	struct pdg_error err = {0};
	struct place pl;

	open_place(&pl);
	CHECK_OK(
		load(&pl,
		     "[trust]\nserviceKey = a.pub\nserviceKey = a.pub\n" REPO "serverKey = b.pub\n"
		     "sourceFrom = clone\n[repository \"https://h/p\"]\nserverKey = b.pub\n" BUILDER
		     "key = c.pub\nkey = c.pub\n"
		     "[builder \"c\"]\nrepository = https://h/*\nkey = c.pub\n",
		     &p, &err),
		&err);
	close_place(&pl);
}

static void a_path_is_resolved(void)
{
	PDG_AUTO(policy) struct pdg_policy *p = NULL;
	struct pdg_error err = {0};
	struct place pl;
	char *link;

	open_place(&pl);
	CHECK_INT(mkdir(at(&pl, "real.git"), 0700), 0);
	link = pdg_test_path(pl.dir, "link.git");
	CHECK_INT(symlink("real.git", link), 0);
	if (CHECK_OK(load(&pl, REPO "path = link.git\n", &p, &err), &err))
		CHECK(pdg_policy_repository_at(p, at(&pl, "real.git")) != NULL);
	free(link);
	close_place(&pl);
}

/* pedigreed's file: its own sections beside the policy's, one table for both. */
static void in_the_daemons_file(void)
{
	static const char text[] =
		"[service]\nlisten = 127.0.0.1:8700\n[trust]\nserviceKey = a.pub\n" REPO
		"protect = refs/heads/main\n";
	struct pdg_config_key table[128];
	PDG_AUTO(config) struct pdg_config *c = NULL;
	PDG_AUTO(policy) struct pdg_policy *p = NULL;
	struct pdg_error err = {0};
	struct place pl;
	size_t n = 0;
	const struct pdg_config_key *keys = pdg_policy_keys(&n);

	if (!CHECK(n + 2 <= sizeof(table) / sizeof(table[0])))
		return;
	table[0] = (struct pdg_config_key){"service", false, "listen", PDG_CFG_STRING, true};
	memcpy(table + 1, keys, (n + 1) * sizeof(*keys));

	open_place(&pl);
	put_file(&pl, "conf", pdg_bytes_str(text));
	if (CHECK_OK(pdg_config_parse(pdg_bytes_str(text), at(&pl, "conf"), &c, &err), &err) &&
	    CHECK_OK(pdg_config_check(c, table, &err), &err) && CHECK(pdg_policy_in_config(c)) &&
	    CHECK_OK(pdg_policy_from_config(c, pdg_bytes_str(text), &p, &err), &err)) {
		CHECK_UINT(p->service_keys.n, 1);
		CHECK_UINT(p->n_repositories, 1);
		CHECK_STR(p->file, at(&pl, "conf"));
	}
	close_place(&pl);
}

static void sections_of_a_policy_are_known(void)
{
	PDG_AUTO(config) struct pdg_config *c = NULL;
	struct pdg_error err = {0};

	if (CHECK_OK(pdg_config_parse(pdg_bytes_str("[service]\nlisten = x\n[log]\n"), "f", &c,
				      &err),
		     &err))
		CHECK(!pdg_policy_in_config(c));
}

static void grades_have_names(void)
{
	CHECK_STR(pdg_grade_name(PDG_GRADE_NONE), "none");
	CHECK_STR(pdg_grade_name(PDG_GRADE_CLONE), "clone");
	CHECK_STR(pdg_grade_name(PDG_GRADE_SERVER), "server");
}

/* Every script may name a branch; nothing in it is mixed, and nothing unseen. */
static void refs_in_any_script(void)
{
	static const char *const names[] = {
		"refs/heads/\xD0\xBE\xD1\x81\xD0\xBD\xD0\xBE\xD0\xB2\xD0\xB0",
		"refs/heads/\xE4\xB8\xBB/main",
		"refs/heads/\xCE\xB1/main-1_2",
		"refs/heads/stra\303\237e/*",
		"refs/notes/*",
		"refs/changes/*/head",
		"refs/*/main",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char want[PDG_POLICY_WANT] = "";

		pdg_test_case("%s", names[i]);
		CHECK(pdg_policy_ref_pattern(names[i], want));
		CHECK_STR(want, "");
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("policy", {"the design's example", the_designs_example},
	      {"every key of the table", every_key_of_the_table}, {"keys of later", keys_of_later},
	      {"defaults", defaults}, {"one role twice is fine", one_role_twice_is_fine},
	      {"a path is resolved", a_path_is_resolved},
	      {"in the daemon's file", in_the_daemons_file},
	      {"sections of a policy are known", sections_of_a_policy_are_known},
	      {"grades have names", grades_have_names}, {"refs in any script", refs_in_any_script})
