/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw commit and tag objects under a strict grammar of our own (rules.md 2.1). Pure bytes: the
 * service judges commits too, and has no repository. Nothing is re-encoded: the signed bytes
 * are the stored ones less the signature headers.
 */
#ifndef PDG_COMMIT_OBJECT_H
#define PDG_COMMIT_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "util/auto.h"
#include "util/buf.h"

#define PDG_OID_HEX 65 /* up to 64 hex digits and a NUL */

enum pdg_sig_format { PDG_SIG_NONE, PDG_SIG_OPENPGP, PDG_SIG_SSH, PDG_SIG_X509 };

/** "openpgp", "ssh", "x509" or "none". Static. */
const char *pdg_sig_format_name(enum pdg_sig_format f);

struct pdg_person {
	struct pdg_bytes name; /* borrowed from the raw object */
	struct pdg_bytes email;
	int64_t time; /* Unix seconds */
	int tz_minutes;
};

struct pdg_commit {
	struct pdg_bytes raw;	   /* borrowed: as given */
	struct pdg_bytes tree;	   /* hex */
	struct pdg_bytes *parents; /* hex each */
	size_t n_parents;
	struct pdg_person author;
	struct pdg_person committer;
	struct pdg_bytes message; /* behind the first empty line, as stored */
	enum pdg_sig_format format;
	struct pdg_buf signature; /* unfolded, with final \n; empty when unsigned */
	struct pdg_buf payload;	  /* the signed bytes; empty when unsigned */
	/*
	 * The signature for the object's other name (gpgsig-sha256 in a SHA-1 repository, gpgsig in
	 * a SHA-256 one): over bytes that this repository does not have, so nobody can check it
	 * here.
	 */
	enum pdg_sig_format other_format;
	struct pdg_buf other_signature;
};

/**
 * Read a raw commit object (without git's "commit <size>\0").
 *
 * Grammar: tree, parents, author, committer once each in this order; then encoding, mergetag and
 * any other header (tools write HG:extra, change-id and more: whatever is not a signature header
 * is part of what is signed, so it needs no list here); gpgsig and gpgsig-sha256 at most once
 * each, anywhere among these. A mergetag is a tag under pdg_tag_parse()'s grammar. Refused:
 * duplicates, unknown headers starting with "gpgsig", NUL anywhere, continuation lines where none
 * belong, a missing empty line, hex of the wrong length or case, malformed persons.
 *
 * @sha256  objects are named by SHA-256 (the signature is then in gpgsig-sha256)
 *
 * Returns 0, PDG_E_FORMAT (COM-1 grammar, COM-2 duplicate header, COM-3 unknown gpgsig header,
 * COM-4 NUL, COM-5 signature block of no known format), PDG_E_LIMIT (COM-6).
 */
int pdg_commit_parse(struct pdg_bytes raw, bool sha256, struct pdg_commit **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
void pdg_commit_free(struct pdg_commit *c);
PDG_AUTO_DEFINE(commit, struct pdg_commit *, pdg_commit_free)

/** git's object name (SHA-1, or SHA-256) of @raw as an object of @type ("commit", "tag"), hex. */
int pdg_object_name(const char *type, struct pdg_bytes raw, bool sha256, char out[PDG_OID_HEX],
		    struct pdg_error *err) PDG_MUST_CHECK;
/** The sha256 digest of rules: SHA-256 over "commit <size>\0" and the raw object (gitoid), hex. */
int pdg_commit_sha256(struct pdg_bytes raw, char out[PDG_OID_HEX],
		      struct pdg_error *err) PDG_MUST_CHECK;

struct pdg_tag {
	struct pdg_bytes raw;
	struct pdg_bytes object; /* hex */
	struct pdg_bytes type;	 /* "commit", "tag", … */
	struct pdg_bytes name;
	struct pdg_person tagger;
	bool has_tagger;
	struct pdg_bytes message;
	enum pdg_sig_format format;
	struct pdg_buf signature;
	struct pdg_buf payload;
	enum pdg_sig_format other_format; /* as in struct pdg_commit */
	struct pdg_buf other_signature;
};

/**
 * Read a raw tag object: object, type, tag, tagger (old tags have none); the signature is the
 * block from the last line that begins one to the object's end. In a tag the header gpgsig-sha256
 * (gpgsig in a SHA-256 repository) is the other signature; the repository's own is no header.
 * Returns as pdg_commit_parse().
 */
int pdg_tag_parse(struct pdg_bytes raw, bool sha256, struct pdg_tag **out,
		  struct pdg_error *err) PDG_MUST_CHECK;
void pdg_tag_free(struct pdg_tag *t);
PDG_AUTO_DEFINE(tag, struct pdg_tag *, pdg_tag_free)

#endif
