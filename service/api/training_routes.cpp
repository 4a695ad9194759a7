// SPDX-License-Identifier: Apache-2.0
#include "service/api/training_routes.hpp"

#include "protocol/training/messages.hpp"
#include "protocol/training/shard.hpp"

#include <array>

namespace tinyml::service {
namespace {

using training::FitOrder;
using training::FitStatus;

constexpr std::size_t kMaxShardBytes = std::size_t{16} << 20;
/// In the order of training::FitState.
constexpr std::array<std::string_view, 9> kFitStates = {
    "starting", "idle", "testing", "training", "testing", "saving", "restoring", "done", "failed"};

struct DeviceCall {
  coap::Code method;
  const char *resource; ///< below /train
  std::vector<std::uint8_t> payload;
};
using Told = std::function<HttpResponse(const CoapAnswer &)>;

HttpResponse refused(const std::string &endpoint, const CoapAnswer &answer) {
  if (answer.end != CoapAnswer::End::kAnswered) {
    return no_answer(endpoint, answer);
  }
  const std::string said =
      answer.payload.empty() ? code_text(answer.code)
                             : code_text(answer.code) + " " + std::string(as_text(answer.payload));
  switch (static_cast<coap::Code>(answer.code)) {
  case coap::Code::kNotFound:
    return error_response(409, "conflict",
                          "'" + endpoint +
                              "' runs no model that adapts: order one with --adapt last");
  case coap::Code::kBadRequest:
  case coap::Code::kRequestEntityTooLarge:
    return error_response(400, "invalid_input", "'" + endpoint + "' refused: " + said);
  case coap::Code::kConflict:
    return error_response(409, "conflict", "'" + endpoint + "' refused: " + said);
  default:
    return error_response(503, "unavailable", "'" + endpoint + "' refused: " + said);
  }
}

void ask(ApiContext &context, const std::string &endpoint, DeviceCall call, const Respond &respond,
         Told told) {
  if (context.book.find(endpoint) == nullptr) {
    return respond(unknown_device(endpoint));
  }
  if (context.lwm2m.find(endpoint) == nullptr) {
    return respond(
        error_response(503, "unavailable", "'" + endpoint + "' is not online: switch it on"));
  }
  lwm2m::ClientRequest request{.method = static_cast<std::uint8_t>(call.method),
                               .uri_path = {"train", call.resource},
                               .payload = std::move(call.payload)};
  if (!request.payload.empty()) {
    request.content_format = static_cast<std::uint16_t>(coap::ContentFormat::kOctetStream);
  }
  context.lwm2m.ask(
      endpoint,
      {.request = std::move(request),
       .callbacks = {.done = [respond, endpoint, told = std::move(told)](const CoapAnswer &answer) {
         respond(answer.ok() ? told(answer) : refused(endpoint, answer));
       }}});
}

HttpResponse done(const CoapAnswer &answer) {
  return json_response({{"code", code_text(answer.code)}});
}

/// -1 on the wire: none.
Json figure(float value) { return value < 0 ? Json() : Json(value); }

Json fit_json(const FitStatus &status) {
  return {{"state", kFitStates[static_cast<std::size_t>(status.state)]},
          {"fault", status.fault == training::WorkerFault::kNone
                        ? Json()
                        : Json(training::describe(status.fault))},
          {"adapted", status.adapted != 0},
          {"samples", status.samples},
          {"test_samples", status.test_samples},
          {"step", status.step},
          {"steps", status.steps},
          {"loss_before", figure(status.loss_before)},
          {"loss_after", figure(status.loss_after)},
          {"accuracy_before", figure(status.accuracy_before)},
          {"accuracy_after", figure(status.accuracy_after)},
          {"mean_loss", figure(status.mean_loss)},
          {"generation", status.generation},
          {"cycles", status.cycles}};
}

void show_fit(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  ask(context, request.value("endpoint"), {coap::Code::kGet, "fit", {}}, respond,
      [](const CoapAnswer &answer) {
        const auto status = training::decode<FitStatus>(answer.payload);
        return status.ok() ? json_response(fit_json(*status))
                           : error_response(503, "unavailable",
                                            "the device's answer cannot be read: is its image of "
                                            "this version?");
      });
}

Expected<FitOrder> fit_order_of(const std::string &text) {
  const Json body = Json::parse(text, nullptr, false);
  const Json epochs = body.is_object() ? body.value("epochs", Json(1)) : Json();
  const Json rate = body.is_object() ? body.value("rate", Json()) : Json();
  const Json seed = body.is_object() ? body.value("seed", Json(1U)) : Json();
  FitOrder order;
  const bool numbers = epochs.is_number_integer() && rate.is_number() && seed.is_number_unsigned();
  if (numbers && epochs >= 1 && epochs <= 10'000 && rate > 0 && rate <= 100 && seed <= UINT32_MAX) {
    order.epochs = epochs.get<std::uint16_t>();
    order.rate = rate.get<float>();
    order.seed = seed.get<std::uint32_t>();
    return order;
  }
  return fail(ErrorCode::kInvalidInput,
              "the body is {\"epochs\": 1…10000, \"rate\": above 0 up to "
              "100, \"seed\": a number}; epochs and seed may be left out");
}

void start_fit(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  const auto order = fit_order_of(request.body);
  if (!order) {
    return respond(error_response(order.error()));
  }
  std::vector<std::uint8_t> payload(FitOrder::kBytes);
  training::encode(*order, payload);
  ask(context, request.value("endpoint"), {coap::Code::kPost, "fit", std::move(payload)}, respond,
      done);
}

void reset_fit(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  ask(context, request.value("endpoint"), {coap::Code::kDelete, "fit", {}}, respond, done);
}

void give_data(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  const ByteView body = as_bytes(request.body);
  const bool whole = body.size() >= training::kShardHeaderBytes;
  const auto header = whole ? training::decode_shard(body.first<training::kShardHeaderBytes>())
                            : Result<training::ShardHeader, training::ShardError>(
                                  Failure{training::ShardError::kMissing});
  if (!header.ok()) {
    return respond(
        error_response(400, "invalid_input", std::string(training::describe(header.error()))));
  }
  ask(context, request.value("endpoint"), {coap::Code::kPut, "data", {body.begin(), body.end()}},
      respond, done);
}

} // namespace

void add_training_routes(Router &router, ApiContext &context) {
  using Handler = void (*)(ApiContext &, const HttpRequest &, const Respond &);
  const auto add = [&](const char *method, const char *pattern, Handler handle,
                       std::size_t max_body_bytes = kSmallBodyBytes) {
    router.add({method, pattern, max_body_bytes,
                [&context, handle](const HttpRequest &request, const Respond &respond) {
                  handle(context, request, respond);
                }});
  };
  add("POST", "/v1/devices/{endpoint}/train/data", give_data, kMaxShardBytes);
  add("GET", "/v1/devices/{endpoint}/train/fit", show_fit);
  add("POST", "/v1/devices/{endpoint}/train/fit", start_fit);
  add("POST", "/v1/devices/{endpoint}/train/reset", reset_fit);
}

} // namespace tinyml::service
