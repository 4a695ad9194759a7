// SPDX-License-Identifier: Apache-2.0
#include "os/boards/linux/process.hpp"
#include "os/hal.hpp"

namespace tinyml {

namespace {

using linux_x86_64::address_of;
using linux_x86_64::Call;
using linux_x86_64::call;

constexpr long kDatagramCloseOnExecNonBlocking = 2 | 02000000 | 04000;
constexpr long kInternet = 2; // AF_INET
constexpr long kTryAgain = -11;
constexpr long kNoBuffers = -105;
constexpr long kMessageTooLong = -90;
constexpr long kInvalidArgument = -22;

/// struct sockaddr_in
struct SocketAddress {
  std::uint16_t family = kInternet;
  std::uint8_t port_be[2] = {};
  std::uint8_t ipv4[4] = {};
  std::uint8_t zero[8] = {};
};

/// One decimal number up to `largest`, ending at `end`; moves `text` behind it.
bool take_number(const char *&text, char end, std::uint32_t largest, std::uint32_t &value) {
  const char *const start = text;
  for (value = 0; *text >= '0' && *text <= '9' && value <= largest; ++text) {
    value = value * 10 + static_cast<std::uint32_t>(*text - '0');
  }
  return text != start && value <= largest && *text++ == end;
}

bool parse_address(const char *text, SocketAddress &address) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    if (!take_number(text, i == 3 ? ':' : '.', 255, value)) {
      return false;
    }
    address.ipv4[i] = static_cast<std::uint8_t>(value);
  }
  if (!take_number(text, '\0', 65535, value)) {
    return false;
  }
  store_be(address.port_be, static_cast<std::uint16_t>(value));
  return true;
}

/// Whoever started the process may want to talk to it first: a line says where.
void tell_port(long socket) {
  SocketAddress bound;
  std::uint32_t length = sizeof(bound);
  (void)call(Call::kSocketName, socket, address_of(&bound), address_of(&length));
  char digits[6] = {};
  std::size_t at = sizeof(digits);
  digits[--at] = '\n';
  for (std::uint32_t port = load_be<std::uint16_t>(bound.port_be); port != 0; port /= 10) {
    digits[--at] = static_cast<char>('0' + port % 10);
  }
  hal::console_write("linux board: datagrams on UDP port ");
  hal::console_write({digits + at, sizeof(digits) - at});
}

int open_socket(const char *text) {
  SocketAddress address;
  if (!parse_address(text, address)) {
    linux_board::give_up("--bind wants A.B.C.D:PORT, not ", text);
  }
  const long socket = call(Call::kSocket, kInternet, kDatagramCloseOnExecNonBlocking, 0);
  if (socket < 0 || call(Call::kBind, socket, address_of(&address), sizeof(address)) != 0) {
    linux_board::give_up("cannot open a UDP socket at ", text);
  }
  tell_port(socket);
  return static_cast<int>(socket);
}

} // namespace

int linux_board::network_socket() {
  static int socket = -1;
  if (socket < 0) {
    socket = open_socket(state.bind_address);
  }
  return socket;
}

hal::Status hal::net_send(ByteView frame) {
  if (frame.size() < sizeof(DatagramHeader)) {
    return Status::kInvalid;
  }
  SocketAddress to;
  std::memcpy(to.ipv4, frame.data(), sizeof(to.ipv4));
  std::memcpy(to.port_be, frame.data() + sizeof(to.ipv4), sizeof(to.port_be));
  const ByteView payload = frame.subspan(sizeof(DatagramHeader));
  const long sent = call(Call::kSendTo, linux_board::network_socket(), address_of(payload.data()),
                         static_cast<long>(payload.size()), 0, address_of(&to), sizeof(to));
  if (sent == kTryAgain || sent == kNoBuffers) {
    return Status::kBusy;
  }
  if (sent == kMessageTooLong || sent == kInvalidArgument) {
    return Status::kInvalid;
  }
  return sent < 0 ? Status::kIo : Status::kOk;
}

std::size_t hal::net_receive(ByteSpan buffer) {
  constexpr long kTellTrueLength = 0x20; // MSG_TRUNC
  if (buffer.size() < sizeof(DatagramHeader)) {
    return 0;
  }
  const ByteSpan payload = buffer.subspan(sizeof(DatagramHeader));
  for (;;) {
    SocketAddress from;
    std::uint32_t from_bytes = sizeof(from);
    const long got = call(Call::kReceiveFrom, linux_board::network_socket(),
                          address_of(payload.data()), static_cast<long>(payload.size()),
                          kTellTrueLength, address_of(&from), address_of(&from_bytes));
    if (got < 0) {
      return 0;
    }
    if (static_cast<std::size_t>(got) <= payload.size()) {
      std::memcpy(buffer.data(), from.ipv4, sizeof(from.ipv4));
      std::memcpy(buffer.data() + sizeof(from.ipv4), from.port_be, sizeof(from.port_be));
      return sizeof(DatagramHeader) + static_cast<std::size_t>(got);
    }
  }
}

} // namespace tinyml
