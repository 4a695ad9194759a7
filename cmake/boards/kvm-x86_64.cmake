# SPDX-License-Identifier: Apache-2.0
# Toolchain of board kvm-x86_64: a freestanding x86-64 guest at fixed addresses below 4 GiB, for processors with AVX2.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER gcc)
set(CMAKE_CXX_COMPILER g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
include(${CMAKE_CURRENT_LIST_DIR}/flags.cmake)
# No red zone: what a function keeps below its stack pointer is missing from the frame sizes that the stack bound adds up.
tinyml_device_flags(-m64 -mavx2 -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none -mno-red-zone)
