/* SPDX-License-Identifier: Apache-2.0 */
/* Names of systemd's instances: hooks install prints the one line that starts the timer. */
#include "repo/timer.h"

#include <string.h>

static bool stands_as_it_is(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == ':' || c == '_' || c == '.';
}

/* systemd.unit(5), "String Escaping for Inclusion in Unit Names". */
void pdg_timer_name(const char *path, struct pdg_buf *out)
{
	size_t i = strspn(path, "/");
	bool first = true;

	pdg_buf_puts(out, "pedigree-outbox@");
	if (!path[i])
		pdg_buf_putc(out, '-');
	while (path[i]) {
		size_t slashes = strspn(path + i, "/");

		if (slashes) {
			i += slashes;
			if (path[i])
				pdg_buf_putc(out, '-');
			continue;
		}
		if (stands_as_it_is(path[i]) && !(first && path[i] == '.'))
			pdg_buf_putc(out, (uint8_t)path[i]);
		else
			pdg_buf_printf(out, "\\x%02x", (unsigned)(unsigned char)path[i]);
		first = false;
		i++;
	}
	pdg_buf_puts(out, ".timer");
}
