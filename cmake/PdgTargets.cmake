# SPDX-License-Identifier: Apache-2.0
# pdg_library(util SOURCES … LIBS …)      the static library pdg_util of one folder
# pdg_program(pedigree-judge SOURCES … LIBS … [BIN|SBIN])   installed to libexec/pedigree, to bin or to sbin
# pdg_unit(util buf LIBS …)               tests/unit/util/test_buf.c as one ctest entry unit.util.buf
# pdg_wrap(test_util_buf malloc …)        its calls of these functions go to __wrap_malloc … (ld --wrap)
set(PEDIGREE_LIBEXEC ${CMAKE_INSTALL_LIBEXECDIR}/pedigree)
# How libexec is reached from bin and sbin in a tree that was moved as a whole.
file(RELATIVE_PATH PEDIGREE_LIBEXEC_FROM_BIN
	${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBEXECDIR}/pedigree)

function(pdg_library name)
	cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
	add_library(pdg_${name} STATIC ${arg_SOURCES})
	target_link_libraries(pdg_${name} PUBLIC pdg_flags ${arg_LIBS})
endfunction()

function(pdg_program name)
	cmake_parse_arguments(arg "BIN;SBIN" "" "SOURCES;LIBS" ${ARGN})
	add_executable(${name} ${arg_SOURCES})
	target_link_libraries(${name} PRIVATE pdg_flags ${arg_LIBS})
	target_link_options(${name} PRIVATE -pie)
	if(arg_BIN)
		install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
	elseif(arg_SBIN)
		install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
	else()
		install(TARGETS ${name} RUNTIME DESTINATION ${PEDIGREE_LIBEXEC})
	endif()
endfunction()

function(pdg_unit folder module)
	cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
	set(target test_${folder}_${module})
	add_executable(${target} ${CMAKE_SOURCE_DIR}/tests/unit/${folder}/test_${module}.c)
	target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
	target_compile_definitions(${target} PRIVATE
		PDG_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data" PDG_TEST_SOURCE="${CMAKE_SOURCE_DIR}"
		PDG_TEST_BIN="${CMAKE_BINARY_DIR}/bin")
	target_link_libraries(${target} PRIVATE pdg_flags pdg_test_support ${arg_LIBS} PkgConfig::cunit)
	set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
	add_test(NAME unit.${folder}.${module} COMMAND ${target})
	set_tests_properties(unit.${folder}.${module} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

function(pdg_wrap target)
	foreach(function IN LISTS ARGN)
		target_link_options(${target} PRIVATE -Wl,--wrap=${function})
	endforeach()
endfunction()
