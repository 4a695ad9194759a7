// SPDX-License-Identifier: Apache-2.0
#include "cli/adaptation.hpp"

#include "training/partition/shard_file.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

namespace tinyml::cli {
namespace {

using nlohmann::json;

constexpr auto kPollEvery = std::chrono::milliseconds(150);

std::string path_of(const std::string &endpoint, const char *what) {
  return "/v1/devices/" + path_segment(endpoint) + "/train/" + what;
}

/// The report's shape is [1, channels, rows, columns], or [1, values].
Expected<datasets::SampleShape> sample_shape(const TensorDescription &input) {
  const auto &shape = input.shape;
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(shape[i]); };
  if (input.type == "float32" && shape.size() == 4) {
    const bool last = shape[3] < shape[1]; // channels behind
    return last ? datasets::SampleShape{at(1), at(2), at(3)}
                : datasets::SampleShape{at(2), at(3), at(1)};
  }
  if (input.type == "float32" && shape.size() == 2) {
    return datasets::SampleShape{1, at(1), 1};
  }
  return fail(ErrorCode::kUnsupported, "the device's model takes no float32 pictures or values: "
                                       "order one that can adapt, with --adapt last");
}

std::uint32_t output_count(const TensorDescription &output) {
  return static_cast<std::uint32_t>(output.size_bytes / sizeof(float));
}

/// `count` of `size` indices, spread evenly.
std::vector<std::uint32_t> spread(std::size_t size, std::size_t count) {
  std::vector<std::uint32_t> indices(std::min(size, count));
  for (std::size_t i = 0; i < indices.size(); ++i) {
    indices[i] = static_cast<std::uint32_t>(i * size / indices.size());
  }
  return indices;
}

bool is_over(const json &status) {
  const std::string state = status.value("state", "");
  return state == "done" || state == "failed" || state == "idle";
}

/// A device that has just started loads its model first.
Expected<void> wait_until_ready(HttpClient &client, const std::string &endpoint) {
  constexpr int kTries = 200;
  for (int i = 0; i < kTries; ++i) {
    const auto status = client.get(path_of(endpoint, "fit"));
    if (!status.ok()) {
      return Failure{status.error()};
    }
    if (is_over(*status)) {
      return {};
    }
    std::this_thread::sleep_for(kPollEvery);
  }
  return fail(ErrorCode::kConflict, "'" + endpoint +
                                        "' is adapting its model already: wait, or end it with "
                                        "'tinyml adapt " +
                                        endpoint + " --reset'");
}

Expected<json> follow(HttpClient &client, const std::string &endpoint,
                      const std::function<void(const json &)> &on_progress) {
  while (true) {
    const auto status = client.get(path_of(endpoint, "fit"));
    if (!status.ok()) {
      return status;
    }
    on_progress(*status);
    if (is_over(*status)) {
      return status;
    }
    std::this_thread::sleep_for(kPollEvery);
  }
}

} // namespace

Expected<std::vector<std::uint8_t>> shard_for(const AdaptWish &wish, const RunningModule &module) {
  const auto shape = sample_shape(module.input);
  if (!shape.ok()) {
    return Failure{shape.error()};
  }
  auto data = datasets::parse_data_wish(wish.data.empty() ? module.dataset : wish.data);
  if (!data.ok()) {
    return Failure{data.error()};
  }
  data->model_input = *shape;
  data->seed = wish.seed;
  const auto set = datasets::load_data_set(*data);
  if (!set.ok()) {
    return Failure{set.error()};
  }
  const std::uint32_t outputs = output_count(module.output);
  if (const auto fits = datasets::check_fits(*set, *shape, outputs); !fits.ok()) {
    return Failure{fits.error()};
  }
  if (set->classes.size() != outputs) {
    return fail(ErrorCode::kInvalidInput,
                "'" + wish.data + "' has " + std::to_string(set->classes.size()) +
                    " classes and the model " + std::to_string(outputs) +
                    " outputs: a class's label is its place among all of the model's classes");
  }
  return training::shard_file(*set,
                              {.train = spread(set->train.size(), wish.samples),
                               .test = spread(set->test.size(), wish.held_out)},
                              wish.seed);
}

Expected<json> adapt_device(HttpClient &client, const AdaptWish &wish,
                            const std::function<void(const json &)> &on_progress) {
  const auto module = running_module(client, wish.endpoint);
  if (!module.ok()) {
    return Failure{module.error()};
  }
  if (const auto ready = wait_until_ready(client, wish.endpoint); !ready.ok()) {
    return Failure{ready.error()};
  }
  const auto shard = shard_for(wish, *module);
  if (!shard.ok()) {
    return Failure{shard.error()};
  }
  const auto given = client.post_bytes(path_of(wish.endpoint, "data"), *shard);
  if (!given.ok()) {
    return Failure{given.error()};
  }
  const auto begun =
      client.post(path_of(wish.endpoint, "fit"),
                  {{"epochs", wish.epochs}, {"rate", wish.rate}, {"seed", wish.seed}});
  if (!begun.ok()) {
    return begun;
  }
  auto status = follow(client, wish.endpoint, on_progress);
  if (status.ok() && status->value("state", "") != "done") {
    const json fault = status->value("fault", json());
    return fail(ErrorCode::kConflict,
                "the device did not learn: " +
                    (fault.is_string() ? fault.get<std::string>() : "it was told to stop") +
                    ". Its model is what it was before");
  }
  return status;
}

Expected<json> reset_device(HttpClient &client, const std::string &endpoint) {
  const auto told = client.post(path_of(endpoint, "reset"), json::object());
  return told.ok() ? follow(client, endpoint, [](const json &) {}) : told;
}

bool is_adapted(HttpClient &client, const std::string &endpoint) {
  constexpr int kAdapted = 3; // docs/lwm2m/42770.xml
  const std::string resource = "/42770/0/6";
  const auto answer =
      client.post("/v1/devices/" + path_segment(endpoint) + "/read?path=" + resource, json());
  if (!answer.ok()) {
    return false;
  }
  const json state = answer->value("values", json::object()).value(resource, json());
  return state == kAdapted || state == std::to_string(kAdapted); // by the device's format
}

} // namespace tinyml::cli
