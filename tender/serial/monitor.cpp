// SPDX-License-Identifier: Apache-2.0
#include "tender/serial/monitor.hpp"

#include "tender/serial/emulator.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

namespace tinyml::tender {

using nlohmann::json;

Expected<std::string> Monitor::next_line() {
  constexpr int kPatienceMs = 60'000; ///< others may keep the processors busy
  for (;;) {
    if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    std::array<char, 4096> piece{};
    pollfd waiting{fd_, POLLIN, 0};
    const ssize_t size =
        ::poll(&waiting, 1, kPatienceMs) == 1 ? ::read(fd_, piece.data(), piece.size()) : 0;
    if (size <= 0) {
      return fail(ErrorCode::kUnavailable, "the emulator's monitor does not answer");
    }
    received_.append(piece.data(), static_cast<std::size_t>(size));
  }
}

Expected<void> Monitor::greet() {
  const auto greeting = next_line();
  return greeting.ok() ? command(R"({"execute":"qmp_capabilities"})")
                       : Expected<void>(Failure{greeting.error()});
}

/// Events come in between.
Expected<void> Monitor::command(const std::string &text) {
  if (!write_all(fd_, text + "\n")) {
    return fail(ErrorCode::kUnavailable, "the emulator has ended");
  }
  for (;;) {
    const auto line = next_line();
    if (!line.ok()) {
      return Failure{line.error()};
    }
    const json answer = json::parse(*line, nullptr, false);
    if (answer.contains("return")) {
      return {};
    }
    if (answer.contains("error")) {
      return fail(ErrorCode::kInternal, "the emulator's monitor refuses: " + *line);
    }
  }
}

Expected<void> Monitor::save(std::uint32_t address, std::uint64_t size_bytes,
                             const std::string &file) {
  const json save = {{"execute", "memsave"},
                     {"arguments", {{"val", address}, {"size", size_bytes}, {"filename", file}}}};
  return command(save.dump());
}

} // namespace tinyml::tender
