// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/driver/compile_model.hpp"
#include "compiler/link/kit.hpp"
#include "compiler/link/link_image.hpp"

#include <filesystem>
#include <optional>

namespace tinyml::driver {

/// The sizes of an image for one board, known before it is linked, with the linker that can finish
/// it.
class PlannedImage {
public:
  /// `model` may be null: an image without a module. Everything is left below `work_folder`.
  [[nodiscard]] static Expected<PlannedImage> create(const CompiledModel *model,
                                                     const link::Kit &kit,
                                                     const std::string &program,
                                                     const std::filesystem::path &work_folder);

  [[nodiscard]] const link::ImagePlan &plan() const { return plan_; }
  [[nodiscard]] Expected<link::LinkedImage> link() { return linker_.link(plan_); }

private:
  PlannedImage(link::ImageLinker linker, link::ImagePlan plan)
      : linker_(std::move(linker)), plan_(std::move(plan)) {}
  link::ImageLinker linker_;
  link::ImagePlan plan_;
};

} // namespace tinyml::driver
