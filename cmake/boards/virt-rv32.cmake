# SPDX-License-Identifier: Apache-2.0
# Toolchain of board virt-rv32: 32-bit RISC-V with multiplication and compressed code, bare metal.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_CXX_COMPILER riscv64-unknown-elf-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
include(${CMAKE_CURRENT_LIST_DIR}/flags.cmake)
tinyml_borrow_cxx_headers(/usr/lib/picolibc/riscv64-unknown-elf/include)
set(TINYML_OWN_CODE_FLAGS -msave-restore -Wa,${CMAKE_CURRENT_LIST_DIR}/../../os/cpu/riscv/near_calls.s)
# The linker takes back what the assembler pads with for alignment, unless it is told that nothing will be relaxed: sizes
# are known before linking.
tinyml_device_flags(-march=rv32imc -mabi=ilp32 -misa-spec=2.2 -msmall-data-limit=0 -mno-relax)
