/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to sign anew. Behind every verdict that is not good, where a person reads it. What git would
 * stop at half-way (a commit that changes nothing, one without a message, a tag that stands) is in
 * the command.
 */
#include "commit/resign.h"

#include <string.h>

#include "util/codec.h"
#include "util/str.h"

/* A word that sh takes as it is. */
static bool is_plain(struct pdg_bytes b)
{
	static const char marks[] = "@._/+-";
	size_t i;

	for (i = 0; i < b.n; i++) {
		char c = (char)b.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    (!c || !strchr(marks, c)))
			return false;
	}
	return b.n > 0 && b.p[0] != '-';
}

/* An address out of "Name <address>" or "address,…", when it is one that can be pasted. */
static void take_address(struct pdg_bytes signer, char out[PDG_RESIGN_WORD])
{
	size_t open = pdg_bytes_find_byte(signer, '<', 0);
	struct pdg_bytes a = signer;

	if (open != SIZE_MAX)
		a = pdg_bytes_head(pdg_bytes_from(signer, open + 1),
				   pdg_bytes_find_byte(signer, '>', open) - open - 1);
	else
		a = pdg_bytes_head(signer, pdg_bytes_find_byte(signer, ',', 0));
	if (a.n >= PDG_RESIGN_WORD || !is_plain(a) || pdg_bytes_find_byte(a, '@', 0) == SIZE_MAX)
		return;
	memcpy(out, a.p, a.n);
	out[a.n] = '\0';
}

static bool is_own(struct pdg_bytes raw)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;

	return pdg_commit_parse(raw, false, &c, NULL) == 0 &&
	       pdg_bytes_eq(c->author.email, c->committer.email);
}

/* As git's commit asks before it makes one (sequencer.c, rest_is_empty()): blanks and sign-offs. */
bool pdg_resign_wordless(struct pdg_bytes raw)
{
	size_t end = pdg_bytes_find(raw, pdg_bytes_str("\n\n"), 0);
	struct pdg_bytes rest = pdg_bytes_from(raw, end == SIZE_MAX ? raw.n : end + 2);
	struct pdg_bytes line;

	while (pdg_bytes_line(&rest, &line)) {
		if (pdg_bytes_starts(line, "Signed-off-by: "))
			continue;
		if (pdg_bytes_trim(line, " \t\n\v\f\r").n)
			return false;
	}
	return true;
}

void pdg_resign_look(struct pdg_bytes raw, const struct pdg_verdict *v, struct pdg_resign *out)
{
	*out = (struct pdg_resign){.wordless = pdg_resign_wordless(raw)};
	if (pdg_str_eq(v->why.rule, "SGN-9")) {
		take_address(pdg_buf_bytes(&v->signer), out->address);
		out->own = is_own(raw);
	}
}

bool pdg_resign_alone(enum pdg_result result)
{
	return result == PDG_RESULT_UNSIGNED || result == PDG_RESULT_BAD_SIGNATURE ||
	       result == PDG_RESULT_EXPIRED_SIGNATURE || result == PDG_RESULT_MALFORMED;
}

bool pdg_resign_by_program(const char *rule)
{
	return pdg_str_starts(rule, "CMS-") || pdg_str_starts(rule, "PGP-") ||
	       pdg_str_starts(rule, "SSH-");
}

bool pdg_resign_by_authority(const char *rule)
{
	static const char *const rules[] = {"LOG-8", "TSA-5", "TSA-7", "TSA-8", "TSA-9"};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (pdg_str_eq(rule, rules[i]))
			return true;
	}
	return false;
}

void pdg_resign_before(const struct pdg_resign *how, enum pdg_result result, const char *rule,
		       struct pdg_buf *out)
{
	switch (result) {
	case PDG_RESULT_UNKNOWN_KEY:
	case PDG_RESULT_REVOKED_KEY:
	case PDG_RESULT_EXPIRED_KEY:
	case PDG_RESULT_UNSUPPORTED:
		pdg_buf_puts(out,
			     "set user.signingKey to a key of yours that the policy names, then: ");
		break;
	case PDG_RESULT_MALFORMED:
		if (pdg_str_eq(rule, "CMS-4"))
			pdg_buf_puts(out, "let the program leave out what its signature does not "
					  "need (or have a cross certificate put into x509Roots), "
					  "or another sign (gpg.x509.program), then: ");
		else if (pdg_resign_by_program(rule))
			pdg_buf_puts(out, "let another program sign (gpg.format, gpg.program, "
					  "gpg.x509.program), then: ");
		break;
	case PDG_RESULT_BAD_SIGNATURE:
		if (pdg_resign_by_authority(rule))
			pdg_buf_puts(out, "have the log or authority added to the policy's "
					  "trustedRoot, or sign without it, then: ");
		break;
	case PDG_RESULT_NOT_ALLOWED:
		if (how->address[0])
			pdg_buf_printf(out, "git config user.email %s && ", how->address);
		else if (pdg_str_eq(rule, "SGN-9"))
			pdg_buf_puts(out, "set user.email to an address of the key, then: ");
		else if (pdg_str_eq(rule, "SGN-12"))
			pdg_buf_puts(out, "set the clock right, then: ");
		else
			pdg_buf_puts(out, "set user.signingKey to a key of yours that may sign "
					  "now, by a clock that is right, then: ");
		break;
	default:
		break;
	}
}

void pdg_resign_amend(const struct pdg_resign *how, struct pdg_buf *out)
{
	pdg_buf_printf(out, "git commit --amend --no-edit%s%s%s -S",
		       how->own ? " --reset-author" : "", how->empty ? " --allow-empty" : "",
		       how->wordless ? " --allow-empty-message" : "");
}

void pdg_resign_rebase(const char *base, bool merges, bool wordless, struct pdg_buf *out)
{
	const struct pdg_resign any = {.empty = true, .wordless = wordless};

	pdg_buf_printf(out, "git rebase %s--exec '", merges ? "--rebase-merges " : "");
	pdg_resign_amend(&any, out);
	pdg_buf_printf(out, "' %s", base ? base : "--root");
}

void pdg_resign_onwards(const struct pdg_resign *how, struct pdg_bytes raw, struct pdg_buf *out)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	char base[PDG_OID_SHOWN + 1] = "";

	if (pdg_commit_parse(raw, false, &c, NULL) < 0) {
		pdg_resign_amend(how, out);
		return;
	}
	if (c->n_parents)
		memcpy(base, c->parents[0].p, PDG_OID_SHOWN); /* of 40 or 64 digits */
	pdg_resign_rebase(base[0] ? base : NULL, true, how->wordless, out);
}

static void put_word(const char *word, struct pdg_buf *out)
{
	if (is_plain(pdg_bytes_str(word)))
		pdg_buf_puts(out, word);
	else
		pdg_str_sh_word(out, word);
}

void pdg_resign_tag(const char *name, const char *target, bool wordless, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf peeled = PDG_BUF_INIT(2 * PDG_RESIGN_WORD);

	pdg_buf_printf(&peeled, "%s^{}", target);
	pdg_buf_puts(out, "git tag -s -f ");
	if (wordless) {
		pdg_buf_puts(out, "-m ");
		put_word(name, out);
		pdg_buf_putc(out, ' ');
	}
	put_word(name, out);
	pdg_buf_putc(out, ' ');
	pdg_str_sh_word(out, pdg_buf_cstr(&peeled));
}
