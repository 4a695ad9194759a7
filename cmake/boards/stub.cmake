# SPDX-License-Identifier: Apache-2.0
# Toolchain of board stub: whatever the host compiles with; nothing of it is ever run.
include(${CMAKE_CURRENT_LIST_DIR}/linux.cmake)
