// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

/// Everything that is said about what a model costs, as plain figures. Names come from models and
/// may hold any bytes: whoever prints them makes them printable first.
namespace tinyml::report {

enum class Role : std::uint8_t { kInput, kActivation, kOutput, kScratch, kState };
[[nodiscard]] const char *name_of(Role role);

/// One piece of storage: a tensor, with those that reshape it, a kernel's working memory, or what
/// an operator keeps between inferences.
struct Tensor {
  std::vector<std::string> names; ///< of all values in this storage, the first made first
  std::string type;               ///< e.g. "i8[1,28,28,6]"; empty for scratch
  Role role = Role::kActivation;
  std::uint32_t memory = 0; ///< index into Report::memories
  std::uint32_t offset_bytes = 0;
  std::uint32_t size_bytes = 0;
  std::uint32_t first_step = 0;
  std::uint32_t last_step = 0;
  std::optional<std::uint32_t> made_by; ///< step; absent for inputs and state
};

/// What operators hand to each other; several values may lie in one tensor.
struct Value {
  std::string name;
  std::string type;
  std::uint32_t tensor = 0;
};

/// One operator, in the order of execution.
struct Layer {
  std::string name;
  std::string op;
  std::string detail; ///< what the name does not say, e.g. "3x3 stride 2 relu"
  std::string output_type;
  std::uint64_t macs = 0;
  std::uint64_t weight_bytes = 0;
  std::uint64_t constant_bytes = 0;   ///< parameters beside the weights
  std::string kernel;                 ///< whose code it runs; see KernelCode
  std::optional<double> instructions; ///< estimated; absent when the kernel was never measured
  std::uint64_t used_bytes = 0;       ///< of all memories while it runs, shared bytes once
  std::vector<std::uint32_t> reads;   ///< values, without constants
  std::vector<std::uint32_t> writes;
};

/// Code of a kernel, there once however many layers run it.
struct KernelCode {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint32_t layers = 0;
};

/// A memory that tensors are placed in.
struct Memory {
  std::string name;
  std::uint64_t used_bytes = 0;
  std::uint64_t lower_bound_bytes = 0; ///< no placement of this order can be smaller
  std::uint64_t disjoint_bytes = 0;    ///< what it would take if no two tensors shared a byte
  bool optimal = false;
  std::optional<std::uint64_t> limit_bytes;
};

/// Who needs how much.
struct Part {
  std::string name;
  std::uint64_t rom_bytes = 0;
  std::uint64_t ram_bytes = 0;
};

/// Something else that could be built instead.
struct Variant {
  std::string name;  ///< e.g. "int8 instead of float32"
  std::string costs; ///< what one gives for it, in words
  std::uint64_t rom_bytes = 0;
  std::uint64_t ram_bytes = 0;
  std::optional<double> instructions; ///< estimated
  bool estimated_sizes = false;
  bool fits = false;
};

struct Report {
  std::string model;
  std::string precision;
  std::string target; ///< e.g. "board mps2-an385" or "armv7e-m"
  std::string isa;
  /// Sizes are those of a whole image, known exactly; else of the module alone, estimated.
  bool whole_image = false;

  std::vector<Layer> layers;
  std::vector<Value> values;
  std::vector<std::uint32_t> inputs; ///< values
  std::vector<std::uint32_t> outputs;
  std::vector<Tensor> tensors;
  std::vector<Memory> memories;
  std::vector<Part> parts;
  std::vector<KernelCode> kernels;

  std::uint64_t rom_bytes = 0; ///< sum over parts
  std::uint64_t ram_bytes = 0; ///< sum over parts, with the stack
  std::uint64_t stack_bytes = 0;
  std::vector<std::string> deepest_chain;
  std::optional<std::uint64_t> rom_limit_bytes;
  std::optional<std::uint64_t> ram_limit_bytes;

  std::uint64_t macs = 0;
  std::optional<double> instructions; ///< estimated; absent when a kernel was never measured
  std::string cost_source;            ///< where the estimates come from

  std::vector<std::string> notes;
  std::vector<Variant> variants;

  [[nodiscard]] bool fits() const {
    return rom_bytes <= rom_limit_bytes.value_or(UINT64_MAX) &&
           ram_bytes <= ram_limit_bytes.value_or(UINT64_MAX);
  }
};

/// The keys are documented in docs/plan.md.
[[nodiscard]] nlohmann::json to_json(const Report &report);

/// Tables for a terminal.
[[nodiscard]] std::string to_text(const Report &report);

/// Pictures: complete SVG documents that adapt to light and dark viewers. The same report gives the
/// same bytes.
[[nodiscard]] std::string memory_map_svg(const Report &report);
[[nodiscard]] std::string graph_svg(const Report &report);
[[nodiscard]] std::string budget_svg(const Report &report);

} // namespace tinyml::report
