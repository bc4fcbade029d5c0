/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `protect` may be: the full name of refs, under git's own rules for names
 * (git-check-ref-format), in which * stands for one or more characters other than /. What is a
 * mistake of another pattern language, or of a short name, would silently protect nothing.
 */
#include <string.h>

#include "trust/policy_read.h"
#include "util/bytes.h"

/* One part between slashes. */
static bool part_ok(struct pdg_bytes part)
{
	return part.n > 0 && part.p[0] != '.' && !pdg_bytes_ends(part, ".") &&
	       !pdg_bytes_ends(part, ".lock");
}

bool pdg_policy_ref_pattern(const char *value)
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
