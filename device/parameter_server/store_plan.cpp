// SPDX-License-Identifier: Apache-2.0
#include "device/parameter_server/store_plan.hpp"

#include "training/coding/coding.hpp"
#include "training/strategies/server_step.hpp"

namespace tinyml::device {

namespace {

using training::RunSettings;

constexpr std::uint32_t kCommitSectors = 2;
constexpr std::uint32_t kModels = 3;
constexpr std::uint32_t kFewestDeltas = 3;
constexpr std::uint32_t kMostDeltas = 17;
constexpr std::uint32_t kSpareSlots = 2;
constexpr std::uint32_t kStagingSlots = 4; ///< where updates do not stay

static_assert(training::kCodings == static_cast<std::uint8_t>(training::Coding::kTopK) + 1);

/// Gives away whole sectors from the start of the user area on.
class Allotment {
public:
  Allotment(const store::Region &user, std::uint32_t sector_bytes)
      : at_(user.offset), left_(user.size_bytes), sector_bytes_(sector_bytes) {}

  [[nodiscard]] std::uint64_t stride(std::uint32_t bytes) const {
    return (std::uint64_t{bytes} + sector_bytes_ - 1) / sector_bytes_ * sector_bytes_;
  }
  [[nodiscard]] std::uint32_t room_for(std::uint32_t bytes) const {
    return static_cast<std::uint32_t>(left_ / stride(bytes));
  }
  RegionRow take(std::uint32_t bytes, std::uint32_t count) {
    const std::uint64_t total = stride(bytes) * count;
    if (total > left_) {
      good_ = false;
      return {};
    }
    const RegionRow row{at_, static_cast<std::uint32_t>(stride(bytes)), count};
    at_ += static_cast<std::uint32_t>(total);
    left_ -= static_cast<std::uint32_t>(total);
    return row;
  }
  [[nodiscard]] bool good() const { return good_; }

private:
  std::uint32_t at_;
  std::uint32_t left_;
  std::uint32_t sector_bytes_;
  bool good_ = true;
};

void take_vectors(StorePlan &plan, Allotment &store, const RunSettings &settings) {
  const std::uint32_t bytes = vector_bytes(settings);
  const bool edge = settings.upstream.present();
  const training::StrategyVectors vectors = training::vectors_of(settings);
  const std::uint8_t coding = edge ? settings.update_coding : settings.delta_coding;
  const bool lossy = coding != static_cast<std::uint8_t>(training::Coding::kFloat32);
  plan.models = store.take(bytes, kModels);
  plan.residual = store.take(bytes, lossy ? 2 : 0);
  plan.first = store.take(bytes, vectors.first && !edge ? 2 : 0);
  plan.second = store.take(bytes, vectors.second && !edge ? 2 : 0);
  plan.control = store.take(bytes, vectors.control ? 2 : 0);
  plan.outgoing = store.take(update_bytes(settings), edge ? 1 : 0);
  plan.deltas = store.take(delta_bytes(settings), kFewestDeltas);
}

/// A slot for each worker where the updates of a round wait for each other.
bool take_slots(StorePlan &plan, Allotment &store, const RunSettings &settings) {
  const std::uint32_t bytes = update_bytes(settings);
  const bool waits = settings.barrier == training::Barrier::kBulk;
  const std::uint32_t wanted = settings.workers + kSpareSlots;
  plan.folded = waits && store.room_for(bytes) < settings.workers;
  if (plan.folded && settings.aggregation == training::Aggregation::kMedian) {
    return false; // it needs all updates at once
  }
  if (plan.folded) {
    plan.sums = store.take(vector_bytes(settings), 2);
  }
  const std::uint32_t most = plan.folded ? std::min(kStagingSlots, wanted) : wanted;
  plan.slots = store.take(bytes, std::min(most, store.room_for(bytes)));
  return plan.slots.count > 0;
}

} // namespace

std::uint32_t vector_bytes(const RunSettings &settings) {
  return settings.parameter_count * static_cast<std::uint32_t>(sizeof(float));
}

std::uint32_t update_bytes(const RunSettings &settings) {
  return static_cast<std::uint32_t>(training::UpdateHeader::kBytes + training::kTrailerBytes) +
         training::coded_bytes(static_cast<training::Coding>(settings.update_coding),
                               settings.parameter_count);
}

std::uint32_t delta_bytes(const RunSettings &settings) {
  return static_cast<std::uint32_t>(training::DeltaHeader::kBytes + training::kTrailerBytes) +
         training::coded_bytes(static_cast<training::Coding>(settings.delta_coding),
                               settings.parameter_count);
}

RegionRow commit_log_of(const store::Region &user, const hal::StoreInfo &info) {
  return {user.offset, info.sector_bytes, kCommitSectors};
}

std::optional<StorePlan> plan_store(const RunSettings &settings, const store::Region &user,
                                    const hal::StoreInfo &info) {
  Allotment store(user, info.sector_bytes);
  StorePlan plan;
  plan.commits = store.take(info.sector_bytes, kCommitSectors);
  take_vectors(plan, store, settings);
  if (!store.good() || !take_slots(plan, store, settings) || !store.good()) {
    return std::nullopt;
  }
  // The deltas stand before the slots; what is left makes their ring longer, at another place.
  const std::uint32_t more = std::min(kMostDeltas, store.room_for(delta_bytes(settings)));
  if (more > kFewestDeltas) {
    plan.deltas = store.take(delta_bytes(settings), more);
  }
  return plan;
}

} // namespace tinyml::device
