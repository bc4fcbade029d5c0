/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libgit2 sets up TLS when it starts, for connections that no program here ever makes through it.
 * Built with mbedTLS (Debian's 1.5) it reads and parses all of the system's certificate authorities
 * then, which costs a hook more than all that it is there for; none of git_libgit2_opts() comes
 * early enough. The dynamic linker binds libgit2's call to this function of the program: a file
 * without certificates, so that nobody would be trusted. With any other TLS nobody calls it.
 */
int mbedtls_x509_crt_parse_file(void *chain, const char *path);

int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
	(void)chain;
	(void)path;
	return 0;
}
