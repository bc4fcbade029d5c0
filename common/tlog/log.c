/* SPDX-License-Identifier: Apache-2.0 */
/* What every kind of log needs before it is one. */
#include "tlog/log.h"

#define HOST_MAX 253

bool pdg_log_origin_ok(const char *origin)
{
	size_t n = origin ? strlen(origin) : 0;

	return n > 0 && n <= HOST_MAX && origin[0] != '.' && origin[0] != '-' &&
	       strspn(origin,
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") == n;
}
