// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/crash_text.hpp"
#include "cli/http_client.hpp"
#include "cli/terminal.hpp"
#include "host/files.hpp"
#include "protocol/diagnostics/event.hpp"

#include <fmt/chrono.h>
#include <iostream>

namespace tinyml::cli {
namespace {

using nlohmann::json;

struct CrashFlags {
  std::string device;
  std::string console;
  int limit = 20;
};

void print_crashes(const json &crashes) {
  if (crashes.empty()) {
    std::cout << "no device has told a crash\n";
  }
  for (const json &crash : crashes) {
    if (crash.contains("endpoint")) {
      std::cout << fmt::format("{}, told {:%Y-%m-%d %H:%M:%S}: ", crash.value("endpoint", ""),
                               fmt::localtime(crash.value("at_ms", std::time_t{}) / 1000));
    }
    std::cout << crash_text(crash) << '\n';
  }
}

std::string target_of(const CrashFlags &flags) {
  const std::string of = flags.device.empty()
                             ? "/v1/crashes"
                             : "/v1/devices/" + path_segment(flags.device) + "/crashes";
  return of + "?limit=" + std::to_string(flags.limit);
}

Expected<json> decode_console(HttpClient &client, const std::string &file) {
  constexpr std::uint64_t kMaxConsoleBytes = 1 << 20;
  constexpr std::size_t kMaxSentBytes = 60'000;
  const auto text = host::read_file(file, kMaxConsoleBytes);
  if (!text) {
    return Failure{text.error()};
  }
  const ByteView newest = ByteView(*text).last(std::min(text->size(), kMaxSentBytes));
  const auto answer = client.post_bytes("/v1/crashes/decode", newest);
  return answer ? Expected<json>(json::parse(*answer, nullptr, false)) : Failure{answer.error()};
}

Expected<void> show_crashes(const Context &context, const CrashFlags &flags) {
  HttpClient client(context.service_url);
  const auto answer =
      flags.console.empty() ? client.get(target_of(flags)) : decode_console(client, flags.console);
  if (!answer.ok()) {
    return Failure{answer.error()};
  }
  context.show(*answer, [&] { print_crashes(answer->value("crashes", json::array())); });
  return {};
}

/// What an event's number means (docs/debugging.md); empty where it says enough by itself.
std::string argument_words(diagnostics::EventId id, std::uint32_t argument) {
  using Id = diagnostics::EventId;
  constexpr std::uint32_t kNoClass = 0xFFFFFF;
  constexpr const char *kResets[] = {"power-on", "restart by software", "watchdog", "fault"};
  switch (id) {
  case Id::kBoot:
    return argument < std::size(kResets) ? kResets[argument] : "";
  case Id::kAddress:
    return fmt::format("x.{}.{}.{}", argument >> 16 & 0xFF, argument >> 8 & 0xFF, argument & 0xFF);
  case Id::kUpdateProgress:
    return fmt::format("{} KiB written", argument);
  case Id::kUpdateFailed:
    return fmt::format("/5/0/5 is {}", argument);
  case Id::kUpdateConfirmed:
    return argument == 1 ? "good" : "the store failed";
  case Id::kConnectionLost:
    return fmt::format("{} failures in a row", argument);
  case Id::kInference:
    return argument == kNoClass ? "no class" : fmt::format("class {}", argument);
  case Id::kClockJump:
    return fmt::format("{} s", argument);
  default:
    return {};
  }
}

void print_events(const json &log) {
  Table table({">MS AFTER ITS START", "EVENT", ">ARGUMENT", "MEANING"});
  for (const json &event : log.value("events", json::array())) {
    table.add({event.value("uptime_ms", json()).dump(),
               fmt::format("{} ({})", event.value("event", ""), event.value("id", 0)),
               event.value("argument", json()).dump(),
               argument_words(static_cast<diagnostics::EventId>(event.value("id", 0)),
                              event.value("argument", 0U))});
  }
  std::cout << table.text()
            << fmt::format("the device runs for {} ms now; what stands before a boot is of earlier "
                           "runs\n",
                           log.value("uptime_ms", 0ULL));
}

Expected<void> show_events(const Context &context, const std::string &endpoint) {
  HttpClient client(context.service_url);
  const auto answer = client.get("/v1/devices/" + path_segment(endpoint) + "/events");
  if (!answer.ok()) {
    return Failure{answer.error()};
  }
  context.show(*answer, [&] { print_events(*answer); });
  return {};
}

} // namespace

void add_crashes(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand("crashes", "What devices told of their crashes");
  verb->footer("Examples:\n  tinyml crashes\n  tinyml crashes --device mcu-1 --json\n"
               "  tinyml crashes --console saved-console.txt");
  auto flags = std::make_shared<CrashFlags>();
  verb->add_option("--device", flags->device, "Only of this device (endpoint name)");
  verb->add_option("--limit", flags->limit, "How many, newest first")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  verb->add_option("--console", flags->console,
                   "Decode the crash reports in a file of console output instead")
      ->excludes("--device");
  verb->callback(
      [&context, flags] { run_verb(context, [&] { return show_crashes(context, *flags); }); });
}

void add_events(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand("events", "What a device remembers of its own doings");
  verb->footer("Example:\n  tinyml events mcu-1");
  auto endpoint = std::make_shared<std::string>();
  verb->add_option("ENDPOINT", *endpoint, "The device's endpoint name")->required();
  verb->callback(
      [&context, endpoint] { run_verb(context, [&] { return show_events(context, *endpoint); }); });
}

} // namespace tinyml::cli
