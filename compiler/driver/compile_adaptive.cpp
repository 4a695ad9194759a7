// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/compile_adaptive.hpp"

#include "compiler/driver/build_image.hpp"

#include <fmt/format.h>

namespace tinyml::driver {
namespace {

using module::ParameterStorage;
using nlohmann::json;

constexpr Adapt kAll[] = {{false, ParameterStorage::kFloat32},
                          {false, ParameterStorage::kFloat16},
                          {true, ParameterStorage::kFloat32},
                          {true, ParameterStorage::kFloat16}};

std::uint32_t learned_values(const CompiledTraining &training) {
  return static_cast<std::uint32_t>(training.initial.size());
}

/// The batch of one stands in front, as in the model itself.
void put_batch_first(json &tensor) {
  json shape = json::array({1});
  for (std::size_t i = 0; i + 1 < tensor["shape"].size(); ++i) {
    shape.push_back(tensor["shape"][i]);
  }
  tensor["shape"] = shape;
}

std::string costs_of(const Adapt &adapt) {
  std::string costs = adapt.last_layer_only ? "the layers before the last stay as they are" : "";
  if (adapt.storage == ParameterStorage::kFloat16) {
    costs += costs.empty() ? "" : ", and ";
    costs += "parameters have 11 bits, so that small steps may be lost";
  }
  return costs.empty() ? "nothing" : costs;
}

/// A line for people when this variant fits.
std::optional<std::string> try_variant(const VariantRequest &request, const Adapt &adapt,
                                       const std::string &program,
                                       const std::filesystem::path &folder) {
  const auto training = compile_adaptive(request.model, request.options, adapt);
  if (!training) {
    return std::nullopt;
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto planned = PlannedImage::create(&training->model, *request.target.kit, program, folder);
  if (!planned ||
      !link::check_budget(planned->plan(), *request.target.kit, request.target.limits)) {
    return std::nullopt;
  }
  return fmt::format("--adapt {}: {} bytes of ROM, {} bytes of RAM; it costs {}", name_of(adapt),
                     planned->plan().rom_bytes, planned->plan().ram_bytes(), costs_of(adapt));
}

} // namespace

Expected<Adapt> parse_adapt(const std::string &text) {
  for (const Adapt &one : kAll) {
    if (text == name_of(one)) {
      return one;
    }
  }
  return fail(ErrorCode::kInvalidInput,
              "a model cannot adapt '" + text +
                  "'; there are: last (layer), all, last:float16, all:float16");
}

std::string name_of(const Adapt &adapt) {
  return std::string(adapt.last_layer_only ? "last" : "all") +
         (adapt.storage == ParameterStorage::kFloat16 ? ":float16" : "");
}

Expected<CompiledTraining> compile_adaptive(ByteView model, const CompileOptions &options,
                                            const Adapt &adapt) {
  const auto graph = load_model(model);
  if (!graph) {
    return Failure{graph.error()};
  }
  return compile_training(*graph, {.model_name = options.model_name,
                                   .build_id = options.build_id,
                                   .isa = options.isa,
                                   .batch = 1,
                                   .storage = adapt.storage,
                                   .last_layer_only = adapt.last_layer_only,
                                   .initial_values = true,
                                   .optimize = options.optimize});
}

json report_of(const CompiledTraining &training, const Adapt &adapt) {
  json report = report_of(training.model, Precision::kFloat32);
  constexpr std::size_t kSample = 0;
  constexpr std::size_t kPrediction = 1;
  json sample = report["inputs"][kSample];
  json prediction = report["outputs"][kPrediction];
  put_batch_first(sample);
  put_batch_first(prediction);
  report["inputs"] = json::array({sample});
  report["outputs"] = json::array({prediction});
  report["adapt"] = name_of(adapt);
  report["learned_values"] = learned_values(training);
  return report;
}

std::vector<std::string> advise_adaptive(const VariantRequest &request, const Adapt &refused,
                                         const std::string &program, const link::ImagePlan &plan) {
  std::vector<std::string> lines;
  int tried = 0;
  for (const Adapt &one : kAll) {
    const bool more = !one.last_layer_only && refused.last_layer_only;
    if (one == refused || more) {
      continue;
    }
    const auto folder = request.work_folder / fmt::format("adapt{}", tried++);
    if (auto line = try_variant(request, one, program, folder)) {
      lines.push_back(*std::move(line));
    }
  }
  if (lines.empty()) {
    lines.push_back(
        fmt::format("a board with at least {} bytes of ROM and {} bytes of RAM, or a smaller model",
                    plan.rom_bytes, plan.ram_bytes()));
  }
  return lines;
}

} // namespace tinyml::driver
