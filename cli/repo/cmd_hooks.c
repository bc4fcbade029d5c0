/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree hooks install, uninstall, status. For a server everything that the hooks will rest
 * on is tried first (policy, section, keys), so that a mistake is found here and not by the
 * first person who pushes.
 */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/check_option.h"
#include "crypto/key.h"
#include "gate/certificate.h"
#include "gate/emit.h"
#include "git/notes.h"
#include "repo/around.h"
#include "repo/init.h"
#include "repo/install.h"
#include "repo/repo.h"
#include "repo/timer.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"

const struct pdg_opt pdg_cmd_hooks_install_options[] = {
	{"server", NULL, "the hooks of a repository that is pushed to", false},
	{"existing", "WHEN", "hooks that are there already run before (default) or after ours",
	 false},
	{"policy", "FILE", "server: the policy file, outside the repository", false},
	{"repository", "URI", "server: the policy's section, where it has no path", false},
	{"server-key", "PEM", "server: the private key that signs sources", false},
	{"service", "URL", "server: where sources are sent", false},
	{"deadline", "TIME",
	 "server: how long a push may wait for the service, 1s to 1h (default 2s)", false},
	PDG_WAY_OPTIONS,
	{0},
};

const struct pdg_opt pdg_cmd_hooks_options[] = {
	{"server", NULL, "the hooks of a repository that is pushed to", false},
	{0},
};

int pdg_existing_after(const struct pdg_args *args, bool *out, struct pdg_error *err)
{
	const char *when = pdg_args_get(args, "existing");

	if (when && strcmp(when, "before") != 0 && strcmp(when, "after") != 0)
		return pdg_reject(err, "CLI-1", "--existing is \"before\" or \"after\", not \"%s\"",
				  when);
	*out = when && strcmp(when, "after") == 0;
	return 0;
}

/* The private key as the hooks will load it. */
static int try_server_key(const struct pdg_place *p, const char *file, struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;

	if (p->section->source_from != PDG_GRADE_SERVER)
		return 0;
	return pdg_emit_server_key(p->section, file, &key, err);
}

/* Absolute paths of what the hooks are given. */
struct fixed {
	char *policy;
	char *server_key;
	struct pdg_way way;
};

static void fixed_done(struct fixed *f)
{
	free(f->policy);
	free(f->server_key);
	pdg_way_done(&f->way);
}

/* The way to the service, files by their absolute paths, and good as far as can be seen here. */
static int try_way(const struct pdg_args *args, struct pdg_way *w, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf key = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	int rc = pdg_way_of_args(args, w, err);
	size_t i;

	if (rc == 0)
		rc = pdg_way_check(w, err);
	for (i = 0; rc == 0 && i < PDG_WAY_PARTS; i++) {
		PDG_AUTO(mem) char *path = NULL;

		if (!w->v[i] || !pdg_way_names[i].file)
			continue;
		rc = pdg_check_in_file(w->v[i], pdg_way_names[i].dashed, err);
		if (rc == 0)
			rc = pdg_here_absolute(w->v[i], &path, err);
		if (rc == 0)
			rc = pdg_way_set(w, (enum pdg_way_part)i, path, err);
	}
	if (rc == 0 && w->v[PDG_WAY_CLIENT_KEY])
		rc = pdg_key_private_bytes(w->v[PDG_WAY_CLIENT_KEY], &key, err);
	return rc;
}

static int try_server(const struct pdg_args *args, const struct pdg_repo *r, struct pdg_place *p,
		      struct fixed *f, struct pdg_error *err)
{
	PDG_AUTO(mem) char *found = NULL;
	const char *key = pdg_args_get(args, "server-key");
	const char *deadline = pdg_args_get(args, "deadline");
	const char *service = pdg_args_get(args, "service");
	int64_t seconds;
	int rc = service ? pdg_check_service_url("--service", service, err) : 0;

