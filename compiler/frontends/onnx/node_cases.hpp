// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/frontends/onnx/import.hpp"

#include <filesystem>

/// ONNX's own test cases of operators: folders with a model, its inputs and the outputs that it
/// must give. For tests.
namespace tinyml::onnx {

struct NodeCase {
  std::string name;
  std::vector<std::uint8_t> model;
  std::map<std::string, ir::Value> inputs; ///< by name; tensors of types that we have
  std::vector<ir::Value> outputs;
};

/// Where Debian's libonnx-testdata puts the cases of single operators, or the folder that
/// TINYML_ONNX_CASES names.
[[nodiscard]] std::filesystem::path node_cases_folder();

/// Folders of cases, sorted; empty when there are none.
[[nodiscard]] std::vector<std::filesystem::path>
find_node_cases(const std::filesystem::path &folder);

[[nodiscard]] NodeCase read_node_case(const std::filesystem::path &folder);

/// Imports the case's model. An input becomes a constant only where an operator says that it must
/// know it.
[[nodiscard]] Expected<ir::Graph> import_node_case(const NodeCase &test);

/// The case's data for the graph's inputs, in their order.
[[nodiscard]] Expected<std::vector<ByteView>> input_data(const NodeCase &test,
                                                         const ir::Graph &graph);

/// What is wrong with an output; empty when it is as expected: integers exactly, floats within a
/// thousandth or 1e-5.
[[nodiscard]] std::string difference(const ir::Value &expected, const ir::TensorType &type,
                                     ByteView actual);

} // namespace tinyml::onnx
