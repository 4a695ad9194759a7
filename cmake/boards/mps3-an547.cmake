# SPDX-License-Identifier: Apache-2.0
# Toolchain of board mps3-an547: Cortex-M55 with vectors (MVE) and floating point, bare metal.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR armv8.1-m.main)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
include(${CMAKE_CURRENT_LIST_DIR}/flags.cmake)
# GCC 12.2 makes wrong code of low-overhead loops for this processor at -Os; without the pass that counts branches
# it is right. The conformance program's Internet checksums are the test of it.
tinyml_device_flags(-mcpu=cortex-m55 -mthumb -mfloat-abi=hard -fno-branch-count-reg)