	if (rc == 0)
		rc = try_way(args, &f->way, err);
	if (rc == 0)
		rc = pdg_policy_find(pdg_args_get(args, "policy"), NULL, &found, err);
	if (rc == 0)
		rc = pdg_here_absolute(found, &f->policy, err);
	if (rc == 0)
		rc = pdg_around_outside(r, f->policy, err);
	if (rc == 0)
		rc = pdg_place_fixed(p, r, f->policy, pdg_args_get(args, "repository"), err);
	if (rc == 0)
		rc = pdg_around_guarded(p, err);
	if (rc == 0 && key)
		rc = pdg_here_absolute(key, &f->server_key, err);
	if (rc == 0)
		rc = try_server_key(p, f->server_key, err);
	if (rc == 0 && deadline)
		rc = pdg_check_deadline("--deadline", deadline, &seconds, err);
	if (rc == 0)
		rc = pdg_fs_private_dir(p->state, err);
	if (rc == 0)
		rc = pdg_place_forget_keys(p, err);
	/* Also fills the folder of key descriptions, so that the first push need not wait for
	 * GnuPG. */
	return rc < 0 ? rc : pdg_place_load_signers(p, p->keys, err);
}

/*
 * Where the timer sends to is read from the configuration (install/systemd/pedigree-outbox@). What
 * an earlier installation set there goes when this one does not say it: the two would disagree.
 */
static int configure_timer(struct pdg_repo *r, const struct pdg_install *in, struct pdg_error *err)
{
	int rc = in->service ? pdg_init_set(r, "pedigree.service", in->service, err)
			     : pdg_init_unset(r, "pedigree.service", err);
	size_t i;

	for (i = 0; rc == 0 && i < PDG_WAY_PARTS; i++)
		rc = in->way.v[i] ? pdg_init_set(r, pdg_way_names[i].config, in->way.v[i], err)
				  : pdg_init_unset(r, pdg_way_names[i].config, err);
	return rc;
}

/* A push hands its statements over itself; what the service did not take then waits for a timer. */
static void tell_timer(const struct pdg_repo *r, const struct pdg_place *p,
		       const struct pdg_install *in)
{
	PDG_AUTO(buf) struct pdg_buf name = PDG_BUF_INIT(PDG_LIMIT_KIB(32));
	const struct passwd *owner = getpwuid(geteuid());

	if (!in->service) {
		pdg_out(stdout, PDG_WARN,
			"sources are sent to nobody and wait in %s: install again with --service URL\n",
			p->outbox);
		return;
	}
	pdg_timer_name(pdg_repo_commondir(r), &name);
	pdg_out(stdout, PDG_PLAIN,
		"sources are sent to %s; what it does not take at once waits in %s\n"
		"so that this is sent without another push, once, as root: systemctl enable --now '%s'\n",
		in->service, p->outbox, pdg_buf_cstr(&name));
	if (owner && strcmp(owner->pw_name, "git") != 0)
		pdg_out(stdout, PDG_PLAIN,
			"that unit runs as git, and this repository is kept by %s: systemctl edit pedigree-outbox@.service, [Service], User=%s\n",
			owner->pw_name, owner->pw_name);
}

/* The hooks refuse every push until git asks for certificates: said here, and set by whoever keeps
 * the server. */
static void tell_certificates_asked(const struct pdg_repo *r, const struct pdg_place *p)
{
	struct pdg_error err = {.code = 0};

	if (p->section->pusher_from == PDG_PUSHER_CERTIFICATE && pdg_certificate_asked(r, &err) < 0)
		pdg_out_error("pedigree", &err);
}

static int install_server(const struct pdg_args *args, struct pdg_repo *r, struct pdg_place *p,
			  const char *dir, bool after, struct pdg_error *err)
{
	struct fixed f = {.policy = NULL};
	struct pdg_install in = {.repository = pdg_args_get(args, "repository"),
				 .service = pdg_args_get(args, "service"),
				 .deadline = pdg_args_get(args, "deadline"),
				 .after = after};
	int rc = try_server(args, r, p, &f, err);

	in.policy = f.policy;
	in.server_key = f.server_key;
	in.way = f.way;
	if (rc == 0)
		rc = pdg_hooks_install(dir, pdg_server_hooks, &in, err);
	if (rc == 0)
		rc = configure_timer(r, &in, err);
	if (rc == 0) {
		pdg_out(stdout, PDG_PLAIN, "hooks of %s are in %s\npolicy: %s\n", p->section->uri,
			dir, f.policy);
		pdg_around_tell_shared(r, dir);
		if (p->section->source_from == PDG_GRADE_SERVER)
			tell_timer(r, p, &in);
		tell_certificates_asked(r, p);
	}
	fixed_done(&f);
	return rc;
}

