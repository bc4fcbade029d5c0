/* SPDX-License-Identifier: Apache-2.0 */
/* Which section of which policy speaks for this repository (design 5, rules.md 2.4). */
#include "gate/place.h"

#include "attest/outbox.h"
#include "trust/uri.h"
#include "util/fs.h"
#include "util/str.h"

void pdg_place_done(struct pdg_place *p)
{
	if (!p)
		return;
	pdg_signers_free(p->signers);
	pdg_policy_free(p->policy);
	free(p->state);
	free(p->outbox);
	free(p->keys);
	free(p->key_file);
	*p = (struct pdg_place){.state = NULL};
}

int pdg_place_init(const struct pdg_repo *r, struct pdg_place *out, struct pdg_error *err)
{
	PDG_AUTO(place) struct pdg_place p = {.state = NULL};

	p.state = pdg_path_join(pdg_repo_commondir(r), "pedigree");
	if (p.state) {
		p.outbox = pdg_path_join(p.state, "outbox");
		p.keys = pdg_path_join(p.state, "keys");
		p.key_file = pdg_path_join(p.state, "key.pem");
	}
	if (!p.state || !p.outbox || !p.keys || !p.key_file)
		return pdg_nomem(err);
	*out = p;
	p = (struct pdg_place){.state = NULL};
	return 0;
}

/* The section whose path is this repository: its git folder, or the work tree that holds it. */
static const struct pdg_policy_repository *section_here(const struct pdg_policy *policy,
							const struct pdg_repo *r)
{
	const char *common = pdg_repo_commondir(r);
	const struct pdg_policy_repository *s = pdg_policy_repository_at(policy, common);
	PDG_AUTO(mem) char *above = NULL;

	if (s || !pdg_str_ends(common, "/.git"))
		return s;
	above = pdg_path_dir(common);
	return above ? pdg_policy_repository_at(policy, above) : NULL;
}

static int no_section(const struct pdg_policy *policy, const struct pdg_repo *r, bool clone,
		      struct pdg_error *err)
{
	const char *wanted = pdg_repo_commondir(r);
	int rc = pdg_reject(err, "PSH-1", "policy \"%s\" has no section for \"%s\"", policy->file,
			    wanted);

	/* A path in the policy is for the one repository that is pushed to. */
	if (clone)
		pdg_fix(err,
			"name the section by --repository, in a clone once: pedigree init --repository URI");
	else
		pdg_fix(err,
			"add a [repository \"URI\"] section whose path is \"%s\", or name one by --repository",
			wanted);
	return rc;
}

/* The section that a person or the configuration names. */
static int named_section(const struct pdg_policy *policy, const char *uri,
			 const struct pdg_policy_repository **out, struct pdg_error *err)
{
	const struct pdg_policy_repository *s = pdg_policy_repository(policy, uri);
	int rc;

	if (s) {
		*out = s;
		return 0;
	}
	rc = pdg_reject(err, "PSH-1", "policy \"%s\" has no section [repository \"%s\"]",
			policy->file, uri);
	pdg_fix(err, "add it, or name another by --repository or git config pedigree.repository");
	return rc;
}

/* pedigree.repository may agree with the section of this path, and nothing else. */
static int check_agrees(const struct pdg_policy_repository *here, const char *configured,
			struct pdg_error *err)
{
	int rc;

	if (!configured || pdg_uri_same(configured, here->uri))
		return 0;
	rc = pdg_reject(
		err, "PSH-1",
		"pedigree.repository is \"%s\", but the policy's section of this path is \"%s\"",
		configured, here->uri);
	pdg_fix(err, "git config --unset pedigree.repository");
	return rc;
}

static int find_section(struct pdg_place *p, const struct pdg_repo *r, const char *uri,
			struct pdg_error *err)
{
	PDG_AUTO(mem) char *configured = NULL;
	const struct pdg_policy_repository *here;
	int rc;

	if (uri)
		return named_section(p->policy, uri, &p->section, err);
	rc = pdg_repo_config(r, "pedigree.repository", &configured, err);
	if (rc < 0)
		return rc;
	here = section_here(p->policy, r);
	if (!here)
		return configured ? named_section(p->policy, configured, &p->section, err)
				  : no_section(p->policy, r, !pdg_repo_bare(r), err);
	rc = check_agrees(here, configured, err);
	if (rc == 0)
		p->section = here;
	return rc;
}

int pdg_place_find(struct pdg_place *p, const struct pdg_repo *r, const char *policy,
		   const char *uri, struct pdg_error *err)
{
	PDG_AUTO(mem) char *configured = NULL;
	PDG_AUTO(mem) char *file = NULL;
	int rc = pdg_repo_config(r, "pedigree.policy", &configured, err);

	if (rc == 0)
		rc = pdg_policy_find(policy, configured, &file, err);
	if (rc == 0)
		rc = pdg_policy_load(file, &p->policy, err);
	return rc < 0 ? rc : find_section(p, r, uri, err);
}

int pdg_place_fixed(struct pdg_place *p, const struct pdg_repo *r, const char *policy,
		    const char *uri, struct pdg_error *err)
{
	const struct pdg_policy_repository *here;
	int rc = pdg_policy_load(policy, &p->policy, err);

	if (rc < 0)
		return rc;
	here = section_here(p->policy, r);
	if (!here && uri) {
		here = pdg_policy_repository(p->policy, uri);
		/* One with a path serves only the repository at that path. */
		if (here && here->path)
			return pdg_reject(
				err, "PSH-1",
				"section \"%s\" of the policy is for \"%s\", not for \"%s\"",
				here->uri, here->path, pdg_repo_commondir(r));
	}
	if (!here)
		return no_section(p->policy, r, false, err);
	if (uri && !pdg_uri_same(uri, here->uri))
		return pdg_reject(
			err, "PSH-1",
			"the hooks were installed for \"%s\", but the policy's section of this path is \"%s\"",
			uri, here->uri);
	if (here->protect.n == 0) {
		rc = pdg_reject(
			err, "PSH-1",
			"section \"%s\" of the policy protects no ref: nothing would be judged",
			here->uri);
		pdg_fix(err, "write protect = refs/heads/main, or what else is to be guarded");
		return rc;
	}
	p->section = here;
	return 0;
}

int pdg_place_load_signers(struct pdg_place *p, const char *cache, struct pdg_error *err)
{
	if (p->signers)
		return 0;
	return pdg_signers_load(p->section, cache, &p->signers, err);
}

int pdg_place_forget_keys(const struct pdg_place *p, struct pdg_error *err)
{
	int rc;

	if (!pdg_fs_exists(p->state))
		return 0;
	rc = pdg_fs_private_dir(p->state, err);
	if (rc == 0 && pdg_fs_exists(p->keys))
		rc = pdg_fs_remove_tree(p->keys, err);
	return rc;
}

int pdg_place_ready(const struct pdg_place *p, const char *dir, const char *what,
		    struct pdg_error *err)
{
	struct pdg_error why = {.code = 0};
	int rc = pdg_fs_private_dir(p->state, &why);

	if (rc == 0)
		rc = pdg_outbox_ready(dir, &why);
	if (rc == 0 || rc == PDG_E_NOMEM)
		return rc < 0 ? pdg_nomem(err) : 0;
	rc = pdg_reject(err, "HOK-7", "%s: %s", what, why.text);
	if (why.fix[0])
		pdg_fix(err, "%s", why.fix);
	else
		pdg_fix(err,
			"let the user who receives pushes own \"%s\" and write to it, with room on its disk",
			dir);
	return rc;
}
