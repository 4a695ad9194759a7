// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tinyml::link {

/// Who calls whom with which frame, gathered from GCC's `-fcallgraph-info=su` files (VCG text).
class CallGraph {
public:
  /// Adds one `.ci` file's content. kInvalidInput when it is not of that form or has a frame of
  /// unbounded size.
  [[nodiscard]] Expected<void> add(std::string_view callgraph_text);

  struct Function {
    std::uint32_t frame_bytes = 0;
    bool defined =
        false; ///< false: only called; it lives in a library without call-graph information
    bool dynamic = false; ///< the frame's size is not bounded at compile time
    std::set<std::string> callees;
  };
  [[nodiscard]] const std::map<std::string, Function> &functions() const { return functions_; }

private:
  std::map<std::string, Function> functions_;
};

/// What a board allows for code that the call graph does not show.
struct StackRules {
  std::vector<std::string> entries = {"main"}; ///< where the program begins, by linker symbol
  std::vector<std::string> interrupts;         ///< handlers that run on the same stack
  std::uint32_t interrupt_frame_bytes = 0;     ///< what the processor itself pushes for one
  std::uint32_t library_call_bytes = 128;      ///< for a function of the toolchain's libraries
  std::uint32_t indirect_call_bytes = 0; ///< for a call through a pointer; 0 = none is allowed
  /// What a frame may lose to alignment beyond the ABI's, which GCC does not count: where vectors
  /// are wider than the stack's own alignment. Only frames with room for such a vector can have it.
  std::uint32_t realignment_bytes = 0;
};

struct StackBound {
  std::uint32_t bytes = 0;
  std::vector<std::string> deepest_chain; ///< from the entry to the deepest function
};

/// The largest sum of frames over every call chain from an entry, plus one interrupt on top.
/// Refuses recursion, frames of unbounded size and indirect calls that the rules do not cover,
/// naming the function.
[[nodiscard]] Expected<StackBound> stack_bound(const CallGraph &graph, const StackRules &rules);

} // namespace tinyml::link
