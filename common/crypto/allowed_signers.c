/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allowed_signers files: the list of lines, and the question which of them lets a key sign. The
 * policy names the file; commit/judge_ssh.c asks with the key or certificate that sshsig.c found in
 * a signature.
 */
#include "crypto/allowed_signers.h"

#include "crypto/allowed_line.h"
#include "crypto/sshpattern.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/validity.h"

struct pdg_allowed_signers {
	struct pdg_allowed_line *lines;
	uint64_t *ends; /* of each line's key: a list of thousands is looked through for each commit
			 */
	size_t n;
	size_t cap;
	size_t ends_cap;
};

/* The last bytes of a key, where two seldom agree. */
static uint64_t end_of(struct pdg_bytes blob)
{
	struct pdg_bytes last = pdg_bytes_from(blob, blob.n - (blob.n < 8 ? blob.n : 8));
	uint64_t end = 0;

	if (last.n)
		memcpy(&end, last.p, last.n);
	return end;
}

void pdg_allowed_signers_free(struct pdg_allowed_signers *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->n; i++)
		pdg_allowed_line_done(&list->lines[i]);
	free(list->lines);
	free(list->ends);
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

	if (rc == 0)
		rc = pdg_array_grow(&list->ends, list->n, &list->ends_cap, sizeof(list->ends[0]),
				    PDG_LIMIT_KEYS);
	if (rc == PDG_E_LIMIT)
		return pdg_fail(err, PDG_E_LIMIT, "more than %d keys", PDG_LIMIT_KEYS);
	if (rc < 0)
		return pdg_nomem(err);
	rc = pdg_allowed_line_parse(text, &list->lines[list->n], err);
	if (rc < 0)
		return rc;
	list->ends[list->n] =
		end_of(pdg_bytes(list->lines[list->n].blob, list->lines[list->n].blob_len));
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

/* Does @line speak of this key (an authority's, if @authority) in this namespace? */
static bool is_about(const struct pdg_allowed_line *line, const struct pdg_sshkey *key,
		     bool authority, const char *namespace_)
{
	if (line->cert_authority != authority || !line->judged ||
	    !pdg_bytes_eq(pdg_bytes(line->blob, line->blob_len), pdg_sshkey_blob(key)))
		return false;
	return !line->namespaces || pdg_sshpattern_list_match(pdg_bytes_str(line->namespaces),
							      pdg_bytes_str(namespace_));
}

static bool is_for(const struct pdg_allowed_line *line, struct pdg_bytes principal)
{
	return pdg_sshpattern_list_match(pdg_bytes_str(line->principals), principal);
}

static enum pdg_signer_find judge_time(const struct pdg_allowed_line *line, int64_t at)
{
	if (line->has_after && at < line->valid_after)
		return PDG_SIGNER_NOT_YET;
	if (line->has_before && at > line->valid_before)
		return PDG_SIGNER_EXPIRED;
	return PDG_SIGNER_FOUND;
}

static enum pdg_signer_find judge(const struct pdg_allowed_line *line, int64_t at,
				  const char *principal)
{
	if (principal && !is_for(line, pdg_bytes_str(principal)))
		return PDG_SIGNER_WRONG_NAME;
	return judge_time(line, at);
}

/* The principal is both the certificate's, whose names are no patterns, and one of the line's. */
static enum pdg_signer_find judge_cert(const struct pdg_allowed_line *line,
				       const struct pdg_sshcert *cert, int64_t at,
				       const char *principal, struct pdg_bytes *out_principal)
{
	struct pdg_bytes rest = cert->principals;
	enum pdg_signer_find f = judge_time(line, at);
	int when = pdg_sshcert_when(cert, at);
	struct pdg_bytes name;
	bool found = false;

	while (!found && pdg_sshcert_principal(&rest, &name))
		found = (!principal || pdg_bytes_eq_str(name, principal)) && is_for(line, name);
	if (!found)
		return PDG_SIGNER_WRONG_NAME;
	*out_principal = name;
	if (f != PDG_SIGNER_FOUND || when == 0)
		return f;
	return when < 0 ? PDG_SIGNER_NOT_YET : PDG_SIGNER_EXPIRED;
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
	const uint64_t end = end_of(pdg_sshkey_blob(key));
	enum pdg_signer_find best = PDG_SIGNER_UNKNOWN;

	for (size_t i = 0; i < list->n && best != PDG_SIGNER_FOUND; i++) {
		const struct pdg_allowed_line *line = &list->lines[i];
		enum pdg_signer_find f;

		if (list->ends[i] != end || !is_about(line, key, false, namespace_))
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

enum pdg_signer_find pdg_allowed_signers_find_cert(const struct pdg_allowed_signers *list,
						   const struct pdg_sshcert *cert,
						   const char *namespace_, int64_t at,
						   const char *principal,
						   struct pdg_bytes *out_principal)
{
	const uint64_t end = end_of(pdg_sshkey_blob(cert->ca));
	enum pdg_signer_find best = PDG_SIGNER_UNKNOWN;

	*out_principal = pdg_bytes(NULL, 0);
	for (size_t i = 0; i < list->n && best != PDG_SIGNER_FOUND; i++) {
		const struct pdg_allowed_line *line = &list->lines[i];
		struct pdg_bytes name = {0};
		enum pdg_signer_find f;

		if (list->ends[i] != end || !is_about(line, cert->ca, true, namespace_))
			continue;
		f = judge_cert(line, cert, at, principal, &name);
		if (weight(f) <= weight(best))
			continue;
		best = f;
		*out_principal = name;
	}
	return best;
}
