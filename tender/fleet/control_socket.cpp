// SPDX-License-Identifier: Apache-2.0
#include "tender/fleet/control_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

namespace tinyml::tender {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxRequestBytes = 1 << 20;
constexpr std::size_t kMaxAnswerBytes = 64 << 20;

/// A socket's address holds 107 bytes of path; through the folder's descriptor any path is short.
struct Address {
  FileDescriptor folder;
  sockaddr_un name{};

  explicit Address(const std::filesystem::path &path)
      : folder(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    const std::string shortened =
        "/proc/self/fd/" + std::to_string(folder.get()) + "/" + path.filename().string();
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, shortened.c_str(),
                std::min(shortened.size() + 1, sizeof name.sun_path));
  }
  [[nodiscard]] const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&name); }
};

void limit_time(int socket, std::chrono::milliseconds limit) {
  timeval time{};
  time.tv_sec = limit.count() / 1000;
  time.tv_usec = limit.count() % 1000 * 1000;
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    (void)::setsockopt(socket, SOL_SOCKET, option, &time, sizeof time);
  }
}

bool send_line(int socket, std::string text) {
  text += '\n';
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t size = ::send(socket, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) {
      return false;
    }
    sent += static_cast<std::size_t>(size);
  }
  return true;
}

/// One line without its end; nothing when it is longer than allowed or does not come.
std::optional<std::string> receive_line(int socket, std::size_t most) {
  std::string text;
  std::array<char, 65536> piece{};
  while (text.size() <= most) {
    const ssize_t size = ::recv(socket, piece.data(), piece.size(), 0);
    if (size <= 0) {
      return std::nullopt;
    }
    text.append(piece.data(), static_cast<std::size_t>(size));
    if (text.back() == '\n') {
      text.pop_back();
      return text;
    }
  }
  return std::nullopt;
}

std::string dumped(const json &object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

json error_answer(const HostError &error) {
  return {{"error", {{"code", static_cast<int>(error.code)}, {"message", error.message}}}};
}

Failure<HostError> nobody(const std::filesystem::path &folder, const std::string &why) {
  return fail(ErrorCode::kUnavailable,
              "the fleet in '" + folder.string() + "' does not answer: " + why);
}

} // namespace

Expected<std::unique_ptr<ControlSocket>> ControlSocket::open(const std::filesystem::path &folder,
                                                             Answer answer) {
  const auto path = folder / kFileName;
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  const Address address(path);
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  constexpr int kBacklog = 64;
  const mode_t before = ::umask(0177);
  const bool bound =
      socket.valid() && ::bind(socket.get(), address.get(), sizeof(sockaddr_un)) == 0;
  const int error = errno;
  ::umask(before);
  if (!bound || ::listen(socket.get(), kBacklog) != 0) {
    return fail(error == ENOSPC ? ErrorCode::kResourceFull : ErrorCode::kUnavailable,
                "cannot listen on '" + path.string() + "': " + std::strerror(error));
  }
  return std::unique_ptr<ControlSocket>(
      new ControlSocket(path, std::move(socket), std::move(answer)));
}

ControlSocket::ControlSocket(std::filesystem::path path, FileDescriptor socket, Answer answer)
    : path_(std::move(path)), socket_(std::move(socket)), answer_(std::move(answer)),
      thread_([this](const std::stop_token &stop) { serve(stop); }) {}

ControlSocket::~ControlSocket() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  thread_.request_stop();
  (void)::shutdown(socket_.get(), SHUT_RDWR); // ends the thread's waiting
}

void ControlSocket::serve(const std::stop_token &stop) {
  while (!stop.stop_requested()) {
    pollfd waiting{socket_.get(), POLLIN, 0};
    (void)::poll(&waiting, 1, -1);
    const FileDescriptor connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.valid()) {
      converse(connection.get());
    }
  }
}

void ControlSocket::converse(int connection) {
  limit_time(connection, std::chrono::seconds(5));
  const auto line = receive_line(connection, kMaxRequestBytes);
  const json request = line ? json::parse(*line, nullptr, false) : json();
  if (!request.is_object()) {
    (void)send_line(connection,
                    dumped(error_answer({ErrorCode::kInvalidInput, "one JSON object a line"})));
    return;
  }
  (void)send_line(connection, dumped(answer_to(request)));
}

/// Members of other types than expected are the asker's mistake.
json ControlSocket::answer_to(const json &request) {
  try {
    const auto answer = answer_(request);
    return answer.ok() ? json{{"ok", *answer}} : error_answer(answer.error());
  } catch (const json::exception &error) {
    return error_answer({ErrorCode::kInvalidInput, error.what()});
  }
}

Expected<json> ask_control(const std::filesystem::path &folder, const json &request,
                           std::chrono::milliseconds patience) {
  const Address address(folder / ControlSocket::kFileName);
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  limit_time(socket.get(), patience);
  if (::connect(socket.get(), address.get(), sizeof(sockaddr_un)) != 0) {
    return nobody(folder, std::strerror(errno));
  }
  const bool sent = send_line(socket.get(), dumped(request));
  const auto line = sent ? receive_line(socket.get(), kMaxAnswerBytes) : std::nullopt;
  const json answer = line ? json::parse(*line, nullptr, false) : json();
  if (answer.is_object() && answer.contains("ok")) {
    return answer.at("ok");
  }
  const auto error = answer.is_object() ? answer.find("error") : answer.end();
  if (!answer.is_object() || error == answer.end() || !error->is_object()) {
    return nobody(folder, "it ended, or is busy");
  }
  return fail(static_cast<ErrorCode>(error->value("code", 0)),
              error->value("message", std::string()));
}

} // namespace tinyml::tender
