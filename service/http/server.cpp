// SPDX-License-Identifier: Apache-2.0
#include "service/http/server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <deque>
#include <set>

namespace tinyml::service {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Error = boost::system::error_code;

namespace {

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// "localhost", "127.x.y.z" or "[::1]", with or without a port.
bool loopback_name(std::string_view host) {
  if (host.starts_with("[::1]")) {
    return true;
  }
  host = host.substr(0, host.find(':'));
  return host == "localhost" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

bool trusted(const http::request_header<> &header) {
  const std::string_view origin = view(header[http::field::origin]);
  const bool same_site =
      origin.empty() || (origin.starts_with("http://") && loopback_name(origin.substr(7)));
  const std::string_view host = view(header[http::field::host]);
  return same_site && (host.empty() || loopback_name(host));
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

} // namespace

class HttpSession;

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(Loop &loop, const Router &table, EventHub &hub, HttpLimits limit)
      : acceptor(loop.context()), router(table), events(hub), limits(limit) {}

  Error open(const SocketAddress &address);
  void accept();
  void close();

  tcp::acceptor acceptor;
  const Router &router;
  EventHub &events;
  HttpLimits limits;
  std::set<HttpSession *> sessions;
  std::uint64_t requests = 0;
};

/// One connection: read a header, find the route, read its body, answer; again. Keeps itself alive
/// by the handler that waits for it.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
public:
  HttpSession(tcp::socket socket, const std::shared_ptr<HttpServer::State> &server)
      : stream_(std::move(socket)), comment_timer_(stream_.get_executor()), server_(server) {
    server->sessions.insert(this);
  }
  HttpSession(const HttpSession &) = delete;
  HttpSession &operator=(const HttpSession &) = delete;
  ~HttpSession() {
    if (const auto server = server_.lock()) {
      server->sessions.erase(this);
      if (listener_ != 0) {
        server->events.remove(listener_);
      }
    }
  }

  void start() { read_header(); }

  void refuse(HttpResponse response) {
    keep_alive_ = false;
    write(std::move(response));
  }

  /// The server goes: whoever holds this session finds it closed.
  void close() {
    Error ignored;
    stream_.socket().close(ignored);
    comment_timer_.cancel();
  }

private:
  using Parser = http::request_parser<http::string_body>;

