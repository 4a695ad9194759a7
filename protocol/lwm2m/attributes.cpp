// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/attributes.hpp"

#include "protocol/lwm2m/written_value.hpp"

namespace tinyml::lwm2m {
namespace {

constexpr std::string_view kPmin = "pmin";
constexpr std::string_view kPmax = "pmax";
constexpr std::int64_t kMaxSeconds = 0x7FFFFFFF;

bool parse_attribute(std::string_view text, Period &into) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  std::uint32_t &to = name == kPmin ? into.pmin_s : into.pmax_s;
  if (name != kPmin && name != kPmax) {
    return false;
  }
  to = Period::kUnset;
  if (equals == std::string_view::npos) {
    return true;
  }
  const auto seconds = WrittenValue::from_text(as_bytes(text.substr(equals + 1))).integer();
  if (!seconds || *seconds < 0 || *seconds > kMaxSeconds) {
    return false;
  }
  to = static_cast<std::uint32_t>(*seconds);
  return true;
}

void put_one(ByteWriter &out, std::string_view name, std::uint32_t seconds) {
  if (seconds != Period::kUnset) {
    out.put(static_cast<std::uint8_t>(';'));
    out.put(name);
    out.put(static_cast<std::uint8_t>('='));
    put_decimal(out, seconds);
  }
}

} // namespace

coap::Code AttributeTable::write(const Path &path, const coap::MessageView &request) {
  Entry *entry = place(path);
  if (entry == nullptr) {
    return coap::Code::kServiceUnavailable;
  }
  Period period = entry->period;
  for (const coap::Option &option : request.options()) {
    if (option.number == coap::OptionNumber::kUriQuery && !parse_attribute(option.text(), period)) {
      return coap::Code::kBadRequest;
    }
  }
  const bool set = period.pmin_s != Period::kUnset || period.pmax_s != Period::kUnset;
  *entry = {path, period, set};
  return coap::Code::kChanged;
}

AttributeTable::Entry *AttributeTable::place(const Path &path) {
  Entry *spare = nullptr;
  for (Entry &entry : entries_) {
    if (entry.used && entry.path == path) {
      return &entry;
    }
    spare = entry.used ? spare : &entry;
  }
  if (spare != nullptr) {
    spare->period = {};
  }
  return spare;
}

Period AttributeTable::effective(const Path &path) const {
  Period found;
  std::uint8_t pmin_depth = 0;
  std::uint8_t pmax_depth = 0;
  for (const Entry &entry : entries_) {
    if (!entry.used || !entry.path.contains(path)) {
      continue;
    }
    if (entry.period.pmin_s != Period::kUnset && entry.path.depth > pmin_depth) {
      found.pmin_s = entry.period.pmin_s;
      pmin_depth = entry.path.depth;
    }
    if (entry.period.pmax_s != Period::kUnset && entry.path.depth > pmax_depth) {
      found.pmax_s = entry.period.pmax_s;
      pmax_depth = entry.path.depth;
    }
  }
  return found;
}

void AttributeTable::put(ByteWriter &out, const Path &path) const {
  for (const Entry &entry : entries_) {
    if (entry.used && entry.path == path) {
      put_one(out, kPmin, entry.period.pmin_s);
      put_one(out, kPmax, entry.period.pmax_s);
    }
  }
}

} // namespace tinyml::lwm2m
