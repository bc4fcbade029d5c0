/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigreed: configuration -> addresses -> core -> HTTP, then signals: SIGTERM and SIGINT stop it
 * (what was accepted is finished, within 10 s), SIGHUP takes in again what service/reload.c lists.
 * --fsck checks everything stored, --backup copies it while another pedigreed serves; both end.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/spawn.h"
#include "service/backup.h"
#include "service/httpd.h"
#include "service/notify.h"
#include "service/reload.h"
#include "service/signals.h"
#include "service/stop.h"
#include "util/opt.h"
#include "util/out.h"
#include "util/str.h"

#define USAGE_COLUMN 14

static const struct pdg_opt options[] = {
	{"config", "FILE", "the daemon's configuration", false},
	{"fsck", NULL, "re-check everything stored, then end", false},
	{"backup", "DIR", "copy store and log to a new folder, then end", false},
	{"version", NULL, "print the version", false},
	{"help", NULL, "print this", false},
	{0},
};

static void usage(FILE *to)
{
	const struct pdg_opt *o;

	fputs("usage: pedigreed --config FILE [--fsck | --backup DIR]\n", to);
	for (o = options; o->name; o++) {
		int used = (int)strlen(o->name) + (o->value ? 1 + (int)strlen(o->value) : 0);

		fprintf(to, "  --%s%s%s%*s%s\n", o->name, o->value ? " " : "",
			o->value ? o->value : "", USAGE_COLUMN - used, "", o->help);
	}
}

/* Exit handlers would free what a thread that hangs works with. */
static void end_at_once(int rc, const struct pdg_error *err)
{
	if (rc < 0)
		pdg_out_error("pedigreed", err);
	(void)fflush(NULL);
	_exit(pdg_exit_status(rc));
}

/* Which signal came meanwhile that ends the service, and will within PDG_STOP_LIMIT_MS of it; 0:
 * none. */
static int reload(struct pdg_httpd *httpd, struct pdg_core *core,
		  const struct pdg_service_config *cfg, const struct pdg_notify *notify,
		  const sigset_t *set)
{
	int sig;

	pdg_notify_reloading(notify);
	pdg_signals_reloading(set, PDG_STOP_LIMIT_MS);
	pdg_reload_all(core, httpd, cfg);
	sig = pdg_signals_reloaded();
	pdg_notify_tell(notify, "READY=1");
	return sig;
}

/* Everything is set up: until a signal ends it. */
static void serve(struct pdg_httpd *httpd, struct pdg_core *core,
		  const struct pdg_service_config *cfg, const struct pdg_notify *notify,
		  const sigset_t *set)
{
	int sig;

	pdg_notify_tell(notify, "READY=1");
	do {
		sig = pdg_signals_next(set, notify);
		if (sig == 0) {
			pdg_core_touch(core);
			pdg_notify_tell(notify, "WATCHDOG=1");
		}
		if (sig == SIGHUP)
			sig = reload(httpd, core, cfg, notify, set);
	} while (sig != SIGTERM && sig != SIGINT);
	pdg_signals_end_within(PDG_STOP_LIMIT_MS);
	pdg_log(PDG_LOG_INFO, "stopping", NULL);
	pdg_notify_tell(notify, "STOPPING=1");
	pdg_httpd_quiesce(httpd);
	if (!pdg_core_stop(core)) {
		pdg_log(PDG_LOG_WARN, "store-call-abandoned", NULL);
		pdg_httpd_drain(httpd, PDG_STOP_ANSWERS_MS);
		end_at_once(0, NULL);
	}
	pdg_httpd_stop(httpd, PDG_STOP_REQUESTS_MS);
}

static void print_line(void *ctx, const char *text)
{
	(void)ctx;
	pdg_out(stdout, PDG_PLAIN, "%s\n", text);
}

static void show_pages(void *ctx, const char *what, uint64_t done, uint64_t all)
{
	(void)ctx;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s: %llu of %llu pages%s", what, (unsigned long long)done,
			(unsigned long long)all, done == all ? "\n" : "");
}

static int backup(const struct pdg_service_config *cfg, const char *to, struct pdg_error *err)
{
	struct pdg_backup_told told = {.progress = show_pages};
	int rc = pdg_backup(cfg, to, &told, err);

	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN, "backup in \"%s\"; %llu log entries\n", to,
		(unsigned long long)told.log_size);
	return pdg_out_finish(stdout, err);
}

static void close_core(struct pdg_core *core, int rc, const struct pdg_error *err)
{
	if (!pdg_core_close(core))
		end_at_once(rc, err);
}

static void show_checked(void *ctx, uint64_t done, uint64_t all)
{
	(void)ctx;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\rattestations: %llu of %llu checked%s", (unsigned long long)done,
			(unsigned long long)all, done == all ? "\n" : "");
}

