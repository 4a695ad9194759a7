// SPDX-License-Identifier: Apache-2.0
#include "cli/crash_text.hpp"

#include "cli/http_client.hpp"
#include "service/crashes/crash_report.hpp"

#include <fmt/format.h>

namespace tinyml::cli {
namespace {

using nlohmann::json;

std::string frame_text(std::size_t number, const json &frame) {
  const std::string address = frame.value("address", "");
  const std::string function =
      frame["function"].is_string()
          ? fmt::format("{}+{:#x}", frame["function"].get<std::string>(), frame.value("offset", 0))
          : "?";
  const std::string where =
      frame["file"].is_string()
          ? fmt::format(" at {}:{}", frame["file"].get<std::string>(), frame["line"].dump())
          : "";
  const std::string source = frame.value("source", "");
  return fmt::format("  #{:<2} {} {}{}{}\n", number, address, function, where,
                     source == "stack" ? "  (from the stack)" : "");
}

std::string registers_text(const json &registers) {
  constexpr std::size_t kPerLine = 4;
  std::string text;
  std::size_t at = 0;
  for (const json &one : registers) {
    text += fmt::format("{} {:>6} {}", at % kPerLine == 0 ? "\n " : " ", one.value("name", ""),
                        one.value("value", ""));
    ++at;
  }
  return text + "\n";
}

} // namespace

std::string crash_text(const json &crash) {
  if (crash.contains("problem")) {
    return "a record that cannot be read: " + crash.value("problem", "") + "\n";
  }
  const std::string address = crash.value("fault_address", "");
  std::string text = fmt::format("{} (cause {:#x}) at address {}, {} ms after the start\n",
                                 crash.value("cause", ""), crash.value("raw_cause", 0U), address,
                                 crash.value("uptime_ms", 0ULL));
  text += fmt::format("  {} image {}{}\n", crash.value("architecture", ""),
                      crash["image"].is_string() ? crash["image"].get<std::string>() : "unknown",
                      crash.value("symbols", false)
                          ? ""
                          : ": this service did not build it, so there are no names");
  std::size_t number = 0;
  for (const json &frame : crash["backtrace"]) {
    text += frame_text(number++, frame);
  }
  return text + "  registers" + registers_text(crash["registers"]);
}

std::string CrashWatch::take(std::string_view text) {
  constexpr std::size_t kLongestReportBytes = 4096;
  report_ += text;
  const auto records = service::crashes_on_console(report_);
  if (records.empty()) {
    const std::size_t mark = report_.rfind("FAULT");
    const std::size_t keep = mark == std::string::npos
                                 ? report_.size() - std::min<std::size_t>(report_.size(), 4)
                                 : mark;
    report_.erase(0,
                  std::max(keep, report_.size() - std::min(report_.size(), kLongestReportBytes)));
    return {};
  }
  const std::string seen = std::exchange(report_, {});
  HttpClient client(service_url_);
  const auto answer = client.post_bytes("/v1/crashes/decode", as_bytes(seen));
  const json told = answer.ok() ? json::parse(*answer, nullptr, false) : json();
  if (!told.is_object() || !told.contains("crashes")) {
    return "tinyml: this crash cannot be decoded without the service: " +
           (answer.ok() ? std::string("it answers something else") : answer.error().message) + "\n";
  }
  std::string shown;
  for (const json &crash : told["crashes"]) {
    shown += "tinyml: crash, " + crash_text(crash);
  }
  return shown;
}

} // namespace tinyml::cli
