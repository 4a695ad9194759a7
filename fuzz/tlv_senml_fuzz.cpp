// SPDX-License-Identifier: Apache-2.0
// The first byte chooses the format of the rest: TLV, SenML-CBOR, SenML-JSON or link format.
#include "protocol/linkformat/linkformat.hpp"
#include "protocol/senml/cbor.hpp"
#include "protocol/senml/json.hpp"
#include "protocol/tlv/tlv.hpp"

#include <cmath>
#include <cstdlib>

namespace {

using namespace tinyml;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check_tlv(ByteView bytes) {
  tlv::LeafReader reader(bytes);
  std::size_t total = 0;
  while (const auto leaf = reader.next()) {
    total += leaf->value.size();
    const auto integer = tlv::to_integer(leaf->value);
    (void)tlv::to_float(leaf->value);
    (void)tlv::to_boolean(leaf->value);
    (void)tlv::to_object_link(leaf->value);
    if (integer) {
      std::uint8_t buffer[16];
      tlv::Writer writer(buffer);
      writer.integer(tlv::Kind::kResource, leaf->resource, *integer);
      require(writer.ok() && tlv::to_integer(tlv::Reader(writer.bytes()).next()->value) == integer);
    }
  }
  require(total <= bytes.size());
}

bool same(const senml::Value &a, const senml::Value &b) {
  const bool reals = a.real == b.real || (std::isnan(a.real) && std::isnan(b.real));
  return a.kind == b.kind && reals && a.integer == b.integer && a.boolean == b.boolean &&
         a.text() == b.text();
}

void check_cbor(ByteView bytes) {
  const auto records = senml::parse_cbor(bytes);
  if (!records.ok()) {
    require(records.error() != senml::Error::kNone);
    return;
  }
  std::vector<std::uint8_t> buffer(bytes.size() * 300 + 64);
  senml::CborWriter writer(buffer);
  for (const senml::OwnedRecord &record : *records) {
    writer.base_name(""); // names are whole
    writer.record(record.name, record.value);
  }
  const auto again = senml::parse_cbor(writer.finish());
  require(writer.ok() ? again.ok() && again->size() == records->size() : true);
  for (std::size_t i = 0; again.ok() && i < again->size(); ++i) {
    require((*again)[i].name == (*records)[i].name);
    require(same((*again)[i].value, (*records)[i].value));
  }
}

void check_json(std::string_view text) {
  const auto records = senml::parse_json(text);
  if (!records.ok()) {
    return;
  }
  const auto again = senml::parse_json(senml::write_json(*records));
  require(again.ok() && again->size() == records->size());
  for (std::size_t i = 0; i < again->size(); ++i) {
    require((*again)[i].name == (*records)[i].name);
    require((*again)[i].value.kind == (*records)[i].value.kind);
  }
}

void check_links(std::string_view text) {
  linkformat::Reader reader(text);
  std::vector<std::uint8_t> buffer(text.size() * 3 + 64);
  std::vector<std::uint8_t> plain(text.size() + 1);
  linkformat::Writer writer(buffer);
  std::size_t links = 0;
  while (const auto link = reader.next()) {
    ++links;
    writer.link(link->target);
    auto attributes = link->attributes();
    while (const auto attribute = attributes.next()) {
      const auto value = linkformat::unescape(attribute->value, plain);
      require(value.has_value());
      writer.attribute(attribute->name, *value);
    }
  }
  require(writer.ok());
  linkformat::Reader again(writer.text());
  while (again.next()) {
    --links;
  }
  require(links == 0 && !again.failed());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const ByteView rest(data + 1, size - 1);
  switch (data[0] % 4) {
  case 0:
    check_tlv(rest);
    break;
  case 1:
    check_cbor(rest);
    break;
  case 2:
    check_json(as_text(rest));
    break;
  default:
    check_links(as_text(rest));
  }
  return 0;
}
