/* SPDX-License-Identifier: Apache-2.0 */
/* Items to a Rekor and back by the three steps that pedigree-relay takes: request, call, judgement;
 * a few at a time. */
#ifndef PDG_TESTS_SUPPORT_REKOR_ADD_H
#define PDG_TESTS_SUPPORT_REKOR_ADD_H

#include <pthread.h>
#include <stdlib.h>

#include "tlog/rekor.h"
#include "util/limits.h"

#define REKOR_ADD_THREADS 50

struct rekor_add {
	struct pdg_log *rekor;
	struct pdg_log_item *items;
	size_t n;
	atomic_size_t next;
};

static inline void rekor_add_one(struct pdg_log *rekor, struct pdg_log_item *item)
{
	const struct pdg_http_options opt = {0};
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(0);
	PDG_AUTO(http) struct pdg_http *http = NULL;
	PDG_AUTO(http_answer) struct pdg_http_answer answer = {0};
	struct pdg_http_request request;

	item->entry = NULL;
	item->err = (struct pdg_error){0};
	item->rc = pdg_http_new(&opt, &http, &item->err);
	if (item->rc == 0)
		item->rc = pdg_rekor_request(rekor, item, &json, &request, &item->err);
	if (item->rc == 0)
		item->rc = pdg_http_call(http, &request, PDG_LIMIT_LOG_ANSWER, &answer, &item->err);
	if (item->rc == 0)
		pdg_rekor_judge(rekor, &answer, item);
}

static inline void *rekor_add_some(void *ctx)
{
	struct rekor_add *a = ctx;
	size_t i;

	while ((i = atomic_fetch_add(&a->next, 1)) < a->n)
		rekor_add_one(a->rekor, &a->items[i]);
	return NULL;
}

/* Each of @n items has its own result after that. */
static inline void rekor_add(struct pdg_log *rekor, struct pdg_log_item *items, size_t n)
{
	struct rekor_add a = {.rekor = rekor, .items = items, .n = n};
	pthread_t thread[REKOR_ADD_THREADS];
	size_t i;

	for (i = 0; i < REKOR_ADD_THREADS && i < n; i++) {
		if (pthread_create(&thread[i], NULL, rekor_add_some, &a) != 0)
			abort();
	}
	while (i > 0)
		(void)pthread_join(thread[--i], NULL);
}

#endif
