// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/hypercalls.hpp"

#include "os/boot/services.hpp"

#include <algorithm>

namespace tinyml::tender {
namespace {

using kvm::Call;
using kvm::kRefused;
using kvm::Request;

/// Reads once what the guest may have written.
std::uint32_t once(const std::uint32_t &value) {
  return *static_cast<const volatile std::uint32_t *>(&value);
}

std::uint32_t result_of(hal::Status status) { return static_cast<std::uint32_t>(status); }

bool fits_32_bits(std::uint64_t value) { return value <= 0xFFFF'FFFF; }

} // namespace

Outcome Hypercalls::handle(std::uint32_t request_address) {
  flush();
  auto request = memory_.load<Request>(request_address);
  if (!request) {
    return {Then::kFault, 0};
  }
  request->result = 0;
  const Outcome outcome = perform(*request);
  const std::uint32_t result_at = request_address + offsetof(Request, result);
  (void)memory_.store(result_at, request->result); // load() saw that it can be written
  return outcome;
}

Outcome Hypercalls::perform(Request &request) {
  switch (request.call) {
  case Call::kFlush:
    return {};
  case Call::kWait:
    return wait(request);
  case Call::kReceive:
    receive();
    return {};
  case Call::kStoreRead:
  case Call::kStoreErase:
  case Call::kStoreWrite:
    request.result = perform_on_store(request);
    return {};
  case Call::kStoreReadAll:
    request.result = read_all(request);
    return {};
  case Call::kEntropy:
    request.result = fill_with_entropy(request);
    return {};
  case Call::kVerifySlot:
    request.result = devices_.verify_slot(
        static_cast<std::uint32_t>(std::min<std::uint64_t>(request.argument, 0xFF)));
    return {};
  case Call::kHashStart:
  case Call::kHashUpdate:
  case Call::kHashFinish:
    request.result = perform_on_hash(request);
    return {};
  case Call::kReset:
    return {Then::kReset, static_cast<std::uint8_t>(request.argument)};
  case Call::kExit:
    return {Then::kExit, static_cast<std::uint8_t>(request.argument)};
  }
  request.result = kRefused;
  return {};
}

Outcome Hypercalls::wait(Request &request) {
  receive();
  while (shared_.machine.received == 0 && devices_.now_ns() < request.argument) {
    if (!devices_.wait_until(request.argument)) {
      break;
    }
    receive();
  }
  request.result = shared_.machine.received != 0 ? 1 : 0;
  tell_time();
  return {};
}

void Hypercalls::receive() {
  const auto received = devices_.receive(shared_.receive);
  shared_.machine.received = received.frames;
  shared_.machine.all_received = received.all ? 1 : 0;
}

std::uint32_t Hypercalls::perform_on_store(const Request &request) {
  if (!fits_32_bits(request.argument)) {
    return kRefused;
  }
  const auto offset = static_cast<std::uint32_t>(request.argument);
  if (request.call == Call::kStoreErase) {
    return result_of(devices_.store_erase(offset, request.length));
  }
  if (request.call == Call::kStoreRead) {
    const auto to = memory_.writable(request.pointer, request.length);
    return to ? result_of(devices_.store_read(offset, *to)) : kRefused;
  }
  const auto from = memory_.readable(request.pointer, request.length);
  return from ? result_of(devices_.store_write(offset, *from)) : kRefused;
}

/// Every element is copied before it is looked at: the guest's memory may change under a read.
std::uint32_t Hypercalls::read_all(const Request &request) {
  const std::uint32_t count = request.length / sizeof(kvm::StoreRead);
  if (request.length % sizeof(kvm::StoreRead) != 0 || count > kvm::kMostReads) {
    return kRefused;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto at = request.pointer + std::uint64_t{i} * sizeof(kvm::StoreRead);
    const auto read = fits_32_bits(at)
                          ? memory_.load<kvm::StoreRead>(static_cast<std::uint32_t>(at))
                          : std::nullopt;
    const auto to = read ? memory_.writable(read->pointer, read->length) : std::nullopt;
    const std::uint32_t status = to ? result_of(devices_.store_read(read->offset, *to)) : kRefused;
    if (status != result_of(hal::Status::kOk)) {
      return status;
    }
  }
  return 0;
}

std::uint32_t Hypercalls::fill_with_entropy(const Request &request) {
  const auto to = memory_.writable(request.pointer, request.length);
  return to ? result_of(devices_.entropy(*to)) : kRefused;
}

/// The state of a hash lies with the guest. It is plain data: a state that a guest has made up
/// gives a wrong digest and nothing worse.
std::uint32_t Hypercalls::perform_on_hash(const Request &request) {
  const bool starts = request.call == Call::kHashStart;
  if (!fits_32_bits(request.argument)) {
    return kRefused;
  }
  const auto state_at = starts ? request.pointer : static_cast<std::uint32_t>(request.argument);
  auto state = memory_.load<image::Sha256>(state_at);
  const auto bytes = memory_.readable(request.pointer, request.length);
  if (!state || !bytes) {
    return kRefused;
  }
  if (starts) {
    image::sha256_start(*state);
  } else if (request.call == Call::kHashUpdate) {
    image::sha256_update(*state, *bytes);
  } else {
    std::uint8_t digest[image::kHashBytes] = {};
    image::sha256_finish(*state, digest);
    const auto to = memory_.writable(request.pointer, image::kHashBytes);
    if (!to) {
      return kRefused;
    }
    std::memcpy(to->data(), digest, sizeof(digest));
  }
  (void)memory_.store(state_at, *state);
  return 0;
}

void Hypercalls::flush() {
  flush_console();
  flush_frames();
}

void Hypercalls::flush_console() {
  const std::uint32_t size = std::min(once(shared_.machine.console_bytes), kvm::kConsoleBytes);
  if (size > 0) {
    devices_.console({shared_.machine.console, size});
  }
  shared_.machine.console_bytes = 0;
}

void Hypercalls::flush_frames() {
  const std::uint32_t count = std::min(once(shared_.machine.to_send), kvm::kSendSlots);
  shared_.machine.to_send = 0;
  ByteView frames[kvm::kSendSlots];
  std::size_t good = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const kvm::FrameSlot &slot = shared_.send[i];
    const std::uint32_t size = *static_cast<const volatile std::uint16_t *>(&slot.size_bytes);
    if (size > 0 && size <= kvm::FrameSlot::kLargestFrame) {
      frames[good++] = {slot.frame, size};
    }
  }
  if (good > 0) {
    devices_.send({frames, good});
  }
}

void Hypercalls::tell_time() {
  shared_.machine.wall_zero_ns = devices_.wall_zero_ns();
  shared_.machine.now_ns = devices_.now_ns();
}

} // namespace tinyml::tender
