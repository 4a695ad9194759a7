// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/demo.hpp"
#include "cli/terminal.hpp"
#include "host/files.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

using nlohmann::json;

std::string percent(const json &result, const char *key) {
  return fmt::format("{:.2f} %", 100 * result.at(key).get<double>());
}

std::string bytes(const json &result, const char *key) {
  return grouped(result.at(key).get<std::uint64_t>());
}

/// The table at the end: what was ordered, what it costs, and what was proved.
std::string summary(const json &result) {
  constexpr double kBytesOf2019 = 2'027'434;
  const json &profile = result.at("profile");
  Table table({"", ""});
  table.add({"device", result.at("device").get<std::string>()});
  table.add({"  it told us", fmt::format("{}, {}, {} B RAM, {} B ROM, {}",
                                         profile.value("board", "?"), profile.value("isa", "?"),
                                         grouped(profile.value("ram_bytes", std::uint64_t{0})),
                                         grouped(profile.value("rom_bytes", std::uint64_t{0})),
                                         profile.value("os_name", "?"))});
  table.add({"model", result.at("model").get<std::string>()});
  table.add({"accuracy fp32 / int8",
             percent(result, "accuracy_fp32") + " / " + percent(result, "accuracy_int8")});
  table.add({"arena", bytes(result, "arena_bytes") + " B"});
  table.add({"ROM planned / linked", bytes(result, "rom_bytes_planned") + " / " +
                                         bytes(result, "rom_bytes_linked") + " B"});
  table.add({"RAM planned / linked",
             bytes(result, "ram_bytes_planned") + " / " + bytes(result, "ram_bytes_linked") +
                 " B (static + stack bound " + bytes(result, "stack_bytes") + ")"});
  table.add({"image", bytes(result, "image_bytes") + " B, the 2019 demo: 2,027,434 B (" +
                          fmt::format("{:.1f} times as much)",
                                      kBytesOf2019 / result.at("image_bytes").get<double>())});
  table.add({"sent to the device", bytes(result, "sent_bytes") + " B"});
  table.add({"order to confirmed",
             fmt::format("{:.1f} s", result.at("order_to_confirmed_s").get<double>())});
  table.add({"the display shows", result.at("display").get<std::string>()});
  table.add(
      {"outputs equal", bytes(result, "outputs_equal") + " / " + bytes(result, "outputs_total")});
  table.add({"data", result.at("data").get<std::string>()});
  const json &training = result.at("training");
  table.add(
      {"trained anew",
       fmt::format("{} {} workers, {} rounds, {:.0f} s: {}", training.at("workers").get<int>(),
                   training.at("board").get<std::string>(), training.at("rounds").get<int>(),
                   training.at("seconds").get<double>(), percent(training, "accuracy"))});
  table.add({"  then on the device", percent(training, "accuracy_on_device") + ", outputs equal " +
                                         bytes(training, "outputs_equal") + " / " +
                                         bytes(training, "outputs_total")});
  return table.text();
}

struct DemoFlags {
  DemoOptions options;
  std::string output = "demo.json";
};

Expected<void> demo(Context &context, const DemoFlags &flags) {
  const auto result = run_demo(context, flags.options);
  if (!result.ok()) {
    return Failure{result.error()};
  }
  if (auto written = host::write_text(flags.output, result->dump(2) + "\n"); !written.ok()) {
    return written;
  }
  context.show(*result, [&] {
    std::cout << '\n' << summary(*result) << "\nwritten to " << flags.output << '\n';
  });
  if (result->at("outputs_equal") != result->at("outputs_total")) {
    context.exit_code = kExitDiffers;
  }
  return {};
}

} // namespace

void add_demo(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand(
      "demo", "The whole way once: service, virtual device, order, delivery, proof");
  verb->footer("Examples:\n  tinyml demo --output build/demo.json\n  tinyml demo --keep --model "
               "mnist-dscnn");
  auto flags = std::make_shared<DemoFlags>();
  verb->add_option("--output", flags->output, "Where the figures go as JSON")
      ->capture_default_str();
  verb->add_option("--model", flags->options.model, "Model to order")->capture_default_str();
  verb->add_option("--board", flags->options.board, "Board of the virtual device")
      ->capture_default_str();
  verb->add_option("--images", flags->options.images, "How many test images prove it")
      ->capture_default_str();
  verb->add_flag("--keep", flags->options.keep, "Leave the service and the device running");
  verb->callback([&context, flags] { run_verb(context, [&] { return demo(context, *flags); }); });
}

} // namespace tinyml::cli
