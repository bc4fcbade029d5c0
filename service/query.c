/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of a query "a=b&c=d". One that is there twice could be read in two ways, one that is
 * not known was mistyped: HTP-5. */
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

static bool is_one_of(const char *const *names, struct pdg_bytes name)
{
	for (; names && *names; names++) {
		if (pdg_bytes_eq_str(name, *names))
			return true;
	}
	return false;
}

bool pdg_query_taken(struct pdg_request *rq)
{
	const char *at = rq->query;

	while (at && *at) {
		size_t length = strcspn(at, "&");
		size_t name = strcspn(at, "=&");

		if (length &&
		    (name == length || !is_one_of(rq->route->query, pdg_bytes(at, name)))) {
			pdg_reply_rule(rq, "HTP-5",
				       "the query has a parameter that this resource does not take",
				       rq->route->query ? "/openapi.json names those that it takes"
							: "leave out what stands behind the ?");
			return false;
		}
		at += length;
		at += *at == '&';
	}
	return true;
}
