/* SPDX-License-Identifier: Apache-2.0 */
/* Pattern lists: principals and namespaces of allowed_line.c's lines are matched with them. */
#include "crypto/sshpattern.h"

/* Take the first element off *@rest; false when none is left. A last comma has an element behind
 * it. */
static bool take_element(struct pdg_bytes *rest, bool *done, struct pdg_bytes *out)
{
	size_t comma;

	if (*done)
		return false;
	comma = pdg_bytes_find_byte(*rest, ',', 0);
	*done = comma == SIZE_MAX;
	*out = pdg_bytes_head(*rest, comma);
	*rest = pdg_bytes_from(*rest, *done ? rest->n : comma + 1);
	return true;
}

bool pdg_sshpattern_list_valid(struct pdg_bytes list)
{
	struct pdg_bytes element;
	bool done = false;

	while (take_element(&list, &done, &element))
		if (element.n == 0 || (element.n == 1 && element.p[0] == '!'))
			return false;
	return true;
}

/* Only the last "*" is ever gone back to, so the work is at most pattern times text. */
static bool match(struct pdg_bytes pattern, struct pdg_bytes text)
{
	size_t star = SIZE_MAX;
	size_t star_text = 0;
	size_t p = 0;
	size_t t = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			star_text = t;
		} else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == text.p[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

bool pdg_sshpattern_list_match(struct pdg_bytes list, struct pdg_bytes text)
{
	struct pdg_bytes element;
	bool found = false;
	bool done = false;

	while (take_element(&list, &done, &element)) {
		bool negated = element.n > 0 && element.p[0] == '!';

		if (!match(pdg_bytes_from(element, negated ? 1 : 0), text))
			continue;
		if (negated)
			return false;
		found = true;
	}
	return found;
}
