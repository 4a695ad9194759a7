// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/onnx/node_cases.hpp"

#include "compiler/ir/types.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace tinyml::onnx {
namespace {

std::vector<std::uint8_t> read_file(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Inputs named in an operator's complaint that it must know a tensor, and not fixed yet.
std::vector<std::string> wanted_inputs(const NodeCase &test, const std::string &complaint,
                                       const ImportOptions &options) {
  std::vector<std::string> names;
  for (const auto &[name, value] : test.inputs) {
    if (!options.fixed_inputs.contains(name) &&
        complaint.find("'" + name + "'") != std::string::npos) {
      names.push_back(name);
    }
  }
  if (!names.empty()) {
    return names;
  }
  for (const auto &[name, value] : test.inputs) { // something computed from an integer input
    if (!options.fixed_inputs.contains(name) &&
        (value.type.element != ir::ElementType::kFloat32 || value.type.shape.empty())) {
      names.push_back(name);
    }
  }
  return names;
}

std::string float_difference(const ir::Value &expected, ByteView actual) {
  const auto want = ir::elements_of<float>(expected);
  std::vector<float> got(want.size());
  std::memcpy(got.data(), actual.data(), actual.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    const bool equal = got[i] == want[i] || (std::isnan(got[i]) && std::isnan(want[i])) ||
                       std::abs(got[i] - want[i]) <= 1e-5F + 1e-3F * std::abs(want[i]);
    if (!equal) {
      return "element " + std::to_string(i) + " is " + std::to_string(got[i]) + ", not " +
             std::to_string(want[i]);
    }
  }
  return {};
}

} // namespace

std::filesystem::path node_cases_folder() {
  const char *given = std::getenv("TINYML_ONNX_CASES");
  return given != nullptr ? given : "/usr/share/libonnx-testdata/data/node";
}

std::vector<std::filesystem::path> find_node_cases(const std::filesystem::path &folder) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto &entry : std::filesystem::directory_iterator(folder, error)) {
    if (std::filesystem::exists(entry.path() / "model.onnx")) {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

NodeCase read_node_case(const std::filesystem::path &folder) {
  NodeCase test{folder.filename().string(), read_file(folder / "model.onnx"), {}, {}};
  const auto data = folder / "test_data_set_0";
  for (int i = 0; std::filesystem::exists(data / ("input_" + std::to_string(i) + ".pb")); ++i) {
    auto tensor = read_tensor_file(read_file(data / ("input_" + std::to_string(i) + ".pb")));
    if (tensor) {
      test.inputs.emplace(tensor->name, std::move(*tensor));
    }
  }
  for (int i = 0; std::filesystem::exists(data / ("output_" + std::to_string(i) + ".pb")); ++i) {
    auto tensor = read_tensor_file(read_file(data / ("output_" + std::to_string(i) + ".pb")));
    test.outputs.push_back(tensor ? std::move(*tensor) : ir::Value{});
  }
  return test;
}

Expected<ir::Graph> import_node_case(const NodeCase &test) {
  constexpr const char *kComplaint = "can be fixed)";
  ImportOptions options;
  auto graph = import_onnx(test.model, options);
  while (!graph && graph.error().message.find(kComplaint) != std::string::npos) {
    const auto names = wanted_inputs(test, graph.error().message, options);
    if (names.empty()) {
      break;
    }
    for (const std::string &name : names) {
      options.fixed_inputs.emplace(name, test.inputs.at(name));
    }
    graph = import_onnx(test.model, options);
  }
  return graph;
}

Expected<std::vector<ByteView>> input_data(const NodeCase &test, const ir::Graph &graph) {
  std::vector<ByteView> views;
  for (const ir::ValueId input : graph.inputs) {
    const auto found = test.inputs.find(graph.values[input].name);
    if (found == test.inputs.end()) {
      return fail(ErrorCode::kNotFound, "no data for input '" + graph.values[input].name + "'");
    }
    views.emplace_back(*found->second.constant);
  }
  return views;
}

std::string difference(const ir::Value &expected, const ir::TensorType &type, ByteView actual) {
  if (!expected.constant || expected.type.element != type.element ||
      expected.type.shape != type.shape) {
    return "is " + ir::type_text(type) + ", not " + ir::type_text(expected.type);
  }
  if (type.element == ir::ElementType::kFloat32) {
    return float_difference(expected, actual);
  }
  return std::equal(actual.begin(), actual.end(), expected.constant->begin()) ? "" : "differs";
}

} // namespace tinyml::onnx
