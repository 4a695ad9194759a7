// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/http/event_hub.hpp"
#include "service/http/router.hpp"
#include "service/loop/udp_socket.hpp"

#include <chrono>
#include <memory>

namespace tinyml::service {

struct HttpLimits {
  std::size_t max_connections = 64;
  std::size_t max_header_bytes = 8192;
  std::chrono::milliseconds read_timeout{30'000};  ///< for a request to arrive whole
  std::chrono::milliseconds write_timeout{30'000}; ///< for an answer to be taken
  std::chrono::milliseconds idle_timeout{60'000};  ///< between two requests of a connection
  std::chrono::milliseconds comment_every{15'000}; ///< keeps event streams alive
  std::size_t max_stream_backlog_bytes = 1 << 20;  ///< a listener that reads slower is dropped
};

/// An HTTP/1.1 server on a router and an event hub, which must outlive it. Requests whose Host (or
/// Origin) is no loopback name are refused: a web page that a browser shows must not reach a
/// service without credentials by a name of its own (DNS rebinding).
class HttpServer {
public:
  [[nodiscard]] static Expected<HttpServer> listen(Loop &loop, const SocketAddress &address,
                                                   const std::string &option, const Router &router,
                                                   EventHub &events, HttpLimits limits = {});
  HttpServer(HttpServer &&) noexcept;
  HttpServer &operator=(HttpServer &&) noexcept;
  ~HttpServer();

  [[nodiscard]] SocketAddress local() const;
  [[nodiscard]] std::uint64_t requests() const; ///< answered so far

  struct State; ///< of server.cpp

private:
  explicit HttpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

} // namespace tinyml::service
