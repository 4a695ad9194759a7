// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/resource.hpp"
#include "protocol/lwm2m/value_writer.hpp"
#include "protocol/lwm2m/written_value.hpp"

#include <tuple>

namespace tinyml::lwm2m {

/// The objects of one device, in ascending order of their ids. Calls go to the right object by a
/// chain of comparisons that the compiler sees through: no virtual calls, no function pointers.
template <typename... Objects> class ObjectSet {
public:
  static constexpr std::uint16_t kIds[] = {Objects::kId...};

  explicit ObjectSet(Objects &...objects) : objects_(objects...) {}

  /// Empty when there is no such object.
  [[nodiscard]] static std::span<const Resource> resources(std::uint16_t object) {
    std::span<const Resource> found;
    static_cast<void>(((object == Objects::kId && (found = Objects::kResources, true)) || ...));
    return found;
  }

  void read(std::uint16_t object, std::uint16_t resource, ValueWriter &out) const {
    static_cast<void>(
        ((object == Objects::kId && (std::get<Objects &>(objects_).read(resource, out), true)) ||
         ...));
  }

  coap::Code write(std::uint16_t object, std::uint16_t resource, const WrittenValue &value) {
    auto code = coap::Code::kNotFound;
    static_cast<void>(((object == Objects::kId &&
                        (code = std::get<Objects &>(objects_).write(resource, value), true)) ||
                       ...));
    return code;
  }

  coap::Code execute(std::uint16_t object, std::uint16_t resource, ByteView arguments) {
    auto code = coap::Code::kNotFound;
    static_cast<void>(
        ((object == Objects::kId &&
          (code = std::get<Objects &>(objects_).execute(resource, arguments), true)) ||
         ...));
    return code;
  }

  /// Calls `changed(object id)` for every object whose values changed since the last call.
  template <typename Changed> void take_changes(Changed &&changed) {
    (take_change(std::get<Objects &>(objects_), changed), ...);
  }

private:
  template <typename Object, typename Changed>
  static void take_change(Object &object, Changed &changed) {
    if constexpr (requires { object.take_changed(); }) {
      if (object.take_changed()) {
        changed(Object::kId);
      }
    }
  }

  std::tuple<Objects &...> objects_;
};

} // namespace tinyml::lwm2m
