// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/backend.hpp"

#include "compiler/driver/budget.hpp"
#include "compiler/driver/build_image.hpp"
#include "compiler/driver/quantize_model.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/hostrun/kernel_sets.hpp"
#include "host/files.hpp"

#include <cstring>
#include <nlohmann/json.hpp>

namespace tinyml::driver {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr int kInterfaceVersion = 1;
/// A caller waits for the answer, so advice must not take long.
constexpr std::chrono::seconds kAdviceTime{20};

/// request.json, checked.
struct Request {
  std::optional<fs::path> model; ///< absent for an image without a module
  CompileOptions compile;
  link::Limits limits;
  bool host_module = true;
  std::vector<float> calibration;
  fs::path kit;
  std::string program;
};

json error_result(const HostError &error, const std::vector<std::string> &would_fit = {}) {
  return {
      {"version", kInterfaceVersion},
      {"status", "error"},
      {"error",
       {{"code", code_word(error.code)}, {"message", error.message}, {"would_fit", would_fit}}}};
}

/// A file of the request folder; names with folders in them are refused.
Expected<fs::path> request_file(const fs::path &folder, const std::string &name) {
  if (name.empty() || name.find('/') != std::string::npos || name == "..") {
    return fail(ErrorCode::kInvalidInput,
                "request.json names a file outside of the request folder");
  }
  return folder / name;
}

Expected<std::vector<float>> read_floats(const fs::path &path) {
  const auto bytes = host::read_file(path);
  if (!bytes.ok()) {
    return Failure{bytes.error()};
  }
  if (bytes->size() % sizeof(float) != 0) {
    return fail(ErrorCode::kInvalidInput,
                "the calibration file is not a whole number of float32 values");
  }
  std::vector<float> values(bytes->size() / sizeof(float));
  std::memcpy(values.data(), bytes->data(), bytes->size());
  return values;
}

Expected<std::array<std::uint8_t, 16>> parse_build_id(const std::string &hex) {
  std::array<std::uint8_t, 16> id{};
  if (hex.size() != 2 * id.size() ||
      hex.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return fail(ErrorCode::kInvalidInput, "build_id must be 32 hex digits");
  }
  for (std::size_t i = 0; i < id.size(); ++i) {
    id[i] = static_cast<std::uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  }
  return id;
}

std::optional<std::uint64_t> optional_limit(const json &options, const char *key) {
  const auto found = options.find(key);
  if (found == options.end() || found->is_null()) {
    return std::nullopt;
  }
  return found->get<std::uint64_t>();
}

Expected<Request> parse_request(const json &from, const fs::path &folder) {
  if (from.at("version").get<int>() != kInterfaceVersion) {
    return fail(ErrorCode::kUnsupported, "this backend speaks version 1 of the interface");
  }
  Request request;
  request.kit = from.at("kit").get<std::string>();
  request.program = from.value("program", "inference");
  const json options = from.value("options", json::object());
  request.limits = {optional_limit(options, "max_rom_bytes"),
                    optional_limit(options, "max_ram_bytes")};
  request.host_module = options.value("host_module", true);
  const auto precision = parse_precision(options.value("precision", "int8"));
  if (!precision.ok()) {
    return Failure{precision.error()};
  }
  request.compile.precision = *precision;
  const auto optimize = parse_optimize(options.value("optimize", "balanced"));
  if (!optimize.ok()) {
    return Failure{optimize.error()};
  }
  request.compile.optimize = *optimize;
  const auto strips = parse_strips(options.value("patches", "auto"));
  if (!strips.ok()) {
    return Failure{strips.error()};
  }
  request.compile.strips = *strips;
  auto quantization = parse_quantize_options(options);
  if (!quantization.ok()) {
    return Failure{quantization.error()};
  }
  request.compile.quantization = *std::move(quantization);
  request.compile.model_name = from.value("model_name", "");
  if (const auto id = from.find("build_id"); id != from.end() && !id->is_null()) {
    const auto parsed = parse_build_id(id->get<std::string>());
    if (!parsed.ok()) {
      return Failure{parsed.error()};
    }
    request.compile.build_id = *parsed;
  }
  if (!from.at("model").is_null()) {
    const auto model = request_file(folder, from.at("model").get<std::string>());
    if (!model.ok()) {
      return Failure{model.error()};
    }
    request.model = *model;
  }
  if (const auto file = from.find("calibration"); file != from.end() && !file->is_null()) {
    const auto path = request_file(folder, file->get<std::string>());
    auto values =
        path.ok() ? read_floats(*path) : Expected<std::vector<float>>(Failure{path.error()});
    if (!values.ok()) {
      return Failure{values.error()};
    }
    request.calibration = *std::move(values);
  }
  return request;
}

Expected<Request> read_request(const fs::path &folder) {
  const auto text = host::read_text(folder / "request.json");
  if (!text.ok()) {
    return Failure{text.error()};
  }
  try {
    auto request = parse_request(json::parse(*text), folder);
    if (request.ok()) {
      request->compile.calibration = request->calibration;
    }
    return request;
  } catch (const json::exception &error) {
    return fail(ErrorCode::kInvalidInput,
                std::string("request.json is malformed: ") + error.what());
  }
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

/// module.so computes what the device computes, with the kernels that suit this machine.
Expected<void> build_host_module(const CompiledModel &model, const Request &request,
                                 const link::Kit &kit, const fs::path &output) {
  const std::string isa = hostrun::host_kernel_set();
  const auto module = generate_for(isa, model, request.compile);
  if (!module.ok()) {
    return Failure{module.error()};
  }
  return hostrun::build_shared_object(module->files,
                                      {.include_dir = kit.include_folder(), .isa = isa}, output);
}

/// Keeps what the interface promises beside result.json.
Expected<void> write_files(const fs::path &result, const link::LinkedImage &image,
                           const CompiledModel *model, const Request &request,
                           const link::Kit &kit) {
  if (const auto written = host::write_file(result / "payload.bin", image.payload); !written.ok()) {
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
    if (const auto written = host::write_text(result / "sources" / file.name, file.text);
        !written.ok()) {
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

/// Everything between a checked request and the answer.
json answer(Request request, const fs::path &result, const fs::path &work) {
  auto kit = link::load_kit(request.kit);
  if (!kit.ok()) {
    return error_result(kit.error());
  }
  *kit = kit->for_program(request.program);
  request.compile.isa = kit->isa;
  std::vector<std::uint8_t> model_bytes;
  std::optional<CompiledModel> model;
  json report = {{"macs", 0U},
                 {"weight_bytes", 0U},
                 {"arena_bytes", 0U},
                 {"layers", json::array()},
                 {"inputs", json::array()},
                 {"outputs", json::array()}};
  if (request.model) {
    auto bytes = host::read_file(*request.model);
    auto compiled = bytes.ok() ? compile_model(*bytes, request.compile)
                               : Expected<CompiledModel>(Failure{bytes.error()});
    if (!compiled.ok()) {
      return error_result(compiled.error());
    }
    model_bytes = *std::move(bytes);
    model = *std::move(compiled);
    report = report_of(*model, request.compile.precision);
  }
  const CompiledModel *module = model ? &*model : nullptr;
  auto planned = PlannedImage::create(module, *kit, request.program, work);
  if (!planned.ok()) {
    return error_result(planned.error());
  }
  auto smaller = model ? compile_in_strips(*model, request.compile,
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
    return error_result(fits.error(), advise({.model = model_bytes,
                                              .options = request.compile,
                                              .target = {&*kit, "", request.limits},
                                              .work_folder = work,
                                              .time_limit = kAdviceTime},
                                             chosen.plan()));
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
  const auto request = read_request(request_folder);
  const json result =
      request.ok() ? answer(*request, result_folder, work->path()) : error_result(request.error());
  return host::write_text(result_folder / "result.json",
                          result.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

} // namespace tinyml::driver
