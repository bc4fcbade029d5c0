/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th allocation fails while a policy is found, parsed, loaded and asked, for every n. */
#include <stdlib.h>
#include <sys/stat.h>

#include "support/check.h"
#include "support/failalloc.h"
#include "trust/policy.h"
#include "trust/uri.h"

static char *file;

static const char text[] =
	"[policy]\nversion = 2\n[trust \"t\"]\nserviceKey = a.pub\nvalidAfter = 2026-01-01T00:00:00Z\n"
	"[repository \"https://h/p.git\"]\npath = /nowhere\nprotect = refs/heads/*\n"
	"openpgpKeys = policy\npusherFrom = env:X\nserverKey = b.pub\nsourceFrom = server\n"
	"[builder \"b\"]\nrepository = git@h:*\nkey = c.pub\n"
	"[producer \"p\"]\nrepository = https://h/*\nstage = sbom\nkey = d.pub\nkey = service\n"
	"[approver \"a@b\"]\nrepository = https://h/*\nscope = s\nsshKey = policy\n"
	"[require]\nstage = source\nmaximumSeverity = low\n[admission]\nmode = warn\n";

static int load(struct pdg_error *err)
{
	PDG_AUTO(policy) struct pdg_policy *p = NULL;
	int rc = pdg_policy_load(file, &p, err);

	if (rc < 0)
		CHECK(p == NULL);
	return rc;
}

static int parse(struct pdg_error *err)
{
	PDG_AUTO(config) struct pdg_config *c = NULL;
	int rc = pdg_config_parse(pdg_bytes_str(text), "policy", &c, err);

	if (rc == 0)
		rc = pdg_config_check(c, pdg_policy_keys(NULL), err);
	return rc;
}

/* What says no, and why: its words need memory too. */
static int refuse(struct pdg_error *err)
{
	PDG_AUTO(config) struct pdg_config *c = NULL;
	int rc = pdg_config_parse(pdg_bytes_str("[trust]\nservicKey = x\n"), "policy", &c, err);

	if (rc == 0)
		rc = pdg_config_check(c, pdg_policy_keys(NULL), err);
	return rc == PDG_E_USAGE ? 0 : rc;
}

static int uris(struct pdg_error *err)
{
	PDG_AUTO(mem) char *normal = NULL;
	PDG_AUTO(mem) char *uri = NULL;
	PDG_AUTO(mem) char *ref = NULL;
	PDG_AUTO(mem) char *commit = NULL;
	int rc = pdg_uri_normal("git+ssh://git@H/p.git", &normal, err);

	if (rc == 0)
		rc = pdg_uri_split(
			"https://h/p@refs/heads/m#7fd1a60b01f91b314f59955a4e4d4e80d8edf11d", &uri,
			&ref, &commit, err);
	return rc;
}

static int find(struct pdg_error *err)
{
	PDG_AUTO(mem) char *option = NULL;
	PDG_AUTO(mem) char *found = NULL;
	int rc = pdg_policy_find(file, NULL, &option, err);

	return rc < 0 ? rc : pdg_policy_find(NULL, NULL, &found, err);
}

static void put_key(const char *dir, const char *name)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(4096);
	struct pdg_error err = {0};

	if (CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &key, &err), &err) &&
	    CHECK_OK(pdg_key_public_text(key, &pem, &err), &err))
		free(pdg_test_file(dir, name, pdg_buf_bytes(&pem)));
}

static void every_allocation(void)
{
	static const char *const keys[] = {"a.pub", "b.pub", "c.pub", "d.pub"};
	char *dir = pdg_test_dir();
	char *own = pdg_test_path(dir, "pedigree");
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		put_key(dir, keys[i]);
	file = pdg_test_file(dir, "policy", pdg_bytes_str(text));
	CHECK_INT(mkdir(own, 0700), 0);
	free(pdg_test_file(dir, "pedigree/policy", pdg_bytes_str(text)));
	(void)setenv("XDG_CONFIG_HOME", dir, 1);

	pdg_failalloc_run("config", parse);
	pdg_failalloc_run("refusal", refuse);
	pdg_failalloc_run("policy", load);
	pdg_failalloc_run("URIs", uris);
	pdg_failalloc_run("find", find);
	free(own);
	free(file);
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("trust without memory", {"every allocation", every_allocation})
