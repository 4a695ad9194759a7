# SPDX-License-Identifier: Apache-2.0
# Toolchain of board lx60-lx106: the ESP8266's Xtensa core, bare metal.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR xtensa)
set(CMAKE_C_COMPILER xtensa-lx106-elf-gcc)
set(CMAKE_CXX_COMPILER xtensa-lx106-elf-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
include(${CMAKE_CURRENT_LIST_DIR}/flags.cmake)
tinyml_borrow_cxx_headers(/usr/lib/xtensa-lx106-elf/include)
tinyml_device_flags(-mtext-section-literals)
