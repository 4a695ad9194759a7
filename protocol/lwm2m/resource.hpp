// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/codes.hpp"
#include "protocol/lwm2m/object_ids.hpp"

#include <cstdint>
#include <span>

/// What an object tells the client about itself. An object is any class with
///
///   static constexpr std::uint16_t kId;
///   static constexpr Resource kResources[];                  // ascending ids
///   void read(std::uint16_t resource, ValueWriter &out) const; // readable ones only
///   coap::Code write(std::uint16_t resource, const WrittenValue &value); // writable ones only
///   coap::Code execute(std::uint16_t resource, ByteView arguments);      // executable ones only
///
/// and one instance, number 0. Calls are dispatched statically by ObjectSet.
namespace tinyml::lwm2m {

enum Operation : std::uint8_t {
  kReadable = 1,
  kWritable = 2,
  kExecutable = 4,
  kReadWrite = kReadable | kWritable,
};

struct Resource {
  std::uint16_t id;
  std::uint8_t operations;
};

[[nodiscard]] constexpr const Resource *find_resource(std::span<const Resource> resources,
                                                      std::uint16_t id) {
  for (const Resource &resource : resources) {
    if (resource.id == id) {
      return &resource;
    }
  }
  return nullptr;
}

} // namespace tinyml::lwm2m
