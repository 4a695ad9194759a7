// SPDX-License-Identifier: Apache-2.0
// The C interface: a thread that boots image after image until somebody stops it.
#include "os/hosted/tinyml_device.h"

#include "os/hosted/loader.hpp"

namespace tinyml::hosted {

namespace {

tinyml_device_config config;
volatile bool thread_runs = false;
alignas(8) std::uint8_t workspace[boot::kWorkspaceBytes];

/// The factory page of a device that has none yet.
tinyml_device_status provision() {
  if (config.endpoint == nullptr || config.server_uri == nullptr ||
      config.signing_public_key == nullptr) {
    return TINYML_DEVICE_BLANK;
  }
  std::uint8_t seed[image::kEntropySeedBytes];
  const bool random = rtos::random(seed) == hal::Status::kOk;
  const image::FactoryPage fields = {
      .endpoint = config.endpoint,
      .server_uri = config.server_uri,
      .signing_public_key = ByteView(config.signing_public_key, image::kPublicKeyBytes),
      .entropy_seed = random ? ByteView(seed) : ByteView(),
      .serial = {},
      .mac = {}};
  const ByteSpan page = ByteSpan(workspace).first(image::kFactoryPageBytes);
  if (!image::encode_factory_page(fields, page)) {
    return TINYML_DEVICE_BAD_CONFIG;
  }
  const bool written = Storage::erase(0, Storage::info().sector_bytes) == hal::Status::kOk &&
                       Storage::write(0, page) == hal::Status::kOk;
  return written ? TINYML_DEVICE_OK : TINYML_DEVICE_STORAGE;
}

tinyml_device_status check_storage() {
  const ByteSpan page = ByteSpan(workspace).first(image::kFactoryPageBytes);
  if (store::layout_of(Storage::info()).slots[0].size_bytes == 0 ||
      Storage::read(0, page) != hal::Status::kOk) {
    return TINYML_DEVICE_STORAGE;
  }
  const auto factory = image::parse_factory_page(page);
  return !factory && factory.error() == image::FactoryError::kBlank ? provision()
                                                                    : TINYML_DEVICE_OK;
}

/// Boots once. Restarts are the only ending after which there is a next time.
Ending boot_once(std::uint8_t reset_reason) {
  BootPlatform platform;
  boot::Bootloader loader(platform, workspace);
  const boot::Choice choice = loader.choose();
  if (choice.slot == store::Slot::kNone) {
    return {kEnded, TINYML_DEVICE_NOTHING_TO_START};
  }
  return run_program(
      *reinterpret_cast<const Program *>(rtos::code_memory().data() + choice.header.entry_offset),
      reset_reason);
}

void device_thread() {
  constexpr std::uint32_t kPauseAfterFaultMs = 100; // a crash loop shall not take the processor
  Ending ending = {kRestart, 0};
  for (std::uint8_t reason = config.reset_reason; ending.how <= kFault;
       reason = static_cast<std::uint8_t>(ending.how)) {
    ending = boot_once(reason);
    if (ending.how == kFault) {
      rtos::sleep_ms(kPauseAfterFaultMs);
    }
  }
  rtos::close_socket();
  thread_runs = false;
  if (config.on_end != nullptr && ending.how == kEnded) {
    config.on_end(config.context, ending.code);
  }
}

} // namespace

} // namespace tinyml::hosted

tinyml_device_status tinyml_device_start(const tinyml_device_config *wanted) {
  using namespace tinyml;
  using namespace tinyml::hosted;
  if (thread_runs) {
    return TINYML_DEVICE_RUNNING;
  }
  config = *wanted;
  if (const auto status = check_storage(); status != TINYML_DEVICE_OK) {
    return status;
  }
  if (!rtos::open_socket(config.udp_port)) {
    return TINYML_DEVICE_NETWORK;
  }
  listener = {config.on_result, config.context};
  request_stop(false);
  thread_runs = true;
  if (!rtos::start_thread(device_thread, config.stack_bytes)) {
    rtos::close_socket();
    thread_runs = false;
    return TINYML_DEVICE_NO_THREAD;
  }
  return TINYML_DEVICE_OK;
}

void tinyml_device_stop() {
  constexpr std::uint32_t kLookAgainMs = 5;
  tinyml::hosted::request_stop(true);
  while (tinyml::hosted::thread_runs) {
    tinyml::rtos::sleep_ms(kLookAgainMs);
  }
}

int tinyml_device_running() { return tinyml::hosted::thread_runs ? 1 : 0; }
