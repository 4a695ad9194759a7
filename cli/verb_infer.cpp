// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/http_client.hpp"
#include "cli/image_file.hpp"
#include "cli/running_module.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

Expected<void> infer(const Context &context, const std::string &endpoint, const std::string &file) {
  HttpClient client(context.service_url);
  const auto module = running_module(client, endpoint);
  if (!module.ok()) {
    return Failure{module.error()};
  }
  const auto input = read_model_input(file, module->input);
  if (!input.ok()) {
    return Failure{input.error()};
  }
  const auto output =
      client.post_bytes("/v1/devices/" + path_segment(endpoint) + "/infer", input->tensor);
  if (!output.ok()) {
    return Failure{output.error()};
  }
  const auto scores = decode_tensor(*output, module->output);
  if (scores.empty()) {
    return fail(ErrorCode::kInternal, "the device answered with an empty output");
  }
  const std::size_t best = index_of_largest(scores);
  const nlohmann::json result = {{"device", endpoint},    {"model", module->model},
                                 {"class", best},         {"label", label_of(*module, best)},
                                 {"score", scores[best]}, {"scores", scores}};
  context.show(result, [&] {
    if (input->picture.rows != 0) {
      std::cout << draw_image(input->picture.pixels, input->picture.rows, input->picture.columns);
    }
    std::cout << fmt::format("{} ({} on {}, score {:.3f})\n", label_of(*module, best),
                             module->model, endpoint, scores[best]);
  });
  return {};
}

} // namespace

void add_infer(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand("infer", "Run the device's model on a file: a picture (PNG, "
                                               "JPEG, PGM, PPM), grey bytes, or a raw tensor");
  verb->footer("Examples:\n  tinyml infer mcu-1 seven.png\n  tinyml infer mcu-1 tensor.raw --json");
  auto endpoint = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>();
  verb->add_option("ENDPOINT", *endpoint, "The device's endpoint name")->required();
  verb->add_option("FILE", *file, "Image or raw tensor")->required();
  verb->callback([&context, endpoint, file] {
    run_verb(context, [&] { return infer(context, *endpoint, *file); });
  });
}

} // namespace tinyml::cli
