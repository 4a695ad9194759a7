// SPDX-License-Identifier: Apache-2.0
#include "cli/impairment_words.hpp"

#include <charconv>
#include <span>

namespace tinyml::cli {
namespace {

struct Unit {
  const char *name;
  double factor;
};

/// A number that is not negative and one of the units behind it.
Expected<double> parse_quantity(const std::string &flag, const std::string &text,
                                std::span<const Unit> units, const char *example) {
  const bool starts_well = !text.empty() && text[0] >= '0' && text[0] <= '9';
  double value = 0;
  const char *const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  for (const Unit &unit : units) {
    if (starts_well && error == std::errc{} && std::string(end, last) == unit.name) {
      return value * unit.factor;
    }
  }
  return fail(ErrorCode::kInvalidInput,
              flag + " wants something like " + example + ", not '" + text + "'");
}

template <typename T, typename Parse>
Expected<void> change(T &value, const char *flag, const std::string &text, Parse parse) {
  if (text.empty()) {
    return {};
  }
  const auto parsed = parse(flag, text);
  if (!parsed.ok()) {
    return Failure{parsed.error()};
  }
  value = *parsed;
  return {};
}

} // namespace

Expected<double> parse_part(const std::string &flag, const std::string &text) {
  constexpr Unit kUnits[] = {{"%", 0.01}, {"", 1}};
  return parse_quantity(flag, text, kUnits, "2%");
}

Expected<std::chrono::microseconds> parse_time(const std::string &flag, const std::string &text) {
  constexpr Unit kUnits[] = {{"ms", 1e3}, {"us", 1}, {"s", 1e6}};
  constexpr double kMost = 1e12; // what is too long is refused later, with the reason
  const auto value = parse_quantity(flag, text, kUnits, "20ms");
  if (!value.ok()) {
    return Failure{value.error()};
  }
  return std::chrono::microseconds(static_cast<std::int64_t>(std::min(*value, kMost)));
}

Expected<std::uint64_t> parse_rate(const std::string &flag, const std::string &text) {
  constexpr Unit kUnits[] = {{"kbit", 1e3}, {"Mbit", 1e6}, {"Gbit", 1e9}, {"bit", 1}};
  if (text == "0") {
    return std::uint64_t{0};
  }
  constexpr double kMost = 1e12;
  const auto value = parse_quantity(flag, text, kUnits, "250kbit (a second; 0 for no limit)");
  if (!value.ok()) {
    return Failure{value.error()};
  }
  return static_cast<std::uint64_t>(std::max(1.0, std::min(*value, kMost)));
}

Expected<tender::Impairments> ImpairmentWords::apply_to(tender::Impairments before) const {
  tender::Impairments now = clear ? tender::Impairments{} : std::move(before);
  for (const auto &done : {change(now.loss, "--loss", loss, parse_part),
                           change(now.duplicate, "--duplicate", duplicate, parse_part),
                           change(now.reorder, "--reorder", reorder, parse_part),
                           change(now.delay, "--delay", delay, parse_time),
                           change(now.jitter, "--jitter", jitter, parse_time),
                           change(now.bits_per_second, "--rate", rate, parse_rate), now.check()}) {
    if (!done.ok()) {
      return Failure{done.error()};
    }
  }
  return now;
}

nlohmann::json ImpairmentWords::to_json() const {
  return {{"loss", loss},     {"duplicate", duplicate}, {"reorder", reorder}, {"delay", delay},
          {"jitter", jitter}, {"rate", rate},           {"clear", clear}};
}

ImpairmentWords ImpairmentWords::from_json(const nlohmann::json &object) {
  const auto text = [&](const char *key) { return object.value(key, std::string()); };
  return {.loss = text("loss"),
          .duplicate = text("duplicate"),
          .reorder = text("reorder"),
          .delay = text("delay"),
          .jitter = text("jitter"),
          .rate = text("rate"),
          .clear = object.value("clear", false)};
}

nlohmann::json to_json(const tender::Impairments &impairments) {
  std::size_t cut_off = 0;
  for (const tender::Island &island : impairments.islands) {
    cut_off += island.size();
  }
  return {{"loss", impairments.loss},
          {"duplicate", impairments.duplicate},
          {"reorder", impairments.reorder},
          {"delay_us", impairments.delay.count()},
          {"jitter_us", impairments.jitter.count()},
          {"bits_per_second", impairments.bits_per_second},
          {"islands", impairments.islands.size()},
          {"devices_on_islands", cut_off}};
}

} // namespace tinyml::cli
