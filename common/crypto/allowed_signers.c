/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allowed_signers files: the list of lines, and the question which of them lets a key sign. The
 * policy names the file; commit/judge.c asks with the key that sshsig.c found in a signature.
 */
#include "crypto/allowed_signers.h"

#include "crypto/allowed_line.h"
#include "crypto/sshpattern.h"
#include "util/limits.h"
#include "util/size.h"

struct pdg_allowed_signers {
	struct pdg_allowed_line *lines;
	size_t n;
	size_t cap;
};

void pdg_allowed_signers_free(struct pdg_allowed_signers *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->n; i++)
		pdg_allowed_line_done(&list->lines[i]);
	free(list->lines);
	free(list);
}

/* Blank, or a comment: nothing but blanks before its "#". */
static bool says_nothing(struct pdg_bytes line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] != ' ' && line.p[i] != '\t')
			return line.p[i] == '#';
	return true;
}

static int add_line(struct pdg_allowed_signers *list, struct pdg_bytes text, struct pdg_error *err)
{
	int rc = pdg_array_grow(&list->lines, list->n, &list->cap, sizeof(list->lines[0]),
				PDG_LIMIT_KEYS);

	if (rc == -1)
		return pdg_nomem(err);
	if (rc < 0)
		return pdg_fail(err, PDG_E_LIMIT, "more than %d keys", PDG_LIMIT_KEYS);
	rc = pdg_allowed_line_parse(text, &list->lines[list->n], err);
	if (rc < 0)
		return rc;
	list->n++;
	return 0;
}

int pdg_allowed_signers_parse(struct pdg_bytes in, const char *name,
			      struct pdg_allowed_signers **out, struct pdg_error *err)
{
	PDG_AUTO(allowed_signers) struct pdg_allowed_signers *list = NULL;
	struct pdg_bytes rest = in;
	struct pdg_bytes line;
	size_t number = 0;
	int rc;

	if (in.n > PDG_LIMIT_KEY_FILE)
		return pdg_fail(err, PDG_E_LIMIT, "%s: larger than %zu bytes", name,
				PDG_LIMIT_KEY_FILE);
	list = pdg_calloc(1, sizeof(*list));
	if (!list)
		return pdg_nomem(err);
	while (pdg_bytes_line(&rest, &line)) {
		number++;
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (says_nothing(line))
			continue;
		rc = add_line(list, line, err);
		if (rc < 0)
			return pdg_context(err, rc, "%s:%zu", name, number);
	}
	if (list->n == 0)
		return pdg_reject(err, "SSH-2", "%s: names no key, so nobody could sign", name);
	*out = PDG_TAKE(list);
	return 0;
}

/* Does @line speak of this key in this namespace? A CA's line speaks of certificates only. */
static bool is_about(const struct pdg_allowed_line *line, struct pdg_bytes blob,
		     const char *namespace_)
{
	if (line->cert_authority || !line->judged ||
	    !pdg_bytes_eq(pdg_bytes(line->blob, line->blob_len), blob))
		return false;
	return !line->namespaces || pdg_sshpattern_list_match(pdg_bytes_str(line->namespaces),
							      pdg_bytes_str(namespace_));
}

static enum pdg_signer_find judge(const struct pdg_allowed_line *line, int64_t at,
				  const char *principal)
{
	if (principal &&
	    !pdg_sshpattern_list_match(pdg_bytes_str(line->principals), pdg_bytes_str(principal)))
		return PDG_SIGNER_WRONG_NAME;
	if (line->has_after && at < line->valid_after)
		return PDG_SIGNER_NOT_YET;
	if (line->has_before && at > line->valid_before)
		return PDG_SIGNER_EXPIRED;
	return PDG_SIGNER_FOUND;
}

/* Which of several answers says most: the right person at a wrong time before another person. */
static int weight(enum pdg_signer_find f)
{
	switch (f) {
	case PDG_SIGNER_FOUND:
		return 3;
	case PDG_SIGNER_EXPIRED:
	case PDG_SIGNER_NOT_YET:
		return 2;
	case PDG_SIGNER_WRONG_NAME:
		return 1;
	case PDG_SIGNER_UNKNOWN:
		break;
	}
	return 0;
}

enum pdg_signer_find pdg_allowed_signers_find(const struct pdg_allowed_signers *list,
					      const struct pdg_sshkey *key, const char *namespace_,
					      int64_t at, const char *principal,
					      const char **out_principals)
{
	struct pdg_bytes blob = pdg_sshkey_blob(key);
	enum pdg_signer_find best = PDG_SIGNER_UNKNOWN;

	for (size_t i = 0; i < list->n && best != PDG_SIGNER_FOUND; i++) {
		const struct pdg_allowed_line *line = &list->lines[i];
		enum pdg_signer_find f;

		if (!is_about(line, blob, namespace_))
			continue;
		f = judge(line, at, principal);
		if (weight(f) <= weight(best))
			continue;
		best = f;
		if (out_principals)
			*out_principals = line->principals;
	}
	return best;
}
