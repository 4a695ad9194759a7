# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
set(TINYML_BOARD_ISA mve)
set(ram_log2 19)
set(protect protect_v8m.cpp)
include(${CMAKE_CURRENT_LIST_DIR}/../mps/family.cmake)
# At -Os the module is compiled as the system is (cmake/boards/mps3-an547.cmake); at -O2 and above GCC's hardware loops are right.
set(TINYML_BOARD_OPTIMIZE "{ \"size\": [\"-Os\"], \"balanced\": [\"-O3\", \"-fbranch-count-reg\"],
    \"speed\": [\"-O3\", \"-fbranch-count-reg\"] }")
