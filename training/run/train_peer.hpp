// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "protocol/training/messages.hpp"
#include "training/run/run_network.hpp"

#include <span>

/// The protocol's requests (docs/training-protocol.md) as functions. Every error names the machine.
namespace tinyml::coordinator {

/// A server's state with a record for each worker that joined.
struct ServerReport {
  training::RunStatus status;
  std::vector<training::WorkerRecord> workers;
};

/// A flat model and the version that it is.
struct VersionedModel {
  std::uint32_t version = 0;
  std::vector<float> values;
  std::uint32_t updates = 0; ///< in it, as far as is known
};

/// One machine of the run, to be asked.
class TrainPeer {
public:
  TrainPeer(RunNetwork &network, net::Endpoint where, std::string name, std::stop_token stop)
      : network_(network), where_(where), name_(std::move(name)), stop_(std::move(stop)) {}

  /// How long it is waited for each answer, unless it is told otherwise: an emulated board may be
  /// in the middle of a long step or of an erase.
  static constexpr std::chrono::seconds kPatience{30};
  void wait_for(std::chrono::milliseconds patience) { patience_ = patience; }
  /// It said something to the latest question, if only that it refuses.
  [[nodiscard]] bool answered() const { return answered_; }

  // A parameter server.
  [[nodiscard]] Expected<void> put_run(const training::RunSettings &settings);
  [[nodiscard]] Expected<void> put_model(std::span<const float> model);
  [[nodiscard]] Expected<ServerReport> server_status();
  [[nodiscard]] Expected<VersionedModel> model();
  /// The delta from `version` to the next one: header, codes, CRC. Nothing when it is not kept.
  [[nodiscard]] Expected<std::optional<std::vector<std::uint8_t>>> delta(std::uint32_t version);

  // A worker.
  [[nodiscard]] Expected<void> put_join(const training::JoinOrder &order);
  [[nodiscard]] Expected<void> put_data(std::vector<std::uint8_t> shard);
  [[nodiscard]] Expected<training::WorkerStatus> worker_status();

private:
  [[nodiscard]] Expected<CoapResponse> ask(CoapRequest request);
  [[nodiscard]] Expected<void> put(const std::string &path, std::vector<std::uint8_t> payload);

  RunNetwork &network_;
  net::Endpoint where_;
  std::string name_;
  std::stop_token stop_;
  std::chrono::milliseconds patience_ = kPatience;
  bool answered_ = true;
};

} // namespace tinyml::coordinator
