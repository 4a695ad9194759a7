// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/event.hpp"

/// Block-wise transfer (RFC 7959) as four small state machines beside the endpoint; bodies stream
/// through them block by block, so nobody needs a buffer for a whole one:
///
///              | we are the server      | we are the client
///     Block1   | BlockSink              | BlockUpload
///     Block2   | BlockWindow (no state) | BlockDownload
namespace tinyml::coap {

/// The part of a body that one response carries: where it starts, how long it is, and the option
/// for it. The server of a large body keeps no state: every request says what it wants.
struct BlockWindow {
  std::uint32_t offset_bytes = 0;
  std::uint32_t size_bytes = 0;
  std::uint32_t total_bytes = 0;
  Block block;
  bool needed = false; ///< the body is larger than a block, or the client asked for blocks
  bool valid = true;   ///< false: the block lies behind the end; answer 4.00

  /// What to answer `request` with when the body has `total_bytes` and we like blocks of at most
  /// `max_szx`; the client may ask for smaller ones (early negotiation, section 2.4).
  [[nodiscard]] static BlockWindow of(const MessageView &request, std::uint32_t total_bytes,
                                      std::uint8_t max_szx = kMaxSzx);
  /// Adds Block2, and Size2 to the first block, when needed.
  void add_to(MessageBuilder &response) const;
};

/// Receives the body of one request at a time. Each block is handed on as it comes ("streamed"); an
/// owner that wants it whole copies the pieces to their offsets ("atomic").
class BlockSink {
public:
  enum class Status : std::uint8_t {
    kMore,       ///< take `bytes` to `offset_bytes`, answer 2.31 Continue
    kLast,       ///< take `bytes` to `offset_bytes`; the body is complete, answer finally
    kRepeated,   ///< had it already: only answer 2.31 again
    kIncomplete, ///< not the block that comes next: answer 4.08
    kTooLarge,   ///< more than the owner takes: answer 4.13
    kBad,        ///< reserved exponent, or a block that is not as long as it says: answer 4.00
  };
  struct Piece {
    Status status = Status::kBad;
    std::uint32_t offset_bytes = 0;
    ByteView bytes;
    std::uint32_t announced_bytes = 0; ///< Size1, 0 when the client did not say
    bool first = false;                ///< a new body starts here: forget what came before
  };

  /// `max_szx`: the block size that we ask for.
  explicit BlockSink(std::uint8_t max_szx = kMaxSzx) : max_szx_(max_szx) {}

  /// Judges the payload of a PUT, POST, FETCH or PATCH. A request without Block1 is one whole body
  /// (kLast, first). Block 0 from anyone always starts afresh.
  Piece accept(PeerId peer, const MessageView &request, std::uint32_t max_bytes);
  /// Adds Block1 to the response to the request judged last (and Size1 to a 4.13).
  void add_to(MessageBuilder &response) const;
  /// The response code that goes with a status; `done` is what the owner answers after kLast.
  [[nodiscard]] static Code code_for(Status status, Code done = Code::kChanged);

  [[nodiscard]] bool active() const { return next_bytes_ != 0; }
  [[nodiscard]] bool belongs_to(PeerId peer, const MessageView &request) const;
  void reset() { next_bytes_ = 0; }

private:
  Piece whole(const MessageView &request, std::uint32_t max_bytes);
  Status judge(bool same, const Block &block, std::size_t payload_bytes, std::uint32_t max_bytes);

  PeerId peer_;
  std::uint32_t key_ = 0;         ///< of the request without its block options
  std::uint32_t next_bytes_ = 0;  ///< offset that comes next; 0: no body under way
  std::uint32_t last_offset_ = 0; ///< of the block received last
  std::uint32_t refused_above_ = 0;
  Block answer_;
  bool blockwise_ = false;
  std::uint8_t max_szx_;
};

/// Identifies requests that differ in nothing but payload and block options (the Cache-Key of
/// RFC 7252 section 5.6, with Request-Tag of RFC 9175 section 3).
[[nodiscard]] std::uint32_t body_key(const MessageView &request);

/// Fetches a body block by block (Block2), from any block on: a download that was cut off goes on
/// where it stopped.
class BlockDownload {
public:
  enum class Status : std::uint8_t {
    kMore,    ///< take `bytes` to `offset_bytes` and ask for next()
    kLast,    ///< take `bytes` to `offset_bytes`; that was all
    kChanged, ///< the body is another one now (ETag): start again from 0
    kRefused, ///< an error response; see its code
    kBad,     ///< a response that breaks RFC 7959
  };
  struct Piece {
    Status status = Status::kBad;
    std::uint32_t offset_bytes = 0;
    ByteView bytes;
    std::uint32_t total_bytes = 0; ///< Size2, 0 when the server did not say
  };

  /// `offset_bytes` must be a multiple of the block size; `etag` is that of the part we already
  /// have, empty when unknown.
  void start(std::uint32_t offset_bytes = 0, std::uint8_t szx = kMaxSzx, ByteView etag = {});
  /// The option for the next request.
  [[nodiscard]] Block next() const { return Block::at(offset_bytes_, szx_); }
  void add_to(MessageBuilder &request) const { request.block(OptionNumber::kBlock2, next()); }
  Piece accept(const MessageView &response);

  [[nodiscard]] std::uint32_t offset_bytes() const { return offset_bytes_; }
  [[nodiscard]] ByteView etag() const { return etag_.bytes(); }

private:
  bool fits(const Block &block, std::size_t payload_bytes) const;

  std::uint32_t offset_bytes_ = 0;
  std::uint32_t total_bytes_ = 0;
  Token etag_; ///< at most 8 bytes, like a token
  bool started_ = false;
  std::uint8_t szx_ = kMaxSzx;
};

/// Sends a body block by block (Block1).
class BlockUpload {
public:
  enum class Status : std::uint8_t {
    kMore,    ///< go on with next()
    kDone,    ///< this is the response to the whole body
    kRefused, ///< an error response; see its code
    kBad,     ///< a response that breaks RFC 7959
  };
  struct Part {
    std::uint32_t offset_bytes = 0;
    std::uint32_t size_bytes = 0;
  };

  void start(std::uint32_t total_bytes, std::uint8_t szx = kMaxSzx);
  /// Which bytes of the body the next request carries.
  [[nodiscard]] Part next() const;
  /// Adds Block1, and Size1 to the first request, when one block is not enough.
  void add_to(MessageBuilder &request) const;
  /// A server may ask for smaller blocks, in 2.31 or by 4.13 (then the upload begins anew).
  Status accept(const MessageView &response);

private:
  [[nodiscard]] bool blockwise() const;

  std::uint32_t total_bytes_ = 0;
  std::uint32_t offset_bytes_ = 0;
  std::uint8_t szx_ = kMaxSzx;
};

} // namespace tinyml::coap
