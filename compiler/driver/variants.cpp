// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/budget.hpp"

#include "compiler/driver/module_sizes.hpp"
#include "compiler/driver/smaller_input.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tinyml::driver {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

class VariantFinder {
public:
  VariantFinder(const VariantRequest &request, const report::Report &refused)
      : request_(request), refused_(refused), started_(Clock::now()) {}

  std::vector<report::Variant> run() {
    add_strips();
    add_int8();
    add_smaller_code();
    add_smaller_inputs(request_.options, "");
    add_looser_limits();
    add_boards();
    std::stable_sort(found_.begin(), found_.end(),
                     [](const auto &a, const auto &b) { return a.fits && !b.fits; });
    return std::move(found_);
  }

private:
  bool time_is_up() const { return Clock::now() - started_ > request_.time_limit; }

  CompileOptions int8_options() {
    CompileOptions options = request_.options;
    options.precision = Precision::kInt8;
    if (options.calibration.empty()) {
      if (auto samples = made_up_samples(request_.model); samples.ok()) {
        samples_ = *std::move(samples);
        options.calibration = samples_;
      }
    }
    return options;
  }

  void add_int8() {
    if (request_.options.precision == Precision::kInt8) {
      return;
    }
    const CompileOptions options = int8_options();
    const auto model = compile_model(request_.model, options);
    if (model.ok()) {
      add("int8 instead of float32",
          "usually less than a percent of accuracy; check with labelled data", *model, options,
          request_.target);
      add_smaller_inputs(options, "int8 and ");
    }
  }

  /// Only where RAM is short.
  void add_strips() {
    const std::uint64_t limit = refused_.ram_limit_bytes.value_or(UINT64_MAX);
    if (refused_.ram_bytes <= limit) {
      return;
    }
    const auto whole = compile_model(request_.model, request_.options);
    const auto model = whole.ok()
                           ? compile_in_strips(*whole, request_.options, refused_.ram_bytes - limit)
                           : std::nullopt;
    if (model) {
      add(fmt::format("the first {} layers in {} strips", model->patches.layers,
                      model->patches.strips),
          fmt::format("{:+.1f} % MACs; the results stay the same", 100 * model->patches.extra_macs),
          *model, request_.options, request_.target);
    }
  }

  void add_smaller_code() {
    CompileOptions options = request_.options;
    if (options.optimize == Optimize::kSize) {
      return;
    }
    options.optimize = Optimize::kSize;
    const auto model = compile_model(request_.model, options);
    if (model.ok()) {
      add("code optimised for size", "time: kernels are shared by layers and less unrolled", *model,
          options, request_.target);
    }
  }

  void add_smaller_inputs(const CompileOptions &options, const std::string &before) {
    const auto model = compile_model(request_.model, options);
    for (const int percent : {75, 50}) {
      if (!model.ok() || time_is_up()) {
        return;
      }
      auto graph = with_smaller_input(model->graph, percent);
      const std::string size = graph.ok() ? image_size_text(*graph) : "";
      auto smaller = graph.ok() ? compile_graph(*std::move(graph), options)
                                : Expected<CompiledModel>(Failure{graph.error()});
      if (smaller.ok()) {
        add(fmt::format("{}images of {} instead of {}", before, size,
                        image_size_text(model->graph)),
            "detail in the image; train again for that size", *smaller, options, request_.target);
      }
    }
  }

  /// The board itself may have the room that the order does not give.
  void add_looser_limits() {
    const link::Kit *kit = request_.target.kit;
    if (kit != nullptr && !refused_.fits() && refused_.rom_bytes <= kit->rom.size_bytes &&
        refused_.ram_bytes <= kit->ram.size_bytes) {
      found_.push_back({fmt::format("the same with limits of {} bytes of ROM and {} of RAM",
                                    refused_.rom_bytes, refused_.ram_bytes),
                        "nothing but the room", refused_.rom_bytes, refused_.ram_bytes,
                        refused_.instructions, !refused_.whole_image, true});
    }
  }

  void add_boards() {
    const link::Kit *kit = request_.target.kit;
    if (kit == nullptr) {
      return;
    }
    std::vector<fs::path> folders;
    std::error_code error;
    for (const auto &entry : fs::directory_iterator(kit->folder.parent_path(), error)) {
      folders.push_back(entry.path());
    }
    std::sort(folders.begin(), folders.end());
    for (const fs::path &folder : folders) {
      add_board(folder);
    }
  }

  /// Only boards with more memory of the kind that is short, and an image to be flashed.
  void add_board(const fs::path &folder) {
    const auto kit = link::load_kit(folder);
    if (!kit.ok() || kit->board == request_.target.kit->board || time_is_up() ||
        kit->payload != link::PayloadKind::kBinary || !has_what_is_short(*kit)) {
      return;
    }
    CompileOptions options = request_.options;
    options.isa = kit->isa;
    const auto model = compile_model(request_.model, options);
    if (model.ok()) {
      add(fmt::format("board {}", kit->board),
          fmt::format("another board: {}, {} bytes of ROM and {} of RAM",
                      kit->profile.value("isa", "?"), kit->rom.size_bytes, kit->ram.size_bytes),
          *model, options, {&*kit, "", {}});
    }
  }

  bool has_what_is_short(const link::Kit &kit) const {
    const bool rom = refused_.rom_bytes > refused_.rom_limit_bytes.value_or(UINT64_MAX);
    const bool ram = refused_.ram_bytes > refused_.ram_limit_bytes.value_or(UINT64_MAX);
    return (!rom || kit.rom.size_bytes > *refused_.rom_limit_bytes) &&
           (!ram || kit.ram.size_bytes > *refused_.ram_limit_bytes);
  }

  void add(std::string name, std::string costs, const CompiledModel &model,
           const CompileOptions &options, const Target &target) {
    const fs::path folder = request_.work_folder / fmt::format("variant{}", tried_++);
    std::error_code error;
    fs::create_directories(folder, error);
    const auto report = report_budget(model, options, target, folder);
    if (report.ok()) {
      found_.push_back({std::move(name), std::move(costs), report->rom_bytes, report->ram_bytes,
                        report->instructions, !report->whole_image, report->fits()});
    }
  }

  const VariantRequest &request_;
  const report::Report &refused_;
  Clock::time_point started_;
  std::vector<float> samples_;
  std::vector<report::Variant> found_;
  int tried_ = 0;
};

} // namespace

std::vector<report::Variant> find_variants(const VariantRequest &request,
                                           const report::Report &refused) {
  return VariantFinder(request, refused).run();
}

std::vector<std::string> advise(const VariantRequest &request, const link::ImagePlan &plan) {
  report::Report refused;
  take_image(plan, request.target, refused);
  std::vector<std::string> lines;
  for (const report::Variant &variant : find_variants(request, refused)) {
    if (variant.fits) {
      lines.push_back(fmt::format("{}: {} bytes of ROM, {} bytes of RAM; it costs {}", variant.name,
                                  variant.rom_bytes, variant.ram_bytes, variant.costs));
    }
  }
  if (lines.empty()) {
    lines.push_back(
        fmt::format("a board with at least {} bytes of ROM and {} bytes of RAM, or a smaller model",
                    refused.rom_bytes, refused.ram_bytes));
  }
  return lines;
}

} // namespace tinyml::driver
