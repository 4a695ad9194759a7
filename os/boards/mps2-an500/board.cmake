# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
set(TINYML_BOARD_ISA dsp)
set(ram_log2 18)
set(protect ../mps2-an500/protect.cpp)
include(${CMAKE_CURRENT_LIST_DIR}/../mps/family.cmake)
# The figures of this class want its multiplications unrolled: a kilobyte or two of code for every model.
set(TINYML_BOARD_OPTIMIZE "{ \"size\": [\"-Os\"], \"balanced\": [\"-O2\"], \"speed\": [\"-O2\"] }")
