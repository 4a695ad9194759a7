// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/block.hpp"
#include "protocol/coap/fixed_storage.hpp"
#include "protocol/coap/hashed_storage.hpp"
#include "protocol/coap/lossy_network.hpp"

#include <gmock/gmock.h>
#include <set>

namespace tinyml::coap {
namespace {

using testing::Bytes;
using testing::kServerPeer;
using testing::Simulation;
using testing::Weather;

constexpr Millis kOneDay = 24ULL * 3600 * 1000;

Bytes body_of(std::size_t size, std::uint32_t seed) {
  Bytes body(size);
  std::mt19937 random(seed);
  for (std::uint8_t &byte : body) {
    byte = static_cast<std::uint8_t>(random());
  }
  return body;
}

/// POST /count counts, POST /slow counts and answers separately, /body is a large resource.
template <typename Storage> struct Server {
  explicit Server(std::uint32_t seed) : endpoint(Parameters{}, seed ^ 0x5E12E1) {}

  void handle(const Event &event, Millis now_ms) {
    if (event.kind != EventKind::kRequest) {
      return;
    }
    const MessageView &request = event.message;
    if (request.path_is("body")) {
      request.code() == Code::kGet ? get_body(event, now_ms) : put_body(event, now_ms);
      return;
    }
    executed.push_back(std::string(request.payload_text()));
    if (request.path_is("slow") && event.request.confirmable) {
      endpoint.defer(event.request);
      pending = {now_ms + 3000, event.request, executed.back()};
      return;
    }
    Draft draft = endpoint.reply(event.request, Code::kChanged);
    draft.message.payload(request.payload());
    EXPECT_TRUE(endpoint.send(draft, now_ms));
  }
  void get_body(const Event &event, Millis now_ms) {
    const auto window = BlockWindow::of(event.message, static_cast<std::uint32_t>(body.size()));
    Draft draft = endpoint.reply(event.request, window.valid ? Code::kContent : Code::kBadRequest);
    draft.message.option(OptionNumber::kETag, ByteView(body).first(4));
    window.add_to(draft.message);
    draft.message.payload(ByteView(body).subspan(window.offset_bytes, window.size_bytes));
    EXPECT_TRUE(endpoint.send(draft, now_ms));
  }
  void put_body(const Event &event, Millis now_ms) {
    const auto piece = sink.accept(event.peer, event.message, 1U << 20U);
    const bool takes =
        piece.status == BlockSink::Status::kMore || piece.status == BlockSink::Status::kLast;
    if (takes) {
      EXPECT_EQ(piece.first, piece.offset_bytes == 0);
      received.resize(piece.offset_bytes); // a gap or an overlap would show in the comparison
      received.insert(received.end(), piece.bytes.begin(), piece.bytes.end());
    }
    Draft draft = endpoint.reply(event.request, BlockSink::code_for(piece.status));
    sink.add_to(draft.message);
    EXPECT_TRUE(endpoint.send(draft, now_ms));
  }
  [[nodiscard]] Millis next_ms() const { return std::min(pending.at_ms, restart_ms); }
  void wake(Millis now_ms) {
    if (pending.at_ms <= now_ms) {
      Draft draft = endpoint.separate_reply(pending.request, Code::kChanged);
      draft.message.payload(pending.payload);
      pending.at_ms = endpoint.send(draft, now_ms) ? kNever : now_ms + 500; // all exchanges in use
    }
    if (restart_ms <= now_ms) { // everything in RAM is lost
      std::destroy_at(&endpoint);
      std::construct_at(&endpoint, Parameters{}, now_ms);
      sink = BlockSink(sink_szx);
      restart_ms = kNever;
    }
  }

  struct Pending {
    Millis at_ms = kNever;
    RequestId request;
    std::string payload;
  };
  Endpoint<Storage> endpoint;
  std::vector<std::string> executed;
  Pending pending;
  Bytes body;
  Bytes received;
  std::uint8_t sink_szx = kMaxSzx;
  BlockSink sink{sink_szx};
  Millis restart_ms = kNever;
};

/// Sends `kRequests` requests one after the other, each with a payload of its own.
template <typename Storage> struct CountingClient {
  static constexpr unsigned kRequests = 8;

  CountingClient(const char *to, std::uint32_t seed) : endpoint(Parameters{}, seed), path(to) {}

  void start(Millis now_ms) {
    Draft draft = endpoint.request(kServerPeer, Code::kPost);
    ASSERT_TRUE(draft);
    draft.message.path(path).payload(std::to_string(finished));
    ASSERT_TRUE(endpoint.send(draft, now_ms, finished));
  }
  void handle(const Event &event, Millis now_ms) {
    ASSERT_TRUE(event.kind == EventKind::kResponse || event.kind == EventKind::kTimeout);
    ASSERT_EQ(event.tag, finished); // never an answer to an older request
    if (event.kind == EventKind::kResponse) {
      EXPECT_EQ(event.message.payload_text(), std::to_string(finished));
      answered.insert(std::to_string(finished));
    }
    if (++finished < kRequests) {
      start(now_ms);
    }
  }
  [[nodiscard]] bool done() const { return finished == kRequests; }
  [[nodiscard]] static Millis next_ms() { return kNever; }
  void wake(Millis /*now_ms*/) {}

  Endpoint<Storage> endpoint;
  const char *path;
  unsigned finished = 0;
  std::set<std::string> answered;
};

template <typename Storage> class LossTest : public ::testing::Test {};
using Storages = ::testing::Types<FixedStorage<>, HashedStorage<>>;
TYPED_TEST_SUITE(LossTest, Storages);

TYPED_TEST(LossTest, every_request_is_executed_at_most_once_and_answered_or_timed_out) {
  std::size_t timeouts = 0;
  for (std::uint32_t seed = 0; seed < 1500; ++seed) {
    SCOPED_TRACE(seed);
    const Weather weather{seed % 5 * 15, seed % 7 * 10, 1 + seed % 3 * 3000};
    CountingClient<TypeParam> client(seed % 2 == 0 ? "count" : "slow", seed);
    Server<TypeParam> server(seed);
    Simulation simulation(client, server, weather, seed);
    client.start(0);
    ASSERT_TRUE(simulation.run(kOneDay));
    const std::set<std::string> once(server.executed.begin(), server.executed.end());
    ASSERT_EQ(once.size(), server.executed.size());
    ASSERT_TRUE(
        std::includes(once.begin(), once.end(), client.answered.begin(), client.answered.end()));
    timeouts += CountingClient<TypeParam>::kRequests - client.answered.size();
    if (weather.loss_percent == 0 && weather.max_delay_ms < 1000) {
      ASSERT_EQ(client.answered.size(), CountingClient<TypeParam>::kRequests);
    }
  }
  EXPECT_GT(timeouts, 0U);    // the weather was bad enough to matter
  EXPECT_LT(timeouts, 1500U); // and retransmission got most through
}

/// Fetches /body, going on where it stopped after a timeout.
template <typename Storage> struct DownloadClient {
  DownloadClient(std::uint32_t seed, std::uint8_t szx) : endpoint(Parameters{}, seed) {
    download.start(0, szx);
  }
  void start(Millis now_ms) {
    Draft draft = endpoint.request(kServerPeer, Code::kGet);
    ASSERT_TRUE(draft);
    draft.message.path("body");
    download.add_to(draft.message);
    ASSERT_TRUE(endpoint.send(draft, now_ms));
  }
  void handle(const Event &event, Millis now_ms) {
    if (event.kind == EventKind::kResponse) {
      const auto piece = download.accept(event.message);
      ASSERT_LE(piece.status, BlockDownload::Status::kLast);
      ASSERT_EQ(piece.offset_bytes, received.size());
      received.insert(received.end(), piece.bytes.begin(), piece.bytes.end());
      complete = piece.status == BlockDownload::Status::kLast;
    } else {
      ++resumed;
      download.start(download.offset_bytes(), download.next().szx,
                     Bytes(download.etag().begin(), download.etag().end()));
    }
    if (!complete) {
      start(now_ms);
    }
  }
  [[nodiscard]] bool done() const { return complete; }
  [[nodiscard]] static Millis next_ms() { return kNever; }
  void wake(Millis /*now_ms*/) {}

  Endpoint<Storage> endpoint;
  BlockDownload download;
  Bytes received;
  unsigned resumed = 0;
  bool complete = false;
};

TYPED_TEST(LossTest, downloads_arrive_whole_through_loss_and_a_server_restart) {
  unsigned resumed = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const Weather weather{seed % 5 * 10, seed % 3 * 20, 50};
    DownloadClient<TypeParam> client(seed, static_cast<std::uint8_t>(seed % 7));
    Server<TypeParam> server(seed);
    server.body = body_of(std::size_t{seed % 11} * 611 + 1, seed);
    server.restart_ms = seed % 2 == 0 ? 3000 : kNever;
    Simulation simulation(client, server, weather, seed);
    client.start(0);
    ASSERT_TRUE(simulation.run(100 * kOneDay));
    ASSERT_EQ(client.received, server.body);
    resumed += client.resumed;
  }
  EXPECT_GT(resumed, 0U);
}

/// Sends a body to /body; starts anew when the server has lost the thread (4.08) or is silent.
template <typename Storage> struct UploadClient {
  UploadClient(std::uint32_t seed, Bytes what, std::uint8_t szx)
      : endpoint(Parameters{}, seed), body(std::move(what)) {
    upload.start(static_cast<std::uint32_t>(body.size()), szx);
  }
  void start(Millis now_ms) {
    const auto part = upload.next();
    Draft draft = endpoint.request(kServerPeer, Code::kPut);
    ASSERT_TRUE(draft);
    draft.message.path("body");
    upload.add_to(draft.message);
    draft.message.payload(ByteView(body).subspan(part.offset_bytes, part.size_bytes));
    ASSERT_TRUE(endpoint.send(draft, now_ms));
  }
  void handle(const Event &event, Millis now_ms) {
    auto status = BlockUpload::Status::kRefused;
    if (event.kind == EventKind::kResponse) {
      status = upload.accept(event.message);
      ASSERT_NE(status, BlockUpload::Status::kBad);
    }
    complete = status == BlockUpload::Status::kDone;
    if (status == BlockUpload::Status::kRefused) {
      ++restarted;
      upload.start(static_cast<std::uint32_t>(body.size()));
    }
    if (!complete) {
      start(now_ms);
    }
  }
  [[nodiscard]] bool done() const { return complete; }
  [[nodiscard]] static Millis next_ms() { return kNever; }
  void wake(Millis /*now_ms*/) {}

  Endpoint<Storage> endpoint;
  BlockUpload upload;
  Bytes body;
  unsigned restarted = 0;
  bool complete = false;
};

struct RoomyLimits : DeviceLimits {
  static constexpr std::size_t kExchangeBytes = 1152;
};
using RoomyStorage = FixedStorage<RoomyLimits>;

TEST(BlockUploadUnderLoss, arrives_whole_whatever_block_size_the_server_asks_for) {
  unsigned restarted = 0;
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    const Weather weather{seed % 4 * 10, seed % 3 * 20, 50};
    UploadClient<RoomyStorage> client(seed, body_of(std::size_t{seed % 11} * 611, seed), kMaxSzx);
    Server<FixedStorage<>> server(seed);
    server.sink_szx = static_cast<std::uint8_t>(seed % 7);
    server.sink = BlockSink(server.sink_szx);
    server.restart_ms = seed % 2 == 0 ? 3000 : kNever;
    Simulation simulation(client, server, weather, seed);
    client.start(0);
    ASSERT_TRUE(simulation.run(100 * kOneDay));
    ASSERT_EQ(server.received, client.body);
    restarted += client.restarted;
  }
  EXPECT_GT(restarted, 0U);
}

} // namespace
} // namespace tinyml::coap
