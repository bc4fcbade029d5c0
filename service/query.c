/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of a query "a=b&c=d". One that is there twice could be read in two ways: HTP-5. */
#include <string.h>

#include "service/http.h"

bool pdg_query_value(struct pdg_request *rq, const char *name, struct pdg_bytes *out)
{
	struct pdg_bytes found = {0};
	size_t n = strlen(name);
	const char *at = rq->query;

	while (at && *at) {
		size_t length = strcspn(at, "&");

		if (length > n && strncmp(at, name, n) == 0 && at[n] == '=') {
			if (found.p) {
				pdg_reply_rule(rq, "HTP-5",
					       "a parameter of the query is there twice", NULL);
				return false;
			}
			found = pdg_bytes(at + n + 1, length - n - 1);
		}
		at += length;
		at += *at == '&';
	}
	*out = found;
	return true;
}
