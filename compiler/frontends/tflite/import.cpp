// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/tflite/import.hpp"

#include "compiler/frontends/tflite/node_import.hpp"
#include "compiler/ir/verify.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace tinyml::tflite {
namespace {

constexpr std::size_t kIdentifierAt = 4;
constexpr std::string_view kIdentifier = "TFL3";
constexpr std::uint32_t kSchemaVersion = 3;
constexpr std::size_t kMaxOperators = 16384;
constexpr flatbuffers::uoffset_t kMaxDepth = 64;
constexpr flatbuffers::uoffset_t kMaxTables = 1'000'000;

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

/// The bytes at an address that the format's numbers can be read from.
struct AlignedBytes {
  explicit AlignedBytes(ByteView bytes) : words((bytes.size() + 7) / 8) {
    if (!bytes.empty()) {
      std::memcpy(words.data(), bytes.data(), bytes.size());
    }
  }
  [[nodiscard]] const std::uint8_t *data() const {
    return reinterpret_cast<const std::uint8_t *>(words.data());
  }

  std::vector<std::uint64_t> words;
};

Expected<const schema::Model *> parse_model(const AlignedBytes &bytes, std::size_t size) {
  flatbuffers::Verifier verifier(bytes.data(), size, kMaxDepth, kMaxTables);
  if (!schema::VerifyModelBuffer(verifier)) {
    return invalid("this is not a TensorFlow Lite model, or it is cut off or damaged (its " +
                   std::to_string(size) + " bytes do not hold together)");
  }
  const schema::Model *model = schema::GetModel(bytes.data());
  if (model->version() != kSchemaVersion) {
    return fail(ErrorCode::kUnsupported, "the model has version " +
                                             std::to_string(model->version()) +
                                             " of the TensorFlow Lite schema; 3 is supported");
  }
  if (model->subgraphs() == nullptr || model->subgraphs()->size() == 0) {
    return invalid("the model has no graph");
  }
  const auto *operators = model->subgraphs()->Get(0)->operators();
  if (operators != nullptr && operators->size() > kMaxOperators) {
    return fail(ErrorCode::kDoesNotFit, "the model has " + std::to_string(operators->size()) +
                                            " operators; at most " + std::to_string(kMaxOperators) +
                                            " are accepted");
  }
  return model;
}

Expected<std::size_t> tensor_index(const ModelState &state, std::int32_t index,
                                   const std::string &whose) {
  if (index < 0 || static_cast<std::size_t>(index) >= state.tensors.count()) {
    return invalid("the model's " + whose + " is tensor " + std::to_string(index) +
                   ", but it has " + std::to_string(state.tensors.count()) + " tensors");
  }
  return static_cast<std::size_t>(index);
}

Expected<void> add_input(ModelState &state, std::int32_t given) {
  const auto index = tensor_index(state, given, "input");
  if (!index) {
    return Failure{index.error()};
  }
  if (state.values[*index] != ir::kNoValue || state.tensors.is_constant(*index)) {
    return invalid("the model's input " + state.tensors.label(*index) +
                   " is a constant, or an input already");
  }
  auto type = state.tensors.type(*index);
  if (!type) {
    return fail(type.error().code, "the model's input " + type.error().message);
  }
  state.values[*index] = ir::add_input(state.graph, state.tensors.name(*index), std::move(*type));
  return {};
}

/// What the operator is called in messages, and its code when it is one of the format's own.
struct OperatorKind {
  schema::BuiltinOperator code = schema::BuiltinOperator_CUSTOM;
  std::string name;
};

OperatorKind kind_of(const schema::OperatorCode &entry) {
  const auto code =
      static_cast<schema::BuiltinOperator>(std::max<int>(entry.byte_code(), entry.code()));
  if (code == schema::BuiltinOperator_CUSTOM) {
    const auto *custom = entry.custom_code();
    const std::string name = custom == nullptr ? "" : custom->str().substr(0, 100);
    return {code, "custom operator '" + name + "'"};
  }
  const std::string name = schema::EnumNameBuiltinOperator(code);
  return {code, name.empty() ? "operator " + std::to_string(code) : name};
}

std::string supported_list() {
  std::string known;
  for (const std::string &name : supported_operators()) {
    known += (known.empty() ? "" : ", ") + name;
  }
  return known;
}

Expected<void> add_node(ModelState &state, std::size_t index) {
  const auto &node = *state.subgraph.operators()->Get(static_cast<flatbuffers::uoffset_t>(index));
  const auto *codes = state.file.operator_codes();
  if (codes == nullptr || node.opcode_index() >= codes->size()) {
    return invalid("node " + std::to_string(index) + " has operator code " +
                   std::to_string(node.opcode_index()) + ", which the model does not list");
  }
  const OperatorKind kind = kind_of(*codes->Get(node.opcode_index()));
  const Registered *known = find_operator(kind.code);
  NodeImport import(state, index, node, kind.name, known == nullptr ? "" : known->function);
  if (known == nullptr) {
    import.unsupported("this operator is not supported; supported: " + supported_list());
  } else {
    known->convert(import);
  }
  return import.ok() ? Expected<void>{} : Expected<void>{Failure{import.error()}};
}

Expected<void> add_output(ModelState &state, std::int32_t given) {
  const auto index = tensor_index(state, given, "output");
  if (!index) {
    return Failure{index.error()};
  }
  if (state.values[*index] == ir::kNoValue) {
    return invalid("no node makes the model's output " + state.tensors.label(*index));
  }
  state.graph.outputs.push_back(state.values[*index]);
  return {};
}

using Indices = flatbuffers::Vector<std::int32_t>;

Expected<void> for_each(ModelState &state, const Indices *list,
                        Expected<void> (*add)(ModelState &, std::int32_t)) {
  for (flatbuffers::uoffset_t i = 0; list != nullptr && i < list->size(); ++i) {
    if (auto added = add(state, list->Get(i)); !added) {
      return added;
    }
  }
  return {};
}

Expected<void> add_graph(ModelState &state) {
  if (auto added = for_each(state, state.subgraph.inputs(), add_input); !added) {
    return added;
  }
  const auto *operators = state.subgraph.operators();
  for (std::size_t i = 0; operators != nullptr && i < operators->size(); ++i) {
    if (auto added = add_node(state, i); !added) {
      return added;
    }
  }
  return for_each(state, state.subgraph.outputs(), add_output);
}

std::string graph_name(const schema::SubGraph &graph, const ImportOptions &options) {
  const bool named = options.name.empty() && graph.name() != nullptr;
  return named ? graph.name()->str().substr(0, 200) : options.name;
}

} // namespace

bool is_tflite(ByteView model) {
  return model.size() >= kIdentifierAt + kIdentifier.size() &&
         std::equal(kIdentifier.begin(), kIdentifier.end(), model.begin() + kIdentifierAt);
}

Expected<ir::Graph> import_tflite(ByteView bytes, const ImportOptions &options) {
  if (bytes.size() > options.max_model_bytes) {
    return fail(ErrorCode::kDoesNotFit,
                "the model has " + std::to_string(bytes.size()) + " bytes; at most " +
                    std::to_string(options.max_model_bytes) + " are accepted");
  }
  const AlignedBytes aligned(bytes);
  const auto model = parse_model(aligned, bytes.size());
  if (!model) {
    return Failure{model.error()};
  }
  const schema::SubGraph &main = *(*model)->subgraphs()->Get(0);
  ModelState state(**model, main);
  state.graph.name = graph_name(main, options);
  if (const auto added = add_graph(state); !added) {
    return Failure{added.error()};
  }
  ir::remove_dead(state.graph);
  if (const auto verified = ir::verify(state.graph); !verified) {
    return Failure{verified.error()};
  }
  return std::move(state.graph);
}

} // namespace tinyml::tflite