/* What only the hooks of a server are given would be lost on those of a clone. */
static int check_client(const struct pdg_args *args, struct pdg_error *err)
{
	static const char *const of_server[] = {"policy",  "repository",  "server-key",
						"service", "deadline",	  "proxy",
						"ca",	   "client-cert", "client-key"};
	size_t i;
	int rc;

	for (i = 0; i < sizeof(of_server) / sizeof(of_server[0]); i++) {
		if (!pdg_args_has(args, of_server[i]))
			continue;
		rc = pdg_reject(err, "CLI-2", "--%s is for the hooks of a server", of_server[i]);
		pdg_fix(err, "add --server, or in a clone use \"pedigree init\"");
		return rc;
	}
	return 0;
}

int pdg_cmd_hooks_install(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(place) struct pdg_place p = {.state = NULL};
	PDG_AUTO(mem) char *dir = NULL;
	struct pdg_install in = {.policy = NULL};
	int rc = pdg_here(&r, &p, err);

	if (rc == 0)
		rc = pdg_repo_hooks_dir(r, &dir, err);
	if (rc == 0)
		rc = pdg_existing_after(args, &in.after, err);
	if (rc < 0)
		return rc;
	if (pdg_args_has(args, "server"))
		return install_server(args, r, &p, dir, in.after, err);
	if (pdg_repo_bare(r)) {
		rc = pdg_reject(err, "HOK-4", "\"%s\" is a bare repository: nobody commits here",
				pdg_repo_gitdir(r));
		pdg_fix(err, "pedigree hooks install --server --policy FILE");
		return rc;
	}
	rc = check_client(args, err);
	if (rc == 0)
		rc = pdg_place_forget_keys(&p, err);
	if (rc == 0)
		rc = pdg_hooks_install(dir, pdg_client_hooks, &in, err);
	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN, "hooks of this clone are in %s\n", dir);
	pdg_around_tell_shared(r, dir);
	pdg_init_warn(r, &p);
	return 0;
}

/* Push certificates are evidence that nothing else keeps. */
static int tell_certificates(const struct pdg_place *p, size_t *out_n, struct pdg_error *err)
{
	int rc = pdg_certificate_count(p, out_n, err);

	if (rc == 0 && *out_n)
		pdg_out(stdout, PDG_WARN,
			"%zu push certificate%s still in %s/certificates: keep %s elsewhere, and remove the folder\n",
			*out_n, *out_n == 1 ? " is" : "s are", p->state,
			*out_n == 1 ? "it" : "them");
	return rc;
}

/* What is left in the folder of our own when the hooks are gone: nothing but unsent statements,
 * and who pushed what. */
static int remove_state(const struct pdg_place *p, struct pdg_error *err)
{
	size_t waiting = 0;
	size_t refused = 0;
	size_t certificates = 0;
	int rc = pdg_outbox_count(p->outbox, &waiting, &refused, err);

	if (rc == 0)
		rc = tell_certificates(p, &certificates, err);
	if (rc == 0 && waiting + refused + certificates == 0)
		return pdg_fs_remove_tree(p->state, err);
	if (rc == 0)
		rc = pdg_fs_remove_tree(p->keys, err);
	if (rc == 0)
		rc = pdg_fs_remove(p->key_file, err);
	if (rc == 0 && waiting + refused)
		pdg_out(stdout, PDG_WARN,
			"%zu statement%s still in %s: send what waits (pedigree submit --outbox %s) or remove it\n",
			waiting + refused, waiting + refused == 1 ? " is" : "s are", p->outbox,
			p->outbox);
	return rc;
}

/* Notes are not state of the hooks: they may have been pushed, and name what was attested. */
static int tell_notes(const struct pdg_repo *r, struct pdg_error *err)
{
	char hex[PDG_GIT_HEX];
	int rc = pdg_repo_ref(r, PDG_NOTES_REF, hex, err);

	if (rc == 0 && hex[0])
		pdg_out(stdout, PDG_PLAIN,
			"copies of statements stay in %s; to remove them: git update-ref -d %s\n",
			PDG_NOTES_REF, PDG_NOTES_REF);
	return rc;
}

