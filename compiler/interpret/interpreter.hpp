// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace tinyml::interpret {

/// Refused above this: all values of a graph together.
inline constexpr std::size_t kMaxGraphBytes = std::size_t{1} << 30;

/// Runs a graph, float or int8, with the reference kernels. Preparing derives all constants once;
/// running allocates nothing. Not thread safe; make one per thread.
class Interpreter {
public:
  /// Called after every node with its output.
  using Observer = std::function<void(ir::ValueId, ByteView)>;

  /// Verifies the graph, which must outlive the interpreter.
  [[nodiscard]] static Expected<Interpreter> prepare(const ir::Graph &graph);

  /// `inputs` are raw elements in the order of the graph's inputs.
  [[nodiscard]] Expected<void> run(std::span<const ByteView> inputs, const Observer &observer = {});

  /// Nodes forget what they remember of former runs (docs/ir.md, "State").
  void reset();

  /// Raw elements of a value after a run; of an output by its position.
  [[nodiscard]] ByteView value(ir::ValueId id) const { return (*buffers_)[id]; }
  [[nodiscard]] ByteView output(std::size_t index) const { return value(graph_->outputs[index]); }

private:
  using Buffers = std::vector<std::vector<std::uint8_t>>;

  explicit Interpreter(const ir::Graph &graph);

  const ir::Graph *graph_;
  std::unique_ptr<Buffers> buffers_; ///< one per value; the steps point into it
  struct States;
  std::shared_ptr<States> states_; ///< by node; the steps point into it
  std::vector<std::function<void()>> steps_;
};

/// One run of a graph on float inputs; convenience for tests and small jobs.
[[nodiscard]] Expected<std::vector<std::vector<float>>>
run_float(const ir::Graph &graph, const std::vector<std::vector<float>> &inputs);

} // namespace tinyml::interpret
