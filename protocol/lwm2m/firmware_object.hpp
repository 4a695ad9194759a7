// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/resource.hpp"
#include "protocol/lwm2m/value_writer.hpp"
#include "protocol/lwm2m/written_value.hpp"

#include <array>
#include <utility>

namespace tinyml::lwm2m {

/// What the owner of the update machinery must do next.
enum class FirmwareCommand : std::uint8_t {
  kNone,
  kDownload, ///< fetch package_uri()
  kDiscard,  ///< stop what is under way and forget the package
  kApply,    ///< start the image that was downloaded, once the answer has left
};

/// /5/0, the states and results of OMA LwM2M 1.1 core E.6. It holds the state machine; bytes are
/// moved by its owner, who reports progress and takes commands.
class FirmwareObject {
public:
  static constexpr std::uint16_t kId = static_cast<std::uint16_t>(ObjectId::kFirmwareUpdate);
  static constexpr Resource kResources[] = {
      {firmware::kPackage, kWritable},         {firmware::kPackageUri, kReadWrite},
      {firmware::kUpdate, kExecutable},        {firmware::kState, kReadable},
      {firmware::kUpdateResult, kReadable},    {firmware::kPackageVersion, kReadable},
      {firmware::kProtocolSupport, kReadable}, {firmware::kDeliveryMethod, kReadable},
  };
  static constexpr std::size_t kMaxUriBytes = 128;

  /// `result` reports, after a reboot, how the update before it ended.
  FirmwareObject(std::string_view running_version, UpdateResult result)
      : running_version_(running_version), result_(result) {}

  void read(std::uint16_t resource, ValueWriter &out) const;
  coap::Code write(std::uint16_t resource, const WrittenValue &value);
  coap::Code execute(std::uint16_t resource, ByteView arguments);

  /// A package begins to arrive by push; 4.05 when another update is under way.
  coap::Code begin_push();
  /// Package complete and verified.
  void downloaded();
  /// Back to idle with this result.
  void failed(UpdateResult result);
  /// The outcome of a trial boot, known only after the server was reached again.
  void report(UpdateResult result);

  [[nodiscard]] UpdateState state() const { return state_; }
  [[nodiscard]] UpdateResult result() const { return result_; }
  [[nodiscard]] std::string_view package_uri() const { return {uri_.data(), uri_size_}; }
  [[nodiscard]] FirmwareCommand take_command() {
    return std::exchange(command_, FirmwareCommand::kNone);
  }
  [[nodiscard]] bool take_changed() { return std::exchange(changed_, false); }

private:
  void become(UpdateState state, UpdateResult result);
  coap::Code write_uri(ByteView uri);
  coap::Code reset();

  std::string_view running_version_;
  std::array<char, kMaxUriBytes> uri_{};
  std::uint8_t uri_size_ = 0;
  UpdateState state_ = UpdateState::kIdle;
  UpdateResult result_;
  FirmwareCommand command_ = FirmwareCommand::kNone;
  bool changed_ = false;
};

} // namespace tinyml::lwm2m
