# SPDX-License-Identifier: Apache-2.0
# In the host's tree: the target `kits` builds the trees of the boards with their own toolchains and leaves
# build/kits/<board>/. Tests that need a board name the CTest fixture `kits`, which builds the same target.
set(TINYML_KIT_BOARDS mps2-an385 mps2-an386 mps2-an500 mps3-an547 mps2-armv6m lm3s6965evb virt-rv32 virt-rv64v lx60-lx106 linux posix-rtos kvm-x86_64 microbit
  CACHE STRING "Boards whose kits the target `kits` builds")
set(TINYML_EXEC_ONLY_BOARDS mps2-armv6m)
set(TINYML_KITS_DIR "${CMAKE_SOURCE_DIR}/build/kits" CACHE PATH "Where the kits are put, one folder a board")

set(previous "")
foreach(board IN LISTS TINYML_KIT_BOARDS)
  set(tree ${CMAKE_SOURCE_DIR}/build/boards/${board})
  # A kit without delivered images needs neither protocols nor cryptography: only its own programs are built.
  set(target all)
  if(board IN_LIST TINYML_EXEC_ONLY_BOARDS)
    set(target kit)
  endif()
  # One after the other, two jobs each: a kit's build fills a small machine.
  add_custom_target(kit_${board} VERBATIM USES_TERMINAL DEPENDS ${previous}
    COMMAND ${CMAKE_COMMAND} -S ${CMAKE_SOURCE_DIR} -B ${tree} -G Ninja -DTINYML_BOARD=${board}
            -DTINYML_KITS_DIR=${TINYML_KITS_DIR} --toolchain ${CMAKE_SOURCE_DIR}/cmake/boards/${board}.cmake
            --log-level=WARNING
    COMMAND ${CMAKE_COMMAND} --build ${tree} -j 2 --target ${target} -- --quiet
    COMMENT "Kit of board ${board}")
  set(previous kit_${board})
endforeach()
list(TRANSFORM TINYML_KIT_BOARDS PREPEND kit_ OUTPUT_VARIABLE kit_targets)
option(TINYML_BUILD_KITS "Build the kits with everything else, not only on request" ON)
if(TINYML_BUILD_KITS AND NOT TINYML_FUZZERS)
  add_custom_target(kits ALL DEPENDS ${kit_targets})
else()
  add_custom_target(kits DEPENDS ${kit_targets})
endif()

if(NOT TINYML_FUZZERS)
  # The stub is nobody's kit; it only has to build.
  set(stub ${CMAKE_SOURCE_DIR}/build/boards/stub)
  add_test(NAME board_stub_builds COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${CMAKE_SOURCE_DIR} ${stub}
    --build-generator Ninja --build-noclean --build-options -DTINYML_BOARD=stub -DTINYML_KITS_DIR=${stub}/kits
    --toolchain ${CMAKE_SOURCE_DIR}/cmake/boards/stub.cmake)
  set_tests_properties(board_stub_builds PROPERTIES LABELS board TIMEOUT 600)
  add_test(NAME kits COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target kits)
  set_tests_properties(kits PROPERTIES FIXTURES_SETUP kits LABELS board TIMEOUT 900)
endif()
