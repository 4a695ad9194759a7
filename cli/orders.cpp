// SPDX-License-Identifier: Apache-2.0
#include "cli/orders.hpp"

#include "cli/error_words.hpp"
#include "cli/terminal.hpp"
#include "host/files.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <thread>

namespace tinyml::cli {
namespace {

using nlohmann::json;

/// A model name as the service accepts it, from a file's name.
std::string model_name_of(const std::filesystem::path &file) {
  std::string name;
  for (const char letter : file.stem().string()) {
    const bool digit = letter >= '0' && letter <= '9';
    const bool lower = letter >= 'a' && letter <= 'z';
    const bool upper = letter >= 'A' && letter <= 'Z';
    name += digit || lower ? letter : upper ? static_cast<char>(letter - 'A' + 'a') : '-';
  }
  constexpr std::size_t kMaxName = 64;
  name.resize(std::min(name.size(), kMaxName));
  return name.empty() || name.front() == '-' ? "m" + name : name;
}

Expected<std::string> uploaded(HttpClient &client, const std::filesystem::path &file) {
  const auto bytes = host::read_file(file);
  if (!bytes.ok()) {
    return Failure{bytes.error()};
  }
  const std::string name = model_name_of(file);
  const auto answer = client.post_bytes("/v1/models?name=" + name, *bytes);
  if (!answer.ok()) {
    return Failure{answer.error()};
  }
  return name;
}

Failure<HostError> failure_of(const json &order) {
  const json reason = order.value("reason", json::object());
  std::string message = "order " + order.value("id", json(0)).dump() +
                        " failed: " + reason.value("message", "no reason was given");
  for (const json &advice : reason.value("would_fit", json::array())) {
    message += "\n  would fit: " + (advice.is_string() ? advice.get<std::string>() : advice.dump());
  }
  return fail(code_of_word(reason.value("code", "")), message);
}

} // namespace

Expected<json> place_order(HttpClient &client, const OrderWish &wish) {
  std::string model = wish.model;
  std::error_code error;
  const bool is_file = model.find('/') != std::string::npos || model.ends_with(".onnx") ||
                       model.ends_with(".tflite");
  if (is_file) {
    const auto name = uploaded(client, model);
    if (!name.ok()) {
      return Failure{name.error()};
    }
    model = *name;
  }
  json request = {{"model", model},
                  {"device", wish.device},
                  {"push", wish.push},
                  {"precision", wish.precision}};
  if (!wish.adapt.empty()) {
    request["adapt"] = wish.adapt;
  }
  if (wish.max_ram_bytes) {
    request["max_ram_bytes"] = *wish.max_ram_bytes;
  }
  if (wish.max_rom_bytes) {
    request["max_rom_bytes"] = *wish.max_rom_bytes;
  }
  return client.post("/v1/orders", request);
}

Expected<json> follow_order(HttpClient &client, std::int64_t id,
                            const std::function<void(const json &)> &on_change) {
  constexpr auto kPollEvery = std::chrono::milliseconds(50);
  json last;
  while (true) {
    const auto order = client.get("/v1/orders/" + std::to_string(id));
    if (!order.ok()) {
      return order;
    }
    if (*order != last) {
      last = *order;
      on_change(last);
    }
    const std::string state = order->value("state", "");
    if (state == "failed") {
      return failure_of(*order);
    }
    if (state == "confirmed" || state == "superseded") {
      return order;
    }
    std::this_thread::sleep_for(kPollEvery);
  }
}

std::string describe_order_state(const json &order) {
  const std::string state = order.value("state", "?");
  const json image = order.value("image_bytes", json());
  if (state == "delivering" && image.is_number()) {
    return fmt::format("{} {} of {} bytes", state,
                       grouped(order.value("sent_bytes", std::uint64_t{0})),
                       grouped(image.get<std::uint64_t>()));
  }
  return state == "built" && order.value("cached", false) ? "built (from the cache)" : state;
}

} // namespace tinyml::cli
