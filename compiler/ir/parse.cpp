// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/ir/scanner.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/ir/verify.hpp"

#include <charconv>
#include <unordered_map>

namespace tinyml::ir {
namespace {

template <typename T> bool read_number(std::string_view text, T &value) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

/// Recursive descent over the grammar in docs/ir.md. Every function returns false (or nothing)
/// after it has set the error, which is made once, at the place where it happened.
class Parser {
public:
  explicit Parser(std::string_view text) : scanner_(text) {}

  Expected<Graph> parse() {
    if (!parse_graph()) {
      return *error_;
    }
    if (const auto verified = verify(graph_); !verified) {
      return Failure{verified.error()};
    }
    return std::move(graph_);
  }

private:
  bool failed(const std::string &message) {
    if (!error_) {
      error_ = scanner_.error(message);
    }
    return false;
  }

  bool expect(std::string_view text) {
    return scanner_.accept(text) || failed("expected '" + std::string(text) + "'");
  }

  bool parse_graph() {
    if (!expect("graph")) {
      return false;
    }
    const auto name = scanner_.quoted();
    if (!name || !expect("{")) {
      return failed("expected the graph's name in quotes and '{'");
    }
    graph_.name = *name;
    while (!scanner_.accept("}")) {
      if (!parse_statement()) {
        return false;
      }
    }
    return scanner_.at_end() || failed("text after the graph's end");
  }

  bool parse_statement() {
    if (scanner_.accept("input ")) {
      const auto id = parse_definition();
      if (id) {
        graph_.inputs.push_back(*id);
      }
      return id.has_value();
    }
    if (scanner_.accept("const ")) {
      return parse_constant();
    }
    if (scanner_.accept("variable ")) {
      return parse_constant() && make_last_variable();
    }
    if (scanner_.accept("output ")) {
      const auto id = parse_use();
      if (id) {
        graph_.outputs.push_back(*id);
      }
      return id.has_value();
    }
    return parse_node();
  }

  std::optional<std::string> parse_reference() {
    if (!expect("%")) {
      return std::nullopt;
    }
    const std::string_view word = scanner_.word();
    if (word.empty()) {
      failed("expected a reference after '%'");
      return std::nullopt;
    }
    return std::string(word);
  }

  std::optional<ValueId> parse_use() {
    const auto reference = parse_reference();
    if (!reference) {
      return std::nullopt;
    }
    const auto found = ids_.find(*reference);
    if (found == ids_.end()) {
      failed("%" + *reference + " is not defined above");
      return std::nullopt;
    }
    return found->second;
  }

  std::optional<ValueId> parse_definition() {
    const auto reference = parse_reference();
    if (!reference) {
      return std::nullopt;
    }
    const std::string name = scanner_.quoted().value_or(*reference);
    TensorType type;
    if (!expect(":") || !parse_type(type)) {
      return std::nullopt;
    }
    const auto id = static_cast<ValueId>(graph_.values.size());
    if (!ids_.emplace(*reference, id).second) {
      failed("%" + *reference + " is defined twice");
      return std::nullopt;
    }
    graph_.values.push_back({name, std::move(type), {}});
    return id;
  }

  template <typename T> bool parse_number(T &value) {
    return read_number(scanner_.number(), value) || failed("expected a number");
  }

  template <typename T> bool parse_list(std::vector<T> &items) {
    return expect("[") && parse_rest_of_list(items);
  }

  template <typename T> bool parse_rest_of_list(std::vector<T> &items) {
    while (!scanner_.accept("]")) {
      T item{};
      if ((!items.empty() && !expect(",")) || !parse_number(item)) {
        return false;
      }
      items.push_back(item);
    }
    return true;
  }

  bool parse_type(TensorType &type) {
    const auto element = parse_element_name(scanner_.word());
    if (!element) {
      return failed("expected an element type such as f32 or i8");
    }
    type.element = *element;
    if (!parse_list(type.shape)) {
      return false;
    }
    if (const auto count = checked_element_count(type.shape, type.element); !count) {
      return failed(count.error().message);
    }
    return !scanner_.accept("q(") || parse_quantization(type.quantization.emplace());
  }

  bool parse_quantization(Quantization &q) {
    if (!expect("scale=")) {
      return false;
    }
    if (scanner_.accept("[")) {
      return parse_axis_quantization(q);
    }
    q.scales.resize(1);
    q.zero_points.resize(1);
    return parse_number(q.scales[0]) && expect(",") && expect("zero=") &&
           parse_number(q.zero_points[0]) && expect(")");
  }

  bool parse_axis_quantization(Quantization &q) {
    return parse_rest_of_list(q.scales) && expect(",") && expect("zero=") &&
           parse_list(q.zero_points) && expect(",") && expect("axis=") && parse_number(q.axis) &&
           expect(")");
  }

