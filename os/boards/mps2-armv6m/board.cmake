# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
set(ram_log2 17)
set(protect protect_v6m.cpp)
set(TINYML_BOARD_PROGRAMS exec bare) # for measurements; nothing is delivered to it
include(${CMAKE_CURRENT_LIST_DIR}/../mps/family.cmake)
