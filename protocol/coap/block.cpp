// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/block.hpp"

namespace tinyml::coap {

BlockWindow BlockWindow::of(const MessageView &request, std::uint32_t total_bytes,
                            std::uint8_t max_szx) {
  BlockWindow window;
  const auto asked = request.block(OptionNumber::kBlock2);
  const Block wanted = asked.value_or(Block{0, false, max_szx});
  const std::uint8_t szx = std::min(wanted.szx, max_szx);
  window.offset_bytes = wanted.offset_bytes();
  window.total_bytes = total_bytes;
  window.valid = window.offset_bytes < total_bytes || window.offset_bytes == 0;
  if (!window.valid) {
    return window;
  }
  window.block = Block::at(window.offset_bytes, szx);
  window.size_bytes = std::min(total_bytes - window.offset_bytes, window.block.size_bytes());
  window.block.more = window.offset_bytes + window.size_bytes < total_bytes;
  window.needed = asked.has_value() || window.block.more;
  return window;
}

void BlockWindow::add_to(MessageBuilder &response) const {
  if (needed && valid) {
    response.block(OptionNumber::kBlock2, block);
    if (offset_bytes == 0) {
      response.option_uint(OptionNumber::kSize2, total_bytes);
    }
  }
}

std::uint32_t body_key(const MessageView &request) {
  std::uint32_t hash = 2166136261U; // FNV-1a
  const auto add = [&hash](std::uint32_t byte) { hash = (hash ^ byte) * 16777619U; };
  add(static_cast<std::uint32_t>(request.code()));
  for (const Option &option : request.options()) {
    const bool of_this_block =
        option.number == OptionNumber::kBlock1 || option.number == OptionNumber::kBlock2 ||
        option.number == OptionNumber::kSize1 || option.number == OptionNumber::kSize2 ||
        option.number == OptionNumber::kEcho;
    if (of_this_block) {
      continue;
    }
    add(static_cast<std::uint32_t>(option.number));
    add(static_cast<std::uint32_t>(option.value.size()));
    for (const std::uint8_t byte : option.value) {
      add(byte);
    }
  }
  return hash;
}

bool BlockSink::belongs_to(PeerId peer, const MessageView &request) const {
  return active() && peer == peer_ && body_key(request) == key_;
}

BlockSink::Piece BlockSink::whole(const MessageView &request, std::uint32_t max_bytes) {
  Piece piece;
  reset();
  piece.first = true;
  piece.bytes = request.payload();
  const bool fits = piece.bytes.size() <= max_bytes;
  piece.status = fits ? Status::kLast : Status::kTooLarge;
  refused_above_ = fits ? 0 : max_bytes;
  return piece;
}

BlockSink::Status BlockSink::judge(bool same, const Block &block, std::size_t payload_bytes,
                                   std::uint32_t max_bytes) {
  const std::uint32_t offset = block.offset_bytes();
  const bool full = payload_bytes == block.size_bytes();
  if (payload_bytes > block.size_bytes() || (block.more && !full)) {
    return Status::kBad;
  }
  if (same && block.more && offset != 0 && offset == last_offset_) {
    return Status::kRepeated; // our 2.31 was lost and the client asks under a new message id
  }
  if (offset != 0 && (!same || offset != next_bytes_)) {
    return Status::kIncomplete;
  }
  if (offset > max_bytes || payload_bytes > max_bytes - offset) {
    return Status::kTooLarge;
  }
  return block.more ? Status::kMore : Status::kLast;
}

BlockSink::Piece BlockSink::accept(PeerId peer, const MessageView &request,
                                   std::uint32_t max_bytes) {
  const auto option = request.find_uint(OptionNumber::kBlock1);
  blockwise_ = option.has_value() && Block::from_uint(*option).szx <= kMaxSzx;
  refused_above_ = 0;
  if (!option) {
    return whole(request, max_bytes);
  }
  Piece piece;
  if (!blockwise_) {
    return piece;
  }
  const Block block = Block::from_uint(*option);
  piece.announced_bytes = request.find_uint(OptionNumber::kSize1).value_or(0);
  piece.offset_bytes = block.offset_bytes();
  piece.bytes = request.payload();
  piece.first = block.number == 0;
  const std::uint32_t key = body_key(request);
  const bool same = active() && peer == peer_ && key == key_;
  piece.status = piece.announced_bytes > max_bytes
                     ? Status::kTooLarge
                     : judge(same, block, piece.bytes.size(), max_bytes);
  answer_ = {block.number, block.more, std::min(block.szx, max_szx_)};
  if (piece.status == Status::kTooLarge) {
    refused_above_ = max_bytes;
  }
  if (piece.status == Status::kMore) {
    peer_ = peer;
    key_ = key;
    last_offset_ = piece.offset_bytes;
    next_bytes_ = piece.offset_bytes + block.size_bytes();
  } else if (piece.status == Status::kLast || (same && piece.status == Status::kTooLarge)) {
    reset();
  }
  return piece;
}

void BlockSink::add_to(MessageBuilder &response) const {
  if (blockwise_) {
    response.block(OptionNumber::kBlock1, answer_);
  }
  if (refused_above_ != 0) { // RFC 7959 section 4: the largest body we would take
    response.option_uint(OptionNumber::kSize1, refused_above_);
  }
}

Code BlockSink::code_for(Status status, Code done) {
  switch (status) {
  case Status::kMore:
  case Status::kRepeated:
    return Code::kContinue;
  case Status::kLast:
    return done;
  case Status::kIncomplete:
    return Code::kRequestEntityIncomplete;
  case Status::kTooLarge:
    return Code::kRequestEntityTooLarge;
  case Status::kBad:
    break;
  }
  return Code::kBadRequest;
}

void BlockDownload::start(std::uint32_t offset_bytes, std::uint8_t szx, ByteView etag) {
  offset_bytes_ = offset_bytes;
  total_bytes_ = 0;
  szx_ = szx;
  etag_ = Token(etag);
  started_ = !etag.empty();
}

/// The block must start where we are and be as long as it says. A server may choose smaller blocks
/// than we asked for, never larger ones (RFC 7959 section 2.3).
bool BlockDownload::fits(const Block &block, std::size_t payload_bytes) const {
  const bool right_length =
      block.more ? payload_bytes == block.size_bytes() : payload_bytes <= block.size_bytes();
  return block.szx <= szx_ && block.offset_bytes() == offset_bytes_ && right_length;
}

BlockDownload::Piece BlockDownload::accept(const MessageView &response) {
  Piece piece;
  if (!is_success(response.code())) {
    piece.status = Status::kRefused;
    return piece;
  }
  const auto etag_option = response.find(OptionNumber::kETag);
  const Token etag(etag_option ? etag_option->value : ByteView());
  if (started_ && etag != etag_) {
    piece.status = Status::kChanged;
    return piece;
  }
  const bool blockwise = response.has(OptionNumber::kBlock2);
  const auto block = response.block(OptionNumber::kBlock2);
  if (blockwise ? !block || !fits(*block, response.payload().size()) : offset_bytes_ != 0) {
    return piece;
  }
  etag_ = etag;
  started_ = true;
  total_bytes_ = response.find_uint(OptionNumber::kSize2).value_or(total_bytes_);
  szx_ = block ? block->szx : szx_;
  const bool more = block && block->more;
  piece = {more ? Status::kMore : Status::kLast, offset_bytes_, response.payload(), total_bytes_};
  offset_bytes_ += static_cast<std::uint32_t>(response.payload().size());
  return piece;
}

void BlockUpload::start(std::uint32_t total_bytes, std::uint8_t szx) {
  total_bytes_ = total_bytes;
  offset_bytes_ = 0;
  szx_ = szx;
}

bool BlockUpload::blockwise() const { return total_bytes_ > (16U << szx_); }

BlockUpload::Part BlockUpload::next() const {
  return {offset_bytes_, std::min(total_bytes_ - offset_bytes_, std::uint32_t{16U} << szx_)};
}

void BlockUpload::add_to(MessageBuilder &request) const {
  if (!blockwise()) {
    return;
  }
  const Part part = next();
  const bool more = part.offset_bytes + part.size_bytes < total_bytes_;
  request.block(OptionNumber::kBlock1, Block::at(offset_bytes_, szx_, more));
  if (offset_bytes_ == 0) {
    request.option_uint(OptionNumber::kSize1, total_bytes_);
  }
}

BlockUpload::Status BlockUpload::accept(const MessageView &response) {
  const auto block = response.block(OptionNumber::kBlock1);
  if (response.code() == Code::kRequestEntityTooLarge && block && block->szx < szx_) {
    start(total_bytes_, block->szx); // RFC 7959 section 2.9.3: try again with smaller blocks
    return Status::kMore;
  }
  if (!is_success(response.code())) {
    return Status::kRefused;
  }
  const Part part = next();
  const bool last = part.offset_bytes + part.size_bytes == total_bytes_;
  if (!last) {
    if (!block || block->number != offset_bytes_ >> (szx_ + 4U)) {
      return Status::kBad;
    }
    offset_bytes_ += part.size_bytes;
    szx_ = std::min(block->szx, szx_);
    return Status::kMore;
  }
  return response.code() == Code::kContinue ? Status::kBad : Status::kDone;
}

} // namespace tinyml::coap
