/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where Pedigree's other programs are: `pedigree` runs the program of a command, a hook runs
 * pedigree-pgp. PATH has no say in it (attack 17).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/spawn.h"
#include "util/fs.h"

/* @dir/@name, if that is a program. NULL when it is not, or when memory ends. */
static char *program_in(const char *dir, const char *name)
{
	PDG_AUTO(mem) char *path = pdg_path_join(dir, name);
	struct stat st;

	if (!path || stat(path, &st) != 0 || !S_ISREG(st.st_mode) || access(path, X_OK) != 0)
		return NULL;
	return PDG_TAKE(path);
}

/* The folder of the running program; the kernel's word, not argv[0]'s. */
static char *own_dir(void)
{
	PDG_AUTO(mem) char *self = realpath("/proc/self/exe", NULL);

	return self ? pdg_path_dir(self) : NULL;
}

/*
 * An installed tree may be moved as a whole, or unpacked below another root: its libexec is where
 * it is from bin, and as trustworthy as the program that looks for it. NULL when there is none.
 */
static char *moved_libexec(const char *own)
{
	PDG_AUTO(mem) char *path = own ? pdg_path_join(own, PEDIGREE_LIBEXEC_FROM_BIN) : NULL;

	return path ? realpath(path, NULL) : NULL;
}

int pdg_program_path(const char *name, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *own = own_dir();
	PDG_AUTO(mem) char *moved = moved_libexec(own);
	const char *const dirs[] = {own, moved, PEDIGREE_LIBEXEC_DIR, PEDIGREE_BINDIR};
	size_t i;

	if (name[0] == '\0' || strchr(name, '/'))
		return pdg_fail(err, PDG_E_NOTFOUND, "\"%s\" is not the name of a program", name);
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		char *path = dirs[i] ? program_in(dirs[i], name) : NULL;

		if (path) {
			*out = path;
			return 0;
		}
	}
	(void)pdg_reject(err, "CLI-5", "program \"%s\" is neither in \"%s\" nor in \"%s\"", name,
			 own ? own : "", PEDIGREE_LIBEXEC_DIR);
	pdg_fix(err, "install Pedigree whole, or build all of it");
	return PDG_E_NOTFOUND;
}
