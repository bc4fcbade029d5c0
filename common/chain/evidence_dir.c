/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence from a folder: one record, bundle or envelope a file (.json), or one a line
 * (.jsonl). Files only; no socket is opened here or by anything called from here.
 */
#include "chain/evidence.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"

/* Is @rc a fault of what was read, and not of this machine? */
static bool is_fault_of_file(int rc)
{
	return rc == PDG_E_FORMAT || rc == PDG_E_LIMIT || rc == PDG_E_REJECTED;
}

static int take(struct pdg_evidence *e, struct pdg_bytes text, const char *where,
		struct pdg_error *err)
{
	struct pdg_error why = {0};
	struct pdg_record *r = NULL;
	int rc = pdg_record_parse(text, where, &r, &why);

	if (rc == 0)
		return pdg_evidence_add(e, r, err);
	if (is_fault_of_file(rc))
		return pdg_evidence_unreadable(e, where, &why, err);
	if (err)
		*err = why;
	return rc;
}

static int take_lines(struct pdg_evidence *e, struct pdg_bytes text, const char *name,
		      struct pdg_error *err)
{
	struct pdg_bytes line;
	unsigned number = 0;

	while (pdg_bytes_line(&text, &line)) {
		PDG_AUTO(mem) char *where = NULL;
		int rc;

		number++;
		/* `git notes append` leaves empty lines between (formats.md 3.4). */
		if (line.n == 0)
			continue;
		where = pdg_str_printf("%s:%u", name, number);
		if (!where)
			return pdg_nomem(err);
		rc = take(e, line, where, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* A file that cannot be opened, or is too large, may be the very one that is missing. */
static int take_file(struct pdg_evidence *e, const char *dir, const char *name,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(mem) char *path = pdg_path_join(dir, name);
	struct pdg_error why = {0};
	int rc;

	if (!path)
		return pdg_nomem(err);
	if (pdg_fs_is_dir(path))
		return 0;
	rc = pdg_fs_read(path, &text, &why);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc < 0)
		return pdg_evidence_unreadable(e, name, &why, err);
	if (pdg_str_ends(name, ".jsonl"))
		return take_lines(e, pdg_buf_bytes(&text), name, err);
	return take(e, pdg_buf_bytes(&text), name, err);
}

int pdg_evidence_dir(const char *dir, struct pdg_evidence **out, struct pdg_error *err)
{
	PDG_AUTO(evidence) struct pdg_evidence *e = NULL;
	PDG_AUTO(names) struct pdg_names names = {0};
	size_t i;
	int rc;

	rc = pdg_fs_list(dir, PDG_LIMIT_EVIDENCE_FILES, &names, err);
	if (rc == 0)
		rc = pdg_evidence_new(&e, err);
	for (i = 0; rc == 0 && i < names.n; i++) {
		if (pdg_str_ends(names.v[i], ".json") || pdg_str_ends(names.v[i], ".jsonl"))
			rc = take_file(e, dir, names.v[i], err);
	}
	if (rc < 0)
		return pdg_context(err, rc, "evidence in %s", dir);
	*out = PDG_TAKE(e);
	return 0;
}

int pdg_evidence_lines(struct pdg_bytes text, const char *name, struct pdg_evidence **out,
		       struct pdg_error *err)
{
	PDG_AUTO(evidence) struct pdg_evidence *e = NULL;
	int rc = pdg_evidence_new(&e, err);

	if (rc == 0)
		rc = take_lines(e, text, name, err);
	if (rc < 0)
		return pdg_context(err, rc, "evidence of %s", name);
	*out = PDG_TAKE(e);
	return 0;
}
