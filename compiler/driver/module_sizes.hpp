// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/link/kit.hpp"
#include "compiler/link/link_image.hpp"
#include "compiler/report/describe.hpp"

#include <filesystem>

namespace tinyml::driver {

/// The stack bound of a module alone, from the call-graph files that ImageLinker::plan left in
/// `work_folder`.
[[nodiscard]] Expected<std::uint32_t> module_stack_bytes(const std::filesystem::path &work_folder,
                                                         const link::StackRules &rules);

/// The module's sections as the report takes them.
[[nodiscard]] std::vector<report::Section> sections_of(const link::ImagePlan &plan);

} // namespace tinyml::driver
