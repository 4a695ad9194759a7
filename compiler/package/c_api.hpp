// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/package/contents.hpp"

namespace tinyml::package {

/// <id>.h: the package's whole interface, C11 and C++17. Constants of every tensor, typed pointers
/// into the arena, quantisation of single values, run.
[[nodiscard]] std::string c_header(const Contents &contents);

/// api.cpp: tensors by their index, for programs that do not know the model.
[[nodiscard]] File c_api_source(const Contents &contents);

} // namespace tinyml::package
