// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <map>
#include <string>
#include <string_view>

/// Words from models, made harmless: they become identifiers, file names, CMake and README text.
namespace tinyml::package {

struct Names {
  std::string id;      ///< "mnist_lenet": lower-case C identifier, file name, CMake target
  std::string macro;   ///< "MNIST_LENET"
  std::string display; ///< the model's own name for people, see display_text
};

/// Names from a model's name, whatever bytes it has. An identifier that C, C++, CMake or a system
/// header already uses gets "_model" behind it. `wanted` replaces the identifier: kInvalidInput
/// when it is none.
[[nodiscard]] Expected<Names> names_of(std::string_view model_name, const std::string &wanted);

/// Letters, digits, spaces and "_-./:" only, at most 64; anything else becomes '_'. Safe within C
/// comments and literals, Markdown, CMake, YAML, JSON and .properties files.
[[nodiscard]] std::string display_text(std::string_view text);

/// `text` with every @word@ replaced. A word that is not in `words` is our own mistake: it stays,
/// and package_test finds it.
[[nodiscard]] std::string filled(std::string_view text,
                                 const std::map<std::string, std::string> &words);

} // namespace tinyml::package
