/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading the PostgreSQL store. It stays loaded to the end: what it handed out points into it.
 */
#include "service/store_module.h"

#include <dlfcn.h>

#include "proc/spawn.h"
#include "util/auto.h"

#define FILE_NAME "pedigree-store-postgresql.so"

static int cannot_load(struct pdg_error *err, const char *why)
{
	int rc = pdg_reject(err, "STO-3", "cannot load the store for PostgreSQL: %s", why);

	pdg_fix(err, "install " FILE_NAME " of this version, and libpq");
	return rc;
}

/* Under the lock of dlopen(), and by one thread at the start: no other is needed. */
static int load(const struct pdg_store_module **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = NULL;
	struct pdg_error why = {0};
	const struct pdg_store_module *module;
	void *handle;

	if (pdg_program_path(FILE_NAME, &path, &why) < 0)
		return cannot_load(err, why.text);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return cannot_load(err, dlerror());
	module = dlsym(handle, PDG_STORE_MODULE);
	if (!module || module->abi != PDG_STORE_MODULE_ABI ||
	    module->ops_size != sizeof(struct pdg_store_ops)) {
		(void)dlclose(handle);
		return cannot_load(err, "it belongs to another version");
	}
	*out = module;
	return 0;
}

int pdg_store_module_open(const struct pdg_store_open *how, struct pdg_store **out, bool *out_new,
			  struct pdg_error *err)
{
	const struct pdg_store_module *module = NULL;
	int rc = load(&module, err);

	return rc < 0 ? rc : module->open(how, out, out_new, err);
}
