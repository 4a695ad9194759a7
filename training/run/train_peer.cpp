// SPDX-License-Identifier: Apache-2.0
#include "training/run/train_peer.hpp"

#include <bit>

namespace tinyml::coordinator {
namespace {

using training::decode;

template <typename Message>
std::vector<std::uint8_t> encoded(const Message &message, std::size_t size_bytes) {
  std::vector<std::uint8_t> bytes(size_bytes);
  bytes.resize(training::encode(message, bytes));
  return bytes;
}

std::vector<std::uint8_t> bytes_of(std::span<const float> values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(float));
  for (std::size_t i = 0; i < values.size(); ++i) {
    store_le(bytes.data() + i * sizeof(float), std::bit_cast<std::uint32_t>(values[i]));
  }
  return bytes;
}

std::vector<float> floats_of(ByteView bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = std::bit_cast<float>(load_le<std::uint32_t>(bytes.data() + i * sizeof(float)));
  }
  return values;
}

Failure<HostError> unreadable(const std::string &name, const char *what) {
  return fail(ErrorCode::kUnavailable, name + " answers with " + what +
                                           " that this program does not understand; is it of "
                                           "another version? Build the kits anew (make kits)");
}

} // namespace

Expected<CoapResponse> TrainPeer::ask(CoapRequest request) {
  request.to = where_;
  request.limit = patience_;
  const std::string path = request.path;
  auto response = network_.ask(request, stop_);
  answered_ = response.ok();
  if (!response.ok()) {
    return fail(response.error().code, name_ + ": " + response.error().message);
  }
  return response;
}

Expected<void> TrainPeer::put(const std::string &path, std::vector<std::uint8_t> payload) {
  const auto response =
      ask({.method = coap::Code::kPut, .path = path, .payload = std::move(payload)});
  if (!response.ok()) {
    return Failure{response.error()};
  }
  if (response->good()) {
    return {};
  }
  const bool too_large = response->code == coap::Code::kRequestEntityTooLarge;
  return fail(
      too_large ? ErrorCode::kDoesNotFit : ErrorCode::kUnavailable,
      name_ + " refuses /" + path + " with " + code_text(response->code) +
          (too_large ? ": it has no room for it" : "") +
          (response->payload.empty() ? "" : ": " + std::string(as_text(response->payload))));
}

Expected<void> TrainPeer::put_run(const training::RunSettings &settings) {
  return put("train/run", encoded(settings, training::kRunSettingsBytes));
}

Expected<void> TrainPeer::put_model(std::span<const float> model) {
  return put("train/model", bytes_of(model));
}

Expected<void> TrainPeer::put_join(const training::JoinOrder &order) {
  return put("train/join", encoded(order, training::JoinOrder::kBytes));
}

Expected<void> TrainPeer::put_data(std::vector<std::uint8_t> shard) {
  return put("train/data", std::move(shard));
}

Expected<ServerReport> TrainPeer::server_status() {
  const auto response = ask({.path = "train/status"});
  if (!response.ok()) {
    return Failure{response.error()};
  }
  const ByteView bytes = response->payload;
  constexpr std::size_t kHead = training::RunStatus::kBytes;
  constexpr std::size_t kEach = training::WorkerRecord::kBytes;
  if (!response->good() || bytes.size() < kHead || (bytes.size() - kHead) % kEach != 0) {
    return unreadable(name_, "a status");
  }
  const auto status = decode<training::RunStatus>(bytes.first(kHead));
  if (!status.ok()) {
    return unreadable(name_, "a status");
  }
  ServerReport report{.status = *status};
  for (std::size_t at = kHead; at < bytes.size(); at += kEach) {
    const auto record = decode<training::WorkerRecord>(bytes.subspan(at, kEach));
    if (!record.ok()) {
      return unreadable(name_, "a worker's record");
    }
    report.workers.push_back(*record);
  }
  return report;
}

Expected<VersionedModel> TrainPeer::model() {
  const auto response = ask({.path = "train/model"});
  if (!response.ok()) {
    return Failure{response.error()};
  }
  constexpr std::size_t kTagBytes = 8; // run id, version
  if (!response->good() || response->etag.size() != kTagBytes ||
      response->payload.size() % sizeof(float) != 0) {
    return unreadable(name_, "a model");
  }
  return VersionedModel{.version =
                            load_le<std::uint32_t>(response->etag.data() + sizeof(std::uint32_t)),
                        .values = floats_of(response->payload)};
}

Expected<std::optional<std::vector<std::uint8_t>>> TrainPeer::delta(std::uint32_t version) {
  using Bytes = std::optional<std::vector<std::uint8_t>>;
  auto response = ask({.path = "train/delta", .queries = {"v=" + std::to_string(version)}});
  if (!response.ok()) {
    return Failure{response.error()};
  }
  return Expected<Bytes>(response->good() ? Bytes(std::move(response->payload)) : Bytes());
}

Expected<training::WorkerStatus> TrainPeer::worker_status() {
  const auto response = ask({.path = "train/status"});
  if (!response.ok()) {
    return Failure{response.error()};
  }
  const auto status = decode<training::WorkerStatus>(response->payload);
  return status.ok() ? Expected<training::WorkerStatus>(*status)
                     : unreadable(name_, "a worker's status");
}

} // namespace tinyml::coordinator
