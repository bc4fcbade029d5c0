/* SPDX-License-Identifier: Apache-2.0 */
/* Where the policy is: what is named, or the places of the user and of the system. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "unit/trust/policy_place.h"
#include "util/fs.h"
#include "util/str.h"

/* It is found at @want. */
static void found(const char *named, const char *configured, const char *want)
{
	PDG_AUTO(mem) char *out = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_policy_find(named, configured, &out, &err), &err);
	CHECK_STR(out, want);
}

/* It is not; @told is what the refusal speaks of, or NULL. */
static void not_found(const char *named, const char *configured, const char *told)
{
	char *out = NULL;
	struct pdg_error err = {0};

	CHECK_RULE(pdg_policy_find(named, configured, &out, &err), &err, "POL-9");
	CHECK(out == NULL);
	if (told)
		CHECK_HAS(err.text, told);
}

/* What is named exists, or nothing else is tried. */
static void named(void)
{
	struct place pl;

	open_place(&pl);
	put_file(&pl, "policy", pdg_bytes_str("#"));
	found(pl.file, "/nowhere", pl.file);
	found(NULL, pl.file, pl.file);
	not_found("/nowhere/at/all", pl.file, "/nowhere/at/all");
	not_found(NULL, "/nowhere/at/all", "/nowhere/at/all");
	not_found("", NULL, NULL);
	not_found(NULL, "policy", "absolute");
	not_found(NULL, "./policy", "absolute");
	close_place(&pl);
}

static void set_places(const char *xdg, const char *home)
{
	if (xdg)
		CHECK_INT(setenv("XDG_CONFIG_HOME", xdg, 1), 0);
	else
		CHECK_INT(unsetenv("XDG_CONFIG_HOME"), 0);
	if (home)
		CHECK_INT(setenv("HOME", home, 1), 0);
	else
		CHECK_INT(unsetenv("HOME"), 0);
}

static void in_the_usual_places(void)
{
	PDG_AUTO(mem) char *xdg = pdg_str_dup(getenv("XDG_CONFIG_HOME"));
	PDG_AUTO(mem) char *home = pdg_str_dup(getenv("HOME"));
	struct place pl;

	open_place(&pl);
	CHECK_INT(mkdir(at(&pl, "pedigree"), 0700), 0);
	put_file(&pl, "pedigree/policy", pdg_bytes_str("#"));
	set_places(pl.dir, NULL);
	found(NULL, NULL, at(&pl, "pedigree/policy"));

	CHECK_INT(mkdir(at(&pl, ".config"), 0700), 0);
	CHECK_INT(mkdir(at(&pl, ".config/pedigree"), 0700), 0);
	put_file(&pl, ".config/pedigree/policy", pdg_bytes_str("#"));
	set_places("relative", pl.dir);
	found(NULL, NULL, at(&pl, ".config/pedigree/policy"));

	set_places(NULL, NULL);
	if (pdg_fs_exists("/etc/pedigree/policy"))
		found(NULL, NULL, "/etc/pedigree/policy");
	else
		not_found(NULL, NULL, NULL);
	set_places(xdg, home);
	close_place(&pl);
}

static void files_that_are_none(void)
{
	PDG_AUTO(policy) struct pdg_policy *p = NULL;
	struct pdg_error err = {0};
	struct place pl;

	open_place(&pl);
	CHECK_RULE(pdg_policy_load(at(&pl, "missing"), &p, &err), &err, "POL-9");
	CHECK_RULE(pdg_policy_load(pl.dir, &p, &err), &err, "POL-9");
	close_place(&pl);
}

PDG_TEST_MAIN("policy_find", {"named", named}, {"in the usual places", in_the_usual_places},
	      {"files that are none", files_that_are_none})
