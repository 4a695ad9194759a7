// SPDX-License-Identifier: Apache-2.0
#include "service/http/server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <random>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace tinyml::service {
namespace {

/// A plain blocking client, so that hostile bytes can be sent as they are.
class RawClient {
public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{60, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr *>(&to), sizeof(to)), 0);
  }
  RawClient(const RawClient &) = delete;
  RawClient &operator=(const RawClient &) = delete;
  ~RawClient() { ::close(socket_); }

  RawClient &send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        break; // the server has had enough
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }

  /// Reads until `needle` was seen or the server closed.
  std::string read_until(std::string_view needle) {
    char chunk[4096];
    while (heard_.find(needle) == heard_.npos) {
      const ssize_t got = ::recv(socket_, chunk, sizeof(chunk), 0);
      if (got <= 0) {
        break;
      }
      heard_.append(chunk, static_cast<std::size_t>(got));
    }
    return heard_;
  }
  std::string read_all() { return read_until("no server says this"); }

private:
  int socket_;
  std::string heard_;
};

class HttpServerTest : public testing::Test {
protected:
  void SetUp() override {
    router_.add({"GET", "/hello", kSmallBodyBytes, [](const HttpRequest &, const Respond &respond) {
                   respond(json_response({{"hello", 1}}));
                 }});
    router_.add({"POST", "/echo", 1000, [](const HttpRequest &request, const Respond &respond) {
                   respond(binary_response(request.body));
                   respond(binary_response("a second answer counts for nothing"));
                 }});
    router_.add(
        {"GET", "/events", kSmallBodyBytes,
         [](const HttpRequest &, const Respond &respond) { respond({.event_stream = true}); }});
    limits_.read_timeout = patience_;
    limits_.idle_timeout = patience_;
    limits_.max_connections = 8;
    auto server = HttpServer::listen(loop_, *SocketAddress::parse("127.0.0.1", 0), "--http-port",
                                     router_, events_, limits_);
    ASSERT_TRUE(server) << server.error().message;
    port_ = server->local().port;
    server_.emplace(std::move(*server));
    thread_ = std::jthread([this] { loop_.run(); });
  }
  void TearDown() override {
    loop_.post([this] {
      server_.reset();
      loop_.stop();
    });
    thread_.join();
  }

  std::string ask(std::string_view request) { return RawClient(port_).send(request).read_all(); }
  void expect_alive() {
    EXPECT_TRUE(ask("GET /hello HTTP/1.0\r\n\r\n").ends_with("{\"hello\":1}\n"));
  }

  Loop loop_;
  Router router_;
  EventHub events_;
  HttpLimits limits_;
  /// Of the server, which ends kept connections after it.
  std::chrono::milliseconds patience_{300};
  std::optional<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

/// Whose clients may be slow: a busy machine makes them so.
class PatientHttpServerTest : public HttpServerTest {
protected:
  PatientHttpServerTest() { patience_ = std::chrono::seconds(60); }
};

TEST_F(PatientHttpServerTest, answers_and_keeps_the_connection) {
  RawClient client(port_);
  client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_NE(client.read_until("{\"hello\":1}\n").find("200 OK"), std::string::npos);
  client.send("POST /echo HTTP/1.1\r\nHost: 127.0.0.1:80\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_TRUE(client.read_until("abc").ends_with("abc"));
}

TEST_F(PatientHttpServerTest, a_client_may_wait_for_the_word_to_continue) {
  RawClient client(port_);
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: "
              "100-continue\r\n\r\n");
  EXPECT_NE(client.read_until("\r\n\r\n").find("100 Continue"), std::string::npos);
  client.send("ok");
  EXPECT_TRUE(client.read_until("ok").ends_with("ok"));
}

TEST_F(HttpServerTest, hostile_requests_get_an_error_and_nothing_breaks) {
  const std::string long_header =
      "GET /hello HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n";
  const std::string long_target = "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"nonsense\r\n\r\n", " 400 "},
      {std::string("\0\1\2\3\r\n\r\n", 8), " 400 "},
      {"GET /hello HTTP/9.9\r\n\r\n", " 400 "},
      {long_header, " 413 "},
      {long_target, " 413 "},
      {"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n", " 404 "},
      {"DELETE /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", " 405 "},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n", " 413 "},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999\r\n\r\n", " 413 "},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", " 400 "},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
       " 4"},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
           std::string(2000, 'a') + "\r\n0\r\n\r\n",
       " 413 "},
      {"GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", " 403 "},
      {"GET /hello HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", " 403 "},
      {"GET /hello HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n", " 403 "}};
  for (const auto &[request, expected] : cases) {
    const std::string answer = ask(request);
    EXPECT_NE(answer.substr(0, 16).find(expected), std::string::npos)
        << request.substr(0, 60) << " -> " << answer.substr(0, 100);
    EXPECT_NE(answer.find("\"error\""), std::string::npos);
    expect_alive();
  }
}

TEST_F(HttpServerTest, random_bytes_and_cut_requests_do_no_harm) {
  std::mt19937 random(7);
  const std::string good =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n01234567890123456789";
  for (int round = 0; round < 200; ++round) {
    std::string request = good;
    for (int i = 0; i < 3; ++i) {
      request[random() % request.size()] = static_cast<char>(random());
    }
    RawClient(port_).send(request.substr(0, random() % request.size()));
  }
  expect_alive();
}

TEST_F(HttpServerTest, a_slow_client_is_cut_off) {
  RawClient client(port_);
  const auto before = std::chrono::steady_clock::now();
  client.send("GET /hello HT").read_all();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(30));
}

TEST_F(PatientHttpServerTest, too_many_connections_are_told_so_and_room_comes_back) {
  {
    std::vector<std::unique_ptr<RawClient>> open;
    for (int i = 0; i < 8; ++i) {
      open.push_back(std::make_unique<RawClient>(port_));
      open.back()->send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n").read_until("1}\n");
    }
    EXPECT_NE(ask("GET /hello HTTP/1.0\r\n\r\n").find("503"), std::string::npos);
  }
  for (int tries = 0;
       tries < 3000 && ask("GET /hello HTTP/1.0\r\n\r\n").find("200 OK") == std::string::npos;
       ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  expect_alive();
}

TEST_F(PatientHttpServerTest, events_stream_and_resume) {
  RawClient first(port_);
  first.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").read_until(": welcome");
  loop_.post([this] {
    events_.publish("order", {{"id", 1}});
    events_.publish("order", {{"id", 2}});
  });
  EXPECT_NE(first.read_until("{\"id\":2}").find("id: 1\nevent: order\ndata: {\"id\":1}\n\n"),
            std::string::npos);
  RawClient second(port_);
  second.send("GET /events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 1\r\n\r\n");
  const std::string heard = second.read_until("{\"id\":2}");
  EXPECT_EQ(heard.find("{\"id\":1}"), std::string::npos);
}

TEST_F(HttpServerTest, a_second_server_on_the_port_names_it) {
  const auto second = HttpServer::listen(loop_, *SocketAddress::parse("127.0.0.1", port_),
                                         "--http-port", router_, events_);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(port_)), std::string::npos);
  EXPECT_NE(second.error().message.find("--http-port"), std::string::npos);
}

} // namespace
} // namespace tinyml::service
