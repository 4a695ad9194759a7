// SPDX-License-Identifier: Apache-2.0
// Where the standard library's checks end when they fail (string_view::substr past the end, a pure
// virtual call): our own mistake, so the processor faults at once and the board's fault handling
// reports it.
#include <cstdlib>

extern "C" [[noreturn]] void abort() { __builtin_trap(); }

extern "C" [[noreturn]] void __cxa_pure_virtual() { __builtin_trap(); }

namespace std {

[[noreturn]] void __throw_out_of_range_fmt(const char *, ...) { __builtin_trap(); }
[[noreturn]] void __throw_out_of_range(const char *) { __builtin_trap(); }
[[noreturn]] void __throw_length_error(const char *) { __builtin_trap(); }
[[noreturn]] void __throw_logic_error(const char *) { __builtin_trap(); }
[[noreturn]] void __throw_bad_function_call() { __builtin_trap(); }

} // namespace std
