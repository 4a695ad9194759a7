// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Which kernel sets (folders of kernels/isa) this machine's processor can execute. Code for a host
/// module is generated for one of them and built with its flags.
namespace tinyml::hostrun {

/// The fastest set that this processor has instructions for; "scalar" runs everywhere.
[[nodiscard]] std::string best_kernel_set();

/// best_kernel_set(), or the set that the environment variable TINYML_HOST_ISA names, if that one
/// can run here.
[[nodiscard]] std::string host_kernel_set();

/// All that can run here, slowest first.
[[nodiscard]] std::vector<std::string> runnable_kernel_sets();

/// What this processor has of the words that device profiles call extensions, as far as
/// host_kernel_set() makes use of it.
[[nodiscard]] std::vector<std::string> host_extensions();

/// Flags for GCC and Clang, without -DTINYML_ISA; none for sets that need nothing special.
[[nodiscard]] std::span<const char *const> kernel_set_flags(std::string_view name);

} // namespace tinyml::hostrun
