/* SPDX-License-Identifier: Apache-2.0 */
/* Pattern lists as ssh_config(5) PATTERNS has them: "*@example.com,!bob@example.com". */
#ifndef PDG_CRYPTO_SSHPATTERN_H
#define PDG_CRYPTO_SSHPATTERN_H

#include <stdbool.h>

#include "util/bytes.h"

/** Is every element of @list a pattern (not empty, also behind its "!")? */
bool pdg_sshpattern_list_valid(struct pdg_bytes list);

/**
 * Does @text match @list: at least one pattern, and none that begins with "!"? "*" is any run of
 * bytes, "?" any one; case counts.
 */
bool pdg_sshpattern_list_match(struct pdg_bytes list, struct pdg_bytes text);

#endif
