// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/hal.hpp"

/// All that an operating system has to give, and the only file to write for one: about 200 lines
/// (docs/porting-to-an-rtos.md has each function's counterpart in FreeRTOS, Zephyr and ESP-IDF).
/// os/boards/posix-rtos/posix_rtos.cpp is one. Nothing has to be reentrant: until the thread starts
/// the caller of tinyml_device_start is the only one here, afterwards the thread; sleep_ms alone is
/// called by anyone.
namespace tinyml::rtos {

// Clock and console

/// Since any moment; never steps back.
[[nodiscard]] std::uint64_t monotonic_ns();
/// Since 1970, 0 when nobody knows.
[[nodiscard]] std::uint64_t wall_clock_ns();
void console_write(std::string_view text);

// One UDP socket over IPv4

/// Opens it; `port` 0 is any.
[[nodiscard]] bool open_socket(std::uint16_t port);
void close_socket();
[[nodiscard]] hal::Status send(const hal::DatagramHeader &to, ByteView payload);
/// Takes a datagram without waiting. Returns its size, of which as much as fits was copied, or
/// hosted::kNoDatagram.
[[nodiscard]] std::size_t receive(hal::DatagramHeader &from, ByteSpan to);
/// Sleeps until one waits, at most so long; may return early.
bool wait_for_datagram(std::uint32_t milliseconds);

// Storage with NOR rules (hal::StoreInfo), at least 16 sectors; two thirds of it hold images

[[nodiscard]] const hal::StoreInfo &storage_info();
[[nodiscard]] hal::Status storage_read(std::uint32_t offset, ByteSpan to);
[[nodiscard]] hal::Status storage_erase(std::uint32_t offset, std::uint32_t size_bytes);
[[nodiscard]] hal::Status storage_write(std::uint32_t offset, ByteView from);

// Memory that programs were linked for (image.ld of the board)

/// Where their code goes: executable, written only between the two calls below.
[[nodiscard]] ByteSpan code_memory();
void open_code_memory();
/// From here on what was written may be executed: caches, protection.
void close_code_memory();

// Threads and the rest

/// Random bytes for keys, or kUnsupported.
[[nodiscard]] hal::Status random(ByteSpan to);
/// Starts the device's thread, on the heap or on static memory.
[[nodiscard]] bool start_thread(void (*run)(), std::size_t stack_bytes);
/// The calling thread sleeps.
void sleep_ms(std::uint32_t milliseconds);
/// Calls `run` and returns when it returns, or as soon as `run` calls escape(), from any depth and
/// from a fault handler too: setjmp and longjmp.
void call_until_escape(void (*run)());
[[noreturn]] void escape();

} // namespace tinyml::rtos
