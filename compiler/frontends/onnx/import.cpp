// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/onnx/import.hpp"

#include "compiler/frontends/onnx/node_import.hpp"
#include "compiler/ir/verify.hpp"

#include <algorithm>

namespace tinyml::onnx {
namespace {

constexpr std::int64_t kOldestOpset = 7;
constexpr std::int64_t kNewestOpset = 21;

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

Expected<schema::ModelProto> parse_model(ByteView bytes, const ImportOptions &options) {
  if (bytes.size() > options.max_model_bytes) {
    return fail(ErrorCode::kDoesNotFit,
                "the model has " + std::to_string(bytes.size()) + " bytes; at most " +
                    std::to_string(options.max_model_bytes) + " are accepted");
  }
  schema::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return invalid("this is not an ONNX model, or it is cut off (protobuf cannot read its " +
                   std::to_string(bytes.size()) + " bytes)");
  }
  if (!model.has_graph()) {
    return invalid("this is not an ONNX model: it has no graph");
  }
  return model;
}

Expected<std::int64_t> read_opset(const schema::ModelProto &model) {
  for (const auto &opset : model.opset_import()) {
    if (!opset.domain().empty() && opset.domain() != "ai.onnx") {
      continue;
    }
    if (opset.version() < kOldestOpset || opset.version() > kNewestOpset) {
      return fail(ErrorCode::kUnsupported,
                  "the model uses ONNX opset " + std::to_string(opset.version()) + "; opsets " +
                      std::to_string(kOldestOpset) + " to " + std::to_string(kNewestOpset) +
                      " are supported (onnx.version_converter can convert it)");
    }
    return opset.version();
  }
  return invalid("the model does not say which ONNX opset it uses");
}

Expected<void> add_initializers(ModelState &state, const schema::GraphProto &graph) {
  if (graph.sparse_initializer_size() > 0) {
    return fail(ErrorCode::kUnsupported, "the model has sparse initializers; make them dense");
  }
  for (const auto &tensor : graph.initializer()) {
    auto value = read_tensor(tensor);
    if (!value) {
      return Failure{value.error()};
    }
    const auto id = static_cast<ir::ValueId>(state.graph.values.size());
    state.graph.values.push_back(std::move(*value));
    if (!state.values.emplace(tensor.name(), id).second) {
      return invalid("there are two initializers '" + tensor.name() + "'");
    }
  }
  return {};
}

Expected<ir::Shape> input_shape(const schema::ValueInfoProto &input) {
  const auto &type = input.type().tensor_type();
  if (!input.type().has_tensor_type() || !type.has_shape()) {
    return fail(ErrorCode::kUnsupported,
                "input '" + input.name() + "' is no tensor with a known number of dimensions");
  }
  ir::Shape shape;
  for (int i = 0; i < type.shape().dim_size(); ++i) {
    const auto &dim = type.shape().dim(i);
    const bool open = !dim.has_dim_value() || dim.dim_value() < 0;
    if (open && i > 0) {
      return fail(ErrorCode::kUnsupported,
                  "input '" + input.name() + "' leaves dimension " + std::to_string(i) +
                      (dim.has_dim_param() ? " ('" + dim.dim_param() + "')" : "") +
                      " open; only the batch size may be open, export the model with fixed shapes");
    }
    shape.push_back(open ? 1 : dim.dim_value());
  }
  return shape;
}

Expected<void> add_input(ModelState &state, const schema::ValueInfoProto &input) {
  if (state.values.contains(input.name())) {
    return {}; // models of old IR versions list initializers among their inputs
  }
  auto shape = input_shape(input);
  if (!shape) {
    return Failure{shape.error()};
  }
  const auto element = element_type(input.type().tensor_type().elem_type());
  if (element != ir::ElementType::kFloat32 && element != ir::ElementType::kInt8) {
    return fail(ErrorCode::kUnsupported,
                "input '" + input.name() + "' has element type " +
                    std::to_string(input.type().tensor_type().elem_type()) +
                    "; float32 and int8 are supported");
  }
  if (const auto count = ir::checked_element_count(*shape, *element); !count) {
    return invalid("input '" + input.name() + "': " + count.error().message);
  }
  state.values.emplace(input.name(),
                       ir::add_input(state.graph, input.name(), {*element, *shape, {}}));
  return {};
}

Expected<void> add_node(ModelState &state, const schema::NodeProto &node) {
  const bool own_domain = node.domain().empty() || node.domain() == "ai.onnx";
  const Converter convert = own_domain ? find_converter(node.op_type()) : nullptr;
  if (convert == nullptr) {
    std::string known;
    for (const std::string &name : supported_operators()) {
      known += (known.empty() ? "" : ", ") + name;
    }
    const std::string domain = own_domain ? "" : node.domain() + ".";
    return fail(ErrorCode::kUnsupported,
                node_label(node) + ": operator '" + domain + node.op_type() + "' (opset " +
                    std::to_string(state.opset) + ") is not supported; supported: " + known);
  }
  NodeImport import(state, node);
  convert(import);
  return import.ok() ? Expected<void>{} : Expected<void>{Failure{import.error()}};
}

Expected<void> add_outputs(ModelState &state, const schema::GraphProto &graph) {
  for (const auto &output : graph.output()) {
    const auto found = state.values.find(output.name());
    if (found == state.values.end()) {
      return invalid("no node makes the model's output '" + output.name() + "'");
    }
    const ir::ValueId id = found->second;
    const auto &inputs = state.graph.inputs;
    if (std::find(inputs.begin(), inputs.end(), id) == inputs.end()) {
      state.graph.values[id].name = output.name();
    }
    state.graph.outputs.push_back(id);
  }
  return {};
}

Expected<void> add_graph(ModelState &state, const schema::GraphProto &graph) {
  if (auto added = add_initializers(state, graph); !added) {
    return added;
  }
  for (const auto &input : graph.input()) {
    if (auto added = add_input(state, input); !added) {
      return added;
    }
  }
  for (const auto &node : graph.node()) {
    if (auto added = add_node(state, node); !added) {
      return added;
    }
  }
  return add_outputs(state, graph);
}

} // namespace

Expected<ir::Graph> import_onnx(ByteView bytes, const ImportOptions &options) {
  const auto model = parse_model(bytes, options);
  if (!model) {
    return Failure{model.error()};
  }
  ModelState state;
  const auto opset = read_opset(*model);
  if (!opset) {
    return Failure{opset.error()};
  }
  state.opset = *opset;
  state.graph.name = options.name.empty() ? model->graph().name() : options.name;
  if (const auto added = add_graph(state, model->graph()); !added) {
    return Failure{added.error()};
  }
  ir::remove_dead(state.graph);
  if (const auto verified = ir::verify(state.graph); !verified) {
    return Failure{verified.error()};
  }
  return std::move(state.graph);
}

} // namespace tinyml::onnx
