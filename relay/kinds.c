/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what the relay can do. */
#include "relay/kinds.h"

#include <stddef.h>

const struct pdg_relay_part *const pdg_relay_parts[] = {
	&pdg_relay_log,
	&pdg_relay_timestamp,
	&pdg_relay_token,
	NULL,
};
