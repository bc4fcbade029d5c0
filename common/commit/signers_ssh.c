/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading the SSH side of a repository section: allowed_signers files, and keys by fingerprint, for
 * forges and for what is revoked, and KRLs.
 */
#include "commit/signers.h"

#include "crypto/digest.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"

#define FINGERPRINT_PREFIX "SHA256:"

static int compare(const void *a, const void *b)
{
	const char *left = a;
	const char *right = b;

	return strcmp(left, right);
}

bool pdg_ssh_set_has(const struct pdg_ssh_set *set, const char *fingerprint)
{
	return set->n && bsearch(fingerprint, set->v, set->n, sizeof(*set->v), compare);
}

static int set_add(struct pdg_ssh_set *set, struct pdg_bytes fingerprint, struct pdg_error *err)
{
	int rc = pdg_array_grow(&set->v, set->n, &set->cap, sizeof(*set->v), PDG_LIMIT_KEYS);

	if (rc == PDG_E_LIMIT)
		return pdg_fail(err, PDG_E_LIMIT, "more than %d keys", PDG_LIMIT_KEYS);
	if (rc < 0)
		return pdg_nomem(err);
	memcpy(set->v[set->n], fingerprint.p, PDG_SSH_FINGERPRINT_LEN);
	set->v[set->n][PDG_SSH_FINGERPRINT_LEN] = '\0';
	set->n++;
	return 0;
}

static int add_blob(struct pdg_ssh_set *set, struct pdg_bytes blob, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_SSH_FINGERPRINT_LEN);
	uint8_t digest[PDG_SHA256_LEN];
	int rc = pdg_sha256(blob, digest, err);

	if (rc < 0)
		return rc;
	pdg_buf_puts(&text, FINGERPRINT_PREFIX);
	pdg_base64_nopad(pdg_bytes(digest, sizeof(digest)), &text);
	rc = pdg_buf_check(&text, err);
	return rc < 0 ? rc : set_add(set, pdg_buf_bytes(&text), err);
}

/* The fingerprint of any kind of key: one that is not judged can still be revoked, a part of none.
 */
static int add_key_line(struct pdg_ssh_set *set, struct pdg_bytes line, bool revoked,
			struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(sshcert) struct pdg_sshcert *cert = NULL;
	int rc = pdg_sshkey_line(line, &blob, err);

	if (rc < 0)
		return rc;
	if (!pdg_sshcert_is(pdg_buf_bytes(&blob))) {
		rc = pdg_sshkey_complete(pdg_buf_bytes(&blob), err);
		return rc < 0 ? rc : add_blob(set, pdg_buf_bytes(&blob), err);
	}
	if (!revoked)
		return pdg_fail(err, PDG_E_FORMAT, "a certificate, where a key belongs");
	rc = pdg_sshcert_parse(pdg_buf_bytes(&blob), &cert, err);
	return rc < 0 ? rc : add_blob(set, pdg_sshkey_blob(cert->key), err);
}

/* "SHA256:…", alone or with a comment behind a blank. */
static int add_fingerprint_line(struct pdg_ssh_set *set, struct pdg_bytes line,
				struct pdg_error *err)
{
	size_t end = pdg_bytes_find_byte(line, ' ', 0);
	struct pdg_bytes word = pdg_bytes_head(line, end);

	if (!pdg_is_base64_sha256(pdg_bytes_from(word, strlen(FINGERPRINT_PREFIX))))
		return pdg_fail(err, PDG_E_FORMAT, "not a whole SHA256 fingerprint");
	return set_add(set, word, err);
}

int pdg_ssh_set_read(struct pdg_ssh_set *set, struct pdg_bytes text, bool revoked,
		     struct pdg_error *err)
{
	struct pdg_bytes line;
	size_t before = set->n;
	size_t number = 0;

	while (pdg_bytes_line(&text, &line)) {
		int rc;

		number++;
		line = pdg_bytes_trim(line, " \t\r");
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (revoked && pdg_bytes_starts(line, FINGERPRINT_PREFIX))
			rc = add_fingerprint_line(set, line, err);
		else
			rc = add_key_line(set, line, revoked, err);
		if (rc < 0)
			return pdg_context(err, rc, "line %zu", number);
	}
	if (set->n == before)
		return pdg_fail(err, PDG_E_FORMAT, "there is no key in it");
	qsort(set->v, set->n, sizeof(*set->v), compare);
	return 0;
}

int pdg_signers_load_revoked(const char *path, struct pdg_signers *s, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	int rc;

	rc = pdg_fs_read(path, &text, err);
	if (rc < 0)
		return rc;
	if (pdg_sshkrl_is(pdg_buf_bytes(&text))) {
		rc = pdg_sshkrl_parse(pdg_buf_bytes(&text), &s->krls[s->n_krls], err);
		if (rc == 0)
			s->n_krls++;
		return pdg_context(err, rc, "%s", path);
	}
	rc = pdg_ssh_set_read(&s->revoked, pdg_buf_bytes(&text), true, err);
	return pdg_context(err, rc, "%s", path);
}

int pdg_signers_load_list(const char *path, struct pdg_signers *s, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	int rc;

	rc = pdg_fs_read(path, &text, err);
	if (rc == 0)
		rc = pdg_allowed_signers_parse(pdg_buf_bytes(&text), path, &s->lists[s->n_lists],
					       err);
	if (rc == 0)
		s->n_lists++;
	return rc;
}
