// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/package/contents.hpp"

#include <span>

namespace tinyml::package {

/// One inference by the interpreter. The input is the first of `samples` (float32, in the model's
/// own layout, every input of the model in order) when it has that size, else numbers drawn from a
/// fixed seed.
[[nodiscard]] Expected<TestVector> make_test_vector(const ir::Graph &graph,
                                                    std::span<const float> samples);

/// test_vector.h: the vector as C arrays, and functions that load it and count wrong outputs.
[[nodiscard]] std::string test_vector_header(const Contents &contents);

/// test_vector/input_0.bin …: the same as raw little-endian elements.
[[nodiscard]] std::vector<File> test_vector_files(const Contents &contents);

} // namespace tinyml::package
