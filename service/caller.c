/* SPDX-License-Identifier: Apache-2.0 */
/* Names of a caller's certificate, compared as text: see caller.h why that is enough. */
#include "service/caller.h"

#include "util/str.h"

bool pdg_caller_is(const struct pdg_caller *caller, const char *name)
{
	size_t i;

	for (i = 0; caller && caller->certificate && i < caller->certificate->n; i++) {
		if (pdg_str_eq(caller->certificate->v[i], name))
			return true;
	}
	return false;
}