  void read_header() {
    const auto server = server_.lock();
    if (!server) {
      return close();
    }
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(server->limits.max_header_bytes));
    parser_->body_limit(boost::none); // the route's own limit is set once it is known
    stream_.expires_after(first_ ? server->limits.read_timeout : server->limits.idle_timeout);
    first_ = false;
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const Error &error, std::size_t) { self->on_header(error); });
  }

  void on_header(const Error &error) {
    const auto server = server_.lock();
    if (!server || ended(error)) {
      return;
    }
    const auto &header = parser_->get();
    if (!trusted(header)) {
      return refuse(
          error_response(403, "forbidden",
                         "this service answers only to loopback names such as 127.0.0.1 and "
                         "localhost: use one of them in the address"));
    }
    match_ = server->router.match(view(header.method_string()), view(header.target()));
    if (match_.route == nullptr) {
      return refuse(std::move(match_.refusal));
    }
    match_.request.last_event_id = number_of(view(header["Last-Event-ID"]));
    keep_alive_ = header.keep_alive();
    parser_->body_limit(match_.route->max_body_bytes);
    if (parser_->content_length() && *parser_->content_length() > match_.route->max_body_bytes) {
      return refuse(too_large());
    }
    stream_.expires_after(server->limits.read_timeout);
    expect_continue(header);
  }

  /// curl sends "Expect: 100-continue" before a large body and waits a second for the word.
  void expect_continue(const http::request_header<> &header) {
    if (view(header[http::field::expect]) != "100-continue") {
      return read_body();
    }
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = shared_from_this()](const Error &error, std::size_t) {
                        if (!error) {
                          self->read_body();
                        }
                      });
  }

  void read_body() {
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const Error &error, std::size_t) { self->on_body(error); });
  }

  void on_body(const Error &error) {
    if (error == http::error::body_limit) {
      return refuse(too_large());
    }
    if (ended(error)) {
      return;
    }
    match_.request.body = std::move(parser_->get().body());
    stream_.expires_never(); // a route may take its time, e.g. ten thousand inferences
    match_.route->handle(match_.request,
                         [self = shared_from_this(), done = false](HttpResponse response) mutable {
                           if (!std::exchange(done, true)) {
                             self->write(std::move(response));
                           }
                         });
  }

  [[nodiscard]] HttpResponse too_large() const {
    return error_response(413, "too_large",
                          "the body is larger than the " +
                              std::to_string(match_.route->max_body_bytes) +
                              " bytes this resource takes: send it in parts");
  }

  /// Whether the connection is over; tells a client that sent nonsense so.
  bool ended(const Error &error) {
    if (!error) {
      return false;
    }
    if (error == http::error::header_limit) {
      refuse(error_response(413, "too_large", "the header of the request is too large"));
    } else if (error == beast::error::timeout) {
      close(); // Beast closed the socket already: nobody can be told
    } else if (error.category() == http::make_error_code(http::error::end_of_stream).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message) {
      refuse(error_response(400, "invalid_input", "this is no HTTP request: " + error.message()));
    }
    return true;
  }

  void write(HttpResponse response) {
    const auto server = server_.lock();
    if (!server) {
      return close();
    }
    ++server->requests;
    if (response.event_stream) {
      return start_stream(*server);
    }
    response_ = {static_cast<http::status>(response.status), 11};
    response_.set(http::field::content_type, response.content_type);
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    for (const auto &[name, value] : response.headers) {
      response_.set(name, value);
    }
    response_.body() = std::move(response.body);
    response_.keep_alive(keep_alive_);
    response_.prepare_payload();
    stream_.expires_after(server->limits.write_timeout);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](const Error &error, std::size_t) {
                        if (!error && self->keep_alive_) {
                          self->read_header();
                        } else {
                          self->shut_down();
                        }
                      });
  }

  /// Lets the client read the answer although it may still be sending (RFC 9112 section 9.6).
  void shut_down() {
    Error ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(1));
    discard();
  }

  void discard() {
    stream_.async_read_some(asio::buffer(discarded_),
                            [self = shared_from_this()](const Error &error, std::size_t) {
                              if (!error) {
                                self->discard();
                              }
                            });
  }

  void start_stream(HttpServer::State &server) {
    stream_.expires_never();
    backlog_.emplace_back("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                          "Cache-Control: no-store\r\nConnection: close\r\n\r\n: welcome\n\n");
    write_backlog();
    listener_ = server.events.add(
        [weak = weak_from_this()](const std::string &event) {
          if (const auto self = weak.lock()) {
            self->push(event);
          }
        },
        match_.request.last_event_id);
    comment();
    discard(); // notices that the client is gone
  }

  void comment() {
    const auto server = server_.lock();
    if (!server) {
      return;
    }
    comment_timer_.expires_after(server->limits.comment_every);
    comment_timer_.async_wait([weak = weak_from_this()](const Error &error) {
      const auto self = weak.lock();
      if (!error && self) {
        self->push(": still here\n\n");
        self->comment();
      }
    });
  }

  void push(const std::string &text) {
    const auto server = server_.lock();
    backlog_bytes_ += text.size();
    if (!server || backlog_bytes_ > server->limits.max_stream_backlog_bytes) {
      return close();
    }
    backlog_.push_back(text);
    if (backlog_.size() == 1) {
      write_backlog();
    }
  }

  void write_backlog() {
    asio::async_write(stream_.socket(), asio::buffer(backlog_.front()),
                      [self = shared_from_this()](const Error &error, std::size_t) {
                        if (error) {
                          return self->close();
                        }
                        self->backlog_bytes_ -=
                            std::min(self->backlog_bytes_, self->backlog_.front().size());
                        self->backlog_.pop_front();
                        if (!self->backlog_.empty()) {
                          self->write_backlog();
                        }
                      });
  }

  beast::tcp_stream stream_;
  asio::steady_timer comment_timer_;
  std::weak_ptr<HttpServer::State> server_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Router::Match match_;
  http::response<http::string_body> response_;
  std::deque<std::string> backlog_;
  std::size_t backlog_bytes_ = 0;
  std::array<char, 512> discarded_{};
  std::uint64_t listener_ = 0;
  bool keep_alive_ = false;
  bool first_ = true;
};

Error HttpServer::State::open(const SocketAddress &address) {
  Error error;
  const tcp::endpoint endpoint(asio::ip::address_v4(address.ipv4), address.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) {
    // A service that starts again must not wait for the old connections' TIME_WAIT.
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
  }
  if (!error) {
    acceptor.bind(endpoint, error);
  }
  if (!error) {
    acceptor.listen(asio::socket_base::max_listen_connections, error);
  }
  return error;
}

void HttpServer::State::accept() {
  acceptor.async_accept([weak = weak_from_this()](const Error &error, tcp::socket socket) {
    const auto self = weak.lock();
    if (!self || error == asio::error::operation_aborted) {
      return;
    }
    if (!error) {
      const bool full = self->sessions.size() >= self->limits.max_connections;
      const auto session = std::make_shared<HttpSession>(std::move(socket), self);
      if (full) {
        session->refuse(error_response(503, "unavailable",
                                       "too many connections are open: close some and try again"));
      } else {
        session->start();
      }
    }
    self->accept();
  });
}

void HttpServer::State::close() {
  Error ignored;
  acceptor.close(ignored);
  for (HttpSession *session : std::set(sessions)) {
    session->close();
  }
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
HttpServer::HttpServer(HttpServer &&) noexcept = default;
HttpServer &HttpServer::operator=(HttpServer &&) noexcept = default;

HttpServer::~HttpServer() {
  if (state_) {
    state_->close();
  }
}

Expected<HttpServer> HttpServer::listen(Loop &loop, const SocketAddress &address,
                                        const std::string &option, const Router &router,
                                        EventHub &events, HttpLimits limits) {
  auto state = std::make_shared<State>(loop, router, events, limits);
  if (const Error error = state->open(address); error) {
    return bind_error(address, option, error.message(), error == asio::error::address_in_use);
  }
  state->accept();
  return HttpServer(std::move(state));
}

SocketAddress HttpServer::local() const {
  const tcp::endpoint endpoint = state_->acceptor.local_endpoint();
  return {endpoint.address().to_v4().to_bytes(), endpoint.port()};
}

std::uint64_t HttpServer::requests() const { return state_->requests; }

} // namespace tinyml::service