static int check(const struct pdg_service_config *cfg, struct pdg_error *err)
{
	struct pdg_core *core = NULL;
	int rc = pdg_core_open_to_check(cfg, &pdg_clock_system, &core, err);

	if (rc < 0)
		return rc;
	rc = pdg_core_fsck(core, print_line, show_checked, NULL, NULL, err);
	if (rc == 0)
		rc = pdg_out_finish(stdout, err);
	close_core(core, rc, err);
	return rc;
}

/* A unix socket never has TLS. */
static bool has_address(const struct pdg_listeners *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (!l->v[i].local)
			return true;
	}
	return false;
}

/* The addresses first: a daemon that cannot be reached makes no database and no log. */
static int start_and_serve(const struct pdg_service_config *cfg, struct pdg_error *err)
{
	PDG_AUTO(listeners) struct pdg_listeners listeners = {.n = 0};
	PDG_AUTO(tls) struct pdg_tls *tls = NULL;
	struct pdg_core *core = NULL;
	struct pdg_httpd *httpd = NULL;
	struct pdg_notify notify;
	sigset_t set;
	int rc;

	pdg_signals_block(&set);
	pdg_signals_starting(&set);
	rc = pdg_listen_open(cfg, &listeners, err);
	pdg_notify_open(&notify);
	if (rc == 0)
		rc = pdg_tls_new(cfg, &tls, err);
	if (rc == 0 && tls && !has_address(&listeners))
		pdg_log(PDG_LOG_WARN, "tls-is-for-no-address", "file", cfg->file, NULL);
	if (rc == 0)
		rc = pdg_core_open(cfg, &pdg_clock_system, &core, err);
	if (rc == 0)
		rc = pdg_httpd_start(cfg, core, &listeners, PDG_TAKE(tls), &httpd, err);
	pdg_signals_started();
	if (rc == 0)
		serve(httpd, core, cfg, &notify, &set);
	close_core(core, rc, err);
	pdg_notify_close(&notify);
	return rc;
}

static int run(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(service_config) struct pdg_service_config *cfg = NULL;
	int rc;

	rc = pdg_service_config_load(pdg_args_get(args, "config"), &cfg, err);
	if (rc < 0 && pdg_str_eq(err->rule, "POL-9"))
		pdg_fix(err, "name by --config the file of the daemon's configuration, which its "
			     "user can read");
	if (rc < 0)
		return rc;
	pdg_log_level(cfg->log_level);
	if (pdg_args_has(args, "backup"))
		return backup(cfg, pdg_args_get(args, "backup"), err);
	rc = pdg_program_path("pedigree-signer", &cfg->signer_program, err);
	if (rc < 0)
		return rc;
	cfg->confine = !pdg_args_has(args, "fsck");
	return pdg_args_has(args, "fsck") ? check(cfg, err) : start_and_serve(cfg, err);
}

static int check_args(const struct pdg_args *args, struct pdg_error *err)
{
	int rc = 0;

	if (args->n_args)
		rc = pdg_reject(err, "CLI-1", "unexpected argument '%s'", args->arg[0]);
	else if (!pdg_args_has(args, "config"))
		rc = pdg_reject(err, "CLI-1", "--config FILE is missing");
	else if (pdg_args_has(args, "fsck") && pdg_args_has(args, "backup"))
		rc = pdg_reject(err, "CLI-1", "--fsck and --backup exclude each other");
	if (rc < 0)
		pdg_fix(err, "pedigreed --help shows the usage");
	return rc;
}

static int dispatch(const struct pdg_args *args, struct pdg_error *err)
{
	int rc;

	if (pdg_args_has(args, "help")) {
		usage(stdout);
		return pdg_out_finish(stdout, err);
	}
	if (pdg_args_has(args, "version")) {
		printf("pedigreed %s\n", PEDIGREE_VERSION);
		return pdg_out_finish(stdout, err);
	}
	rc = check_args(args, err);
	return rc < 0 ? rc : run(args, err);
}

int main(int argc, char **argv)
{
	static char long_help[] = "--help";
	struct pdg_args args = {0};
	struct pdg_error err = {0};
	int rc;

	umask(077);
	/* An arena for each thread would keep what each needed once. */
	(void)mallopt(M_ARENA_MAX, 2);
	if (argc > 1 && strcmp(argv[1], "-h") == 0)
		argv[1] = long_help;
	rc = pdg_args_parse(options, argc - 1, argv + 1, &args, &err);
	if (rc < 0)
		pdg_fix(&err, "pedigreed --help shows the usage");
	if (rc == 0)
		rc = dispatch(&args, &err);
	pdg_args_done(&args);
	if (rc < 0)
		pdg_out_error("pedigreed", &err);
	return rc < 0 ? pdg_exit_status(rc) : 0;
}
