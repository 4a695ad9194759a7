// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/backend.hpp"

#include "compiler/driver/backend_request.hpp"
#include "compiler/driver/build_image.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/hostrun/kernel_sets.hpp"
#include "host/files.hpp"

#include <nlohmann/json.hpp>

namespace tinyml::driver {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// A caller waits for the answer, so advice must not take long.
constexpr std::chrono::seconds kAdviceTime{20};

json error_result(const HostError &error, const std::vector<std::string> &would_fit = {}) {
  return {
      {"version", kInterfaceVersion},
      {"status", "error"},
      {"error",
       {{"code", code_word(error.code)}, {"message", error.message}, {"would_fit", would_fit}}}};
}

json parts_of(const link::ImagePlan &plan) {
  json parts = json::array();
  for (const link::BudgetPart &part : plan.parts) {
    parts.push_back(
        {{"part", part.name}, {"rom_bytes", part.rom_bytes}, {"ram_bytes", part.ram_bytes}});
  }
  return parts;
}

void add_image_report(json &report, const link::ImagePlan &plan, const link::LinkedImage &image,
                      const link::Kit &kit) {
  report["rom_bytes_planned"] = plan.rom_bytes;
  report["ram_bytes_planned"] = plan.ram_bytes();
  report["rom_bytes_linked"] = image.rom_bytes;
  report["ram_bytes_linked"] = image.ram_bytes;
  report["static_ram_bytes"] = plan.static_ram_bytes;
  report["stack_bytes"] = plan.stack.bytes;
  report["rom_budget_bytes"] = kit.rom.size_bytes;
  report["ram_budget_bytes"] = kit.ram.size_bytes;
  report["payload"] = kit.payload == link::PayloadKind::kBinary ? "binary" : "elf";
  report["budget"] = parts_of(plan);
}

Expected<std::vector<codegen::SourceFile>>
host_sources(const CompiledModel &model, const BackendRequest &request, const std::string &isa) {
  if (request.adapt) {
    CompileOptions options = request.compile;
    options.isa = isa;
    const auto bytes = host::read_file(*request.model);
    auto training = bytes.ok() ? compile_adaptive(*bytes, options, *request.adapt)
                               : Expected<CompiledTraining>(Failure{bytes.error()});
    return training.ok()
               ? Expected<std::vector<codegen::SourceFile>>(std::move(training->model.module.files))
               : Failure{training.error()};
  }
  auto module = generate_for(isa, model, request.compile);
  return module.ok() ? Expected<std::vector<codegen::SourceFile>>(std::move(module->files))
                     : Failure{module.error()};
}

/// module.so computes what the device computes, with the kernels that suit this machine.
Expected<void> build_host_module(const CompiledModel &model, const BackendRequest &request,
                                 const link::Kit &kit, const fs::path &output) {
  const std::string isa = hostrun::host_kernel_set();
  const auto files = host_sources(model, request, isa);
  if (!files.ok()) {
    return Failure{files.error()};
  }
  hostrun::BuildOptions options{.include_dir = kit.include_folder(), .isa = isa};
  if (request.adapt) {
    options.extra_flags = {"-std=c++20"};
  }
  return hostrun::build_shared_object(*files, options, output);
}

/// Keeps what the interface promises beside result.json.
Expected<void> write_files(const fs::path &result, const link::LinkedImage &image,
                           const CompiledModel *model, const BackendRequest &request,
                           const link::Kit &kit) {
  if (auto written = host::write_file(result / "payload.bin", image.payload); !written.ok()) {
    return written;
  }
  std::error_code error;
  fs::copy_file(image.elf, result / "image.elf", fs::copy_options::overwrite_existing, error);
  if (error) {
    return fail(ErrorCode::kResourceFull, "cannot keep the linked program: " + error.message());
  }
  if (model == nullptr) {
    return {};
  }
  fs::create_directories(result / "sources", error);
  for (const codegen::SourceFile &file : model->module.files) {
    if (auto written = host::write_text(result / "sources" / file.name, file.text); !written.ok()) {
      return written;
    }
  }
  if (!request.host_module) {
    return {};
  }
  return build_host_module(*model, request, kit, result / "module.so");
}

/// How much RAM the image needs beyond what there is.
std::uint64_t excess_ram(const link::ImagePlan &plan, const link::Kit &kit,
                         const link::Limits &limits) {
  const std::uint64_t limit =
      std::min<std::uint64_t>(kit.ram.size_bytes, limits.max_ram_bytes.value_or(UINT64_MAX));
  return plan.ram_bytes() > limit ? plan.ram_bytes() - limit : 0;
}

/// The model as it was asked for, and its part of the report.
Expected<CompiledModel> compile(ByteView bytes, const BackendRequest &request, json &report) {
  if (!request.adapt) {
    auto model = compile_model(bytes, request.compile);
    report = model.ok() ? report_of(*model, request.compile.precision) : report;
    return model;
  }
  auto training = compile_adaptive(bytes, request.compile, *request.adapt);
  if (!training.ok()) {
    return Failure{training.error()};
  }
  report = report_of(*training, *request.adapt);
  return std::move(training->model);
}

/// A board without the program is told so before anything is compiled.
Expected<void> check_program(const link::Kit &kit, const BackendRequest &request) {
  if (!request.adapt || kit.programs.contains(request.program)) {
    return {};
  }
  return fail(ErrorCode::kUnsupported,
              "models do not adapt on board '" + kit.board + "': its kit has no program '" +
                  request.program +
                  "'. Order the model without --adapt, or for a board that trains");
}

json report_of_no_model() {
  return {{"macs", 0U},
          {"weight_bytes", 0U},
          {"arena_bytes", 0U},
          {"layers", json::array()},
          {"inputs", json::array()},
          {"outputs", json::array()}};
}

/// For an image that does not fit.
std::vector<std::string> what_would_fit(ByteView model, const BackendRequest &request,
                                        const link::Kit &kit, const link::ImagePlan &plan,
                                        const fs::path &work) {
  const VariantRequest variants{.model = model,
                                .options = request.compile,
                                .target = {&kit, "", request.limits},
                                .work_folder = work,
                                .time_limit = kAdviceTime};
  return request.adapt ? advise_adaptive(variants, *request.adapt, request.program, plan)
                       : advise(variants, plan);
}

/// Everything between a checked request and the answer.
json answer(BackendRequest request, const fs::path &result, const fs::path &work) {
  auto kit = link::load_kit(request.kit);
  if (!kit.ok()) {
    return error_result(kit.error());
  }
  if (const auto able = check_program(*kit, request); !able.ok()) {
    return error_result(able.error());
  }
  *kit = kit->for_program(request.program);
  request.compile.isa = kit->isa;
  std::vector<std::uint8_t> model_bytes;
  std::optional<CompiledModel> model;
  json report = report_of_no_model();
  if (request.model) {
    auto bytes = host::read_file(*request.model);
    if (!bytes.ok()) {
      return error_result(bytes.error());
    }
    model_bytes = *std::move(bytes);
    auto compiled = compile(model_bytes, request, report);
    if (!compiled.ok()) {
      return error_result(compiled.error());
    }
    model = *std::move(compiled);
  }
  const CompiledModel *module = model ? &*model : nullptr;
  auto planned = PlannedImage::create(module, *kit, request.program, work);
  if (!planned.ok()) {
    return error_result(planned.error());
  }
  auto smaller = model && !request.adapt
                     ? compile_in_strips(*model, request.compile,
                                         excess_ram(planned->plan(), *kit, request.limits))
                     : std::nullopt;
  std::optional<PlannedImage> in_strips;
  if (smaller) {
    std::error_code error;
    fs::create_directories(work / "strips", error);
    auto again = PlannedImage::create(&*smaller, *kit, request.program, work / "strips");
    if (again.ok() && link::check_budget(again->plan(), *kit, request.limits).ok()) {
      in_strips.emplace(*std::move(again));
      model = *std::move(smaller);
      report = report_of(*model, request.compile.precision);
    }
  }
  PlannedImage &chosen = in_strips ? *in_strips : *planned;
  if (const auto fits = link::check_budget(chosen.plan(), *kit, request.limits); !fits.ok()) {
    return error_result(fits.error(),
                        what_would_fit(model_bytes, request, *kit, chosen.plan(), work));
  }
  const auto image = chosen.link();
  if (!image.ok()) {
    return error_result(image.error());
  }
  if (const auto written = write_files(result, *image, module, request, *kit); !written.ok()) {
    return error_result(written.error());
  }
  add_image_report(report, chosen.plan(), *image, *kit);
  return {{"version", kInterfaceVersion}, {"status", "ok"}, {"report", report}};
}

} // namespace

Expected<void> run_backend(const fs::path &request_folder, const fs::path &result_folder) {
  const auto work = host::TemporaryFolder::create("backend");
  if (!work.ok()) {
    return Failure{work.error()};
  }
  const auto request = read_backend_request(request_folder);
  const json result =
      request.ok() ? answer(*request, result_folder, work->path()) : error_result(request.error());
  return host::write_text(result_folder / "result.json",
                          result.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

} // namespace tinyml::driver
