/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error object that every function hands down and every program prints at its end
 * (pdg_out_error). Texts are formatted aside first, so that an argument may point into
 * the object itself.
 */
#include "util/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/rule.h"

/* Copy @text, cut to @size - 1 bytes but never inside a UTF-8 sequence. */
static void copy_cut(char *out, size_t size, const char *text)
{
	size_t n = strlen(text);

	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
			n--;
	}
	memcpy(out, text, n);
	out[n] = '\0';
}

static void set_text(char *out, size_t size, const char *fmt, va_list ap) PDG_PRINTF(3, 0);

/*
 * Put the formatted text into @out. Aside has room for one byte more, so that a cut is seen. An
 * error is one line wherever it is printed: what it quotes must not begin another (attack 18).
 */
static void set_text(char *out, size_t size, const char *fmt, va_list ap)
{
	char aside[PDG_ERROR_TEXT_MAX + 1];
	char *p;

	if (vsnprintf(aside, sizeof(aside), fmt, ap) < 0)
		aside[0] = '\0';
	for (p = strchr(aside, '\n'); p; p = strchr(p, '\n'))
		*p = ' ';
	copy_cut(out, size, aside);
}

int pdg_fail(struct pdg_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	set_text(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	err->code = code;
	err->rule[0] = '\0';
	err->fix[0] = '\0';
	err->one_row = false;
	return code;
}

int pdg_reject(struct pdg_error *err, const char *rule, const char *fmt, ...)
{
	const struct pdg_rule *r = pdg_rule_find(rule);
	int code = r ? r->code : PDG_E_INTERNAL;
	va_list ap;

#ifndef NDEBUG
	if (!r) {
		(void)fprintf(stderr, "pdg_reject: no rule \"%s\" in common/util/rule.c\n",
			      rule ? rule : "");
		abort();
	}
#endif
	if (!err)
		return code;
	va_start(ap, fmt);
	set_text(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	err->code = code;
	copy_cut(err->rule, sizeof(err->rule), rule ? rule : "");
	err->fix[0] = '\0';
	err->one_row = false;
	return code;
}

void pdg_fix(struct pdg_error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	set_text(err->fix, sizeof(err->fix), fmt, ap);
	va_end(ap);
}

void pdg_one_row(struct pdg_error *err)
{
	if (err)
		err->one_row = true;
}

const char *pdg_error_fix(const struct pdg_error *err)
{
	return err->fix[0] ? err->fix : pdg_rule_fix(err->rule);
}

int pdg_context(struct pdg_error *err, int rc, const char *fmt, ...)
{
	char context[PDG_ERROR_TEXT_MAX];
	char joined[2 * PDG_ERROR_TEXT_MAX + 2];
	size_t n;
	va_list ap;

	if (!err || rc == PDG_OK)
		return rc;
	va_start(ap, fmt);
	set_text(context, sizeof(context), fmt, ap);
	va_end(ap);

	n = strlen(context);
	memcpy(joined, context, n);
	memcpy(joined + n, ": ", 2);
	copy_cut(joined + n + 2, PDG_ERROR_TEXT_MAX, err->text);
	copy_cut(err->text, sizeof(err->text), joined);
	return rc;
}

/* The rule of an id; an unknown one is a bug. */
static const struct pdg_rule *known_rule(const char *rule)
{
	const struct pdg_rule *r = pdg_rule_find(rule);

#ifndef NDEBUG
	if (!r) {
		(void)fprintf(stderr, "no rule \"%s\" in common/util/rule.c\n", rule ? rule : "");
		abort();
	}
#endif
	return r;
}

int pdg_under_rule(struct pdg_error *err, int rc, const char *rule)
{
	const struct pdg_rule *r = known_rule(rule);

	if (err && r && rc == r->code)
		copy_cut(err->rule, sizeof(err->rule), rule);
	return rc;
}

int pdg_as_rule(struct pdg_error *err, int rc, const char *rule)
{
	const struct pdg_rule *r = known_rule(rule);

	if (!r || (rc != PDG_E_FORMAT && rc != PDG_E_LIMIT && rc != PDG_E_NOTFOUND &&
		   rc != PDG_E_REJECTED && rc != PDG_E_IO))
		return rc;
	if (err) {
		err->code = r->code;
		copy_cut(err->rule, sizeof(err->rule), rule);
	}
	return r->code;
}

int pdg_nomem(struct pdg_error *err)
{
	return pdg_fail(err, PDG_E_NOMEM, "out of memory");
}

int pdg_exit_status(int code)
{
	switch (code) {
	case PDG_OK:
		return 0;
	case PDG_E_REJECTED:
		return 1;
	case PDG_E_USAGE:
		return 2;
	default:
		return 3;
	}
}
