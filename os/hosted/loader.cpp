// SPDX-License-Identifier: Apache-2.0
// Runs a program and lends it the operating system.
#include "os/hosted/loader.hpp"

namespace tinyml::hosted {

Listener listener = {};

namespace {

Host host;
Retained retained;
const Program *running = nullptr;
Ending ending = {};
volatile bool stop_wanted = false;

void leave(std::uint32_t how, int code) {
  ending = {how, code};
  rtos::escape();
}

/// The one place where programs spend their time, so the one where they are stopped.
bool wait_for_datagram(std::uint32_t milliseconds) {
  if (stop_wanted) {
    leave(kStopped, 0);
  }
  return rtos::wait_for_datagram(milliseconds);
}

void result(std::uint32_t index, const std::uint8_t *bytes, std::size_t size) {
  if (listener.on_result != nullptr) {
    listener.on_result(listener.context, index, bytes, size);
  }
}

void lend(std::uint8_t reset_reason) {
  host = {.version = kHostVersion,
          .reset_reason = reset_reason,
          .board = kBoardName,
          .store = rtos::storage_info(),
          .retained = &retained,
          .services = &boot::Services<BootPlatform>::kTable,
          .console_write =
              [](const char *text, std::size_t size) {
                rtos::console_write({text, size});
              },
          .monotonic_ns = rtos::monotonic_ns,
          .wall_clock_ns = rtos::wall_clock_ns,
          .wait_for_datagram = wait_for_datagram,
          .send = [](const hal::DatagramHeader *to, const std::uint8_t *payload,
                     std::size_t size) { return rtos::send(*to, ByteView(payload, size)); },
          .receive = [](hal::DatagramHeader *from, std::uint8_t *to,
                        std::size_t room) { return rtos::receive(*from, ByteSpan(to, room)); },
          .store_read =
              [](std::uint32_t offset, std::uint8_t *to, std::size_t size) {
                return rtos::storage_read(offset, {to, size});
              },
          .store_erase = rtos::storage_erase,
          .store_write =
              [](std::uint32_t offset, const std::uint8_t *from, std::size_t size) {
                return rtos::storage_write(offset, {from, size});
              },
          .random =
              [](std::uint8_t *to, std::size_t size) {
                return rtos::random({to, size});
              },
          .result = result,
          .leave = leave};
}

} // namespace

Ending run_program(const Program &at, std::uint8_t reset_reason) {
  retained.validate();
  (void)retained.begin_run();
  lend(reset_reason);
  running = &at;
  rtos::call_until_escape([] { running->start(&host); });
  running = nullptr;
  return ending;
}

bool program_faulted(const Fault &fault) {
  if (running == nullptr) {
    return false;
  }
  running->fault(&fault);
  return true;
}

void request_stop(bool wanted) { stop_wanted = wanted; }

} // namespace tinyml::hosted
