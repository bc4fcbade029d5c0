/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `protect` may be: the full name of refs, under git's own rules for names
 * (git-check-ref-format), in which * stands for one or more characters other than /. What is a
 * mistake of another pattern language, of a short name, or of what was pasted, would silently
 * protect nothing.
 */
#include <stdio.h>
#include <string.h>

#include "trust/policy_read.h"
#include "util/str.h"
#include "util/utf8.h"

/* One part between slashes. */
static bool part_ok(struct pdg_bytes part)
{
	return part.n > 0 && part.p[0] != '.' && !pdg_bytes_ends(part, ".") &&
	       !pdg_bytes_ends(part, ".lock");
}

static bool form_ok(const char *value)
{
	struct pdg_bytes rest = pdg_bytes_str(value);
	size_t parts = 0;

	if (!pdg_bytes_starts(rest, "refs/") || strpbrk(value, " ?[\\^~:\x7f") ||
	    strstr(value, "**") || strstr(value, "..") || strstr(value, "@{"))
		return false;
	for (;;) {
		size_t end = pdg_bytes_find_byte(rest, '/', 0);

		parts++;
		if (!part_ok(pdg_bytes_head(rest, end)))
			return false;
		if (end == SIZE_MAX)
			break;
		rest = pdg_bytes_from(rest, end + 1);
	}
	/* "refs/heads" is no branch, and "refs/" with a star none either. */
	return parts >= 3;
}

/* Printable, and yet not to be seen, or drawn as letters and signs of ASCII are. */
static const struct {
	uint32_t first, last;
} deceptive[] = {
	{0x00A0, 0x00A0},   {0x1680, 0x1680}, {0x2000, 0x2015}, {0x202F, 0x202F},
	{0x2044, 0x2044},   {0x205F, 0x205F}, {0x2212, 0x2217}, {0x2800, 0x2800},
	{0x3000, 0x3000},   {0xFE00, 0xFE0F}, {0xFF01, 0xFF5E}, {0x1D400, 0x1D7FF},
	{0xE0000, 0xE0FFF},
};

static bool is_deceptive(uint32_t c)
{
	size_t i;

	for (i = 0; i < sizeof(deceptive) / sizeof(deceptive[0]); i++) {
		if (c >= deceptive[i].first && c <= deceptive[i].last)
			return true;
	}
	return !pdg_str_is_printable(c);
}

static bool is_latin(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Greek, Coptic, Cyrillic, Armenian, Cherokee, Lisu: scripts with letters that are drawn as Latin
 * ones. */
static bool is_twin_script(uint32_t c)
{
	return (c >= 0x0370 && c <= 0x058F) || (c >= 0x13A0 && c <= 0x13FF) ||
	       (c >= 0x1C80 && c <= 0x1C8F) || (c >= 0x1F00 && c <= 0x1FFF) ||
	       (c >= 0x2C80 && c <= 0x2CFF) || (c >= 0x2DE0 && c <= 0x2DFF) ||
	       (c >= 0xA4D0 && c <= 0xA4FF) || (c >= 0xA640 && c <= 0xA69F);
}

/* The first code point of @value that nobody would see or tell apart; 0: none is. */
static uint32_t find_deceptive(const char *value)
{
	struct pdg_bytes b = pdg_bytes_str(value);
	bool latin = false;
	uint32_t twin = 0;
	size_t at = 0;

	while (at < b.n) {
		uint32_t c = 0;
		size_t n = pdg_utf8_next(b, at, &c);

		if (n == 0 || is_deceptive(c))
			return n ? c : b.p[at];
		/* One word is of one script. */
		if (c == '/') {
			latin = false;
			twin = 0;
		}
		latin = latin || is_latin(c);
		if (!twin && is_twin_script(c))
			twin = c;
		if (latin && twin)
			return twin;
		at += n;
	}
	return 0;
}

/* "heads" for "head", "tags" for "Tag"; NULL where the word after "refs/" is no such mistake. */
static const char *meant(const char *value)
{
	static const char *const known[] = {"heads", "tags", NULL};
	char word[16];
	size_t n = strcspn(value + strlen("refs/"), "/");
	const char *near;

	if (n >= sizeof(word))
		return NULL;
	(void)snprintf(word, sizeof(word), "%.*s", (int)n, value + strlen("refs/"));
	near = strchr(word, '*') ? NULL : pdg_str_nearest(word, known);
	return near && strcmp(near, word) != 0 ? near : NULL;
}

bool pdg_policy_ref_pattern(const char *value, char want[PDG_POLICY_WANT])
{
	uint32_t c = find_deceptive(value);
	const char *near;

	if (c) {
		(void)snprintf(want, PDG_POLICY_WANT,
			       "a name that can be read: U+%04X in it is not seen, or looks like "
			       "another character",
			       (unsigned)c);
		return false;
	}
	if (!form_ok(value)) {
		(void)snprintf(
			want, PDG_POLICY_WANT,
			"a full ref name such as refs/heads/main, in which only * is special "
			"(characters other than /)");
		return false;
	}
	near = meant(value);
	if (near)
		(void)snprintf(want, PDG_POLICY_WANT,
			       "the name of a branch or tag: is refs/%s/ meant?", near);
	return !near;
}
