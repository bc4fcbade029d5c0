/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's file: what it gives, its defaults, where the policy is, and every mistake by its
 * rule. */
#include "service/config.h"
#include "support/check.h"
#include "util/str.h"

#define POLICY "[repository \"https://git.example.com/app\"]\n\tprotect = refs/heads/main\n"
#define KEY    "[service]\n\tsigningKey = k.pem\n"

static int load(const char *dir, const char *text, struct pdg_service_config **out,
		struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_test_file(dir, "pedigreed.conf", pdg_bytes_str(text));

	return pdg_service_config_load(path, out, err);
}

static void everything_said(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(service_config) struct pdg_service_config *cfg = NULL;
	PDG_AUTO(policy) struct pdg_policy *policy = NULL;
	PDG_AUTO(mem) char *db = pdg_test_path(dir, "data/p.db");
	PDG_AUTO(mem) char *key = pdg_test_path(dir, "keys/s.pem");
	PDG_AUTO(mem) char *policy_file = NULL;
	struct pdg_error err = {0};

	if (CHECK_OK(load(dir,
			  "[service]\n\tlisten = 127.0.0.1:8700\n\tlisten = [::1]:8701\n"
			  "\tstore = sqlite:data/p.db\n\tsigningKey = keys/s.pem\n"
			  "\tjournalKey = /etc/j.pem\n\tpolicy = policy\n"
			  "\tproxy = http://proxy.example:3128\n\tlogLevel = debug\n"
			  "\tconnectionsPerAddress = 0\n"
			  "[log]\n\ttype = rekor-v2\n\turl = http://localhost:3003\n"
			  "\treadUrl = http://localhost:3004\n\torigin = rekor.example\n"
			  "\tkey = keys/log.pub\n\tpendingLimit = 15m\n",
			  &cfg, &err),
		     &err)) {
		CHECK_UINT(cfg->listen.n, 2);
		CHECK_STR(cfg->listen.v[1], "[::1]:8701");
		CHECK_STR(cfg->store_path, db);
		CHECK_STR(cfg->signing_key, key);
		CHECK_STR(cfg->journal_key, "/etc/j.pem");
		CHECK_STR(cfg->proxy, "http://proxy.example:3128");
		CHECK_INT(cfg->log_level, PDG_LOG_DEBUG);
		CHECK_UINT(cfg->connections_per_address, 0);
		CHECK_INT(cfg->log, PDG_LOG_REKOR_V2);
		CHECK_STR(cfg->log_url, "http://localhost:3003");
		CHECK_STR(cfg->log_read_url, "http://localhost:3004");
		CHECK_STR(cfg->log_origin, "rekor.example");
		CHECK_INT(cfg->pending_limit, 900);
		/* Named, and read when it is asked for. */
		CHECK_RULE(pdg_service_policy_load(cfg, &policy, &err), &err, "POL-9");
		policy_file = pdg_test_file(dir, "policy",
					    pdg_bytes_str("[policy]\n\tversion = 7\n" POLICY));
		if (CHECK_OK(pdg_service_policy_load(cfg, &policy, &err), &err))
			CHECK_UINT(policy->version, 7);
	}
	pdg_test_dir_remove(dir);
}

static void defaults(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(service_config) struct pdg_service_config *cfg = NULL;
	PDG_AUTO(policy) struct pdg_policy *policy = NULL;
	struct pdg_error err = {0};

	if (CHECK_OK(load(dir, KEY POLICY, &cfg, &err), &err)) {
		CHECK_UINT(cfg->listen.n, 1);
		CHECK_STR(cfg->listen.v[0], "127.0.0.1:8700");
		CHECK_STR(cfg->store_path, "/var/lib/pedigree/pedigree.db");
		CHECK_STR(cfg->log_directory, "/var/lib/pedigree/log");
		CHECK_STR(cfg->log_origin, "localhost");
		CHECK_INT(cfg->log, PDG_LOG_EMBEDDED);
		CHECK_INT(cfg->pending_limit, 24 * 3600);
		CHECK_INT(cfg->log_level, PDG_LOG_INFO);
		CHECK(!cfg->journal_key && !cfg->log_key && !cfg->policy_file && !cfg->proxy);
		/* The policy is inside. */
		if (CHECK_OK(pdg_service_policy_load(cfg, &policy, &err), &err))
			CHECK_UINT(policy->n_repositories, 1);
	}
	pdg_test_dir_remove(dir);
}

