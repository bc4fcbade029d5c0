/* SPDX-License-Identifier: Apache-2.0 */
/* Checked sizes, arrays that grow to a limit, and what PDG_TAKE leaves behind. */
#include <stdint.h>
#include <string.h>

#include "support/check.h"
#include "util/auto.h"
#include "util/size.h"

static void sums_and_products(void)
{
	size_t r = 4711;

	CHECK(pdg_size_add(1, 2, &r) && r == 3);
	CHECK(pdg_size_add(SIZE_MAX - 1, 1, &r) && r == SIZE_MAX);
	CHECK(!pdg_size_add(SIZE_MAX, 1, &r) && r == SIZE_MAX);
	CHECK(pdg_size_mul(3, 4, &r) && r == 12);
	CHECK(pdg_size_mul(SIZE_MAX, 0, &r) && r == 0);
	CHECK(!pdg_size_mul(SIZE_MAX / 2 + 1, 2, &r) && r == 0);
}

static void calloc_gives_zeroes(void)
{
	PDG_AUTO(mem) uint32_t *a = pdg_calloc(10, sizeof(*a));
	PDG_AUTO(mem) void *nothing = pdg_calloc(0, 8);
	size_t i;

	if (!CHECK(a != NULL))
		return;
	for (i = 0; i < 10; i++)
		CHECK_UINT(a[i], 0);
	CHECK(nothing != NULL);
}

static void array_grows_to_its_limit(void)
{
	static const size_t limits[] = {0, 1, 3, 7, 8, 9, 100, 1000};
	size_t k;

	for (k = 0; k < sizeof(limits) / sizeof(limits[0]); k++) {
		PDG_AUTO(mem) uint64_t *v = NULL;
		size_t cap = 0;
		size_t n = 0;
		size_t wrong = 0;
		int rc;

		pdg_test_case("limit %zu", limits[k]);
		while ((rc = pdg_array_grow(&v, n, &cap, sizeof(*v), limits[k])) == 0) {
			wrong += v[n] != 0 || cap <= n || cap > limits[k];
			v[n] = n + 1;
			n++;
		}
		CHECK_INT(rc, PDG_E_LIMIT);
		CHECK_UINT(n, limits[k]);
		while (n-- > 0)
			wrong += v[n] != n + 1;
		CHECK_UINT(wrong, 0);
	}
	pdg_test_case(NULL);
}

static void array_of_impossible_size(void)
{
	PDG_AUTO(mem) char *v = NULL;
	size_t cap = 0;

	CHECK_INT(pdg_array_grow(&v, 0, &cap, SIZE_MAX / 2, SIZE_MAX), PDG_E_NOMEM);
	CHECK(v == NULL && cap == 0);
}

static int released;

static void release_int(int *p)
{
	released += *p;
}
PDG_AUTO_DEFINE(counted, int *, release_int)

static int *take_one(int *p, bool keep)
{
	PDG_AUTO(counted) int *own = p;
	static int nothing;

	if (!keep)
		return NULL;
	p = PDG_TAKE(own);
	own = &nothing;
	return p;
}

static void take_moves_ownership(void)
{
	int seven = 7;

	released = 0;
	CHECK(take_one(&seven, true) == &seven);
	CHECK_INT(released, 0);
	CHECK(take_one(&seven, false) == NULL);
	CHECK_INT(released, 7);
}

PDG_TEST_MAIN("size", {"sums and products", sums_and_products},
	      {"calloc gives zeroes", calloc_gives_zeroes},
	      {"array grows to its limit", array_grows_to_its_limit},
	      {"array of impossible size", array_of_impossible_size},
	      {"take moves ownership", take_moves_ownership})
