// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/block.hpp"

#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/hashed_storage.hpp"

#include <gmock/gmock.h>

namespace tinyml::coap {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Status = BlockSink::Status;

constexpr PeerId kPeer{7};
constexpr PeerId kOther{8};

/// A message with its own bytes.
class Built {
public:
  explicit Built(Code code, std::string_view path = {})
      : builder_(buffer_, Type::kConfirmable, code, 1, Token()) {
    builder_.path(path);
  }
  Built &block(OptionNumber number, Block block) {
    builder_.block(number, block);
    return *this;
  }
  Built &uint(OptionNumber number, std::uint32_t value) {
    builder_.option_uint(number, value);
    return *this;
  }
  Built &etag(std::string_view value) {
    builder_.option(OptionNumber::kETag, value);
    return *this;
  }
  Built &payload(std::size_t size, char fill = 'x') {
    builder_.payload(std::string(size, fill));
    return *this;
  }
  MessageBuilder &builder() { return builder_; }
  operator MessageView() const { return *MessageView::parse(builder_.bytes()); }

private:
  std::uint8_t buffer_[1400];
  MessageBuilder builder_;
};

TEST(Block, packs_number_more_and_size_as_rfc7959_figure_1) {
  EXPECT_EQ((Block{2, true, 3}.to_uint()), 0x2BU);
  EXPECT_EQ(Block::from_uint(0x2B), (Block{2, true, 3}));
  EXPECT_EQ((Block{3, false, 2}.offset_bytes()), 192U);
  EXPECT_EQ(Block::at(1024, 4), (Block{4, false, 4}));
}

TEST(BlockWindow, cuts_a_body_as_the_client_asks) {
  const struct {
    const char *what;
    std::optional<Block> asked;
    std::uint32_t total;
    std::uint8_t max_szx;
    bool valid, needed;
    std::uint32_t offset, size;
    Block answer;
  } cases[] = {
      {"small, not asked", std::nullopt, 100, 6, true, false, 0, 100, {0, false, 6}},
      {"small, asked", Block{0, false, 6}, 100, 6, true, true, 0, 100, {0, false, 6}},
      {"empty", std::nullopt, 0, 6, true, false, 0, 0, {0, false, 6}},
      {"exactly one block", std::nullopt, 1024, 6, true, false, 0, 1024, {0, false, 6}},
      {"one byte more", std::nullopt, 1025, 6, true, true, 0, 1024, {0, true, 6}},
      {"early negotiation", Block{0, false, 2}, 1000, 6, true, true, 0, 64, {0, true, 2}},
      {"we want less", Block{0, false, 6}, 1000, 4, true, true, 0, 256, {0, true, 4}},
      {"less in the middle", Block{1, false, 6}, 2000, 4, true, true, 1024, 256, {4, true, 4}},
      {"last", Block{3, false, 4}, 1000, 6, true, true, 768, 232, {3, false, 4}},
      {"behind the end", Block{4, false, 4}, 1000, 6, false, false, 1024, 0, {}},
  };
  for (const auto &known : cases) {
    Built request(Code::kGet, "x");
    if (known.asked) {
      request.block(OptionNumber::kBlock2, *known.asked);
    }
    const auto window = BlockWindow::of(request, known.total, known.max_szx);
    EXPECT_EQ(window.valid, known.valid) << known.what;
    EXPECT_EQ(window.needed, known.needed) << known.what;
    EXPECT_EQ(window.offset_bytes, known.offset) << known.what;
    EXPECT_EQ(window.size_bytes, known.size) << known.what;
    if (known.valid) {
      EXPECT_EQ(window.block, known.answer) << known.what;
    }
  }
}

TEST(BlockSink, streams_a_body_in_order) {
  BlockSink sink;
  const Block blocks[] = {{0, true, 2}, {1, true, 2}, {2, false, 2}};
  const std::size_t sizes[] = {64, 64, 10};
  for (int i = 0; i < 3; ++i) {
    const auto piece = sink.accept(
        kPeer, Built(Code::kPut, "x").block(OptionNumber::kBlock1, blocks[i]).payload(sizes[i]),
        1000);
    EXPECT_EQ(piece.status, i == 2 ? Status::kLast : Status::kMore);
    EXPECT_EQ(piece.offset_bytes, 64U * static_cast<unsigned>(i));
    EXPECT_EQ(piece.first, i == 0);
    Built answer(BlockSink::code_for(piece.status));
    sink.add_to(answer.builder());
    EXPECT_EQ(MessageView(answer).block(OptionNumber::kBlock1), blocks[i]);
    EXPECT_EQ(MessageView(answer).code(), i == 2 ? Code::kChanged : Code::kContinue);
  }
  EXPECT_FALSE(sink.active());
}

TEST(BlockSink, judges_blocks_that_do_not_follow) {
  const struct {
    const char *what;
    PeerId peer;
    const char *path;
    Block block;
    std::size_t size;
    Status status;
  } cases[] = {
      {"gap", kPeer, "x", {2, true, 2}, 64, Status::kIncomplete},
      {"from another peer", kOther, "x", {1, true, 2}, 64, Status::kIncomplete},
      {"of another request", kPeer, "y", {1, true, 2}, 64, Status::kIncomplete},
      {"shorter than it says", kPeer, "x", {1, true, 2}, 63, Status::kBad},
      {"longer than it says", kPeer, "x", {1, false, 2}, 65, Status::kBad},
      {"reserved exponent", kPeer, "x", {1, true, 7}, 64, Status::kBad},
      {"too large", kPeer, "x", {1, false, 2}, 40, Status::kTooLarge},
  };
  for (const auto &bad : cases) {
    BlockSink sink;
    const Block first{0, true, 2};
    ASSERT_EQ(sink.accept(kPeer,
                          Built(Code::kPut, "x").block(OptionNumber::kBlock1, first).payload(64),
                          100)
                  .status,
              Status::kMore);
    const auto piece = sink.accept(
        bad.peer,
        Built(Code::kPut, bad.path).block(OptionNumber::kBlock1, bad.block).payload(bad.size), 100);
    EXPECT_EQ(piece.status, bad.status) << bad.what;
  }
}

TEST(BlockSink, a_repeated_block_is_answered_but_not_taken_again) {
  BlockSink sink;
  const auto send = [&](std::uint32_t number) {
    return sink
        .accept(kPeer,
                Built(Code::kPut, "x").block(OptionNumber::kBlock1, {number, true, 0}).payload(16),
                100)
        .status;
  };
  EXPECT_EQ(send(0), Status::kMore);
  EXPECT_EQ(send(1), Status::kMore);
  EXPECT_EQ(send(1), Status::kRepeated);
  EXPECT_EQ(send(2), Status::kMore);
  EXPECT_EQ(send(0), Status::kMore); // starts anew
  EXPECT_EQ(send(2), Status::kIncomplete);
}

TEST(BlockSink, says_how_much_it_takes_when_too_much_is_announced) {
  BlockSink sink;
  const auto piece = sink.accept(kPeer,
                                 Built(Code::kPut, "x")
                                     .block(OptionNumber::kBlock1, {0, true, 6})
                                     .uint(OptionNumber::kSize1, 5000)
                                     .payload(1024),
                                 4096);
  EXPECT_EQ(piece.status, Status::kTooLarge);
  Built answer(BlockSink::code_for(piece.status));
  sink.add_to(answer.builder());
  EXPECT_EQ(MessageView(answer).code(), Code::kRequestEntityTooLarge);
  EXPECT_EQ(MessageView(answer).find_uint(OptionNumber::kSize1), 4096U);
}

/// The example of RFC 7959 figure 8: the server asks for smaller blocks with its first answer.
TEST(BlockUpload, takes_over_the_smaller_block_size_of_the_server) {
  BlockUpload upload;
  upload.start(300, 3);
  Built first(Code::kPut);
  upload.add_to(first.builder());
  EXPECT_EQ(MessageView(first).block(OptionNumber::kBlock1), (Block{0, true, 3}));
  EXPECT_EQ(MessageView(first).find_uint(OptionNumber::kSize1), 300U);
  const auto status =
      upload.accept(Built(Code::kContinue).block(OptionNumber::kBlock1, {0, true, 1}));
  EXPECT_EQ(status, BlockUpload::Status::kMore);
  EXPECT_EQ(upload.next().offset_bytes, 128U);
  EXPECT_EQ(upload.next().size_bytes, 32U);
  Built second(Code::kPut);
  upload.add_to(second.builder());
  EXPECT_EQ(MessageView(second).block(OptionNumber::kBlock1), (Block{4, true, 1}));
}

TEST(BlockUpload, begins_anew_with_the_size_named_in_a_413) {
  BlockUpload upload;
  upload.start(3000, 6);
  EXPECT_EQ(
      upload.accept(Built(Code::kRequestEntityTooLarge).block(OptionNumber::kBlock1, {0, true, 4})),
      BlockUpload::Status::kMore);
  EXPECT_EQ(upload.next().offset_bytes, 0U);
  EXPECT_EQ(upload.next().size_bytes, 256U);
  EXPECT_EQ(upload.accept(Built(Code::kRequestEntityTooLarge)), BlockUpload::Status::kRefused);
}

TEST(BlockUpload, refuses_answers_that_break_the_rules) {
  BlockUpload upload;
  upload.start(3000, 6);
  EXPECT_EQ(upload.accept(Built(Code::kContinue)), BlockUpload::Status::kBad);
  EXPECT_EQ(upload.accept(Built(Code::kContinue).block(OptionNumber::kBlock1, {1, true, 6})),
            BlockUpload::Status::kBad);
  upload.start(10, 6);
  EXPECT_EQ(upload.accept(Built(Code::kContinue)), BlockUpload::Status::kBad);
}

TEST(BlockDownload, takes_a_body_without_blocks_whole) {
  BlockDownload download;
  download.start();
  const auto piece = download.accept(Built(Code::kContent).payload(10));
  EXPECT_EQ(piece.status, BlockDownload::Status::kLast);
  EXPECT_EQ(piece.bytes.size(), 10U);
}

TEST(BlockDownload, resumes_at_a_block_and_takes_smaller_ones) {
  BlockDownload download;
  download.start(2048, 6, as_bytes("v1"));
  EXPECT_EQ(download.next(), (Block{2, false, 6}));
  const auto piece = download.accept(
      Built(Code::kContent).etag("v1").block(OptionNumber::kBlock2, {8, true, 4}).payload(256));
  EXPECT_EQ(piece.status, BlockDownload::Status::kMore);
  EXPECT_EQ(piece.offset_bytes, 2048U);
  EXPECT_EQ(download.next(), (Block{9, false, 4}));
}

TEST(BlockDownload, notices_that_the_body_is_another_one) {
  const struct {
    const char *before;
    const char *after;
  } cases[] = {{"v1", "v2"}, {"v1", nullptr}, {nullptr, "v2"}};
  for (const auto &known : cases) {
    BlockDownload download;
    download.start();
    Built first(Code::kContent);
    if (known.before != nullptr) {
      first.etag(known.before);
    }
    first.block(OptionNumber::kBlock2, {0, true, 0}).payload(16);
    ASSERT_EQ(download.accept(first).status, BlockDownload::Status::kMore);
    Built second(Code::kContent);
    if (known.after != nullptr) {
      second.etag(known.after);
    }
    second.block(OptionNumber::kBlock2, {1, false, 0}).payload(3);
    EXPECT_EQ(download.accept(second).status, BlockDownload::Status::kChanged);
  }
}

TEST(BlockDownload, refuses_blocks_that_break_the_rules) {
  const struct {
    const char *what;
    std::optional<Block> block;
    std::size_t size;
  } cases[] = {
      {"another block", Block{3, true, 2}, 64},     {"larger than asked", Block{1, true, 3}, 128},
      {"shorter", Block{2, true, 2}, 63},           {"longer", Block{2, false, 2}, 65},
      {"reserved exponent", Block{2, true, 7}, 64}, {"no block at all", std::nullopt, 64},
  };
  for (const auto &bad : cases) {
    BlockDownload download;
    download.start(128, 2);
    Built response(Code::kContent);
    if (bad.block) {
      response.block(OptionNumber::kBlock2, *bad.block);
    }
    EXPECT_EQ(download.accept(response.payload(bad.size)).status, BlockDownload::Status::kBad)
        << bad.what;
  }
  BlockDownload download;
  EXPECT_EQ(download.accept(Built(Code::kNotFound)).status, BlockDownload::Status::kRefused);
}

/// Two datagrams that stop a known LwM2M server: a registration, then the same again with a Block1
/// option from the same address.
TEST(BlockSink, a_registration_followed_by_a_blockwise_one_is_two_requests) {
  Endpoint<HashedStorage<>> coap(Parameters{}, 1);
  BlockSink sink;
  std::uint8_t buffer[64];
  for (const bool blockwise : {false, true}) {
    for (const bool more : {false, true}) {
      const auto id = static_cast<std::uint16_t>((blockwise ? 10 : 0) + (more ? 1 : 0));
      MessageBuilder builder(buffer, Type::kConfirmable, Code::kPost, id, Token(as_bytes("t")));
      builder.path("rd").query("ep=X").query("lt=60");
      if (blockwise) {
        builder.block(OptionNumber::kBlock1, {1, more, 0});
      }
      builder.payload("</3/0>");
      const Event event = coap.receive(kPeer, builder.bytes(), 0);
      ASSERT_EQ(event.kind, EventKind::kRequest);
      EXPECT_EQ(event.message.query("ep"), "X");
      const auto piece = sink.accept(event.peer, event.message, 4096);
      EXPECT_EQ(piece.status, !blockwise ? Status::kLast
                              : more     ? Status::kBad
                                         : Status::kIncomplete);
      Draft draft = coap.reply(event.request, BlockSink::code_for(piece.status, Code::kCreated));
      sink.add_to(draft.message);
      EXPECT_TRUE(coap.send(draft, 0));
      EXPECT_EQ(coap.poll(0).kind, EventKind::kSend);
    }
  }
}

} // namespace
} // namespace tinyml::coap
