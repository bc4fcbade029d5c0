/* SPDX-License-Identifier: Apache-2.0 */
/* A folder that policies are loaded from; see policy_place.h. */
#include "unit/trust/policy_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/fs.h"
#include "util/str.h"

void put_file(const struct place *pl, const char *name, struct pdg_bytes content)
{
	free(pdg_test_file(pl->dir, name, content));
}

void put_key(const struct place *pl, const char *name)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(4096);
	struct pdg_error err = {0};

	if (CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &key, &err), &err) &&
	    CHECK_OK(pdg_key_public_text(key, &pem, &err), &err))
		put_file(pl, name, pdg_buf_bytes(&pem));
}

void open_place(struct place *pl)
{
	static const char *const keys[] = {"a.pub", "b.pub", "c.pub", "d.pub", "e.pub"};
	static const char *const files[] = {"keys.asc", "signers", "revoked", "root.json",
					    "who.pub"};
	char *dir = pdg_test_dir();
	struct pdg_error err = {0};
	size_t i;

	CHECK_OK(pdg_path_real(dir, &pl->dir, &err), &err);
	free(dir);
	pl->file = pdg_test_path(pl->dir, "policy");
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		put_key(pl, keys[i]);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put_file(pl, files[i], pdg_bytes_str("# a file that is there\n"));
	put_file(pl, "none", pdg_bytes_str(""));
	put_file(pl, "gone",
		 pdg_bytes_str("[key \"0123456789ABCDEF0123456789ABCDEF01234567\"]\n"
			       "revokedSince = 2026-01-01T00:00:00Z\n"));
}

void close_place(struct place *pl)
{
	free(pl->file);
	pdg_test_dir_remove(pl->dir);
}

int load(const struct place *pl, const char *text, struct pdg_policy **out, struct pdg_error *err)
{
	put_file(pl, "policy", pdg_bytes_str(text));
	return pdg_policy_load(pl->file, out, err);
}

const char *at(const struct place *pl, const char *name)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", pl->dir, name);
	return path;
}

/* Take the mark out of @text. Returns the number of its line, 0 when there is none. */
static unsigned take_mark(const char *text, struct pdg_buf *out)
{
	unsigned marked = 0;
	unsigned line = 1;

	for (; *text; text++) {
		if (*text == '>' && !marked && (out->n == 0 || out->p[out->n - 1] == '\n')) {
			marked = line;
			continue;
		}
		line += *text == '\n';
		pdg_buf_putc(out, (uint8_t)*text);
	}
	return marked;
}

void check_refused(const struct place *pl, const char *name, const char *text, const char *rule)
{
	PDG_AUTO(buf) struct pdg_buf clean = PDG_BUF_INIT(1 << 20);
	PDG_AUTO(policy) struct pdg_policy *p = NULL;
	struct pdg_error err = {0};
	char place[4200];
	unsigned line = take_mark(text, &clean);

	put_file(pl, name, pdg_buf_bytes(&clean));
	CHECK_RULE(pdg_policy_load(pl->file, &p, &err), &err, rule);
	CHECK(p == NULL);
	CHECK(strchr(err.text, '\n') == NULL);
	if (line) {
		(void)snprintf(place, sizeof(place), "%s:%u: ", at(pl, name), line);
		CHECK_HAS(err.text, place);
	}
}
