// SPDX-License-Identifier: Apache-2.0
#include "service/registry/introduction.hpp"

#include "protocol/lwm2m/profile_json.hpp"
#include "protocol/lwm2m/server_profile.hpp"
#include "service/store/digest.hpp"

namespace tinyml::service {

using lwm2m::ObjectId;
using lwm2m::Path;

namespace {

constexpr std::uint16_t number(ObjectId id) { return static_cast<std::uint16_t>(id); }

} // namespace

lwm2m::Format read_format(const lwm2m::Registration &registration) {
  return registration.speaks(lwm2m::Format::kSenmlCbor) ? lwm2m::Format::kSenmlCbor
                                                        : lwm2m::Format::kTlv;
}

Json value_json(const lwm2m::ServerValue &value) {
  if (const auto *bytes = std::get_if<std::vector<std::uint8_t>>(&value)) {
    return to_hex(*bytes);
  }
  return std::visit(
      [](const auto &one) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(one)>, std::vector<std::uint8_t>>) {
          return nullptr;
        } else {
          return one;
        }
      },
      value);
}

void Introduction::start(const std::string &endpoint) {
  const lwm2m::Registration *registration = server_.find(endpoint);
  if (registration == nullptr) {
    return;
  }
  // Read first what a waiting order needs; observe last.
  if (registration->has(number(ObjectId::kModel))) {
    read(endpoint, Path::of(number(ObjectId::kModel), 0),
         [this](DeviceRecord &device, const auto &tree) { take_model(device, tree); });
  }
  if (registration->has(number(ObjectId::kCapability))) {
    read(endpoint, Path::of(number(ObjectId::kCapability), 0),
         [this, endpoint](DeviceRecord &device, const auto &tree) {
           const auto profile = lwm2m::profile_from_values(tree);
           if (!profile) {
             return hooks_.problem(endpoint, profile.error().message);
           }
           device.profile = lwm2m::profile_to_json(*profile);
         });
  }
  if (registration->has(number(ObjectId::kFirmwareUpdate))) {
    const Path version =
        Path::of(number(ObjectId::kFirmwareUpdate), 0, lwm2m::firmware::kPackageVersion);
    read(endpoint, version, [version](DeviceRecord &device, const auto &tree) {
      device.running_version = string_at(tree, version);
    });
  }
  if (registration->has(number(ObjectId::kDiagnostics))) {
    ask_for_crash(endpoint);
  }
  observe_all(endpoint);
}

void Introduction::renew(const std::string &endpoint) {
  if (unobserved_.erase(endpoint) != 0) {
    observe_all(endpoint);
  }
}

void Introduction::observe_all(const std::string &endpoint) {
  const lwm2m::Registration *registration = server_.find(endpoint);
  if (registration == nullptr) {
    return;
  }
  if (registration->has(number(ObjectId::kFirmwareUpdate))) {
    observe(endpoint, Path::of(number(ObjectId::kFirmwareUpdate), 0),
            [this, endpoint](const CoapAnswer &) { hooks_.firmware(endpoint); });
  }
  if (registration->has(number(ObjectId::kInferenceResult))) {
    observe(endpoint, Path::of(number(ObjectId::kInferenceResult), 0),
            [this, endpoint](const CoapAnswer &answer) { take_result(endpoint, answer); });
  }
}

void Introduction::read(const std::string &endpoint, const Path &path, Take take) {
  const lwm2m::Registration &registration = *server_.find(endpoint);
  auto done = [this, endpoint, path, take = std::move(take)](const CoapAnswer &answer) {
    DeviceRecord *device = book_.edit(endpoint);
    if (device == nullptr || !answer.ok()) {
      return;
    }
    const auto tree = lwm2m::decode_values(path, answer.content_format, answer.payload);
    if (!tree) {
      return hooks_.problem(endpoint, tree.error().message);
    }
    take(*device, *tree);
    hooks_.changed(endpoint);
  };
  server_.ask(endpoint, {.request = lwm2m::read_request(path, read_format(registration),
                                                        registration.root_path),
                         .callbacks = {.done = std::move(done)}});
}

void Introduction::observe(const std::string &endpoint, const Path &path,
                           std::function<void(const CoapAnswer &)> notified) {
  const lwm2m::Registration &registration = *server_.find(endpoint);
  server_.ask(
      endpoint,
      {.request = lwm2m::observe_request(path, read_format(registration), registration.root_path),
       .callbacks = {.done = [](const CoapAnswer &) {}, .notified = std::move(notified)}});
}

/// Answered 4.04 when there was none.
void Introduction::ask_for_crash(const std::string &endpoint) {
  const lwm2m::Registration &registration = *server_.find(endpoint);
  const Path path = Path::of(number(ObjectId::kDiagnostics), 0, lwm2m::diagnostics::kCrash);
  auto done = [this, endpoint](const CoapAnswer &answer) {
    if (answer.ok()) {
      take_crash(endpoint, answer);
    }
  };
  server_.ask(endpoint, {.request = lwm2m::read_request(path, read_format(registration),
                                                        registration.root_path),
                         .callbacks = {.done = std::move(done)}});
}

/// The device keeps the record until it is told that it arrived.
void Introduction::take_crash(const std::string &endpoint, const CoapAnswer &answer) {
  const Path path = Path::of(number(ObjectId::kDiagnostics), 0, lwm2m::diagnostics::kCrash);
  const auto tree = lwm2m::decode_values(path, answer.content_format, answer.payload);
  const auto *value = tree ? find_value(*tree, path) : nullptr;
  const auto *bytes = value == nullptr ? nullptr : std::get_if<std::vector<std::uint8_t>>(value);
  const lwm2m::Registration *registration = server_.find(endpoint);
  if (bytes == nullptr || registration == nullptr || !hooks_.crashed(endpoint, *bytes)) {
    return;
  }
  const Path reset = Path::of(number(ObjectId::kDevice), 0, lwm2m::device::kResetErrorCode);
  server_.ask(endpoint, {.request = lwm2m::execute_request(reset, "", registration->root_path),
                         .callbacks = {.done = [](const CoapAnswer &) {}}});
}

void Introduction::take_model(DeviceRecord &device, const lwm2m::ValueTree &tree) {
  const Path instance = Path::of(number(ObjectId::kModel), 0);
  const auto *id = find_value(tree, instance.child(lwm2m::model::kBuildId));
  const auto *bytes = id == nullptr ? nullptr : std::get_if<std::vector<std::uint8_t>>(id);
  const std::string name = string_at(tree, instance.child(lwm2m::model::kName)).value_or("");
  device.running_model = name.empty() ? std::nullopt : std::optional(name);
  device.running_build = bytes == nullptr ? std::nullopt : hooks_.build_of(to_hex(*bytes));
}

void Introduction::take_result(const std::string &endpoint, const CoapAnswer &answer) {
  const Path instance = Path::of(number(ObjectId::kInferenceResult), 0);
  const auto tree = lwm2m::decode_values(instance, answer.content_format, answer.payload);
  DeviceRecord *device = book_.edit(endpoint);
  if (!tree || device == nullptr) {
    return;
  }
  Json values = Json::object();
  for (const lwm2m::PathValue &one : *tree) {
    if (one.path.depth == 3) {
      values[std::to_string(one.path.resource())] = value_json(one.value);
    }
  }
  device->result = {{"endpoint", endpoint}, {"at_ms", hooks_.wall_ms()}, {"values", values}};
  hooks_.result(endpoint);
}

} // namespace tinyml::service
