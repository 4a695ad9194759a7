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
    if (opset.version() < 1 || opset.version() > kNewestOpset) {
      return fail(ErrorCode::kUnsupported,
                  "the model uses ONNX opset " + std::to_string(opset.version()) + "; opsets " +
                      std::to_string(kOldestOpset) + " to " + std::to_string(kNewestOpset) +
                      " are supported (onnx.version_converter can convert it)");
    }
    return opset.version();
  }
  if (model.opset_import_size() > 0) {
    return 1; // operators of other domains only: each of them will be named
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

/// A graph input that is used as if the model held it as a constant.
Expected<void> add_fixed_input(ModelState &state, const schema::ValueInfoProto &input,
                               ir::Value value) {
  const auto element = element_type(input.type().tensor_type().elem_type());
  if (element != value.type.element || !value.constant) {
    return invalid("input '" + input.name() + "' cannot be fixed to " + ir::type_text(value.type) +
                   ": it has another element type");
  }
  value.name = input.name();
  state.values.emplace(input.name(), static_cast<ir::ValueId>(state.graph.values.size()));
  state.graph.values.push_back(std::move(value));
  return {};
}

/// Why a graph input cannot be one; whoever reads it will say so.
Expected<ir::TensorType> input_type(const schema::ValueInfoProto &input) {
  auto shape = input_shape(input);
  if (!shape) {
    return Failure{shape.error()};
  }
  const auto element = element_type(input.type().tensor_type().elem_type());
  if (!element) {
    return fail(ErrorCode::kUnsupported,
                "input '" + input.name() + "' has element type " +
                    element_type_name(input.type().tensor_type().elem_type()) +
                    "; float32, bool and int8 to int64 are supported");
  }
  if (const auto count = ir::checked_element_count(*shape, *element); !count) {
    const std::string hint = is_empty(*shape) ? " (a graph input can be fixed)" : "";
    return invalid("input '" + input.name() + "': " + count.error().message + hint);
  }
  return ir::TensorType{*element, *shape, {}};
}

Expected<void> add_input(ModelState &state, const schema::ValueInfoProto &input,
                         const ImportOptions &options) {
  if (state.values.contains(input.name())) {
    return {}; // models of old IR versions list initializers among their inputs
  }
  if (const auto fixed = options.fixed_inputs.find(input.name());
      fixed != options.fixed_inputs.end()) {
    return add_fixed_input(state, input, fixed->second);
  }
  auto type = input_type(input);
  if (!type) {
    state.unusable.emplace(input.name(), type.error());
    return {};
  }
  state.values.emplace(input.name(), ir::add_input(state.graph, input.name(), *type));
  return {};
}

/// An input that no operator reads may be of any kind; one that is an output as well may not.
Expected<void> check_unused_inputs(const ModelState &state, const schema::GraphProto &graph) {
  for (const auto &output : graph.output()) {
    if (const auto found = state.unusable.find(output.name()); found != state.unusable.end()) {
      return Failure{found->second};
    }
  }
  return {};
}

Expected<void> add_node(ModelState &state, const schema::NodeProto &node) {
  const bool own_domain = node.domain().empty() || node.domain() == "ai.onnx";
  const Operator *found = own_domain ? find_operator(node.op_type()) : nullptr;
  if (found == nullptr) {
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
  if (state.opset < found->oldest_opset) {
    import.unsupported("is known as of opset " + std::to_string(found->oldest_opset) +
                       ", the model uses opset " + std::to_string(state.opset));
  } else {
    found->convert(import);
  }
  return import.ok() ? Expected<void>{} : Expected<void>{Failure{import.error()}};
}

/// "node 'n': operator 'Slice'"
std::string producer_label(const schema::GraphProto &graph, const std::string &value) {
  for (const auto &node : graph.node()) {
    for (const auto &output : node.output()) {
      if (output == value) {
        return node_label(node) + ": operator '" + node.op_type() + "'";
      }
    }
  }
  return "the model";
}

Expected<void> add_outputs(ModelState &state, const schema::GraphProto &graph) {
  for (const auto &output : graph.output()) {
    const auto found = state.values.find(output.name());
    if (found == state.values.end()) {
      return invalid("no node makes the model's output '" + output.name() + "'");
    }
    const ir::ValueId id = found->second;
    if (is_empty(state.graph.values[id].type.shape)) {
      return fail(ErrorCode::kUnsupported, producer_label(graph, output.name()) + " makes '" +
                                               output.name() + "', which has no elements");
    }
    const auto &inputs = state.graph.inputs;
    if (std::find(inputs.begin(), inputs.end(), id) == inputs.end()) {
      state.graph.values[id].name = output.name();
    }
    state.graph.outputs.push_back(id);
  }
  return {};
}

Expected<void> add_graph(ModelState &state, const schema::GraphProto &graph,
                         const ImportOptions &options) {
  if (auto added = add_initializers(state, graph); !added) {
    return added;
  }
  for (const auto &input : graph.input()) {
    if (auto added = add_input(state, input, options); !added) {
      return added;
    }
  }
  for (const auto &node : graph.node()) {
    if (auto added = add_node(state, node); !added) {
      return added;
    }
  }
  if (auto checked = check_unused_inputs(state, graph); !checked) {
    return checked;
  }
  return add_outputs(state, graph);
}

} // namespace

Expected<ir::Value> read_tensor_file(ByteView bytes) {
  schema::TensorProto tensor;
  if (!tensor.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return invalid("this is not an ONNX tensor");
  }
  return read_tensor(tensor);
}

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
  if (const auto added = add_graph(state, model->graph(), options); !added) {
    return Failure{added.error()};
  }
  ir::remove_dead(state.graph);
  if (const auto verified = ir::verify(state.graph); !verified) {
    return Failure{verified.error()};
  }
  return std::move(state.graph);
}

} // namespace tinyml::onnx
