// SPDX-License-Identifier: Apache-2.0
// Our endpoint against libcoap's tools, over real sockets on the loopback.
#include "protocol/coap/block.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/hashed_storage.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ; // NOLINT: POSIX names it so

namespace tinyml::coap {
namespace {

using testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;
using Coap = Endpoint<HashedStorage<>>;

constexpr const char *kClientTool = "/usr/bin/coap-client-notls";
constexpr const char *kServerTool = "/usr/bin/coap-server-notls";

Millis now_ms() {
  using std::chrono::steady_clock;
  return static_cast<Millis>(
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now().time_since_epoch())
          .count());
}

std::string body_of(std::size_t size) {
  std::string body;
  for (std::size_t i = 0; body.size() < size; ++i) {
    body += std::to_string(i) + ",";
  }
  body.resize(size);
  return body;
}

std::string read_file(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A UDP socket on an ephemeral port of the loopback.
class UdpSocket {
public:
  UdpSocket() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    getsockname(fd_, reinterpret_cast<sockaddr *>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~UdpSocket() { close(fd_); }
  UdpSocket(const UdpSocket &) = delete;
  UdpSocket &operator=(const UdpSocket &) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

  void send(PeerId to, ByteView bytes) const {
    const Ipv4Endpoint peer = ipv4_of(to);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(peer.port);
    std::copy_n(peer.address.data(), 4, reinterpret_cast<std::uint8_t *>(&address.sin_addr));
    (void)sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr *>(&address),
                 sizeof address);
  }
  /// One datagram, waiting at most `timeout`; nothing when none came.
  std::optional<ByteView> receive(PeerId &from, Millis timeout) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(timeout)) <= 0) {
      return std::nullopt;
    }
    sockaddr_in address{};
    socklen_t size = sizeof address;
    const auto got =
        recvfrom(fd_, buffer_, sizeof buffer_, 0, reinterpret_cast<sockaddr *>(&address), &size);
    Ipv4Endpoint peer;
    std::copy_n(reinterpret_cast<std::uint8_t *>(&address.sin_addr), 4, peer.address.data());
    peer.port = ntohs(address.sin_port);
    from = peer_of(peer);
    return got > 0 ? std::optional(ByteView(buffer_, static_cast<std::size_t>(got))) : std::nullopt;
  }

private:
  int fd_;
  std::uint16_t port_ = 0;
  std::uint8_t buffer_[2048];
};

