/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scope-based release. A module that gives out owned pointers declares its kind once:
 *
 *	PDG_AUTO_DEFINE(envelope, struct pdg_envelope *, pdg_envelope_free)
 *
 * and a function then writes
 *
 *	PDG_AUTO(envelope) struct pdg_envelope *env = NULL;
 *	...
 *	*out_env = PDG_TAKE(env);
 *
 * Rules: initialise in the declaration; never goto in such a function; never store a
 * borrowed pointer in one; ownership leaves by PDG_TAKE alone.
 */
#ifndef PDG_UTIL_AUTO_H
#define PDG_UTIL_AUTO_H

#include <stdlib.h>

#define PDG_AUTO(kind) __attribute__((cleanup(pdg_auto_##kind)))

#define PDG_AUTO_DEFINE(kind, type, release)                                                       \
	static inline void pdg_auto_##kind(type *p)                                                \
	{                                                                                          \
		release(*p);                                                                       \
	}

/* For embedded values (struct pdg_buf): release takes the address itself. */
#define PDG_AUTO_DEFINE_VALUE(kind, type, release)                                                 \
	static inline void pdg_auto_##kind(type *p)                                                \
	{                                                                                          \
		release(p);                                                                        \
	}

#define PDG_TAKE(p)                                                                                \
	__extension__({                                                                            \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

/* char * and other plain heap memory. */
static inline void pdg_auto_mem(void *p)
{
	free(*(void **)p);
}

/* File descriptors, -1 when none. */
void pdg_auto_fd(int *fd);

#endif
