// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Object and resource numbers. The OMA ones are from the OMA LwM2M registry; the private ones are
/// ours and described by the XML files in docs/lwm2m/.
namespace tinyml::lwm2m {

/// First of our private object ids. 42769-42800 are reserved for tests; this one constant changes
/// when ids are assigned.
inline constexpr std::uint16_t kPrivateObjectBase = 42769;

enum class ObjectId : std::uint16_t {
  kSecurity = 0,
  kServer = 1,
  kAccessControl = 2,
  kDevice = 3,
  kFirmwareUpdate = 5,
  kTextDisplay = 3341,
  kCapability = kPrivateObjectBase,
  kModel = kPrivateObjectBase + 1,
  kInferenceResult = kPrivateObjectBase + 2,
  kDiagnostics = kPrivateObjectBase + 3,
};

namespace server {
inline constexpr std::uint16_t kShortServerId = 0;
inline constexpr std::uint16_t kLifetime = 1;
inline constexpr std::uint16_t kNotificationStoring = 6;
inline constexpr std::uint16_t kBinding = 7;
inline constexpr std::uint16_t kRegistrationUpdateTrigger = 8;
} // namespace server

namespace device {
inline constexpr std::uint16_t kManufacturer = 0;
inline constexpr std::uint16_t kModelNumber = 1;
inline constexpr std::uint16_t kSerialNumber = 2;
inline constexpr std::uint16_t kFirmwareVersion = 3;
inline constexpr std::uint16_t kReboot = 4;
inline constexpr std::uint16_t kMemoryFree = 10;
inline constexpr std::uint16_t kErrorCode = 11;
inline constexpr std::uint16_t kResetErrorCode = 12;
inline constexpr std::uint16_t kCurrentTime = 13;
inline constexpr std::uint16_t kBindingModes = 16;
inline constexpr std::uint16_t kDeviceType = 17;
inline constexpr std::uint16_t kSoftwareVersion = 19;
inline constexpr std::uint16_t kMemoryTotal = 21;
/// Of kErrorCode: the device has crashed and says why in kDiagnostics. No registered code does.
inline constexpr std::uint8_t kErrorCrashed = 32;
} // namespace device

namespace firmware {
inline constexpr std::uint16_t kPackage = 0;
inline constexpr std::uint16_t kPackageUri = 1;
inline constexpr std::uint16_t kUpdate = 2;
inline constexpr std::uint16_t kState = 3;
inline constexpr std::uint16_t kUpdateResult = 5;
inline constexpr std::uint16_t kPackageName = 6;
inline constexpr std::uint16_t kPackageVersion = 7;
inline constexpr std::uint16_t kProtocolSupport = 8;
inline constexpr std::uint16_t kDeliveryMethod = 9;
} // namespace firmware

namespace text_display {
inline constexpr std::uint16_t kText = 5527;
} // namespace text_display

/// 42769 Device Capability, docs/device-profile.md.
namespace capability {
inline constexpr std::uint16_t kBoard = 0;
inline constexpr std::uint16_t kIsa = 1;
inline constexpr std::uint16_t kExtensions = 2;
inline constexpr std::uint16_t kClock = 3;
inline constexpr std::uint16_t kRam = 4;
inline constexpr std::uint16_t kRamFree = 5;
inline constexpr std::uint16_t kRom = 6;
inline constexpr std::uint16_t kRomFree = 7;
inline constexpr std::uint16_t kImageAddress = 8;
inline constexpr std::uint16_t kSlotAddress = 9;
inline constexpr std::uint16_t kSlotSize = 10;
inline constexpr std::uint16_t kOsName = 11;
inline constexpr std::uint16_t kOsVersion = 12;
inline constexpr std::uint16_t kAbiVersion = 13;
inline constexpr std::uint16_t kModuleAbiVersion = 14;
inline constexpr std::uint16_t kElementTypes = 15;
inline constexpr std::uint16_t kAccelerators = 16;
inline constexpr std::uint16_t kImageFormats = 17;
inline constexpr std::uint16_t kSignatureAlgorithms = 18;
inline constexpr std::uint16_t kSensors = 19;
inline constexpr std::uint16_t kOutputs = 20;
} // namespace capability

/// 42770 Model: the module linked into the running image.
namespace model {
inline constexpr std::uint16_t kName = 0;
inline constexpr std::uint16_t kBuildId = 1;
inline constexpr std::uint16_t kAbiVersion = 2;
inline constexpr std::uint16_t kArenaBytes = 3;
inline constexpr std::uint16_t kRomBytes = 4;
inline constexpr std::uint16_t kMacs = 5;
inline constexpr std::uint16_t kState = 6;
inline constexpr std::uint16_t kInputs = 7;
inline constexpr std::uint16_t kOutputs = 8;
} // namespace model

/// 42771 Inference Result: the latest inference.
namespace inference {
inline constexpr std::uint16_t kClass = 0;
inline constexpr std::uint16_t kScore = 1;
inline constexpr std::uint16_t kRawOutput = 2;
inline constexpr std::uint16_t kCount = 3;
inline constexpr std::uint16_t kCycles = 4;
inline constexpr std::uint16_t kTimestamp = 5;
} // namespace inference

/// 42772 Diagnostics: docs/debugging.md.
namespace diagnostics {
inline constexpr std::uint16_t kCrash = 0;
inline constexpr std::uint16_t kEvents = 1;
} // namespace diagnostics

/// States of object 5, resource 3 (OMA LwM2M 1.1 core, E.6).
enum class UpdateState : std::uint8_t {
  kIdle = 0,
  kDownloading = 1,
  kDownloaded = 2,
  kUpdating = 3
};

/// Results of object 5, resource 5.
enum class UpdateResult : std::uint8_t {
  kInitial = 0,
  kSuccess = 1,
  kNotEnoughFlash = 2,
  kOutOfRam = 3,
  kConnectionLost = 4,
  kIntegrityFailure = 5,
  kUnsupportedType = 6,
  kInvalidUri = 7,
  kUpdateFailed = 8,
  kUnsupportedProtocol = 9,
  kCancelled = 10,
  kDeferred = 11,
};

/// State of object 42770.
enum class ModelState : std::uint8_t { kNone = 0, kReady = 1, kRunning = 2, kAdapted = 3 };

/// Content formats this product speaks (IANA CoAP Content-Formats and OMA).
enum class Format : std::uint16_t {
  kText = 0,
  kLinkFormat = 40,
  kOpaque = 42,
  kSenmlJson = 110,
  kSenmlCbor = 112,
  kTlv = 11542,
  kTlvOld = 1542, ///< LwM2M 1.0 drafts
};

} // namespace tinyml::lwm2m
