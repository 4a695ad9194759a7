// SPDX-License-Identifier: Apache-2.0
#include "cli/running_module.hpp"

namespace tinyml::cli {

using nlohmann::json;

Expected<RunningModule> running_module(HttpClient &client, const std::string &endpoint) {
  const auto device = client.get("/v1/devices/" + path_segment(endpoint));
  if (!device.ok()) {
    return Failure{device.error()};
  }
  const json running = device->value("running", json::object());
  const json build_id = running.value("build", json());
  if (!build_id.is_string()) {
    return fail(ErrorCode::kConflict, "'" + endpoint +
                                          "' runs no model of this service; order one with 'tinyml "
                                          "order MODEL --device " +
                                          endpoint + "'");
  }
  RunningModule module;
  module.build = build_id.get<std::string>();
  const auto build = client.get("/v1/builds/" + module.build);
  if (!build.ok()) {
    return Failure{build.error()};
  }
  module.model = build->value("model", "");
  const json report = build->value("report", json::object());
  auto input = describe_tensor(report, "inputs");
  auto output = describe_tensor(report, "outputs");
  if (!input.ok() || !output.ok()) {
    return Failure{input.ok() ? output.error() : input.error()};
  }
  module.input = *std::move(input);
  module.output = *std::move(output);
  if (const auto model = client.get("/v1/models/" + path_segment(module.model)); model.ok()) {
    const json metadata = model->value("metadata", json::object());
    const json dataset = model->value("dataset", json());
    module.labels = metadata.value("labels", std::vector<std::string>{});
    module.dataset = dataset.is_string() ? dataset.get<std::string>() : "";
  }
  return module;
}

std::string label_of(const RunningModule &module, std::size_t index) {
  return index < module.labels.size() ? module.labels[index] : std::to_string(index);
}

} // namespace tinyml::cli
