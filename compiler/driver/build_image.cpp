// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/build_image.hpp"

namespace tinyml::driver {
namespace {

link::SourceFiles sources_of(const CompiledModel *model) {
  link::SourceFiles sources;
  if (model != nullptr) {
    for (const codegen::SourceFile &file : model->module.files) {
      sources.emplace(file.name, file.text);
    }
  }
  return sources;
}

} // namespace

Expected<PlannedImage> PlannedImage::create(const CompiledModel *model, const link::Kit &kit,
                                            const std::string &program,
                                            const std::filesystem::path &work_folder) {
  link::ImageLinker linker(kit, program, work_folder,
                           name_of(model == nullptr ? Optimize::kBalanced : model->optimize));
  auto plan = linker.plan(sources_of(model));
  if (!plan.ok()) {
    return Failure{plan.error()};
  }
  return PlannedImage(std::move(linker), *std::move(plan));
}

} // namespace tinyml::driver
