// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tender/monitor/devices.hpp"
#include "tender/monitor/guest_memory.hpp"

namespace tinyml::tender {

/// What becomes of the guest after a request.
enum class Then : std::uint8_t {
  kGoOn,
  kReset,    ///< code: the reset reason
  kExit,     ///< code: what it ends with
  kFault,    ///< the request itself was not the guest's memory
  kTimeIsUp, ///< the monitor ends it
};

struct Outcome {
  Then then = Then::kGoOn;
  std::uint32_t code = 0;
};

/// A guest's requests, without KVM: bytes in, bytes out. The guest is not to be trusted: each value
/// that it could change is read once, and every range is checked. It stands still meanwhile.
class Hypercalls {
public:
  /// `shared` is the host's address of the guest's shared pages.
  Hypercalls(const GuestMemory &memory, kvm::Shared &shared, Devices &devices)
      : memory_(memory), shared_(shared), devices_(devices) {}

  [[nodiscard]] Outcome handle(std::uint32_t request_address);

  /// Takes the text and the frames that the guest has left so far.
  void flush();
  void tell_time();

private:
  Outcome perform(kvm::Request &request);
  std::uint32_t perform_on_store(const kvm::Request &request);
  std::uint32_t read_all(const kvm::Request &request);
  std::uint32_t perform_on_hash(const kvm::Request &request);
  std::uint32_t fill_with_entropy(const kvm::Request &request);
  Outcome wait(kvm::Request &request);
  void receive();
  void flush_console();
  void flush_frames();

  GuestMemory memory_;
  kvm::Shared &shared_;
  Devices &devices_;
};

} // namespace tinyml::tender
