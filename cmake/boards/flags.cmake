# SPDX-License-Identifier: Apache-2.0
# Flags of every device program: small, every function and object in its own section, call graph with frame sizes
# beside each object, no merging of constants (docs/kit.md says why), and float arithmetic that does not
# depend on whether the processor can fuse a multiplication with an addition.
set(TINYML_COMMON_DEVICE_FLAGS
  -Os -DNDEBUG -ffunction-sections -fdata-sections -fno-merge-constants -ffp-contract=off
  -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-common -fcallgraph-info=su)
set(TINYML_CXX_DEVICE_FLAGS -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-use-cxa-atexit)

# For compilers without a C++ library of their own: Arm's, of which only headers are used that need no other part of it,
# on the C library's headers in `folder`. Before tinyml_device_flags().
macro(tinyml_borrow_cxx_headers folder)
  set(cxx /usr/include/newlib/c++/12.2.1)
  set(TINYML_HEADER_FLAGS -nostdinc++ -isystem ${cxx} -isystem ${cxx}/arm-none-eabi/thumb/nofp -isystem ${folder}
    -ffreestanding)
  set(TINYML_C_HEADER_FLAGS -isystem ${folder})
endmacro()

# tinyml_device_flags(flag...): the processor's own flags, in front of the common ones. Those in TINYML_OWN_CODE_FLAGS are for
# the sources of this tree alone, not for modules that a kit compiles.
macro(tinyml_device_flags)
  set(TINYML_MACHINE_FLAGS ${ARGN})
  list(JOIN TINYML_OWN_CODE_FLAGS " " own_text)
  list(JOIN TINYML_MACHINE_FLAGS " " machine_text)
  list(JOIN TINYML_COMMON_DEVICE_FLAGS " " common_text)
  list(JOIN TINYML_CXX_DEVICE_FLAGS " " cxx_text)
  list(JOIN TINYML_HEADER_FLAGS " " header_text)
  list(JOIN TINYML_C_HEADER_FLAGS " " c_header_text)
  set(CMAKE_C_FLAGS_INIT "${machine_text} ${common_text} ${own_text} ${c_header_text}")
  set(CMAKE_CXX_FLAGS_INIT "${machine_text} ${common_text} ${own_text} ${cxx_text} ${header_text}")
  # Last in every link, behind all libraries: what the compiler itself calls.
  set(CMAKE_CXX_STANDARD_LIBRARIES_INIT "-lgcc")
  set(CMAKE_ASM_FLAGS_INIT "${machine_text}")
endmacro()
