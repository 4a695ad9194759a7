// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/driver/compile_model.hpp"
#include "compiler/link/kit.hpp"
#include "compiler/link/link_image.hpp"
#include "compiler/report/describe.hpp"

#include <chrono>
#include <filesystem>

/// What a model would cost on a device, and what could be built instead when that is too much.
namespace tinyml::driver {

/// What a model is planned for: a board, or a processor that somebody else's program runs on.
struct Target {
  const link::Kit *kit = nullptr; ///< with it sizes are those of the whole image, exact
  std::string isa;                ///< without a kit: sizes are the module's alone, estimated
  link::Limits limits;            ///< stricter than the board's, or all there is
};

/// Compiles the generated sources when the target is a board, below `work_folder`. kNotFound names
/// the processors that were measured when the target's is not among them.
[[nodiscard]] Expected<report::Report> report_budget(const CompiledModel &model,
                                                     const CompileOptions &options,
                                                     const Target &target,
                                                     const std::filesystem::path &work_folder);

/// Parts, stack and limits of a planned image go into the report; the target is a board.
void take_image(const link::ImagePlan &plan, const Target &target, report::Report &report);

/// Two samples of made-up values: enough to plan a float model as int8, whose sizes do not depend
/// on what it was quantised with.
[[nodiscard]] Expected<std::vector<float>> made_up_samples(ByteView model);

struct VariantRequest {
  ByteView model;
  CompileOptions options;
  Target target;
  std::filesystem::path work_folder;
  /// No further variant is begun after that time.
  std::chrono::seconds time_limit{60};
};

/// Every variant is really compiled and planned: int8, smaller inputs where the net takes them,
/// other boards beside the kit. Those that fit come first; one that saves nothing is left out.
[[nodiscard]] std::vector<report::Variant> find_variants(const VariantRequest &request,
                                                         const report::Report &refused);

/// The same as lines for people, only what fits, for an image that was refused.
[[nodiscard]] std::vector<std::string> advise(const VariantRequest &request,
                                              const link::ImagePlan &refused);

} // namespace tinyml::driver
