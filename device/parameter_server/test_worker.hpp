// SPDX-License-Identifier: Apache-2.0
// Host only: for tests. A worker as the protocol says, plain and whole in RAM: it learns the point
// that is nearest to its own targets.
#pragma once

#include "base/crc32.hpp"
#include "protocol/coap/block.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/fixed_storage.hpp"
#include "protocol/training/messages.hpp"
#include "training/coding/coding.hpp"
#include "training/strategies/control.hpp"

#include <cstring>
#include <string>
#include <vector>

namespace tinyml::device {

using Vector = std::vector<float>;
using Bytes = std::vector<std::uint8_t>;

struct WorkerLimits : coap::DeviceLimits {
  static constexpr std::size_t kExchangeBytes = 1152;
};
using TestCoap = coap::Endpoint<coap::FixedStorage<WorkerLimits>>;

/// How a worker misbehaves.
struct Manners {
  coap::Millis train_ms = 50;
  bool dead = false;        ///< says nothing any more
  unsigned nan_updates = 0; ///< so many updates hold a NaN
  unsigned garbage_updates = 0;
  std::uint8_t block_szx = coap::kMaxSzx; ///< of its uploads
  float boost = 1;                        ///< multiplies its updates
};

class TestWorker {
public:
  TestWorker(std::uint16_t index, coap::PeerId server, Vector target, std::uint32_t samples)
      : endpoint(coap::Parameters{}, index + 100U), index_(index), server_(server),
        target_(std::move(target)), samples_(samples) {
    residual_.assign(target_.size(), 0.0F);
    control_ = own_control_ = residual_;
  }

  TestCoap endpoint;
  Manners manners;
  training::RunSettings wanted; ///< run id, model and counts, as its image has them
  std::uint32_t instance = 1;

  void handle(const coap::Event &event, coap::Millis now_ms);
  void wake(coap::Millis now_ms);
  [[nodiscard]] coap::Millis next_ms() const {
    return manners.dead || in_flight_ ? coap::kNever : due_ms_;
  }

  [[nodiscard]] bool done() const { return phase_ == Phase::kDone; }
  [[nodiscard]] std::uint32_t version() const { return version_; }
  [[nodiscard]] const Vector &model() const { return model_; }
  [[nodiscard]] unsigned taken() const { return taken_; }
  [[nodiscard]] unsigned refused() const { return refused_; }
  [[nodiscard]] unsigned whole_fetches() const { return whole_fetches_; }
  [[nodiscard]] unsigned delta_fetches() const { return delta_fetches_; }
  [[nodiscard]] const std::string &last_text() const { return last_text_; }
  /// Power off and on: everything but its data is gone.
  void restart();

private:
  enum class Phase { kJoin, kTask, kModel, kControl, kDelta, kTrain, kSend, kDone };

  void request(coap::Millis now_ms);
  void answer(const coap::MessageView &message, coap::Millis now_ms);
  void take_join(const coap::MessageView &message, coap::Millis now_ms);
  void take_task(const coap::MessageView &message, coap::Millis now_ms);
  void take_body(const coap::MessageView &message, coap::Millis now_ms);
  void take_delta();
  void take_sent(const coap::MessageView &message, coap::Millis now_ms);
  void follow_task(coap::Millis now_ms);
  void train();
  void begin_upload() {
    upload_.start(static_cast<std::uint32_t>(update_.size()), manners.block_szx);
  }
  void enter(Phase phase, coap::Millis due_ms) {
    phase_ = phase;
    due_ms_ = due_ms;
    if (phase == Phase::kModel || phase == Phase::kControl || phase == Phase::kDelta) {
      body_.clear();
      download_.start();
    }
  }
  [[nodiscard]] bool scaffold() const {
    return settings_.strategy == training::Strategy::kScaffold;
  }
  [[nodiscard]] training::Coding coding() const {
    return static_cast<training::Coding>(settings_.update_coding);
  }

