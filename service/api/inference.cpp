// SPDX-License-Identifier: Apache-2.0
#include "service/api/inference.hpp"

#include "service/builds/module_run.hpp"

namespace tinyml::service {
namespace {

constexpr std::size_t kSingleDatagramBytes = 1024;

std::size_t total_bytes(const Json &report, const char *key) {
  std::size_t total = 0;
  for (const Json &tensor : report.value(key, Json::array())) {
    total += tensor.value("size_bytes", std::size_t{0});
  }
  return total;
}

HttpResponse outputs_response(std::string outputs, const std::string &build, std::size_t count) {
  HttpResponse response = binary_response(std::move(outputs));
  response.headers = {{"X-Tinyml-Build", build}, {"X-Tinyml-Count", std::to_string(count)}};
  return response;
}

/// Whole inferences only.
std::optional<HttpResponse> wrong_size(std::size_t body_bytes, std::size_t input_bytes) {
  if (body_bytes > 0 && body_bytes % input_bytes == 0) {
    return std::nullopt;
  }
  return error_response(400, "invalid_input",
                        "the body has " + std::to_string(body_bytes) +
                            " bytes, which is no multiple of the " + std::to_string(input_bytes) +
                            " bytes that one inference takes");
}

/// Many inferences on one device: a few under way, the answers put in order. Keeps itself alive.
class InferenceRun : public std::enable_shared_from_this<InferenceRun> {
public:
  InferenceRun(ApiContext &context, const HttpRequest &request, std::string build,
               TensorBytes bytes, Respond respond)
      : context_(context), endpoint_(request.value("endpoint")), build_(std::move(build)),
        inputs_(request.body), bytes_(bytes), count_(request.body.size() / bytes.inputs),
        outputs_(count_ * bytes.outputs, '\0'), respond_(std::move(respond)) {}

  void start() {
    const std::size_t window = std::min(count_, 2 * DeviceQueue::kPipelineDepth);
    while (next_ < window) {
      ask_next();
    }
  }

private:
  void ask_next() {
    const std::size_t index = next_++;
    const ByteView input = as_bytes(inputs_).subspan(index * bytes_.inputs, bytes_.inputs);
    lwm2m::ClientRequest request{.method = static_cast<std::uint8_t>(coap::Code::kPost),
                                 .uri_path = {"infer"},
                                 .content_format =
                                     static_cast<std::uint16_t>(coap::ContentFormat::kOctetStream),
                                 .payload = {input.begin(), input.end()}};
    context_.lwm2m.ask(
        endpoint_,
        {.request = std::move(request),
         .callbacks = {.done = [self = shared_from_this(),
                                index](const CoapAnswer &answer) { self->take(index, answer); }},
         .pipelined = input.size() <= kSingleDatagramBytes,
         .traced = index == 0});
  }

  void take(std::size_t index, const CoapAnswer &answer) {
    if (failed_) {
      return;
    }
    if (!answer.ok() || answer.payload.size() != bytes_.outputs) {
      failed_ = true;
      return respond_(refusal(index, answer));
    }
    std::copy(answer.payload.begin(), answer.payload.end(),
              outputs_.begin() + static_cast<std::ptrdiff_t>(index * bytes_.outputs));
    if (++done_ == count_) {
      return respond_(outputs_response(std::move(outputs_), build_, count_));
    }
    if (next_ < count_) {
      ask_next();
    }
  }

  [[nodiscard]] HttpResponse refusal(std::size_t index, const CoapAnswer &answer) const {
    const std::string which = "'" + endpoint_ + "', inference " + std::to_string(index) + " of " +
                              std::to_string(count_) + ": ";
    switch (answer.end) {
    case CoapAnswer::End::kAnswered:
      return error_response(
          503, "unavailable",
          which +
              (answer.ok() ? "the device answered " + std::to_string(answer.payload.size()) +
                                 " bytes instead of " + std::to_string(bytes_.outputs)
                           : "the device refused with " + code_text(answer.code)) +
              ". Does it run the build that was ordered last?");
    case CoapAnswer::End::kTimeout:
      return error_response(504, "device_timeout", which + "the device does not answer: is it on?");
    default:
      return error_response(503, "unavailable",
                            which + "the device restarted or left (" + describe(answer) +
                                "): try again when it is online");
    }
  }

  ApiContext &context_;
  std::string endpoint_;
  std::string build_;
  std::string inputs_;
  TensorBytes bytes_;
  std::size_t count_;
  std::string outputs_;
  Respond respond_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  bool failed_ = false;
};

/// The build a route is about, when it can be run; an answer for the client when not.
Expected<BuildRecord> runnable_build(ApiContext &context, const std::string &id) {
  const auto build = context.store.build(id);
  if (!build) {
    return Failure{build.error()};
  }
  if (!*build) {
    return fail(ErrorCode::kNotFound, "there is no build '" + id + "'");
  }
  if ((*build)->state != BuildState::kBuilt) {
    return fail(ErrorCode::kConflict, "build '" + id + "' is " +
                                          std::string(to_string((*build)->state)) +
                                          ": order it again");
  }
  return **build;
}

} // namespace

TensorBytes tensor_bytes(const Json &report) {
  return {total_bytes(report, "inputs"), total_bytes(report, "outputs")};
}

void infer_on_device(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  const std::string &endpoint = request.value("endpoint");
  const DeviceRecord *device = context.book.find(endpoint);
  if (device == nullptr) {
    return respond(
        error_response(404, "not_found", "no device '" + endpoint + "' has ever registered"));
  }
  if (!device->running_build) {
    return respond(error_response(
        409, "conflict", "'" + endpoint + "' runs no build of this service: order a model for it"));
  }
  if (!DeviceBook::online(*device)) {
    return respond(
        error_response(503, "unavailable", "'" + endpoint + "' is not online: switch it on"));
  }
  const auto build = runnable_build(context, *device->running_build);
  if (!build) {
    return respond(error_response(build.error()));
  }
  const TensorBytes bytes = tensor_bytes(build->report);
  if (auto refused = wrong_size(request.body.size(), bytes.inputs)) {
    return respond(std::move(*refused));
  }
  std::make_shared<InferenceRun>(context, request, build->id, bytes, respond)->start();
}

void run_on_host(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  const auto build = runnable_build(context, request.value("id"));
  if (!build) {
    return respond(error_response(build.error()));
  }
  if (!build->module_sha256) {
    return respond(
        error_response(409, "conflict", "the compiler backend made no module for this machine"));
  }
  const TensorBytes bytes = tensor_bytes(build->report);
  if (auto refused = wrong_size(request.body.size(), bytes.inputs)) {
    return respond(std::move(*refused));
  }
  context.runs.start([&context, respond, inputs = request.body, build = *build,
                      bytes](const std::stop_token &stop) {
    auto outputs = std::make_shared<Expected<std::string>>(
        run_module(context.module_runner, context.store.blobs().path_of(*build.module_sha256),
                   as_bytes(inputs), stop));
    const std::size_t count = inputs.size() / bytes.inputs;
    return std::function<void()>([respond, outputs, id = build.id, count] {
      respond(*outputs ? outputs_response(std::move(**outputs), id, count)
                       : error_response(outputs->error()));
    });
  });
}

} // namespace tinyml::service
