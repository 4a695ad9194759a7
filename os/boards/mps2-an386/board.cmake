# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
set(TINYML_BOARD_ISA dsp)
set(ram_log2 17)
set(protect protect_v7m.cpp)
include(${CMAKE_CURRENT_LIST_DIR}/../mps/family.cmake)
