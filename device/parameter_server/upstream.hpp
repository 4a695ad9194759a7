// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/activity.hpp"
#include "device/parameter_server/stream_writer.hpp"
#include "protocol/coap/block.hpp"
#include "protocol/training/messages.hpp"

namespace tinyml::device {

/// An edge aggregator's side towards its own server: a worker without training. One request at a
/// time; what came of it is news for the owner, who then says what to do next.
template <store::Flash Flash, typename Coap> class Upstream {
public:
  enum class News : std::uint8_t {
    kNone,
    kTask,    ///< task()
    kBody,    ///< the body asked for is in its place; version() is that of its ETag
    kMissing, ///< it is not there
    kTaken,   ///< the update was taken
    kRefused, ///< and was not
  };

  Upstream(Flash &flash, Coap &coap) : flash_(flash), coap_(coap), writer_(flash) {}

  /// Joins, then asks for tasks. `version` is that of the model there is already.
  void connect(const training::RunSettings &settings, std::uint32_t instance,
               std::uint32_t version) {
    settings_ = &settings;
    instance_ = instance;
    held_ = version;
    server_ = coap::peer_of(coap::Ipv4Endpoint{settings.upstream.ipv4, settings.upstream.port});
    go(Phase::kJoin);
  }
  void disconnect() { go(Phase::kOff); }

  /// The next question for a task, at `when_ms`, by the holder of `version`.
  void ask(coap::Millis when_ms, std::uint32_t version) {
    held_ = version;
    go(Phase::kTask);
    due_ms_ = when_ms;
  }
  /// "model", "control" or "delta" (from version()) into a region of the store.
  void fetch(std::string_view what, const store::Region &to) {
    go(Phase::kBody);
    what_ = what;
    place_ = to;
    begin_body();
  }
  void send(const store::Region &from, std::uint32_t size_bytes) {
    go(Phase::kSend);
    place_ = from;
    size_bytes_ = size_bytes;
    upload_.start(size_bytes);
  }

  bool handle(const coap::Event &event, coap::Millis now_ms);
  void poll(coap::Millis now_ms);
  [[nodiscard]] coap::Millis next_deadline_ms() const {
    return news_ != News::kNone ? 0 : phase_ == Phase::kOff || in_flight_ ? coap::kNever : due_ms_;
  }

  [[nodiscard]] News take_news() { return std::exchange(news_, News::kNone); }
  [[nodiscard]] const training::Task &task() const { return task_; }
  [[nodiscard]] std::uint32_t version() const { return version_; }
  [[nodiscard]] std::uint32_t body_bytes() const { return download_.offset_bytes(); }
  /// The body's last four bytes are the CRC of those before.
  [[nodiscard]] bool body_has_good_crc() const { return writer_.crc() == kCrcOfAllWithCrc; }

private:
  enum class Phase : std::uint8_t { kOff, kJoin, kTask, kBody, kSend, kPause };
  static constexpr coap::Millis kRetryMs = 500;
  /// What a CRC-32 comes to that goes over its own value too.
  static constexpr std::uint32_t kCrcOfAllWithCrc = 0x2144DF1C;

  void go(Phase phase) {
    phase_ = phase;
    news_ = News::kNone; // of what came before
    due_ms_ = 0;
    ++generation_;
    in_flight_ = false;
  }
  void begin_body() {
    download_.start();
    good_ = writer_.begin(place_);
  }
  void tell(News news) {
    news_ = news;
    phase_ = Phase::kPause; // until the owner says what next
  }
  void request(coap::Millis now_ms);
  void fill_join(coap::MessageBuilder &message) const;
  void fill_body(coap::MessageBuilder &message) const;
  bool fill_update(coap::MessageBuilder &message);
  void answer(const coap::MessageView &message, coap::Millis now_ms);
  void take_join(const coap::MessageView &message);
  void take_task(const coap::MessageView &message);
  void take_piece(const coap::MessageView &message);
  void take_sent(const coap::MessageView &message);
  static void add_query(coap::MessageBuilder &message, char key, std::uint32_t value);

  Flash &flash_;
  Coap &coap_;
  const training::RunSettings *settings_ = nullptr;
  coap::PeerId server_;
  Phase phase_ = Phase::kOff;
  News news_ = News::kNone;
  bool in_flight_ = false;
  bool good_ = true;
  std::uint16_t generation_ = 0; ///< tells late answers apart
  std::uint16_t id_ = training::kNoWorker;
  std::uint32_t instance_ = 0;
  std::uint32_t held_ = training::kNoVersion;
  std::uint32_t version_ = 0;
  coap::Millis due_ms_ = 0;
  training::Task task_;
  std::string_view what_;
  store::Region place_{};
  std::uint32_t size_bytes_ = 0;
  coap::BlockDownload download_;
  coap::BlockUpload upload_;
  StreamWriter<Flash> writer_;
};

template <store::Flash Flash, typename Coap>
bool Upstream<Flash, Coap>::handle(const coap::Event &event, coap::Millis now_ms) {
  if (event.exchange != coap::ExchangeKind::kRequest || !is_activity_tag(event.tag)) {
    return false;
  }
  if (event.tag != (kActivityTag | generation_) || !in_flight_) {
    return true; // of something called off
  }
  in_flight_ = false;
  due_ms_ = now_ms;
  if (event.kind == coap::EventKind::kResponse) {
    answer(event.message, now_ms);
  } else {
    due_ms_ = now_ms + kRetryMs;
    if (phase_ == Phase::kSend) {
      upload_.start(size_bytes_);
    }
  }
  return true;
}

template <store::Flash Flash, typename Coap> void Upstream<Flash, Coap>::poll(coap::Millis now_ms) {
  const bool idle = phase_ == Phase::kOff || phase_ == Phase::kPause;
  if (!idle && !in_flight_ && now_ms >= due_ms_) {
    request(now_ms);
  }
}

template <store::Flash Flash, typename Coap>
void Upstream<Flash, Coap>::request(coap::Millis now_ms) {
  const coap::Code code = phase_ == Phase::kJoin   ? coap::Code::kPost
                          : phase_ == Phase::kSend ? coap::Code::kPut
                                                   : coap::Code::kGet;
  coap::Draft draft = coap_.request(server_, code);
  due_ms_ = now_ms + 5; // when there is no room just now
  if (!draft) {
    return;
  }
  draft.message.path("train");
  switch (phase_) {
  case Phase::kJoin:
    fill_join(draft.message);
    break;
  case Phase::kBody:
    fill_body(draft.message);
    break;
  case Phase::kSend:
    if (!fill_update(draft.message)) {
      return tell(News::kRefused);
    }
    break;
  default:
    draft.message.path("task");
    add_query(draft.message, 'w', id_);
    if (held_ != training::kNoVersion) {
      add_query(draft.message, 'v', held_);
    }
  }
  in_flight_ = coap_.send(draft, now_ms, kActivityTag | generation_);
}

template <store::Flash Flash, typename Coap>
void Upstream<Flash, Coap>::add_query(coap::MessageBuilder &message, char key,
                                      std::uint32_t value) {
  std::uint8_t text[12];
  ByteWriter writer{ByteSpan(text)};
  writer.put(static_cast<std::uint8_t>(key));
  writer.put("=");
  put_decimal(writer, value);
  message.query(as_text(writer.written()));
}

template <store::Flash Flash, typename Coap>
void Upstream<Flash, Coap>::fill_join(coap::MessageBuilder &message) const {
  training::JoinRequest join;
  join.run_id = settings_->run_id;
  join.index = settings_->upstream_index;
  join.instance = instance_;
  join.model = settings_->model;
  join.parameter_count = settings_->parameter_count;
  join.learned_count = settings_->learned_count;
  join.version = held_;
  join.correction = settings_->strategy == training::Strategy::kScaffold
                        ? training::CorrectionKind::kControl
                        : training::CorrectionKind::kNone;
  std::uint8_t bytes[training::JoinRequest::kBytes];
  encode(join, bytes);
  message.path("join").payload(ByteView(bytes));
}

template <store::Flash Flash, typename Coap>
void Upstream<Flash, Coap>::fill_body(coap::MessageBuilder &message) const {
  message.path(what_);
  if (what_ == "delta") {
    add_query(message, 'v', held_);
  }
  download_.add_to(message);
}

template <store::Flash Flash, typename Coap>
bool Upstream<Flash, Coap>::fill_update(coap::MessageBuilder &message) {
  message.path("update");
  add_query(message, 'w', id_);
  upload_.add_to(message);
  const auto part = upload_.next();
  const ByteSpan room = message.begin_payload();
  if (room.size() < part.size_bytes ||
      flash_.read(place_.offset + part.offset_bytes, room.first(part.size_bytes)) !=
          hal::Status::kOk) {
    return false;
  }
  message.end_payload(part.size_bytes);
  return true;
}

template <store::Flash Flash, typename Coap>
void Upstream<Flash, Coap>::answer(const coap::MessageView &message, coap::Millis now_ms) {
  if (message.code() == coap::Code::kServiceUnavailable) {
    due_ms_ = now_ms + kRetryMs;
    upload_.start(size_bytes_);
    return;
  }
  switch (phase_) {
  case Phase::kJoin:
    due_ms_ = now_ms + kRetryMs; // unless it succeeds
    return take_join(message);
  case Phase::kTask:
    return take_task(message);
  case Phase::kBody:
    return take_piece(message);
  case Phase::kSend:
    return take_sent(message);
  default:
    return;
  }
}

template <store::Flash Flash, typename Coap>
void Upstream<Flash, Coap>::take_join(const coap::MessageView &message) {
  const auto joined = training::decode<training::JoinAnswer>(message.payload());
  if (message.code() != coap::Code::kCreated || !joined) {
    return;
  }
  id_ = joined->worker;
  go(Phase::kTask);
}

template <store::Flash Flash, typename Coap>
void Upstream<Flash, Coap>::take_task(const coap::MessageView &message) {
  const auto task = training::decode<training::Task>(message.payload());
  if (!coap::is_success(message.code()) || !task) {
    return go(Phase::kJoin); // it was restarted
  }
  task_ = *task;
  tell(News::kTask);
}

template <store::Flash Flash, typename Coap>
void Upstream<Flash, Coap>::take_piece(const coap::MessageView &message) {
  using Status = coap::BlockDownload::Status;
  const auto piece = download_.accept(message);
  if (piece.status == Status::kChanged) {
    return begin_body();
  }
  if (piece.status == Status::kRefused || piece.status == Status::kBad) {
    return tell(News::kMissing);
  }
  const bool last = piece.status == Status::kLast;
  good_ = good_ && writer_.append(piece.bytes) && (!last || writer_.finish());
  if (!good_) {
    return tell(News::kMissing);
  }
  if (last) {
    constexpr std::size_t kEtagBytes = 8; // run id, version
    const ByteView etag = download_.etag();
    version_ =
        etag.size() == kEtagBytes ? load_le<std::uint32_t>(etag.data() + 4) : training::kNoVersion;
    tell(News::kBody);
  }
}

template <store::Flash Flash, typename Coap>
void Upstream<Flash, Coap>::take_sent(const coap::MessageView &message) {
  const auto status = upload_.accept(message);
  if (status == coap::BlockUpload::Status::kMore) {
    return;
  }
  if (message.code() == coap::Code::kRequestEntityIncomplete) {
    return upload_.start(size_bytes_);
  }
  tell(message.code() == coap::Code::kChanged ? News::kTaken : News::kRefused);
}

} // namespace tinyml::device
