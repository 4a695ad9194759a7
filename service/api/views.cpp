// SPDX-License-Identifier: Apache-2.0
#include "service/api/api.hpp"
#include "service/builds/adapt_words.hpp"

#include <charconv>

namespace tinyml::service {
namespace {

template <typename T> Json or_null(const std::optional<T> &value) {
  return value ? Json(*value) : Json();
}

Json history_json(const std::vector<OrderStep> &steps) {
  Json history = Json::array();
  for (const OrderStep &step : steps) {
    history.push_back(
        {{"state", to_string(step.state)}, {"at_ms", step.at_ms}, {"note", step.note}});
  }
  return history;
}

} // namespace

Json device_json(const DeviceRecord &device, std::optional<std::int64_t> order) {
  return {{"endpoint", device.endpoint},
          {"online", DeviceBook::online(device)},
          {"address", device.address.empty() ? Json() : Json(device.address)},
          {"lwm2m_version", device.lwm2m_version},
          {"binding", device.binding},
          {"lifetime_s", device.lifetime_s},
          {"registered_ms", device.registered_ms},
          {"last_seen_ms", device.last_seen_ms},
          {"objects", device.objects},
          {"profile", device.profile},
          {"running",
           {{"build", or_null(device.running_build)},
            {"model", or_null(device.running_model)},
            {"version", or_null(device.running_version)}}},
          {"order", or_null(order)},
          {"result", device.result}};
}

/// Samples that came with the model are no data set that anybody could ask for.
static bool has_own_samples(const ModelRecord &model) {
  return model.dataset && model.dataset->starts_with(kSamplesPrefix);
}

Json model_json(const ModelRecord &model) {
  return {{"name", model.name},
          {"title", model.title},
          {"origin", model.origin},
          {"sha256", model.sha256},
          {"size_bytes", model.size_bytes},
          {"dataset", has_own_samples(model) ? Json() : or_null(model.dataset)},
          {"created_ms", model.created_ms},
          {"metadata", model.metadata}};
}

/// What learns computes in float32.
Json precision_json(const std::string &precision) {
  return adapt_of_precision(precision) ? "float32" : precision;
}

Json build_json(const BuildRecord &build) {
  return {{"id", build.id},
          {"state", to_string(build.state)},
          {"model", build.model},
          {"board", build.board},
          {"precision", precision_json(build.precision)},
          {"adapt", or_null(adapt_of_precision(build.precision))},
          {"created_ms", build.created_ms},
          {"build_ms", or_null(build.build_ms)},
          {"image_bytes", or_null(build.image_bytes)},
          {"image_sha256", or_null(build.image_sha256)},
          {"error", build.error},
          {"report", build.report}};
}

Json exchange_json(const ExchangeRecord &exchange) {
  return {{"at_ms", exchange.at_ms},
          {"direction", exchange.inbound ? "in" : "out"},
          {"method", exchange.method},
          {"path", exchange.path},
          {"code", exchange.code},
          {"request_bytes", exchange.request_bytes},
          {"response_bytes", exchange.response_bytes},
          {"duration_ms", static_cast<double>(exchange.duration_us) / 1000},
          {"note", exchange.note}};
}

Json order_json(const OrderRecord &order, Store &store, const OrderDesk &desk) {
  const auto steps = store.history(order.id);
  const auto build =
      order.build ? store.build(*order.build) : Expected<std::optional<BuildRecord>>(std::nullopt);
  return {{"id", order.id},
          {"model", order.model},
          {"device", order.device},
          {"max_ram_bytes", or_null(order.max_ram_bytes)},
          {"max_rom_bytes", or_null(order.max_rom_bytes)},
          {"push", order.push},
          {"precision", precision_json(order.precision)},
          {"adapt", or_null(adapt_of_precision(order.precision))},
          {"state", to_string(order.state)},
          {"reason", order.reason},
          {"build", or_null(order.build)},
          {"cached", order.cached},
          {"sent_bytes", desk.sent_bytes(order.id).value_or(order.sent_bytes)},
          {"image_bytes", build && *build ? or_null((*build)->image_bytes) : Json()},
          {"created_ms", order.created_ms},
          {"updated_ms", order.updated_ms},
          {"confirmed_ms", or_null(order.confirmed_ms)},
          {"history", steps ? history_json(*steps) : Json::array()}};
}

Expected<int> bounded_parameter(const HttpRequest &request, const std::string &name, int fallback,
                                int most) {
  const auto text = request.parameter(name);
  if (!text) {
    return fallback;
  }
  int number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size() || number < 1 || number > most) {
    return fail(ErrorCode::kInvalidInput,
                "'" + name + "' is a number from 1 to " + std::to_string(most));
  }
  return number;
}

} // namespace tinyml::service
