// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Pieces of C++ source. Names come from models, that is from strangers: whatever they contain, the
/// text stays inside its identifier, literal or comment.
namespace tinyml::codegen {

/// `name` as part of an identifier: letters, digits and single underscores, at most 40 characters;
/// may be empty.
[[nodiscard]] std::string identifier_part(std::string_view name);

/// A quoted literal; every byte that is not plain is an octal escape.
[[nodiscard]] std::string string_literal(std::string_view text);

/// For a line comment: printable ASCII, nothing that continues the line.
[[nodiscard]] std::string comment_text(std::string_view text);

/// Fewest digits that read back exactly.
[[nodiscard]] std::string float_literal(float value);

/// Raw elements (as in a constant) as a comma-separated list, wrapped and indented.
[[nodiscard]] std::string element_list(ir::ElementType element, const ir::ConstantData &data);

/// "std::int8_t"
[[nodiscard]] std::string cpp_type(ir::ElementType element);

/// An aggregate's initialiser, field by field: all of them, in the order of the struct's
/// declaration, because C++17 knows no designators. Each is named by a comment; hostrun_module_test
/// turns these comments into C++20 designators, so that the compiler checks names, order and
/// completeness.
class Fields {
public:
  Fields &add(std::string name, std::string text);
  Fields &add(std::string name, std::int64_t value) {
    return add(std::move(name), std::to_string(value));
  }
  Fields &add_float(std::string name, float value) {
    return add(std::move(name), float_literal(value));
  }
  Fields &add_list(std::string name, const std::vector<std::int64_t> &values);
  Fields &add(std::string name, const Fields &nested) {
    return add(std::move(name), nested.text());
  }

  /// On one line: "{/*a=*/1, /*b=*/2}".
  [[nodiscard]] std::string text() const;
  /// One field a line, long ones wrapped.
  [[nodiscard]] std::string lines() const;

private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

} // namespace tinyml::codegen
