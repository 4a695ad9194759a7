// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/text.hpp"
#include "compiler/passes/passes.hpp"

#include <cstdio>
#include <cstdlib>

/// What must hold of every graph that an importer accepts, whatever the bytes were.
namespace tinyml::fuzz {

inline void require(bool holds, const char *what, const std::string &detail) {
  if (!holds) {
    std::fprintf(stderr, "%s: %s\n", what, detail.c_str());
    std::abort();
  }
}

/// The printed form parses back to the same text.
inline void check_text(const ir::Graph &graph) {
  const std::string text = ir::print(graph);
  const auto again = ir::parse(text);
  require(again.ok(), "the printed graph does not parse", again ? "" : again.error().message);
  require(ir::print(*again) == text, "the graph does not round-trip", text);
}

/// An error has a message; a graph survives printing, the passes (which promise to leave a verified
/// graph), and printing again.
inline void check_imported(Expected<ir::Graph> graph) {
  if (!graph) {
    require(!graph.error().message.empty(), "an error without a message", "");
    return;
  }
  check_text(*graph);
  const auto done = passes::run_default_passes(*graph);
  require(done.ok(), "the passes refuse a graph that was imported",
          done ? "" : done.error().message);
  check_text(*graph);
}

} // namespace tinyml::fuzz
