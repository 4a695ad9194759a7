// SPDX-License-Identifier: Apache-2.0
#include "training/run/image_builder.hpp"

#include "compiler/driver/build_image.hpp"
#include "compiler/hostrun/kernel_sets.hpp"
#include "compiler/link/kernel_choice.hpp"
#include "host/files.hpp"
#include "image/packer.hpp"

#include <fmt/format.h>

namespace tinyml::coordinator {
namespace {

driver::TrainingCompileOptions options_of(const std::string &name, const std::string &isa,
                                          const Recipe &recipe, std::uint32_t batch, bool half) {
  driver::TrainingCompileOptions options;
  options.model_name = name;
  options.isa = isa;
  // Lanes are for machines whose time is dearer than some kilobytes of code.
  options.optimize =
      link::computes_in_lanes(isa) ? driver::Optimize::kSpeed : driver::Optimize::kBalanced;
  options.batch = batch;
  options.optimizer = recipe.optimizer;
  options.momentum = recipe.momentum;
  options.correction = recipe.correction;
  options.proximal_strength = recipe.proximal;
  options.deterministic = recipe.deterministic;
  options.storage = half ? module::ParameterStorage::kFloat16 : module::ParameterStorage::kFloat32;
  return options;
}

std::uint32_t number_at(const nlohmann::json &object, const char *key) {
  const auto value = object.value(key, nlohmann::json());
  return value.is_number_unsigned() ? value.get<std::uint32_t>() : 0U;
}

image::ImageInfo info_of(const link::Kit &kit, const std::string &program, const std::string &model,
                         const link::ImagePlan &plan, std::uint32_t arena_bytes) {
  const bool elf = kit.payload == link::PayloadKind::kElf;
  return {.board = kit.board,
          .abi_version = number_at(kit.profile, "abi_version"),
          .payload = elf ? image::Payload::kElf : image::Payload::kBinary,
          .version = {.major = 0, .minor = 1, .patch = 0, .build = 1},
          .load_address = elf ? 0U : number_at(kit.profile, "image_address"),
          .model = model,
          .program = program,
          .rom_bytes = static_cast<std::uint32_t>(plan.rom_bytes),
          .static_ram_bytes = static_cast<std::uint32_t>(plan.static_ram_bytes),
          .arena_bytes = arena_bytes,
          .stack_bytes = static_cast<std::uint32_t>(plan.stack.bytes)};
}

Expected<link::Kit> kit_with(const std::filesystem::path &kits, const std::string &board,
                             const std::string &program) {
  auto kit = link::find_kit(kits, board);
  if (kit.ok() && !kit->programs.contains(program)) {
    return fail(ErrorCode::kUnsupported, "board " + board + " does not train: its kit has no " +
                                             "program '" + program +
                                             "'. Boards that do: kvm-x86_64, linux, mps2-an386, "
                                             "virt-rv32");
  }
  // The machines of a run that execute this processor's instructions are on this host.
  return kit.ok() ? link::for_processor(*std::move(kit), hostrun::host_extensions()) : kit;
}

/// What a worker is built with where nobody says how many samples a step has: first the kernel
/// set's own batch; but a process has memory for more than one sample, whatever its kernels are.
std::uint32_t usual_batch(const link::Kit &kit) {
  constexpr std::uint32_t kHosted = 16;
  return kit.payload == link::PayloadKind::kElf ? kHosted : 0;
}

bool does_not_fit(const HostError &error) { return error.code == ErrorCode::kDoesNotFit; }

} // namespace

Expected<void> check_trains(const std::filesystem::path &kits, const std::string &board) {
  const auto kit = kit_with(kits, board, "worker");
  return kit.ok() ? Expected<void>{} : Failure{kit.error()};
}

Expected<driver::CompiledTraining>
ImageBuilder::host_step(const std::string &isa, const Recipe &recipe, std::uint32_t batch) const {
  return driver::compile_training(model_, options_of(name_, isa, recipe, batch, false));
}

Expected<BuiltImage> ImageBuilder::build(const driver::CompiledModel *model, const link::Kit &kit,
                                         const std::string &program) const {
  const auto work = host::TemporaryFolder::create("train-image");
  if (!work.ok()) {
    return Failure{work.error()};
  }
  auto planned = driver::PlannedImage::create(model, kit, program, work->path());
  if (!planned.ok()) {
    return Failure{planned.error()};
  }
  if (const auto fits = link::check_budget(planned->plan(), kit, {}); !fits.ok()) {
    return Failure{fits.error()};
  }
  const auto linked = planned->link();
  if (!linked.ok()) {
    return Failure{linked.error()};
  }
  const std::uint32_t arena = model == nullptr ? 0 : model->module.arena_bytes;
  auto packed = image::pack(
      linked->payload, info_of(kit, program, model == nullptr ? "" : name_, planned->plan(), arena),
      key_);
  if (!packed.ok()) {
    return Failure{packed.error()};
  }
  return BuiltImage{
      .bytes = *std::move(packed), .rom_bytes = linked->rom_bytes, .ram_bytes = linked->ram_bytes};
}

Expected<BuiltImage> ImageBuilder::build_worker(const link::Kit &kit, const Recipe &recipe,
                                                const Variant &variant) const {
  const auto compiled = driver::compile_training(
      model_, options_of(name_, kit.isa, recipe, variant.batch, variant.half));
  if (!compiled.ok()) {
    return Failure{compiled.error()};
  }
  auto image = build(&compiled->model, kit, "worker");
  if (image.ok()) {
    image->batch = compiled->facts.batch;
    image->half = variant.half;
  }
  return image;
}

std::string ImageBuilder::what_fits(const link::Kit &kit, const Recipe &recipe,
                                    std::uint32_t below) const {
  for (const bool half : {false, true}) {
    for (std::uint32_t batch = below / 2; batch >= 1; batch /= 2) {
      if (build_worker(kit, recipe, {batch, half}).ok()) {
        return fmt::format(". What would fit: --batch {}{}", batch,
                           half ? ", with the parameters as float16 (chosen by itself)" : "");
      }
    }
  }
  return ". No batch fits; take a board with more memory, or a smaller model";
}

Expected<BuiltImage> ImageBuilder::worker(const std::string &board, const Recipe &recipe,
                                          std::uint32_t batch, std::uint64_t most_bytes) const {
  const auto kit = kit_with(kits_, board, "worker");
  if (!kit.ok()) {
    return Failure{kit.error()};
  }
  std::vector<Variant> variants = {{batch, false}, {batch, true}};
  if (batch == 0) {
    variants = {{usual_batch(*kit), false}, {16, false}, {8, false}, {1, false}, {1, true}};
  }
  std::optional<HostError> first;
  for (const Variant &variant : variants) {
    auto image = build_worker(*kit, recipe, variant);
    const bool is_last = &variant == &variants.back();
    if (image.ok() && batch == 0 && most_bytes != 0 && !is_last &&
        image->rom_bytes + image->ram_bytes > most_bytes) {
      continue;
    }
    if (image.ok()) {
      if (variant.half) {
        image->note = "board " + board + " stores its parameters as float16: float32 does not fit";
      }
      return image;
    }
    if (!does_not_fit(image.error())) {
      return image;
    }
    first = first.has_value() ? first : std::optional(image.error());
  }
  const std::string advice =
      batch == 0 ? std::string(". Take a board with more memory") : what_fits(*kit, recipe, batch);
  return fail(first->code, "board " + board + ": " + first->message + advice);
}

Expected<BuiltImage> ImageBuilder::server(const std::string &board) const {
  const auto kit = kit_with(kits_, board, "parameter_server");
  return kit.ok() ? build(nullptr, *kit, "parameter_server") : Failure{kit.error()};
}

} // namespace tinyml::coordinator
