/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every tile's file, as core_files.c looks at the newest alone: what a restore left to another user
 * is told as that, with the command that mends it, and not as damage by whoever reads it next.
 */
#include <inttypes.h>
#include <stdio.h>

#include "service/fsck_impl.h"
#include "tlog/embedded.h"

/* One command mends them all, mostly. */
#define SHOWN_MAX 20

struct files {
	void (*line)(void *ctx, const char *text);
	void *ctx;
	uint64_t n;
	struct pdg_error first;
};

static void file_fault(void *ctx, const struct pdg_error *why)
{
	struct files *f = ctx;
	char text[sizeof(why->text) + sizeof(why->rule) + sizeof(why->fix) + 8];

	if (f->n == 0)
		f->first = *why;
	if (f->n++ >= SHOWN_MAX)
		return;
	(void)snprintf(text, sizeof(text), "%s [%s]; %s", why->text, why->rule, why->fix);
	f->line(f->ctx, text);
}

int pdg_fsck_files(const struct pdg_service_config *cfg, void (*line)(void *ctx, const char *text),
		   void *ctx, struct pdg_error *err)
{
	struct files f = {.line = line, .ctx = ctx};
	char text[128];
	int rc;

	if (cfg->log != PDG_LOG_EMBEDDED)
		return 0;
	rc = pdg_embedded_tiles_each(cfg->log_directory, file_fault, &f, err);
	if (rc < 0 || f.n == 0)
		return rc;
	(void)snprintf(text, sizeof(text),
		       "%" PRIu64 " files or folders of the log are not as they must be; nothing "
		       "else was checked",
		       f.n);
	line(ctx, text);
	if (err)
		*err = f.first;
	return pdg_context(err, f.first.code, "log");
}
