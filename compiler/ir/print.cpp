// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/operators.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/ir/types.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace tinyml::ir {
namespace {

constexpr std::size_t kMaxListedElements = 16;
constexpr char kHexDigits[] = "0123456789abcdef";

bool is_reference_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (byte < 0x20 || byte > 0x7E) {
      result += {'\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
    } else {
      result += c;
    }
  }
  return result + "\"";
}

template <typename T> std::string number(T value) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, end.ptr};
}

/// With a mark that tells a double from an integer.
std::string real_number(double value) {
  std::string text = number(value);
  if (text.find_first_of(".en") == std::string::npos) {
    text += ".0";
  }
  return text;
}

template <typename List, typename Print> std::string list(const List &items, Print print_item) {
  std::string text = "[";
  for (std::size_t i = 0; i < items.size(); ++i) {
    text += (i == 0 ? "" : ",") + print_item(items[i]);
  }
  return text + "]";
}

std::string attribute_text(const Attribute &attribute) {
  struct Visitor {
    std::string operator()(std::int64_t v) const { return number(v); }
    std::string operator()(double v) const { return real_number(v); }
    std::string operator()(const std::string &v) const { return quoted(v); }
    std::string operator()(const std::vector<std::int64_t> &v) const {
      return list(v, number<std::int64_t>);
    }
    std::string operator()(const std::vector<double> &v) const {
      return "f" + list(v, real_number);
    }
  };
  return std::visit(Visitor{}, attribute);
}

std::string quantization_text(const Quantization &q) {
  if (q.axis < 0 && q.scales.size() == 1 && q.zero_points.size() == 1) {
    return " q(scale=" + number(q.scales[0]) + ", zero=" + number(q.zero_points[0]) + ")";
  }
  return " q(scale=" + list(q.scales, number<float>) +
         ", zero=" + list(q.zero_points, number<std::int32_t>) + ", axis=" + number(q.axis) + ")";
}

std::string full_type_text(const TensorType &type) {
  return type_text(type) + (type.quantization ? quantization_text(*type.quantization) : "");
}

std::string hex_text(const ConstantData &data) {
  std::string text = "hex \"";
  text.reserve(text.size() + 2 * data.size() + 1);
  for (const std::uint8_t byte : data) {
    text += {kHexDigits[byte >> 4], kHexDigits[byte & 15]};
  }
  return text + "\"";
}

template <typename T> std::string elements_text(const Value &value) {
  return list(elements_of<T>(value), [](T element) { return number(element); });
}

bool has_nan(const Value &value) {
  const auto elements = elements_of<float>(value);
  return std::any_of(elements.begin(), elements.end(), [](float f) { return std::isnan(f); });
}

std::string constant_text(const Value &value) {
  const std::size_t count = value.constant->size() / element_size(value.type.element);
  const bool is_float = value.type.element == ElementType::kFloat32;
  if (count > kMaxListedElements || (is_float && has_nan(value))) {
    return hex_text(*value.constant);
  }
  switch (value.type.element) {
  case ElementType::kFloat32:
    return elements_text<float>(value);
  case ElementType::kInt8:
    return elements_text<std::int8_t>(value);
  case ElementType::kInt16:
    return elements_text<std::int16_t>(value);
  case ElementType::kInt32:
    return elements_text<std::int32_t>(value);
  case ElementType::kInt64:
    return elements_text<std::int64_t>(value);
  default:
    return elements_text<std::uint8_t>(value);
  }
}

class Printer {
public:
  explicit Printer(const Graph &graph) : graph_(graph) { choose_references(); }

  std::string print() {
    std::string text = "graph " + quoted(graph_.name) + " {\n";
    for (const ValueId id : graph_.inputs) {
      text += "  input " + definition(id) + "\n";
    }
    for (ValueId id = 0; id < graph_.values.size(); ++id) {
      if (graph_.values[id].constant) {
        text += (graph_.values[id].variable ? "  variable " : "  const ") + definition(id) + " = " +
                constant_text(graph_.values[id]) + "\n";
      }
    }
    for (const Node &node : graph_.nodes) {
      text += "  " + node_text(node) + "\n";
    }
    for (const ValueId id : graph_.outputs) {
      text += "  output %" + references_[id] + "\n";
    }
    return text + "}\n";
  }

private:
  /// A value's name serves as its reference when it can be written so and belongs to it alone;
  /// all other values are called by their number.
  void choose_references() {
    std::set<std::string> taken;
    for (ValueId id = 0; id < graph_.values.size(); ++id) {
      const std::string &name = graph_.values[id].name;
      const bool all_digits =
          std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
      const bool plain = std::all_of(name.begin(), name.end(), is_reference_character);
      const bool usable = plain && !all_digits && taken.insert(name).second;
      references_.push_back(usable ? name : std::to_string(id));
    }
  }

  std::string definition(ValueId id) const {
    const Value &value = graph_.values[id];
    const std::string name = references_[id] == value.name ? "" : " " + quoted(value.name);
    return "%" + references_[id] + name + " : " + full_type_text(value.type);
  }

  std::string node_text(const Node &node) const {
    std::string text;
    for (const ValueId id : node.outputs) {
      text += (text.empty() ? "" : ", ") + definition(id);
    }
    text += " = " + std::string(op_name(node.op)) + "(";
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      text += (i == 0 ? "%" : ", %") + references_[node.inputs[i]];
    }
    text += ")" + attributes_text(node);
    return node.name.empty() ? text : text + " name=" + quoted(node.name);
  }

  static std::string attributes_text(const Node &node) {
    std::string text;
    for (const auto &[name, value] : node.attributes) {
      text += (text.empty() ? " {" : ", ") + name + "=" + attribute_text(value);
    }
    return text.empty() ? text : text + "}";
  }

  const Graph &graph_;
  std::vector<std::string> references_;
};

} // namespace

std::string print(const Graph &graph) { return Printer(graph).print(); }

} // namespace tinyml::ir
