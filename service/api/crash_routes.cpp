// SPDX-License-Identifier: Apache-2.0
#include "service/api/api.hpp"

#include "protocol/lwm2m/server_values.hpp"
#include "service/crashes/symbol_files.hpp"
#include "service/registry/introduction.hpp"

namespace tinyml::service {
namespace {

/// What has to be looked up in the store before a record is given names, away from the loop.
struct Evidence {
  CrashEntry entry;
  std::optional<SymbolsRecord> symbols;
};

Evidence with_symbols(ApiContext &context, CrashEntry entry) {
  const auto crash = read_crash(entry.record);
  auto symbols = crash && !crash->image.empty()
                     ? context.store.symbols(crash->image)
                     : Expected<std::optional<SymbolsRecord>>(std::nullopt);
  return {std::move(entry), symbols ? *symbols : std::nullopt};
}

Json described(const Evidence &evidence, const BlobFolder &blobs, const std::stop_token &stop) {
  Json crash = crash_json(evidence.entry.record, evidence.symbols, blobs, stop);
  if (evidence.entry.id != 0) {
    crash["id"] = evidence.entry.id;
    crash["endpoint"] = evidence.entry.endpoint;
    crash["at_ms"] = evidence.entry.at_ms;
  }
  return crash;
}

/// Names are found in a thread of its own: decompressing programs and asking addr2line takes time.
void answer_with_names(ApiContext &context, std::vector<CrashEntry> entries,
                       const Respond &respond) {
  std::vector<Evidence> all;
  for (CrashEntry &entry : entries) {
    all.push_back(with_symbols(context, std::move(entry)));
  }
  context.runs.start([&blobs = context.store.blobs(), all = std::move(all),
                      respond](const std::stop_token &stop) -> std::function<void()> {
    Json crashes = Json::array();
    for (const Evidence &evidence : all) {
      crashes.push_back(described(evidence, blobs, stop));
    }
    return [respond, crashes] { respond(json_response({{"crashes", crashes}})); };
  });
}

void list_crashes(ApiContext &context, const HttpRequest &request,
                  const std::optional<std::string> &endpoint, const Respond &respond) {
  constexpr int kDefaultCrashes = 20;
  const auto limit = bounded_parameter(request, "limit", kDefaultCrashes, Store::kCrashesPerDevice);
  if (!limit) {
    return respond(error_response(limit.error()));
  }
  auto entries = context.store.crashes(endpoint, *limit);
  if (!entries) {
    return respond(error_response(entries.error()));
  }
  answer_with_names(context, std::move(*entries), respond);
}

void list_crashes_of_device(ApiContext &context, const HttpRequest &request,
                            const Respond &respond) {
  const std::string &endpoint = request.value("endpoint");
  if (context.book.find(endpoint) == nullptr) {
    return respond(unknown_device(endpoint));
  }
  list_crashes(context, request, endpoint, respond);
}

/// Of a console's text: for whoever runs a device beside the service and sees it crash.
void decode_crashes(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  std::vector<CrashEntry> entries;
  for (auto &record : crashes_on_console(request.body)) {
    entries.push_back({.endpoint = "", .record = std::move(record)});
  }
  if (entries.empty()) {
    return respond(error_response(400, "invalid_input",
                                  "there is no whole crash report in this text: it begins with "
                                  "FAULT, and rows of hexadecimal words follow"));
  }
  answer_with_names(context, std::move(entries), respond);
}

/// The linked program of an image, for a debugger.
void send_program(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  const auto symbols = context.store.symbols(request.value("image"));
  if (!symbols) {
    return respond(error_response(symbols.error()));
  }
  if (!*symbols) {
    return respond(error_response(404, "not_found",
                                  "this service keeps no program of the image '" +
                                      request.value("image") + "': it did not build it"));
  }
  const auto elf = kept_program((*symbols)->elf_sha256, context.store.blobs());
  respond(elf ? binary_response(std::string(as_text(*elf))) : error_response(elf.error()));
}

HttpResponse events_response(const std::string &endpoint, const lwm2m::Path &path,
                             const CoapAnswer &answer) {
  if (answer.end != CoapAnswer::End::kAnswered) {
    return no_answer(endpoint, answer);
  }
  if (!answer.ok()) {
    return error_response(503, "unavailable",
                          "the device answers " + code_text(answer.code) +
                              ": does its image know events? Order a new one");
  }
  const auto tree = lwm2m::decode_values(path, answer.content_format, answer.payload);
  const auto *value = tree ? find_value(*tree, path) : nullptr;
  const auto *log = value == nullptr ? nullptr : std::get_if<std::vector<std::uint8_t>>(value);
  const auto events =
      log == nullptr
          ? Expected<Json>(fail(ErrorCode::kUnavailable, "the device's event log cannot be read"))
          : events_json(*log);
  return events ? json_response(*events) : error_response(events.error());
}

void show_events(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  const std::string endpoint = request.value("endpoint");
  if (context.book.find(endpoint) == nullptr) {
    return respond(unknown_device(endpoint));
  }
  const lwm2m::Registration *registration = context.lwm2m.find(endpoint);
  if (registration == nullptr) {
    return respond(
        error_response(503, "unavailable", "'" + endpoint + "' is not online: switch it on"));
  }
  const auto path = lwm2m::Path::of(static_cast<std::uint16_t>(lwm2m::ObjectId::kDiagnostics), 0,
                                    lwm2m::diagnostics::kEvents);
  context.lwm2m.ask(
      endpoint,
      {.request = lwm2m::read_request(path, read_format(*registration), registration->root_path),
       .callbacks = {.done = [respond, endpoint, path](const CoapAnswer &answer) {
         respond(events_response(endpoint, path, answer));
       }}});
}

} // namespace

void add_crash_routes(Router &router, ApiContext &context) {
  const auto add = [&](const char *method, const char *pattern, auto handle) {
    router.add({method, pattern, kSmallBodyBytes,
                [&context, handle](const HttpRequest &request, const Respond &respond) {
                  handle(context, request, respond);
                }});
  };
  add("GET", "/v1/crashes", [](ApiContext &c, const HttpRequest &request, const Respond &respond) {
    list_crashes(c, request, std::nullopt, respond);
  });
  add("POST", "/v1/crashes/decode", decode_crashes);
  add("GET", "/v1/images/{image}/program", send_program);
  add("GET", "/v1/devices/{endpoint}/crashes", list_crashes_of_device);
  add("GET", "/v1/devices/{endpoint}/events", show_events);
}

} // namespace tinyml::service
