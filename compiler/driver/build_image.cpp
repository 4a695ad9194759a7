// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/build_image.hpp"

#include <fmt/format.h>

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

/// The refused model in int8, when that was not it already and would fit.
std::optional<std::string> int8_variant(ByteView model, CompileOptions options,
                                        const link::Kit &kit, const link::Limits &limits,
                                        const std::filesystem::path &work_folder) {
  if (options.precision == Precision::kInt8 || options.calibration.empty()) {
    return std::nullopt;
  }
  options.precision = Precision::kInt8;
  const auto compiled = compile_model(model, options);
  if (!compiled.ok()) {
    return std::nullopt;
  }
  const auto folder = work_folder / "int8";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto planned = PlannedImage::create(&*compiled, kit, "inference", folder);
  if (!planned.ok() || !link::check_budget(planned->plan(), kit, limits).ok()) {
    return std::nullopt;
  }
  return fmt::format("int8 instead of float32: {} bytes of ROM, {} bytes of RAM",
                     planned->plan().rom_bytes, planned->plan().ram_bytes());
}

/// Other boards whose memory is large enough, by the figures for this one.
std::vector<std::string> larger_boards(const link::ImagePlan &refused, const link::Kit &kit) {
  std::vector<std::string> lines;
  std::error_code error;
  for (const auto &entry : std::filesystem::directory_iterator(kit.folder.parent_path(), error)) {
    const auto other = link::load_kit(entry.path());
    if (!other.ok() || other->board == kit.board || other->payload != link::PayloadKind::kBinary ||
        other->rom.size_bytes < refused.rom_bytes || other->ram.size_bytes < refused.ram_bytes()) {
      continue;
    }
    lines.push_back(fmt::format("board '{}': it has {} bytes of ROM and {} bytes of RAM",
                                other->board, other->rom.size_bytes, other->ram.size_bytes));
  }
  return lines;
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

std::vector<std::string> advise(ByteView model, const CompileOptions &options,
                                const link::ImagePlan &refused, const link::Kit &kit,
                                const link::Limits &limits,
                                const std::filesystem::path &work_folder) {
  std::vector<std::string> lines;
  if (auto variant = int8_variant(model, options, kit, limits, work_folder)) {
    lines.push_back(*std::move(variant));
  }
  if (link::check_budget(refused, kit, {}).ok()) {
    lines.push_back(fmt::format(
        "the same on this board with limits of at least {} bytes of ROM and {} bytes of RAM",
        refused.rom_bytes, refused.ram_bytes()));
  }
  for (std::string &line : larger_boards(refused, kit)) {
    lines.push_back(std::move(line));
  }
  if (lines.empty()) {
    lines.push_back(
        fmt::format("a board with at least {} bytes of ROM and {} bytes of RAM, or a smaller model",
                    refused.rom_bytes, refused.ram_bytes()));
  }
  return lines;
}

} // namespace tinyml::driver
