// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/worker/shard_store.hpp"
#include "device/worker/step.hpp"
#include "device/worker/stored_vector.hpp"
#include "os/store/training_area.hpp"

namespace tinyml::device {

/// What a worker keeps in the user area beside its join order: the shard at the start, and vectors
/// as long as the flat model at the end.
template <store::Flash Flash> class WorkerStore {
public:
  WorkerStore(Flash &flash, const store::TrainingArea &area, const module::TrainingInfo &info)
      : flash_(flash), model(flash), residual(flash), own_control(flash), server_control(flash),
        writer(flash), shard(flash, place_vectors(area, info), writer) {}
  WorkerStore(const WorkerStore &) = delete;
  WorkerStore &operator=(const WorkerStore &) = delete;

  /// The store has room for the vectors.
  [[nodiscard]] bool has_room() const { return codes.size_bytes != 0; }
  bool read_codes(std::uint32_t offset, ByteSpan to) {
    return flash_.read(codes.offset + offset, to) == hal::Status::kOk;
  }

private:
  Flash &flash_;

public:
  StoredVector<Flash> model;          ///< of the version that the worker holds
  StoredVector<Flash> residual;       ///< what the codes sent so far did not say
  StoredVector<Flash> own_control;    ///< SCAFFOLD's c_i
  StoredVector<Flash> server_control; ///< and c
  store::Region codes{};              ///< the update under way, or the delta that came last
  RegionWriter<Flash> writer;         ///< for codes, models and shards that come or are made
  ShardStore<Flash> shard;

private:
  /// Returns what is left for the shard.
  store::Region place_vectors(const store::TrainingArea &area, const module::TrainingInfo &info) {
    constexpr std::uint32_t kCodesMore = 256; // header, scales and CRC
    const auto bytes = static_cast<std::uint32_t>(info.parameter_count * sizeof(float));
    store::RegionTaker taker(area.room, std::max<std::uint32_t>(flash_.info().sector_bytes, 512));
    const auto place = [&](StoredVector<Flash> &vector) {
      const store::Region first = taker.take(bytes);
      vector.place(first, taker.take(bytes));
    };
    place(model);
    place(residual);
    if (info.correction == module::TrainingCorrection::kControl) {
      place(own_control);
      place(server_control);
    }
    codes = taker.take(bytes + kCodesMore);
    return taker.left();
  }
};

} // namespace tinyml::device