/* A fence, or a clone's configuration, goes only when it was named. */
static int check_kind(const struct pdg_repo *r, const char *dir, bool server, struct pdg_error *err)
{
	bool there = false;
	int rc;

	if (server == pdg_repo_bare(r))
		return 0;
	if (!server) {
		rc = pdg_reject(err, "HOK-4",
				"\"%s\" is a bare repository: its hooks are those of a server",
				pdg_repo_gitdir(r));
		pdg_fix(err, "pedigree hooks uninstall --server");
		return rc;
	}
	rc = pdg_hooks_present(dir, pdg_server_hooks, &there, err);
	if (rc < 0 || there)
		return rc;
	rc = pdg_reject(err, "HOK-4", "no hooks of a server are installed in \"%s\"", dir);
	pdg_fix(err, "without --server those of a clone are removed");
	return rc;
}

/* What hooks of either kind rest on, so it goes with the last of them. */
static int take_back(struct pdg_repo *r, const struct pdg_place *p, struct pdg_error *err)
{
	int rc = pdg_init_undo(r, err);

	if (rc == 0)
		rc = remove_state(p, err);
	return rc < 0 ? rc : tell_notes(r, err);
}

int pdg_cmd_hooks_uninstall(const struct pdg_args *args, struct pdg_error *err)
{
	bool server = pdg_args_has(args, "server");
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(place) struct pdg_place p = {.state = NULL};
	PDG_AUTO(mem) char *dir = NULL;
	bool others = false;
	size_t n = 0;
	int rc = pdg_here(&r, &p, err);

	if (rc == 0)
		rc = pdg_repo_hooks_dir(r, &dir, err);
	if (rc == 0)
		rc = check_kind(r, dir, server, err);
	if (rc == 0)
		pdg_around_tell_shared(r, dir);
	if (rc == 0)
		rc = pdg_hooks_remove(dir, server ? pdg_server_hooks : pdg_client_hooks, &n, err);
	if (rc == 0)
		rc = pdg_hooks_present(dir, server ? pdg_client_hooks : pdg_server_hooks, &others,
				       err);
	if (rc == 0 && !others)
		rc = take_back(r, &p, err);
	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN, "%zu hook%s removed from %s\n", n, n == 1 ? "" : "s", dir);
	if (others)
		pdg_out(stdout, PDG_PLAIN,
			"those of a %s stay there, with the configuration and the folder %s\n",
			server ? "clone" : "server", p.state);
	return 0;
}

static int show_hook(const char *dir, const char *name, bool *good, struct pdg_error *err)
{
	enum pdg_hook_state state = PDG_HOOK_ABSENT;
	bool kept = false;
	int rc = pdg_hook_look(dir, name, &state, &kept, err);
	const char *text = "not installed";

	if (rc < 0)
		return rc;
	if (state == PDG_HOOK_OURS)
		text = kept ? "installed, with the hook that was here before" : "installed";
	else if (state == PDG_HOOK_OURS_BROKEN)
		text = "installed, but it or its program cannot be run";
	else if (state == PDG_HOOK_FOREIGN)
		text = "not installed; another hook is here";
	*good = *good && state == PDG_HOOK_OURS;
	pdg_out(stdout, state == PDG_HOOK_OURS ? PDG_GOOD : PDG_BAD, "%-17s %s\n", name, text);
	return 0;
}

int pdg_cmd_hooks_status(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(mem) char *dir = NULL;
	const char *const *names;
	bool good = true;
	size_t i;
	int rc = pdg_repo_open(".", PDG_REPO_DISCOVER, &r, err);

	if (rc == 0)
		rc = pdg_repo_hooks_dir(r, &dir, err);
	if (rc < 0)
		return rc;
	rc = pdg_hooks_check_dir(dir, err);
	if (rc < 0 && rc != PDG_E_NOTFOUND)
		return rc;
	rc = 0;
	names = pdg_args_has(args, "server") || pdg_repo_bare(r) ? pdg_server_hooks
								 : pdg_client_hooks;
	for (i = 0; rc == 0 && names[i]; i++)
		rc = show_hook(dir, names[i], &good, err);
	return rc < 0 ? rc : good ? 0 : 1;
}
