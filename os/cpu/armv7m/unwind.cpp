// SPDX-License-Identifier: Apache-2.0
// libgcc's division helpers name the unwinder although nothing here unwinds; this keeps its 3 KB
// out.
extern "C" void __aeabi_unwind_cpp_pr0() {}
extern "C" void __aeabi_unwind_cpp_pr1() {}
