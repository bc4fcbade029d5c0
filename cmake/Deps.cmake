# SPDX-License-Identifier: Apache-2.0
# One imported target per library; docs/ARCHITECTURE.md says why each is here.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(openssl REQUIRED IMPORTED_TARGET libcrypto>=3.0)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(libgit2 REQUIRED IMPORTED_TARGET libgit2>=1.5)
pkg_check_modules(gpgme REQUIRED IMPORTED_TARGET gpgme>=1.16)
pkg_check_modules(libcurl REQUIRED IMPORTED_TARGET libcurl>=7.87)
pkg_check_modules(microhttpd REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(sqlite REQUIRED IMPORTED_TARGET sqlite3>=3.37)
if(PEDIGREE_TESTS)
	pkg_check_modules(cunit REQUIRED IMPORTED_TARGET cunit)
endif()