static void mistakes(void)
{
	static const struct {
		const char *text;
		const char *rule;
	} cases[] = {
		{"", "CFG-1"},
		{POLICY, "CFG-1"},			/* no signing key */
		{KEY, "CFG-1"},				/* no policy */
		{KEY "\tpolicy = p\n" POLICY, "CFG-1"}, /* two */
		{KEY "\tlistne = 1:2\n" POLICY, "POL-2"},
		{KEY "[lgo]\n" POLICY, "POL-2"},
		{KEY "\tlisten = nowhere\n" POLICY, "CFG-1"},
		{KEY "\tlisten = 127.0.0.1:1\n\tlisten = 127.0.0.1:1\n" POLICY, "CFG-1"},
		{KEY "\tlisten = 127.0.0.1:70000\n" POLICY, "CFG-1"},
		{KEY "\tlisten = ::1:8700\n" POLICY, "CFG-1"},
		{KEY "\tlisten = :8700\n" POLICY, "CFG-1"},
		{KEY "\tlisten = localhost:8700\n" POLICY, "CFG-1"},
		{KEY "\tlisten = [localhost]:8700\n" POLICY, "CFG-1"},
		{KEY "\tlisten = []:8700\n" POLICY, "CFG-1"},
		{KEY "\tlisten = [::1:8700\n" POLICY, "CFG-1"},
		{KEY "\tlisten = 127.0.0.1\n" POLICY, "CFG-1"},
		{KEY "\tlisten = 127.0.0.1:http\n" POLICY, "CFG-1"},
		{KEY "\tlisten = me@127.0.0.1:8700\n" POLICY, "CFG-1"},
		{KEY "\tproxy = proxy.example:3128\n" POLICY, "CFG-1"},
		{KEY "\tproxy = http:/proxy.example\n" POLICY, "CFG-1"},
		{KEY "[log]\n\ttype = rekor-v2\n\turl = htp://h\n\tkey = k\n" POLICY, "CFG-1"},
		{KEY "[log]\n\ttype = rekor-v2\n\turl = https://\n\tkey = k\n" POLICY, "CFG-1"},
		{KEY "[log]\n\ttype = rekor-v2\n\turl = https://h\n\tkey = k\n\treadUrl = "
		     "h\n" POLICY,
		 "CFG-1"},
		{KEY "\tstore = mysql:x\n" POLICY, "CFG-1"},
		{KEY "\tstore = sqlite:\n" POLICY, "CFG-1"},
		{KEY "\tstore = postgresql://localhost/p\n" POLICY, "CFG-1"},
		{KEY "\tstore = postgresql:localhost/p\n" POLICY, "CFG-1"},
		{KEY "\tstore = sqlite:a\n\tstore = sqlite:b\n" POLICY, "POL-3"},
		{KEY "\ttlsCertificate = c.pem\n" POLICY, "CFG-1"},
		{KEY "\ttlsKey = c.pem\n" POLICY, "CFG-1"},
		{KEY "\tclientCa = c.pem\n" POLICY, "CFG-1"},
		{KEY "\ttlsCertificate = c\n\ttlsKey = k\n\treaders = a\n" POLICY, "CFG-1"},
		{KEY "\tlogLevel = loud\n" POLICY, "CFG-1"},
		{KEY "\tconnectionsPerAddress = 2049\n" POLICY, "CFG-1"},
		{KEY "[log]\n\ttype = none\n" POLICY, "CFG-1"},
		{KEY "[log]\n\ttype = rekor-v1\n" POLICY, "CFG-1"},
		{KEY "[log]\n\ttype = rekor-v1\n\turl = http://h\n" POLICY, "CFG-1"},
		{KEY "[log]\n\ttype = rekor-v1\n\turl = http://h\n\tkey = k\n\treadUrl = "
		     "http://h\n" POLICY,
		 "CFG-1"},
		{KEY "[log]\n\ttimestampAuthority = http://h/t\n" POLICY, "CFG-1"},
		{KEY "[log]\n\ttimestampCertificates = c.pem\n" POLICY, "CFG-1"},
		{KEY "[log]\n\ttimestampAuthority = h\n\ttimestampCertificates = c.pem\n" POLICY,
		 "CFG-1"},
		{KEY "[log]\n\ttype = rekor-v2\n" POLICY, "CFG-1"},
		{KEY "[log]\n\ttype = rekor-v2\n\turl = http://h\n" POLICY, "CFG-1"},
		{KEY
		 "[log]\n\ttype = rekor-v2\n\turl = http://h\n\tkey = k\n\tdirectory = d\n" POLICY,
		 "CFG-1"},
		{KEY "[log]\n\turl = http://h\n" POLICY, "CFG-1"},
		{KEY "[log]\n\torigin = a/b\n" POLICY, "CFG-1"},
		{KEY "[log]\n\tpendingLimit = soon\n" POLICY, "POL-3"},
		{"[service\n", "POL-1"},
	};
	char *dir = pdg_test_dir();
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdg_service_config *cfg = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].text);
		CHECK_RULE(load(dir, cases[i].text, &cfg, &err), &err, cases[i].rule);
		CHECK(cfg == NULL);
		CHECK_HAS(err.text, "pedigreed.conf");
	}
	pdg_test_case(NULL);
	{
		PDG_AUTO(mem) char *nowhere = pdg_test_path(dir, "none");
		struct pdg_service_config *cfg = NULL;
		struct pdg_error err = {0};

		CHECK_RULE(pdg_service_config_load(nowhere, &cfg, &err), &err, "POL-9");
		CHECK_RULE(pdg_service_config_load(dir, &cfg, &err), &err, "POL-9");
	}
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("config", {"everything said", everything_said}, {"defaults", defaults},
	      {"mistakes", mistakes})
