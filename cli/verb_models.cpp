// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/http_client.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

using nlohmann::json;

void print_models(const json &models) {
  Table table({"MODEL", "TITLE", ">BYTES", "DATA SET", "ORIGIN"});
  for (const json &model : models) {
    const json dataset = model.value("dataset", json());
    table.add({model.value("name", ""), model.value("title", ""),
               grouped(model.value("size_bytes", std::uint64_t{0})),
               dataset.is_string() ? dataset.get<std::string>() : "-", model.value("origin", "")});
  }
  std::cout << table.text();
}

void print_model(const json &model) {
  for (const auto &[key, value] : model.items()) {
    if (key != "metadata") {
      std::cout << fmt::format("{:<12} {}\n", key,
                               value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  const json metadata = model.value("metadata", json::object());
  for (const auto &[key, value] : metadata.items()) {
    std::cout << fmt::format("  {:<14} {}\n", key,
                             value.is_string() ? value.get<std::string>() : value.dump());
  }
}

Expected<void> list_models(const Context &context) {
  HttpClient client(context.service_url);
  const auto answer = client.get("/v1/models");
  if (!answer.ok()) {
    return Failure{answer.error()};
  }
  context.show(*answer, [&] { print_models(answer->value("models", json::array())); });
  return {};
}

Expected<void> show_model(const Context &context, const std::string &name) {
  HttpClient client(context.service_url);
  const auto answer = client.get("/v1/models/" + path_segment(name));
  if (!answer.ok()) {
    return Failure{answer.error()};
  }
  context.show(*answer, [&] { print_model(*answer); });
  return {};
}

} // namespace

void add_models(CLI::App &app, Context &context) {
  CLI::App *models =
      app.add_subcommand("models", "List the models that can be ordered, or show one");
  models->footer("Examples:\n  tinyml models\n  tinyml models show mnist-lenet");
  models->require_subcommand(0, 1);
  models->callback([&context, models] {
    if (models->get_subcommands().empty()) {
      run_verb(context, [&] { return list_models(context); });
    }
  });
  CLI::App *show = models->add_subcommand("show", "What is known of one model");
  auto name = std::make_shared<std::string>();
  show->add_option("MODEL", *name, "The model's name")->required();
  show->callback(
      [&context, name] { run_verb(context, [&] { return show_model(context, *name); }); });
}

} // namespace tinyml::cli
