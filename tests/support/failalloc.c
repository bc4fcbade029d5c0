/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The n-th allocation fails. The linker's --wrap sends the calls of our own objects here; jansson
 * takes its memory through util/json.c, which is one of them.
 */
#include "support/failalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

/* Far more than any function under test allocates: the loop below must not run for ever. */
#define MOST_ALLOCATIONS 100000

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

static size_t countdown;
static bool hit;

static bool fails(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	hit = true;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return fails() ? NULL : __real_strndup(s, n);
}

void pdg_failalloc_at(size_t nth)
{
	countdown = nth;
	hit = false;
}

bool pdg_failalloc_hit(void)
{
	return hit;
}

void pdg_failalloc_run(const char *name, int (*work)(struct pdg_error *err))
{
	size_t n;

	for (n = 1; n < MOST_ALLOCATIONS; n++) {
		struct pdg_error err = {0};
		bool was_hit;
		int rc;

		pdg_failalloc_at(n);
		rc = work(&err);
		was_hit = hit;
		pdg_failalloc_at(0);
		pdg_test_case("%s, allocation %zu", name, n);
		if (!was_hit) {
			CHECK_OK(rc, &err);
			break;
		}
		if (!CHECK_CODE(rc, &err, PDG_E_NOMEM))
			break;
	}
	pdg_test_case("%s", name);
	CHECK(n > 1 && n < MOST_ALLOCATIONS);
	pdg_test_case(NULL);
}
