/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a refused push: the first twenty, and a count. */
#include <stdio.h>

#include "hook.h"
#include "util/out.h"

void pdg_hook_tell_push(const struct pdg_mend *m)
{
	size_t n = pdg_mend_n(m);
	size_t i;

	for (i = 0; i < n && i < PDG_MEND_LINES; i++) {
		struct pdg_error line;

		pdg_mend_line(m, i, &line);
		pdg_out_error("pedigree", &line);
	}
	if (n > PDG_MEND_LINES)
		pdg_out(stderr, PDG_PLAIN, "pedigree: and %zu more, of %zu in all\n",
			n - PDG_MEND_LINES, n);
}
