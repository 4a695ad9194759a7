// SPDX-License-Identifier: Apache-2.0
// Any bytes as an ONNX model: import, passes, printing and parsing back. Whatever the import
// accepts must survive all of it; the passes promise to leave a verified graph.
#include "compiler/frontends/onnx/import.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/passes/passes.hpp"

#include <cstdio>
#include <cstdlib>

namespace {

void require(bool holds, const char *what, const std::string &detail) {
  if (!holds) {
    std::fprintf(stderr, "%s: %s\n", what, detail.c_str());
    std::abort();
  }
}

void check_text(const tinyml::ir::Graph &graph) {
  const std::string text = tinyml::ir::print(graph);
  const auto again = tinyml::ir::parse(text);
  require(again.ok(), "the printed graph does not parse", again ? "" : again.error().message);
  require(tinyml::ir::print(*again) == text, "the graph does not round-trip", text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  auto graph = tinyml::onnx::import_onnx({data, size});
  if (!graph) {
    require(!graph.error().message.empty(), "an error without a message", "");
    return 0;
  }
  check_text(*graph);
  const auto done = tinyml::passes::run_default_passes(*graph);
  require(done.ok(), "the passes refuse a graph that was imported",
          done ? "" : done.error().message);
  check_text(*graph);
  return 0;
}
