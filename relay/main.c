/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree-relay: the only program of the service that speaks to other machines. pedigreed starts
 * it with a socket at its standard input, tells it the setup, then asks. It holds no key and no
 * store; it ends when the socket is closed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/confine.h"
#include "relay/tasks.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/out.h"
#include "util/str.h"

#define PARTS_MAX 8

/* A part that could not be opened says why to whoever asks it. */
struct part {
	bool wanted;
	void *state;
	int rc;
	struct pdg_error err;
};

static struct part parts[PARTS_MAX];
static atomic_bool given_up;
static char *proxy;

static int set_up_part(const struct pdg_relay_part *p, struct part *part, const json_t *setup,
		       struct pdg_error *err)
{
	static struct pdg_relay_common common = {.given_up = &given_up};
	const json_t *own = NULL;
	int rc = pdg_json_opt_obj(setup, p->name, &own, err);

	if (rc < 0 || !own)
		return rc;
	common.proxy = proxy;
	part->wanted = true;
	part->rc = p->open(&common, own, &part->state, &part->err);
	if (part->rc < 0 && err)
		*err = part->err;
	return part->rc;
}

static int set_up(const json_t *setup, struct pdg_error *err)
{
	enum pdg_level level;
	const char *text = NULL;
	size_t i;
	int rc = pdg_json_opt_str(setup, "logLevel", &text, err);

	if (rc == 0 && text && pdg_log_level_parse(text, &level))
		pdg_log_level(level);
	text = NULL;
	if (rc == 0)
		rc = pdg_json_opt_str(setup, "proxy", &text, err);
	if (rc == 0 && text) {
		proxy = pdg_str_dup(text);
		rc = proxy ? 0 : pdg_nomem(err);
	}
	for (i = 0; rc == 0 && pdg_relay_parts[i] && i < PARTS_MAX; i++)
		rc = set_up_part(pdg_relay_parts[i], &parts[i], setup, err);
	return rc;
}

/* The kind named @name and its part, or why it cannot be asked. */
static int find(const char *name, const struct pdg_relay_call_kind **out, void **out_part,
		struct pdg_error *err)
{
	size_t i;

	for (i = 0; pdg_relay_parts[i] && i < PARTS_MAX; i++) {
		const struct pdg_relay_call_kind *k = pdg_relay_parts[i]->calls;

		for (; k->name; k++) {
			if (!pdg_str_eq(k->name, name))
				continue;
			if (parts[i].rc < 0 && err)
				*err = parts[i].err;
			if (parts[i].rc < 0)
				return parts[i].rc;
			if (!parts[i].wanted)
				return pdg_fail(err, PDG_E_USAGE, "%s is not set up",
						pdg_relay_parts[i]->name);
			*out = k;
			*out_part = parts[i].state;
			return 0;
		}
	}
	return pdg_fail(err, PDG_E_USAGE, "\"%.32s\" is no kind of call", name);
}

static int take(struct pdg_question *q, struct pdg_error *err)
{
	const struct pdg_relay_call_kind *kind = NULL;
	struct pdg_error why = {0};
	void *part = NULL;
	struct pdg_task *t;
	int rc;

	rc = pdg_str_eq(q->kind, "setup") ? set_up(q->body, &why)
					  : find(q->kind, &kind, &part, &why);
	t = pdg_task_new(q);
	if (!t) {
		pdg_question_done(q);
		return pdg_nomem(err);
	}
	if (kind)
		pdg_task_run(t, kind, part);
	else
		pdg_task_answer(t, rc, pdg_bytes_str("{}"), &why);
	return 0;
}

static int serve(int fd, struct pdg_error *err)
{
	PDG_AUTO(buf)
	struct pdg_buf in = PDG_BUF_INIT(PDG_LIMIT_RELAY_MESSAGE + 2 * PDG_LIMIT_SMALL);
	int rc = 0;

	pdg_tasks_init(fd);
	while (rc == 0) {
		struct pdg_question q = {0};
		bool over = false;

		rc = pdg_channel_read(fd, &in, &q, &over, err);
		if (rc < 0 || over)
			break;
		rc = take(&q, err);
	}
	return rc;
}

static bool is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* The service ends it by closing the socket: a signal to the whole group would end its last calls.
 */
static void ignore_signals(void)
{
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
}

/*
 * Certificates of authorities, names of hosts, libraries that resolve them: to read, and nothing to
 * write or to run. What the service says comes over the socket.
 */
static int confine(struct pdg_error *err)
{
	const struct pdg_confine_path paths[] = {
		{"/etc", PDG_MAY_READ},
		{"/usr", PDG_MAY_READ},
		{"/lib", PDG_MAY_READ},
		{"/lib64", PDG_MAY_READ},
		{"/nix/store", PDG_MAY_READ},
		{"/run/systemd/resolve", PDG_MAY_READ},
		{"/run/resolvconf", PDG_MAY_READ},
		{"/run/nscd", PDG_MAY_READ},
		{"/var/lib/ca-certificates", PDG_MAY_READ},
		{"/sys/devices/system/cpu", PDG_MAY_READ},
		{"/dev/null", PDG_MAY_USE},
		{"/dev/urandom", PDG_MAY_READ},
		{getenv("SSL_CERT_FILE"), PDG_MAY_READ}, /* OpenSSL's, where it is set */
		{getenv("SSL_CERT_DIR"), PDG_MAY_READ},
	};
	const struct pdg_confine c = {.paths = paths, .n = sizeof(paths) / sizeof(paths[0])};
	struct pdg_confined on = {0};
	int rc = pdg_confine(&c, &on, err);

	if (rc == 0 && !on.landlock)
		pdg_log(PDG_LOG_WARN, "relay-unconfined", "why", "this kernel has no Landlock",
			NULL);
	return rc;
}

int main(int argc, char **argv)
{
	struct pdg_error err = {0};
	int rc;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("pedigree-relay %s\n", PEDIGREE_VERSION);
		return 0;
	}
	if (argc != 1 || !is_socket(STDIN_FILENO)) {
		rc = pdg_reject(&err, "CLI-1", "pedigree-relay is started by pedigreed alone");
		pdg_out_error("pedigree-relay", &err);
		return pdg_exit_status(rc);
	}
	umask(077);
	ignore_signals();
	rc = confine(&err);
	if (rc == 0)
		rc = serve(STDIN_FILENO, &err);
	if (rc < 0)
		pdg_log_error(PDG_LOG_ERROR, "relay-channel", &err);
	atomic_store(&given_up, true);
	/* Threads are in the midst of calls that nobody waits for. */
	(void)fflush(NULL);
	_exit(rc < 0 ? pdg_exit_status(rc) : 0);
}
