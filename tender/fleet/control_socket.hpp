// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "tender/switch/file_descriptor.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

namespace tinyml::tender {

/// Answers requests on a socket in the file system, for its owner's eyes only: one JSON object in,
/// one out, one line each, a connection for each. Every answer is {"ok": …} or {"error": {"code",
/// "message"}}.
class ControlSocket {
public:
  using Answer = std::function<Expected<nlohmann::json>(const nlohmann::json &request)>;
  static constexpr const char *kFileName = "control.sock";

  /// Binds `<folder>/control.sock`, in place of one that a dead process left. `answer` is called on
  /// a thread of this object, for one request at a time.
  [[nodiscard]] static Expected<std::unique_ptr<ControlSocket>>
  open(const std::filesystem::path &folder, Answer answer);
  ~ControlSocket();
  ControlSocket(const ControlSocket &) = delete;
  ControlSocket &operator=(const ControlSocket &) = delete;

private:
  ControlSocket(std::filesystem::path path, FileDescriptor socket, Answer answer);
  void serve(const std::stop_token &stop);
  void converse(int connection);
  [[nodiscard]] nlohmann::json answer_to(const nlohmann::json &request);

  std::filesystem::path path_;
  FileDescriptor socket_;
  Answer answer_;
  std::jthread thread_;
};

/// Asks the process behind `<folder>/control.sock`. kUnavailable when none answers within
/// `patience`; else its own answer or error.
[[nodiscard]] Expected<nlohmann::json>
ask_control(const std::filesystem::path &folder, const nlohmann::json &request,
            std::chrono::milliseconds patience = std::chrono::seconds(120));

} // namespace tinyml::tender
