// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "service/builds/build_wish.hpp"
#include "service/delivery/delivery.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

namespace tinyml::service {

/// How to run the service. Ports of 0 mean any free one.
struct ServiceOptions {
  std::filesystem::path state_folder; ///< created when missing; holds the store and the signing key
  std::filesystem::path zoo_folder;   ///< with zoo.json; empty: no models but uploads
  /// Where training publishes (training/models); looked at again whenever models are asked for.
  /// Empty or not there yet: nothing was trained.
  std::filesystem::path trained_folder;
  std::filesystem::path kits_folder; ///< one kit a board (docs/kit.md)
  std::filesystem::path backend;     ///< compiler backend program (docs/backend.md)
  std::map<std::string, std::filesystem::path> accelerator_backends; ///< of vendors, by accelerator
  std::filesystem::path module_runner;                               ///< tinyml-module-run
  std::string http_host = "127.0.0.1"; ///< where to listen; loopback only
  std::uint16_t http_port = 7680;
  std::string coap_host = "127.0.0.1";
  std::uint16_t coap_port = 5683;
  /// "coap://host:port" that goes into Package URIs for devices that did not say (by Uri-Host)
  /// under which name they know this service; empty: the bound address.
  std::string package_authority;
  std::size_t concurrent_builds = 1;
  std::size_t calibration_samples = 512;
  /// Where calibration samples come from; the project's data sets when empty.
  CalibrationSource calibration;
  BackendLimits backend_limits;
  DeliveryLimits delivery_limits;
  /// Called from the service's thread once both ports are open.
  std::function<void(const std::string &http_address, const std::string &coap_address)> on_ready;
};

/// Runs the service until `stop` is requested; ends every child process before it returns. Errors
/// are those of its start: kInvalidInput, kUnsupported (an address that is not loopback),
/// kResourceFull (a port in use, a full disk), kConflict (the state folder is in use).
[[nodiscard]] Expected<void> run_service(const ServiceOptions &options,
                                         const std::stop_token &stop);

} // namespace tinyml::service
