# SPDX-License-Identifier: Apache-2.0
# Toolchain of board microbit: Cortex-M0 code, bare metal.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR armv6-m)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
include(${CMAKE_CURRENT_LIST_DIR}/flags.cmake)
tinyml_device_flags(-mcpu=cortex-m0 -mthumb)
