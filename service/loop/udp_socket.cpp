// SPDX-License-Identifier: Apache-2.0
#include "service/loop/udp_socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>

namespace tinyml::service {

namespace asio = boost::asio;
using asio::ip::udp;

namespace {

constexpr std::size_t kMaxDatagramBytes = 65536;
/// Datagrams taken in one go before the loop serves others.
constexpr int kBurst = 64;
constexpr int kReceiveBufferBytes = 1 << 20; // a fleet registers at once after a power cut

udp::endpoint endpoint_of(const SocketAddress &address) {
  return {asio::ip::address_v4(address.ipv4), address.port};
}

SocketAddress address_of(const udp::endpoint &endpoint) {
  return {endpoint.address().to_v4().to_bytes(), endpoint.port()};
}

} // namespace

std::string SocketAddress::text() const {
  return asio::ip::address_v4(ipv4).to_string() + ":" + std::to_string(port);
}

Expected<SocketAddress> SocketAddress::parse(const std::string &host, std::uint16_t port) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address_v4(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) {
    return fail(ErrorCode::kInvalidInput,
                "'" + host + "' is no IPv4 address such as 127.0.0.1 to listen on");
  }
  return SocketAddress{address.to_bytes(), port};
}

Failure<HostError> bind_error(const SocketAddress &address, const std::string &option,
                              const std::string &reason, bool in_use) {
  if (in_use) {
    return fail(ErrorCode::kResourceFull, "port " + std::to_string(address.port) + " of " +
                                              address.text() +
                                              " is in use by another program: stop that one, or "
                                              "choose another port with " +
                                              option);
  }
  return fail(ErrorCode::kUnavailable, "cannot listen on " + address.text() + ": " + reason +
                                           ". Choose another port with " + option);
}

struct UdpSocket::State : std::enable_shared_from_this<UdpSocket::State> {
  State(asio::io_context &context, Receive on_receive)
      : socket(context), receive(std::move(on_receive)) {}

  void wait() {
    socket.async_wait(udp::socket::wait_read,
                      [weak = weak_from_this()](const boost::system::error_code &error) {
                        const auto self = weak.lock();
                        if (self && !error) {
                          self->drain();
                        }
                      });
  }

  void drain() {
    for (int i = 0; i < kBurst && socket.is_open(); ++i) {
      udp::endpoint from;
      boost::system::error_code error;
      const std::size_t size = socket.receive_from(asio::buffer(buffer), from, 0, error);
      if (error == asio::error::would_block) {
        break;
      }
      if (!error) { // a port-unreachable of an earlier send shows up here: nothing to do
        receive(address_of(from), ByteView(buffer).first(size));
      }
    }
    if (socket.is_open()) {
      wait();
    }
  }

  udp::socket socket;
  Receive receive;
  std::array<std::uint8_t, kMaxDatagramBytes> buffer{};
};

UdpSocket::UdpSocket(std::shared_ptr<State> state) : state_(std::move(state)) {}
UdpSocket::UdpSocket(UdpSocket &&) noexcept = default;
UdpSocket &UdpSocket::operator=(UdpSocket &&) noexcept = default;

UdpSocket::~UdpSocket() {
  if (state_) {
    boost::system::error_code ignored;
    state_->socket.close(ignored);
  }
}

Expected<UdpSocket> UdpSocket::bind(Loop &loop, const SocketAddress &address,
                                    const std::string &option, Receive receive) {
  auto state = std::make_shared<State>(loop.context(), std::move(receive));
  boost::system::error_code error;
  state->socket.open(udp::v4(), error);
  if (!error) {
    state->socket.non_blocking(true, error);
  }
  if (!error) {
    boost::system::error_code ignored; // a smaller buffer works too
    state->socket.set_option(asio::socket_base::receive_buffer_size(kReceiveBufferBytes), ignored);
    state->socket.bind(endpoint_of(address), error);
  }
  if (error) {
    return bind_error(address, option, error.message(), error == asio::error::address_in_use);
  }
  state->wait();
  return UdpSocket(std::move(state));
}

void UdpSocket::send(const SocketAddress &to, ByteView datagram) {
  boost::system::error_code ignored;
  state_->socket.send_to(asio::buffer(datagram.data(), datagram.size()), endpoint_of(to), 0,
                         ignored);
}

SocketAddress UdpSocket::local() const { return address_of(state_->socket.local_endpoint()); }

} // namespace tinyml::service
