# SPDX-License-Identifier: Apache-2.0
# The warnings and hardening that every file is compiled with. Each flag is probed: clang
# does not know all of gcc's.
include(CheckCCompilerFlag)

add_library(pdg_flags INTERFACE)
set(pdg_warnings
	-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Warith-conversion -Wshadow -Wundef -Wvla
	-Walloca -Wpointer-arith -Wcast-qual -Wcast-align=strict -Wwrite-strings -Wbad-function-cast
	-Wstrict-prototypes -Wmissing-prototypes -Wmissing-declarations -Wold-style-definition
	-Wredundant-decls -Wnested-externs -Wformat=2 -Wformat-signedness -Wformat-overflow=2
	-Wformat-truncation=2 -Wnull-dereference -Wduplicated-cond -Wduplicated-branches -Wlogical-op
	-Wjump-misses-init -Wimplicit-fallthrough=5 -Walloc-zero -Wshift-overflow=2 -Wtrampolines
	-Wenum-conversion -Wstack-usage=16384)
set(pdg_hardening
	-fno-common -fno-strict-aliasing -fstack-protector-strong -fstack-clash-protection
	-fcf-protection -ftrivial-auto-var-init=zero)

foreach(flag IN LISTS pdg_warnings pdg_hardening)
	string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
	check_c_compiler_flag(${flag} ${have})
	if(${have})
		target_compile_options(pdg_flags INTERFACE ${flag})
	endif()
endforeach()
if(PEDIGREE_WERROR)
	target_compile_options(pdg_flags INTERFACE -Werror)
endif()
if(NOT PEDIGREE_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
	# Some distributions' compilers come with a level of their own.
	target_compile_options(pdg_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
target_compile_definitions(pdg_flags INTERFACE _GNU_SOURCE)
target_include_directories(pdg_flags INTERFACE ${CMAKE_SOURCE_DIR}/common ${CMAKE_BINARY_DIR}/generated)
# as-needed: a program carries only the shared libraries that its role calls.
target_link_options(pdg_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,--gc-sections)
target_compile_options(pdg_flags INTERFACE -ffunction-sections -fdata-sections)
# The const tables are full of pointers: packed, their relocations take a thirtieth of the room (glibc from 2.36 on).
include(CheckLinkerFlag)
check_linker_flag(C "-Wl,-z,pack-relative-relocs" PEDIGREE_HAVE_PACKED_RELOCS)
if(PEDIGREE_HAVE_PACKED_RELOCS)
	target_link_options(pdg_flags INTERFACE -Wl,-z,pack-relative-relocs)
endif()
