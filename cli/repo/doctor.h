/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks of `pedigree doctor` share: where they look, and how they speak. */
#ifndef PDG_CLI_REPO_DOCTOR_H
#define PDG_CLI_REPO_DOCTOR_H

#include "repo/repo.h"
#include "repo/script.h"

struct pdg_doctor {
	const struct pdg_args *args;
	struct pdg_repo *repo;
	struct pdg_place place;
	bool server; /* a repository that is pushed to */
	struct pdg_script
		script; /* of its installed hooks: what they rest on, not the configuration */
	size_t bad;
};

/** One line "good <what> …". */
void pdg_doctor_good(const char *what, const char *fmt, ...) PDG_PRINTF(2, 3);
/** One line "note <what> …": it may be as it is meant to be. */
void pdg_doctor_note(const char *what, const char *fmt, ...) PDG_PRINTF(2, 3);
/** One line "bad <what> …", with rule and remedy; counted. */
void pdg_doctor_bad(struct pdg_doctor *d, const char *what, const struct pdg_error *err);

/** Is this a server's repository, and what do its hooks say? */
void pdg_doctor_find_server(struct pdg_doctor *d);
/** Its server key, as the hooks will load it, and where the timer sends to. After the policy. */
void pdg_doctor_server(struct pdg_doctor *d);
/** In a clone: its key, what signs its commits, for how long a push waits. After the policy. */
void pdg_doctor_clone(struct pdg_doctor *d);
/** Can the outbox take statements, and what is in it? */
void pdg_doctor_outbox(struct pdg_doctor *d);
/** The service: its address, and what it says of itself. */
void pdg_doctor_service(struct pdg_doctor *d);

#endif
