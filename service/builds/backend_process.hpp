// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/process.hpp"
#include "service/builds/build_wish.hpp"

/// A compiler backend as the program that docs/backend.md describes: confined, in folders that go
/// away.
namespace tinyml::service {

/// Folders of one call, removed at the end.
class BackendWorkplace {
public:
  /// Below `scratch`, which is created when missing. kResourceFull.
  [[nodiscard]] static Expected<BackendWorkplace> create(const std::filesystem::path &scratch);
  BackendWorkplace(BackendWorkplace &&other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  BackendWorkplace &operator=(BackendWorkplace &&) = delete;
  ~BackendWorkplace();

  [[nodiscard]] const std::filesystem::path &folder() const { return folder_; }
  [[nodiscard]] std::filesystem::path request() const { return folder_ / "request"; }
  [[nodiscard]] std::filesystem::path result() const { return folder_ / "result"; }
  [[nodiscard]] std::filesystem::path temporary() const { return folder_ / "tmp"; }

private:
  explicit BackendWorkplace(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

struct BackendCall {
  std::filesystem::path program;
  std::filesystem::path request;   ///< folder with request.json
  std::filesystem::path result;    ///< empty folder
  std::filesystem::path temporary; ///< TMPDIR and working directory
  std::string search_path;
  BackendLimits limits;
};

/// Blocks until the program ended or was killed.
[[nodiscard]] Expected<host::Outcome> run_backend_program(const BackendCall &call,
                                                          std::stop_token stop = {});

/// What to tell of a program that did not exit with 0.
[[nodiscard]] HostError backend_failed(const host::Outcome &outcome);

/// The program for a device: that of the first of its accelerators that one is registered for, else
/// the environment's own.
[[nodiscard]] std::filesystem::path choose_backend(const Json &profile,
                                                   const BuildEnvironment &environment);

/// "accelerator=NAME:PROGRAM" as `tinyml up --backend-for` takes it. kInvalidInput, kNotFound (no
/// such program).
[[nodiscard]] Expected<std::pair<std::string, std::filesystem::path>>
parse_backend_registration(const std::string &text);

} // namespace tinyml::service