  std::uint16_t index_;
  coap::PeerId server_;
  Vector target_;
  std::uint32_t samples_;
  Phase phase_ = Phase::kJoin;
  coap::Millis due_ms_ = 0;
  bool in_flight_ = false;
  training::RunSettings settings_;
  training::Task task_;
  std::uint32_t version_ = training::kNoVersion;
  Vector model_, residual_, next_residual_, control_, own_control_, sent_;
  float step_sum_ = 0;
  Bytes body_, update_;
  coap::BlockDownload download_;
  coap::BlockUpload upload_;
  unsigned taken_ = 0, refused_ = 0, whole_fetches_ = 0, delta_fetches_ = 0;
  std::string last_text_;
};

inline void TestWorker::restart() {
  phase_ = Phase::kJoin;
  due_ms_ = 0;
  in_flight_ = false;
  version_ = training::kNoVersion;
  model_.clear();
  residual_.assign(target_.size(), 0.0F);
  control_ = own_control_ = residual_;
  ++instance;
}

inline void TestWorker::wake(coap::Millis now_ms) {
  if (manners.dead || in_flight_ || now_ms < due_ms_ || phase_ == Phase::kDone) {
    return;
  }
  if (phase_ == Phase::kTrain) {
    train();
    begin_upload();
    phase_ = Phase::kSend;
  }
  request(now_ms);
}

inline void TestWorker::request(coap::Millis now_ms) {
  using coap::Code;
  const Code code = phase_ == Phase::kJoin   ? Code::kPost
                    : phase_ == Phase::kSend ? Code::kPut
                                             : Code::kGet;
  coap::Draft draft = endpoint.request(server_, code);
  if (!draft) {
    due_ms_ = now_ms + 5;
    return;
  }
  const std::string id = "w=" + std::to_string(index_);
  if (phase_ == Phase::kJoin) {
    draft.message.path("train/join");
    std::uint8_t bytes[training::JoinRequest::kBytes];
    encode(training::JoinRequest{.run_id = wanted.run_id,
                                 .index = index_,
                                 .correction = training::CorrectionKind::kControl,
                                 .instance = instance,
                                 .model = wanted.model,
                                 .parameter_count = wanted.parameter_count,
                                 .learned_count = wanted.learned_count,
                                 .samples = samples_,
                                 .version = version_},
           bytes);
    draft.message.payload(ByteView(bytes));
  } else if (phase_ == Phase::kTask) {
    draft.message.path("train/task").query(id).query("v=" + std::to_string(version_));
  } else if (phase_ == Phase::kModel || phase_ == Phase::kControl) {
    draft.message.path(phase_ == Phase::kModel ? "train/model" : "train/control");
    download_.add_to(draft.message);
  } else if (phase_ == Phase::kDelta) {
    draft.message.path("train/delta").query("v=" + std::to_string(version_));
    download_.add_to(draft.message);
  } else {
    draft.message.path("train/update").query(id);
    upload_.add_to(draft.message);
    const auto part = upload_.next();
    draft.message.payload(ByteView(update_).subspan(part.offset_bytes, part.size_bytes));
  }
  in_flight_ = endpoint.send(draft, now_ms);
}

inline void TestWorker::handle(const coap::Event &event, coap::Millis now_ms) {
  if (manners.dead) {
    return;
  }
  if (event.kind == coap::EventKind::kResponse) {
    in_flight_ = false;
    due_ms_ = now_ms;
    answer(event.message, now_ms);
  } else if (event.kind == coap::EventKind::kTimeout || event.kind == coap::EventKind::kRejected) {
    in_flight_ = false;
    due_ms_ = now_ms + 200;
    if (phase_ == Phase::kSend) {
      begin_upload();
    }
  }
}

inline void TestWorker::answer(const coap::MessageView &message, coap::Millis now_ms) {
  if (!coap::is_success(message.code())) {
    last_text_ = std::string(message.payload_text());
  }
  if (message.code() == coap::Code::kServiceUnavailable) {
    due_ms_ = now_ms + 100;
    if (phase_ == Phase::kSend) {
      begin_upload();
    }
    return;
  }
  switch (phase_) {
  case Phase::kJoin:
    return take_join(message, now_ms);
  case Phase::kTask:
    return take_task(message, now_ms);
  case Phase::kModel:
  case Phase::kControl:
  case Phase::kDelta:
    return take_body(message, now_ms);
  case Phase::kSend:
    return take_sent(message, now_ms);
  default:
    return;
  }
}

inline void TestWorker::take_join(const coap::MessageView &message, coap::Millis now_ms) {
  const auto answer = training::decode<training::JoinAnswer>(message.payload());
  if (message.code() != coap::Code::kCreated || !answer) {
    due_ms_ = now_ms + 200;
    return;
  }
  settings_ = answer->settings;
  enter(Phase::kTask, now_ms);
}

inline void TestWorker::take_task(const coap::MessageView &message, coap::Millis now_ms) {
  const auto task = training::decode<training::Task>(message.payload());
  if (message.code() != coap::Code::kContent || !task) {
    return enter(Phase::kJoin, now_ms + 50);
  }
  task_ = *task;
  follow_task(now_ms);
}

inline void TestWorker::follow_task(coap::Millis now_ms) {
  if (version_ != training::kNoVersion && version_ > task_.version) {
    return enter(Phase::kTask, now_ms); // the model was newer than the task
  }
  if (version_ != task_.version) {
    const bool whole =
        version_ == training::kNoVersion || task_.whole_model != 0 || version_ < task_.oldest_delta;
    return enter(whole ? Phase::kModel : Phase::kDelta, now_ms);
  }
  if (task_.action == training::Action::kTrain) {
    return enter(Phase::kTrain, now_ms + manners.train_ms);
  }
  task_.action == training::Action::kDone ? enter(Phase::kDone, coap::kNever)
                                          : enter(Phase::kTask, now_ms + task_.wait_ms);
}

inline void TestWorker::take_body(const coap::MessageView &message, coap::Millis now_ms) {
  const auto piece = download_.accept(message);
  using Status = coap::BlockDownload::Status;
  if (piece.status == Status::kChanged) {
    return enter(phase_, now_ms);
  }
  if (piece.status == Status::kRefused || piece.status == Status::kBad) {
    return enter(Phase::kTask, now_ms + 20); // the task will tell what is kept now
  }
  body_.insert(body_.end(), piece.bytes.begin(), piece.bytes.end());
  if (piece.status == Status::kMore) {
    return;
  }
  if (phase_ == Phase::kDelta) {
    take_delta();
    return follow_task(now_ms);
  }
  Vector &vector = phase_ == Phase::kModel ? model_ : control_;
  vector.resize(body_.size() / 4);
  std::memcpy(vector.data(), body_.data(), body_.size());
  const std::uint32_t version = load_le<std::uint32_t>(download_.etag().data() + 4);
  if (phase_ == Phase::kModel) {
    version_ = version;
    ++whole_fetches_;
    return scaffold() ? enter(Phase::kControl, now_ms) : follow_task(now_ms);
  }
  version == version_ ? follow_task(now_ms) : enter(Phase::kModel, now_ms);
}

inline void TestWorker::take_delta() {
  const auto header =
      training::decode<training::DeltaHeader>(ByteView(body_).first(training::DeltaHeader::kBytes));
  const std::size_t codes = body_.size() - training::kTrailerBytes;
  if (!header ||
      load_le<std::uint32_t>(body_.data() + codes) != crc32(ByteView(body_).first(codes)) ||
      header->version != version_) {
    return;
  }
  const auto delta_coding = static_cast<training::Coding>(header->coding);
  std::size_t at = training::DeltaHeader::kBytes;
  Vector delta(model_.size());
  for (std::size_t done = 0; done < delta.size(); done += training::kBlockValues) {
    const auto part = std::span(delta).subspan(
        done, std::min<std::size_t>(training::kBlockValues, delta.size() - done));
    const auto size =
        training::coded_block_bytes(delta_coding, static_cast<std::uint32_t>(part.size()));
    if (!training::decode_block(delta_coding, ByteView(body_).subspan(at, size), part)) {
      return;
    }
    at += size;
  }
  for (std::size_t i = 0; i < delta.size(); ++i) {
    model_[i] += delta[i];
  }
  training::follow_delta({header->control_keep, header->control_gain}, control_, delta);
  ++version_;
  ++delta_fetches_;
}

inline void TestWorker::take_sent(const coap::MessageView &message, coap::Millis now_ms) {
  const auto status = upload_.accept(message);
  if (status == coap::BlockUpload::Status::kMore) {
    return;
  }
  if (message.code() == coap::Code::kChanged) {
    ++taken_;
    residual_ = next_residual_;
    if (scaffold()) {
      training::follow_update(own_control_, control_, sent_, step_sum_);
    }
    return enter(Phase::kTask, now_ms);
  }
  if (message.code() == coap::Code::kRequestEntityIncomplete) {
    return begin_upload();
  }
  ++refused_;
  if (message.code() == coap::Code::kNotFound) {
    return enter(Phase::kJoin, now_ms);
  }
  if (message.code() == coap::Code::kUnprocessableEntity) {
    residual_.assign(residual_.size(), 0.0F);
  }
  enter(Phase::kTask, now_ms + 20);
}

} // namespace tinyml::device

#include "device/parameter_server/test_worker_step.hpp"