  bool parse_constant() {
    const auto id = parse_definition();
    if (!id || !expect("=")) {
      return false;
    }
    ConstantData data;
    const TensorType type = graph_.values[*id].type;
    if (!(scanner_.accept("hex") ? parse_hex(data) : parse_elements(type.element, data))) {
      return false;
    }
    if (data.size() != byte_size(type)) {
      return failed("the data has " + std::to_string(data.size()) + " bytes but " +
                    type_text(type) + " needs " + std::to_string(byte_size(type)));
    }
    graph_.values[*id].constant = std::move(data);
    return true;
  }

  bool make_last_variable() {
    graph_.values.back().variable = true;
    return true;
  }

  bool parse_hex(ConstantData &data) {
    const auto text = scanner_.quoted();
    if (!text || text->size() % 2 != 0) {
      return failed("expected quoted hexadecimal digits, two a byte");
    }
    data.reserve(text->size() / 2);
    for (std::size_t i = 0; i < text->size(); i += 2) {
      const int high = hex_value((*text)[i]);
      const int low = hex_value((*text)[i + 1]);
      if (high < 0 || low < 0) {
        return failed("'" + text->substr(i, 2) + "' is not a hexadecimal byte");
      }
      data.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return true;
  }

  template <typename T> bool parse_elements_as(ConstantData &data) {
    std::vector<T> elements;
    if (!parse_list(elements)) {
      return false;
    }
    data = constant_data(elements);
    return true;
  }

  bool parse_elements(ElementType element, ConstantData &data) {
    switch (element) {
    case ElementType::kFloat32:
      return parse_elements_as<float>(data);
    case ElementType::kInt8:
      return parse_elements_as<std::int8_t>(data);
    case ElementType::kInt16:
      return parse_elements_as<std::int16_t>(data);
    case ElementType::kInt32:
      return parse_elements_as<std::int32_t>(data);
    case ElementType::kInt64:
      return parse_elements_as<std::int64_t>(data);
    default:
      return parse_elements_as<std::uint8_t>(data);
    }
  }

  bool parse_node() {
    Node node{};
    do {
      const auto id = parse_definition();
      if (!id) {
        return false;
      }
      node.outputs.push_back(*id);
    } while (scanner_.accept(","));
    if (!expect("=")) {
      return false;
    }
    const std::string name(scanner_.word());
    const auto op = parse_op_name(name);
    if (!op) {
      return failed("there is no operator '" + name + "'");
    }
    node.op = *op;
    if (!parse_operands(node) || !parse_attributes(node)) {
      return false;
    }
    if (scanner_.accept("name=")) {
      node.name = scanner_.quoted().value_or("");
    }
    graph_.nodes.push_back(std::move(node));
    return true;
  }

  bool parse_operands(Node &node) {
    if (!expect("(")) {
      return false;
    }
    while (!scanner_.accept(")")) {
      if (!node.inputs.empty() && !expect(",")) {
        return false;
      }
      const auto id = parse_use();
      if (!id) {
        return false;
      }
      node.inputs.push_back(*id);
    }
    return true;
  }

  bool parse_attributes(Node &node) {
    if (!scanner_.accept("{")) {
      return true;
    }
    while (!scanner_.accept("}")) {
      if (!node.attributes.empty() && !expect(",")) {
        return false;
      }
      const std::string name(scanner_.word());
      Attribute value;
      if (name.empty() || !expect("=") || !parse_attribute(value)) {
        return failed("expected name=value");
      }
      if (!node.attributes.emplace(name, std::move(value)).second) {
        return failed("attribute '" + name + "' is given twice");
      }
    }
    return true;
  }

  bool parse_attribute(Attribute &value) {
    if (scanner_.accept("f[")) {
      return parse_rest_of_list(value.emplace<std::vector<double>>());
    }
    if (auto text = scanner_.quoted()) {
      value = std::move(*text);
      return true;
    }
    if (scanner_.accept("[")) {
      return parse_rest_of_list(value.emplace<std::vector<std::int64_t>>());
    }
    const std::string_view text = scanner_.number();
    std::int64_t integer = 0;
    if (read_number(text, integer)) {
      value = integer;
      return true;
    }
    return read_number(text, value.emplace<double>()) || failed("expected a value");
  }

  Scanner scanner_;
  Graph graph_;
  std::unordered_map<std::string, ValueId> ids_;
  std::optional<Failure<HostError>> error_;
};

} // namespace

Expected<Graph> parse(std::string_view text) { return Parser(text).parse(); }

} // namespace tinyml::ir
