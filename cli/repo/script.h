/* SPDX-License-Identifier: Apache-2.0 */
/* The text of an installed hook: written here, and read back by whoever checks what it rests on. */
#ifndef PDG_CLI_REPO_SCRIPT_H
#define PDG_CLI_REPO_SCRIPT_H

#include "repo/install.h"

/** Append the script that runs @program as the hook @name. @kept: the hook from before, or NULL. */
void pdg_script_put(struct pdg_buf *b, const char *program, const char *name, const char *kept,
		    const struct pdg_install *in);

/** Is @text one of ours? */
bool pdg_script_is_ours(struct pdg_bytes text);

/* What a script says: strings owned, NULL where it does not say it. */
struct pdg_script {
	char *program;
	char *policy;
	char *repository;
	char *server_key;
	char *service;
	char *deadline;
	struct pdg_way way;
};

void pdg_script_done(struct pdg_script *s);
PDG_AUTO_DEFINE_VALUE(script, struct pdg_script, pdg_script_done)

/** Read @text, as pdg_script_put() writes it. Returns 0, PDG_E_USAGE (HOK-4), PDG_E_NOMEM. */
int pdg_script_read(struct pdg_bytes text, struct pdg_script *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
