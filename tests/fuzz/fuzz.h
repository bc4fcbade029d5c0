/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every fuzz target has: the entry that libFuzzer and replay.c call, and a check that ends
 * the program. A target states what must hold for any bytes, beyond "it does not crash".
 */
#ifndef PDG_TESTS_FUZZ_FUZZ_H
#define PDG_TESTS_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			(void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,    \
				      #cond);                                                      \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
