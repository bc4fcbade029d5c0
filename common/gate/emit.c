/* SPDX-License-Identifier: Apache-2.0 */
/* Stage one leaves the repository here: signed, durable, and handed over by another program. */
#include "gate/emit.h"

#include <string.h>

#include "attest/outbox.h"
#include "proc/spawn.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

#define SEND_SLACK_MS 3000 /* beyond the deadline, before pedigree-net is killed */

int pdg_emit_ready(const struct pdg_place *p, struct pdg_error *err)
{
	return pdg_place_ready(p, p->outbox, "the outbox cannot take statements", err);
}

int pdg_emit_source(const struct pdg_source_make *m, const struct pdg_key *key, const char *outbox,
		    struct pdg_envelope **out_envelope, struct pdg_buf *out_body,
		    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf statement = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	int rc = pdg_source_make(m, &statement, err);

	if (rc == 0)
		rc = pdg_envelope_sign(pdg_buf_bytes(&statement), key, &e, err);
	if (rc == 0)
		rc = pdg_submission_write(e, m->raw, &body, err);
	if (rc == 0)
		rc = pdg_outbox_put(outbox, e->reference, pdg_buf_bytes(&body), err);
	if (rc < 0)
		return pdg_context(err, rc, "source statement");
	if (out_body)
		pdg_buf_put(out_body, pdg_buf_bytes(&body));
	if (out_envelope)
		*out_envelope = PDG_TAKE(e);
	return out_body ? pdg_buf_check(out_body, err) : 0;
}

int pdg_emit_clone_key(const struct pdg_place *p, struct pdg_key **out, struct pdg_error *err)
{
	struct pdg_error why = {.code = 0};
	int rc = pdg_key_private_file(p->key_file, out, &why);

	if (rc == 0)
		return 0;
	if (!pdg_fs_exists(p->key_file))
		pdg_fix(&why, "pedigree init");
	else if (strcmp(why.rule, "KEY-3") == 0)
		pdg_fix(&why, "remove that file, then \"pedigree init\" makes a new key");
	(void)pdg_context(&why, rc, "this clone's key");
	if (err)
		*err = why;
	return rc;
}

int pdg_emit_make_key(const struct pdg_place *p, bool *out_made, struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	int rc;

	if (pdg_fs_exists(p->key_file)) {
		rc = pdg_emit_clone_key(p, &key, err);
		if (rc == 0)
			*out_made = false;
		return rc;
	}
	rc = pdg_fs_private_dir(p->state, err);
	if (rc == 0)
		/* It signs at every commit, and needs no random numbers for that. */
		rc = pdg_key_generate(PDG_KEY_ED25519, &key, err);
	if (rc == 0)
		rc = pdg_key_private_save(key, p->key_file, err);
	if (rc == 0)
		*out_made = true;
	return rc;
}

int pdg_emit_server_key(const struct pdg_policy_repository *section, const char *file,
			struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	int rc;

	if (!file) {
		rc = pdg_reject(
			err, "HOK-6",
			"the policy wants sources of \"%s\" from the git server, and there is no server key",
			section->uri);
		pdg_fix(err, "give --server-key PEM (\"pedigree key generate\" makes one)");
		return rc;
	}
	rc = pdg_key_private_file(file, &key, err);
	if (rc < 0)
		return pdg_context(err, rc, "server key");
	if (pdg_key_list_has(&section->server_keys, key)) {
		*out = PDG_TAKE(key);
		return 0;
	}
	rc = pdg_reject(err, "HOK-6", "\"%s\" is not a serverKey of \"%s\" in the policy", file,
			section->uri);
	pdg_fix(err, "name its public key as serverKey in the policy, or use the right key");
	return rc;
}

int pdg_emit_deadline(const char *deadline, int *out_ms, struct pdg_error *err)
{
	struct pdg_error why = {.code = 0};
	int64_t seconds;
	int rc = pdg_deadline_parse(pdg_bytes_str(deadline), &seconds, &why);

	if (rc < 0) {
		rc = pdg_reject(err, "CLI-2", "the deadline \"%s\" is %s", deadline, why.text);
		pdg_fix(err,
			"git config pedigree.deadline 2s, or for the hooks of a server: pedigree hooks "
			"install --server --deadline 2s again");
		return rc;
	}
	if (out_ms)
		*out_ms = (int)seconds * 1000;
	return 0;
}

int pdg_send_outbox(const struct pdg_send *s, enum pdg_sent *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf said = PDG_BUF_INIT(PDG_LIMIT_TEXT);
	PDG_AUTO(mem) char *program = NULL;
	const char *argv[9 + PDG_WAY_WORDS + 2] = {"pedigree-net",     "submit",    "--quiet",
						   "--" PDG_WAY_GIVEN, "--service", s->service,
						   "--deadline",       s->deadline, "--outbox"};
	size_t n = 9;
	struct pdg_spawn run = {.argv = argv, .out = &said, .quiet = true};
	int status = 0;
	int rc;

	n += pdg_way_words(s->way, argv + n);
	argv[n] = s->outbox;
	if (!s->service) {
		*out = PDG_SENT_NOWHERE;
		return 0;
	}
	if (!pdg_fs_exists(s->outbox)) {
		*out = PDG_SENT_ALL;
		return 0;
	}
	rc = pdg_emit_deadline(s->deadline, &run.timeout_ms, err);
	run.timeout_ms += SEND_SLACK_MS;
	if (rc == 0)
		rc = pdg_program_path("pedigree-net", &program, err);
	if (rc < 0)
		return rc;
	run.program = program;
	rc = pdg_spawn(&run, &status, err);
	if (rc < 0)
		return rc;
	*out = status == 0 ? PDG_SENT_ALL : status == 1 ? PDG_SENT_REFUSED : PDG_SENT_NONE;
	return 0;
}

int pdg_outbox_count(const char *outbox, size_t *out_waiting, size_t *out_refused,
		     struct pdg_error *err)
{
	PDG_AUTO(names) struct pdg_names names = {NULL, 0};
	size_t waiting = 0;
	size_t refused = 0;
	size_t i;
	int rc = pdg_fs_exists(outbox) ? pdg_fs_list(outbox, PDG_LIMIT_OUTBOX, &names, err) : 0;

	if (rc < 0)
		return rc;
	for (i = 0; i < names.n; i++) {
		waiting += pdg_str_ends(names.v[i], ".json");
		refused += pdg_str_ends(names.v[i], ".refused");
	}
	*out_waiting = waiting;
	*out_refused = refused;
	return 0;
}
