/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every change that the embedded log makes to its folder, as a table: what is durable after a
 * crash rests on the order of these calls alone, and tests cut it off behind each of them.
 */
#ifndef PDG_TLOG_EMBEDDED_IO_H
#define PDG_TLOG_EMBEDDED_IO_H

#include "util/bytes.h"
#include "util/error.h"

/* All return 0 or PDG_E_IO. */
struct pdg_embedded_io {
	/** Make a folder; one that exists is fine. */
	int (*mkdir)(void *ctx, const char *path, struct pdg_error *err);
	/**
	 * Write @in to @path, made or emptied first; *@out_fd is what it was written by, for
	 * finish(). Not durable before that.
	 */
	int (*write)(void *ctx, const char *path, struct pdg_bytes in, int *out_fd,
		     struct pdg_error *err);
	/**
	 * fsync() and close @fd, which write() gave. It must be that one: the kernel tells of a
	 * write that failed later to whoever had the file open then, and perhaps to nobody else.
	 */
	int (*finish)(void *ctx, const char *path, int fd, struct pdg_error *err);
	/** Write @in at @at of @path, which @fd has open. Not durable before finish(). */
	int (*extend)(void *ctx, const char *path, int fd, uint64_t at, struct pdg_bytes in,
		      struct pdg_error *err);
	/** Write @in at @at of the open file @fd, durably: pwrite() and fdatasync(). */
	int (*record)(void *ctx, int fd, uint64_t at, struct pdg_bytes in, struct pdg_error *err);
	/** fsync() a folder, or a file that another process may have written. */
	int (*sync)(void *ctx, const char *path, struct pdg_error *err);
	/** Rename, over what is there. Not durable before sync() of the folder. */
	int (*rename)(void *ctx, const char *from, const char *to, struct pdg_error *err);
	/** Remove a file or an empty folder; a missing one is fine. */
	int (*remove)(void *ctx, const char *path, struct pdg_error *err);
	void *ctx;
};

/** The file system. */
extern const struct pdg_embedded_io pdg_embedded_io_files;

#endif
