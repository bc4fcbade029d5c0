/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree doctor, the parts that people's commits and pushes rest on: the clone's key, what signs,
 * and the outbox, each asked as the hooks will ask it.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "attest/outbox.h"
#include "crypto/key.h"
#include "gate/emit.h"
#include "gate/signing.h"
#include "repo/doctor.h"
#include "util/fs.h"
#include "util/str.h"
#include "util/time.h"

static void check_signing(struct pdg_doctor *d)
{
	struct pdg_error err = {.code = 0};
	bool found = false;
	int rc = pdg_signing_usable(d->repo, &err);

	if (rc == 0 && d->place.signers)
		rc = pdg_signing_allowed(d->repo, d->place.signers, pdg_now(&pdg_clock_system),
					 &found, &err);
	if (rc < 0)
		pdg_doctor_bad(d, "signing", &err);
	else if (found)
		pdg_doctor_good("signing", "commits are signed, by a key of the policy");
	else
		pdg_doctor_good("signing",
				"is switched on; with which key, and whether the policy has it, "
				"cannot be told before a commit is made");
}

static void check_deadline(struct pdg_doctor *d)
{
	PDG_AUTO(mem) char *deadline = NULL;
	struct pdg_error err = {.code = 0};
	int rc = pdg_repo_config(d->repo, "pedigree.deadline", &deadline, &err);

	if (rc == 0 && deadline)
		rc = pdg_emit_deadline(deadline, NULL, &err);
	if (rc < 0)
		pdg_doctor_bad(d, "deadline", &err);
}

/* Whether this clone signs its pushes by itself, where the server takes no others. */
static void check_pushes(struct pdg_doctor *d)
{
	PDG_AUTO(mem) char *sign = NULL;
	struct pdg_error err = {.code = 0};

	if (!d->place.section || d->place.section->pusher_from != PDG_PUSHER_CERTIFICATE)
		return;
	if (pdg_repo_config(d->repo, "push.gpgSign", &sign, &err) == 0 && sign &&
	    !pdg_str_eq(sign, "false") && !pdg_str_eq(sign, "no") && !pdg_str_eq(sign, "off") &&
	    !pdg_str_eq(sign, "0")) {
		pdg_doctor_good("pushes", "are signed");
		return;
	}
	(void)pdg_reject(&err, "PSH-14",
			 "are not signed by themselves, and the policy wants to know who pushes");
	pdg_fix(&err, "git config push.gpgSign if-asked");
	pdg_doctor_bad(d, "pushes", &err);
}

void pdg_doctor_clone(struct pdg_doctor *d)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	struct pdg_error err = {.code = 0};

	if (d->server)
		return;
	if (pdg_emit_clone_key(&d->place, &key, &err) < 0)
		pdg_doctor_bad(d, "clone key", &err);
	else
		pdg_doctor_good("clone key", "%s", d->place.key_file);
	check_signing(d);
	check_pushes(d);
	check_deadline(d);
}

/* Also a link that leads nowhere is there. */
static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* As pdg_emit_ready() will, but nothing is made that is not there. */
static int try_outbox(const struct pdg_place *p, struct pdg_error *err)
{
	int rc = is_there(p->state) ? pdg_fs_private_dir(p->state, err) : 0;

	return rc == 0 && is_there(p->outbox) ? pdg_outbox_ready(p->outbox, err) : rc;
}

void pdg_doctor_outbox(struct pdg_doctor *d)
{
	struct pdg_error err = {.code = 0};
	size_t waiting = 0;
	size_t refused = 0;
	int rc = try_outbox(&d->place, &err);

	if (rc == 0)
		rc = pdg_outbox_count(d->place.outbox, &waiting, &refused, &err);
	if (rc < 0) {
		pdg_doctor_bad(d, "outbox", &err);
	} else if (refused) {
		(void)pdg_fail(&err, PDG_E_REJECTED, "%zu statement%s refused, %zu wait%s", refused,
			       refused == 1 ? " was" : "s were", waiting, waiting == 1 ? "s" : "");
		pdg_fix(&err, "read the .problem files in %s", d->place.outbox);
		pdg_doctor_bad(d, "outbox", &err);
	} else if (waiting) {
		(void)pdg_fail(&err, PDG_E_IO, "%zu statement%s", waiting,
			       waiting == 1 ? " waits" : "s wait");
		pdg_fix(&err, "pedigree submit --outbox %s", d->place.outbox);
		pdg_doctor_bad(d, "outbox", &err);
	} else {
		pdg_doctor_good("outbox", "empty");
	}
}
