# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
list(APPEND TINYML_BOARD_PROGRAMS worker adaptive parameter_server) # a board that trains
set(TINYML_BOARD_ISA dsp)
set(ram_log2 18)
# The kernels of dsp are worth their loops' size; at -Os half of them would be calls.
set(TINYML_BOARD_OPTIMIZE "{ \"size\": [\"-Os\"], \"balanced\": [\"-O2\"], \"speed\": [\"-O2\"] }")
set(protect protect_v7m.cpp)
# The figures of this class want its multiplications unrolled: a kilobyte or two of code for every model.
set(TINYML_BOARD_OPTIMIZE "{ \"size\": [\"-Os\"], \"balanced\": [\"-O2\"], \"speed\": [\"-O2\"] }")
include(${CMAKE_CURRENT_LIST_DIR}/../mps/family.cmake)
