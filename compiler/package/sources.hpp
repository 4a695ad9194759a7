// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/package/contents.hpp"

#include <filesystem>

namespace tinyml::package {

/// The generated files and every kernel header that they include, directly or not, made the
/// package's own: namespaces and symbols carry its identifier, so that packages of several models
/// link into one program, whatever kernel sets and versions they have; includes are relative, so
/// that no include path has to be set; the instruction set is fixed. `include_folder` holds
/// kernels/: a kit's include/ or the source tree.
[[nodiscard]] Expected<std::vector<File>> own_sources(const codegen::GeneratedModule &module,
                                                      const Names &names,
                                                      const std::string &kernel_set,
                                                      const std::filesystem::path &include_folder);

} // namespace tinyml::package