/// A program of libcoap; its output goes to a file. Ended with the object.
class Tool {
public:
  Tool(std::vector<std::string> arguments, const std::filesystem::path &output) {
    std::vector<char *> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string &argument : arguments) {
      argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    EXPECT_EQ(posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Tool() {
    if (running()) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Tool(const Tool &) = delete;
  Tool &operator=(const Tool &) = delete;

  bool running() {
    if (!ended_) {
      ended_ = waitpid(pid_, nullptr, WNOHANG) == pid_;
    }
    return !ended_;
  }

private:
  pid_t pid_ = -1;
  bool ended_ = false;
};

/// An endpoint on a socket.
class Program {
public:
  Program() : endpoint(fast(), now_ms()) {}

  /// Runs until `done` says so; false when that takes too long.
  bool run(const std::function<bool()> &done, const std::function<void(const Event &)> &handle,
           Millis timeout = 30'000) {
    const Millis end = now_ms() + timeout;
    while (!done()) {
      if (now_ms() > end) {
        return false;
      }
      drain(handle);
      PeerId from;
      const Millis wait = std::min<Millis>(20, endpoint.next_deadline() - now_ms());
      if (const auto datagram =
              socket.receive(from, endpoint.next_deadline() < now_ms() ? 0 : wait)) {
        if (const Event event = endpoint.receive(from, *datagram, now_ms())) {
          handle(event);
        }
      }
      drain(handle);
    }
    return true;
  }

  UdpSocket socket;
  Coap endpoint;

private:
  /// On the loopback a lost datagram was sent before its receiver was up: try again soon.
  static Parameters fast() {
    Parameters parameters;
    parameters.ack_timeout_ms = 100;
    parameters.max_retransmit = 6;
    return parameters;
  }
  void drain(const std::function<void(const Event &)> &handle) {
    while (const Event event = endpoint.poll(now_ms())) {
      if (event.kind == EventKind::kSend) {
        socket.send(event.peer, event.datagram);
      } else {
        handle(event);
      }
    }
  }
};

class InteropTest : public testing::Test {
protected:
  void SetUp() override {
    if (access(kClientTool, X_OK) != 0 || access(kServerTool, X_OK) != 0) {
      GTEST_SKIP() << "libcoap's tools are not installed; install libcoap3-bin";
    }
    std::string name = (std::filesystem::temp_directory_path() / "coap-interop-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    if (!folder_.empty()) {
      std::filesystem::remove_all(folder_);
    }
  }
  std::filesystem::path folder_;
};

// libcoap's client, our server

class LibcoapClient : public InteropTest {
protected:
  /// Runs the tool against our server; returns what it received.
  std::string fetch(const std::string &path, std::vector<std::string> options = {}) {
    const auto body = folder_ / "received";
    std::filesystem::remove(body);
    options.insert(options.begin(), {kClientTool, "-B", "20", "-o", body.string()});
    options.push_back("coap://127.0.0.1:" + std::to_string(server_.socket.port()) + "/" + path);
    Tool tool(std::move(options), folder_ / "log");
    EXPECT_TRUE(
        server_.run([&] { return !tool.running(); }, [this](const Event &event) { serve(event); }));
    return read_file(body);
  }
  [[nodiscard]] std::string log() const { return read_file(folder_ / "log"); }

  Program server_;
  std::string large_ = body_of(100'000);
  std::string uploaded_;
  unsigned observed_ = 0;
  unsigned cancelled_ = 0;

private:
  void serve(const Event &event) {
    if (event.kind != EventKind::kRequest) {
      return;
    }
    const MessageView &request = event.message;
    if (request.path_is("large")) {
      return send_large(event);
    }
    if (request.path_is("upload")) {
      return take_upload(event);
    }
    if (request.path_is("slow")) {
      return answer_later(event);
    }
    if (request.path_is("count")) {
      return count(event);
    }
    const bool known = request.path_is("hello");
    answer(event, known ? Code::kContent : Code::kNotFound, known ? "hello, libcoap" : "");
  }
  void answer(const Event &event, Code code, std::string_view text) {
    Draft draft = server_.endpoint.reply(event.request, code);
    draft.message.payload(text);
    EXPECT_TRUE(server_.endpoint.send(draft, now_ms()));
  }
  void send_large(const Event &event) {
    const auto window = BlockWindow::of(event.message, static_cast<std::uint32_t>(large_.size()));
    Draft draft = server_.endpoint.reply(event.request, Code::kContent);
    draft.message.option(OptionNumber::kETag, "large-1");
    window.add_to(draft.message);
    draft.message.payload(std::string_view(large_).substr(window.offset_bytes, window.size_bytes));
    EXPECT_TRUE(server_.endpoint.send(draft, now_ms()));
  }
  void take_upload(const Event &event) {
    const auto piece = sink_.accept(event.peer, event.message, 1U << 20U);
    if (piece.status == BlockSink::Status::kMore || piece.status == BlockSink::Status::kLast) {
      uploaded_.resize(piece.offset_bytes);
      uploaded_ += as_text(piece.bytes);
    }
    Draft draft = server_.endpoint.reply(event.request, BlockSink::code_for(piece.status));
    sink_.add_to(draft.message);
    EXPECT_TRUE(server_.endpoint.send(draft, now_ms()));
  }
  void answer_later(const Event &event) {
    server_.endpoint.defer(event.request);
    const Event acknowledgement = server_.endpoint.poll(now_ms());
    server_.socket.send(acknowledgement.peer, acknowledgement.datagram);
    usleep(300'000);
    Draft draft = server_.endpoint.separate_reply(event.request, Code::kContent);
    draft.message.payload("late but here");
    EXPECT_TRUE(server_.endpoint.send(draft, now_ms()));
  }
  void count(const Event &event) {
    const auto observe = event.message.find_uint(OptionNumber::kObserve);
    Draft draft = server_.endpoint.reply(event.request, Code::kContent);
    if (observe == 0U) {
      ++observed_;
      draft.message.option_uint(OptionNumber::kObserve, 1);
    }
    cancelled_ += observe == 1U ? 1U : 0U;
    draft.message.payload("0;");
    EXPECT_TRUE(server_.endpoint.send(draft, now_ms()));
    const Event first = server_.endpoint.poll(now_ms());
    server_.socket.send(first.peer, first.datagram);
    for (std::uint32_t i = 2; observe == 0U && i < 5; ++i) {
      const Type type = i == 3 ? Type::kConfirmable : Type::kNonConfirmable;
      Draft next = server_.endpoint.notification(event.peer, event.request.token, type);
      next.message.option_uint(OptionNumber::kObserve, i).payload(std::to_string(i) + ";");
      EXPECT_TRUE(server_.endpoint.send(next, now_ms()));
      const Event notification = server_.endpoint.poll(now_ms());
      server_.socket.send(notification.peer, notification.datagram);
      usleep(100'000);
    }
  }

  BlockSink sink_;
};

TEST_F(LibcoapClient, gets_a_small_resource_and_an_error) {
  EXPECT_EQ(fetch("hello"), "hello, libcoap");
  EXPECT_EQ(fetch("hello", {"-N"}), "hello, libcoap");
  EXPECT_EQ(fetch("nothing"), "");
  EXPECT_THAT(log(), HasSubstr("4.04"));
}

TEST_F(LibcoapClient, gets_a_separate_response) { EXPECT_EQ(fetch("slow"), "late but here"); }

TEST_F(LibcoapClient, gets_100_kilobytes_in_blocks_of_every_size_it_asks_for) {
  EXPECT_EQ(fetch("large"), large_);
  EXPECT_EQ(fetch("large", {"-b", "256"}), large_);
}

TEST_F(LibcoapClient, puts_a_large_body) {
  const std::string body = body_of(50'001);
  std::ofstream(folder_ / "body", std::ios::binary) << body;
  fetch("upload", {"-m", "put", "-f", (folder_ / "body").string(), "-b", "512"});
  EXPECT_EQ(uploaded_, body);
}

TEST_F(LibcoapClient, observes_and_cancels) {
  const std::string seen = fetch("count", {"-s", "2"});
  EXPECT_EQ(observed_, 1U);
  EXPECT_GE(cancelled_, 1U);
  EXPECT_THAT(seen, HasSubstr("4;"));
}

// our client, libcoap's server

class LibcoapServer : public InteropTest {
protected:
  void SetUp() override {
    InteropTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    std::uint16_t port = UdpSocket().port(); // free a moment ago
    server_ = std::make_unique<Tool>(std::vector<std::string>{kServerTool, "-A", "127.0.0.1", "-d",
                                                              "10", "-p", std::to_string(port)},
                                     folder_ / "log");
    peer_ = peer_of({{127, 0, 0, 1}, port});
    ASSERT_TRUE(answers_ping()) << read_file(folder_ / "log");
  }
  /// The server is ready when it answers a ping.
  bool answers_ping() {
    bool pong = false;
    EXPECT_TRUE(client_.endpoint.ping(peer_, now_ms()));
    return client_.run([&] { return pong; },
                       [&](const Event &event) { pong = event.kind == EventKind::kPong; });
  }
  /// Sends a request and hands its response to `take`; false when none came.
  bool exchange(Code method, const std::function<void(MessageBuilder &)> &fill,
                const std::function<void(const MessageView &)> &take) {
    Draft draft = client_.endpoint.request(peer_, method);
    EXPECT_TRUE(draft);
    fill(draft.message);
    EXPECT_TRUE(client_.endpoint.send(draft, now_ms()));
    bool answered = false;
    return client_.run([&] { return answered; },
                       [&](const Event &event) {
                         answered = event.kind == EventKind::kResponse;
                         if (answered) {
                           take(event.message);
                         }
                       });
  }
  void put(const std::string &body) {
    BlockUpload upload;
    upload.start(static_cast<std::uint32_t>(body.size()));
    auto status = BlockUpload::Status::kMore;
    while (status == BlockUpload::Status::kMore) {
      const auto part = upload.next();
      ASSERT_TRUE(exchange(
          Code::kPut,
          [&](MessageBuilder &message) {
            upload.add_to(message.path("stored"));
            message.payload(std::string_view(body).substr(part.offset_bytes, part.size_bytes));
          },
          [&](const MessageView &response) { status = upload.accept(response); }));
    }
    EXPECT_EQ(status, BlockUpload::Status::kDone);
  }
  std::string get(std::uint32_t offset, std::uint8_t szx) {
    std::string body;
    BlockDownload download;
    download.start(offset, szx);
    auto status = BlockDownload::Status::kMore;
    while (status == BlockDownload::Status::kMore) {
      const bool answered = exchange(
          Code::kGet, [&](MessageBuilder &message) { download.add_to(message.path("stored")); },
          [&](const MessageView &response) {
            const auto piece = download.accept(response);
            body += as_text(piece.bytes);
            status = piece.status;
          });
      if (!answered) {
        break;
      }
    }
    EXPECT_EQ(status, BlockDownload::Status::kLast);
    return body;
  }

  Program client_;
  PeerId peer_;
  std::unique_ptr<Tool> server_;
};

TEST_F(LibcoapServer, stores_and_returns_a_large_body_in_blocks) {
  const std::string body = body_of(20'000);
  put(body);
  EXPECT_EQ(get(0, 6), body);
  EXPECT_EQ(get(0, 4), body);
}

TEST_F(LibcoapServer, a_download_resumes_in_the_middle) {
  const std::string body = body_of(20'000);
  put(body);
  EXPECT_EQ(get(10240, 6), body.substr(10240));
}

TEST_F(LibcoapServer, reads_its_link_list) {
  std::string links;
  ASSERT_TRUE(exchange(
      Code::kGet, [](MessageBuilder &message) { message.path(".well-known/core"); },
      [&](const MessageView &response) {
        EXPECT_EQ(response.content_format(), ContentFormat::kLink);
        links = response.payload_text();
      }));
  EXPECT_THAT(links, HasSubstr("</time>"));
}

TEST_F(LibcoapServer, is_observed_until_we_cancel) {
  Draft draft = client_.endpoint.request(peer_, Code::kGet);
  draft.message.option_uint(OptionNumber::kObserve, 0).path("time");
  ASSERT_TRUE(client_.endpoint.send(draft, now_ms()));
  Token token;
  unsigned notifications = 0;
  bool ended = false;
  const auto handle = [&](const Event &event) {
    token = event.token;
    notifications += event.kind == EventKind::kNotification ? 1U : 0U;
    ended = event.kind == EventKind::kResponse && !event.observing;
  };
  ASSERT_TRUE(client_.run([&] { return notifications >= 2; }, handle));
  EXPECT_FALSE(ended);
  Draft cancel = client_.endpoint.observation_request(peer_, token, Code::kGet);
  ASSERT_TRUE(cancel);
  cancel.message.option_uint(OptionNumber::kObserve, 1).path("time");
  ASSERT_TRUE(client_.endpoint.send(cancel, now_ms()));
  ASSERT_TRUE(client_.run([&] { return ended; }, handle));
}

} // namespace
} // namespace tinyml::coap
