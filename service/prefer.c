/* SPDX-License-Identifier: Apache-2.0 */
/* The Prefer header: of RFC 7240's preferences wait=N alone; everything else in it is not ours. */
#include <string.h>
#include <strings.h>

#include "service/http.h"
#include "util/limits.h"

#define DEFAULT_WAIT_S 5
#define BLANKS	       " \t"

/* What stands before @c, which is taken off *@rest too. */
static struct pdg_bytes until(struct pdg_bytes *rest, uint8_t c)
{
	size_t at = pdg_bytes_find_byte(*rest, c, 0);
	struct pdg_bytes head = pdg_bytes_head(*rest, at);

	*rest = pdg_bytes_from(*rest, at == SIZE_MAX ? rest->n : at + 1);
	return head;
}

/* The seconds of "wait=N"; false: another preference, or no number. */
static bool wait_of(struct pdg_bytes preference, uint64_t *out)
{
	struct pdg_bytes value = preference;
	struct pdg_bytes name = pdg_bytes_trim(until(&value, '='), BLANKS);
	size_t i;

	value = pdg_bytes_trim(value, BLANKS);
	if (name.n != strlen("wait") || strncasecmp((const char *)name.p, "wait", name.n) != 0)
		return false;
	for (i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return false;
	}
	if (value.n == 0)
		return false;
	while (value.n > 1 && value.p[0] == '0')
		value = pdg_bytes_from(value, 1);
	/* More digits than a number holds are a long time as well. */
	if (!pdg_bytes_u64(value, PDG_LIMIT_WAIT_SECONDS, out))
		*out = PDG_LIMIT_WAIT_SECONDS;
	return true;
}

int pdg_prefer_wait_ms(const char *prefer)
{
	struct pdg_bytes rest = pdg_bytes_str(prefer);
	uint64_t seconds;

	while (rest.n) {
		struct pdg_bytes one = until(&rest, ',');

		/* The first of several counts (RFC 7240 2), its parameters do not. */
		if (wait_of(until(&one, ';'), &seconds))
			return (int)seconds * 1000;
	}
	return DEFAULT_WAIT_S * 1000;
}
