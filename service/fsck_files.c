/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every tile's file, as core_files.c looks at the newest alone: what a restore left to another user
 * is told as that, with what mends it, and not as damage by whoever reads it next.
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

static void show(const struct files *f, const struct pdg_error *why)
{
	char text[sizeof(why->text) + sizeof(why->rule) + sizeof(why->fix) + 8];

	(void)snprintf(text, sizeof(text), "%s [%s]; %s", why->text, why->rule, why->fix);
	f->line(f->ctx, text);
}

/* One alone is what the check ends with; of several each has a line. */
static void file_fault(void *ctx, const struct pdg_error *why)
{
	struct files *f = ctx;

	f->n++;
	if (f->n == 1)
		f->first = *why;
	if (f->n == 2)
		show(f, &f->first);
	if (f->n > 1 && f->n <= SHOWN_MAX)
		show(f, why);
}

int pdg_fsck_files(const struct pdg_service_config *cfg, void (*line)(void *ctx, const char *text),
		   void *ctx, struct pdg_error *err)
{
	struct files f = {.line = line, .ctx = ctx};
	int rc;

	if (cfg->log != PDG_LOG_EMBEDDED)
		return 0;
	rc = pdg_embedded_tiles_each(cfg->log_directory, file_fault, &f, err);
	if (rc < 0 || f.n == 0)
		return rc;
	if (f.n == 1) {
		if (err)
			*err = f.first;
		return pdg_context(err, f.first.code, "log");
	}
	rc = pdg_reject(err, "FIL-1",
			"log: %" PRIu64 " files or folders are not as they must be; nothing else "
			"was checked",
			f.n);
	pdg_fix(err, "mend what the lines before this name, and check again");
	return rc;
}
