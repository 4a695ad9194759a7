// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/module_sizes.hpp"

#include "host/files.hpp"

namespace tinyml::driver {

Expected<std::uint32_t> module_stack_bytes(const std::filesystem::path &work_folder,
                                           const link::StackRules &rules) {
  link::CallGraph graph;
  std::error_code error;
  for (const auto &entry : std::filesystem::directory_iterator(work_folder, error)) {
    if (entry.path().extension() != ".ci") {
      continue;
    }
    const auto text = host::read_text(entry.path());
    const auto added = text.ok() ? graph.add(*text) : Expected<void>(Failure{text.error()});
    if (!added.ok()) {
      return Failure{added.error()};
    }
  }
  const auto bound = link::stack_bound(
      graph, {.entries = {"tinyml_module_run"}, .library_call_bytes = rules.library_call_bytes});
  return bound.ok() ? Expected<std::uint32_t>(bound->bytes) : Failure{bound.error()};
}

std::vector<report::Section> sections_of(const link::ImagePlan &plan) {
  std::vector<report::Section> sections;
  for (const link::ModuleSection &section : plan.module_sections) {
    sections.push_back({section.name, section.size_bytes, section.is_code});
  }
  return sections;
}

} // namespace tinyml::driver
