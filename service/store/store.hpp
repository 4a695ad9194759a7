// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/store/blob_folder.hpp"
#include "service/store/database.hpp"
#include "service/store/records.hpp"

namespace tinyml::service {

/// All that outlives the process. Each call is one transaction; when it returned without an error
/// it holds after `kill -9` and a power cut.
class Store {
public:
  static constexpr int kSchemaVersion = 2;
  static constexpr int kTraceEntriesPerDevice = 2000;

  /// Opens or creates the store in `folder`, bringing an older schema up to date.
  [[nodiscard]] static Expected<Store> open(const std::filesystem::path &folder);

  [[nodiscard]] const BlobFolder &blobs() const { return blobs_; }

  // Models.
  [[nodiscard]] Expected<void> put_model(const ModelRecord &model);
  [[nodiscard]] Expected<std::optional<ModelRecord>> model(std::string_view name);
  [[nodiscard]] Expected<std::vector<ModelRecord>> models();

  // Devices: written together, so that a thousand registrations cost one sync.
  [[nodiscard]] Expected<void> put_devices(const std::vector<const DeviceRecord *> &devices);
  [[nodiscard]] Expected<std::vector<DeviceRecord>> devices();

  // Builds.
  [[nodiscard]] Expected<void> put_build(const BuildRecord &build);
  [[nodiscard]] Expected<std::optional<BuildRecord>> build(std::string_view id);
  /// The build whose id begins with `prefix` (hex digits).
  [[nodiscard]] Expected<std::optional<BuildRecord>> build_beginning_with(std::string_view prefix);

  // Orders. At most one order of a device is not final: the schema holds that, whatever the code
  // does.
  /// Stores a new order and its first step; returns its id. kConflict when the device has one under
  /// way.
  [[nodiscard]] Expected<std::int64_t> add_order(const OrderRecord &order);
  /// Stores an order as it is now, a step of its history and, when given, the state of its build. A
  /// confirmed order supersedes the ones confirmed before it for the same device.
  [[nodiscard]] Expected<void> put_order(const OrderRecord &order, const OrderStep &step,
                                         const BuildRecord *build = nullptr);
  /// Progress alone: cheap, may be lost.
  [[nodiscard]] Expected<void> put_sent_bytes(std::int64_t order, std::int64_t sent_bytes);
  [[nodiscard]] Expected<std::optional<OrderRecord>> order(std::int64_t id);
  /// Newest first; of one device when `device` is given.
  [[nodiscard]] Expected<std::vector<OrderRecord>> orders(const std::optional<std::string> &device,
                                                          int limit);
  [[nodiscard]] Expected<std::vector<OrderRecord>> unfinished_orders();
  [[nodiscard]] Expected<std::vector<OrderStep>> history(std::int64_t order);

  // Crashes: the newest kCrashesPerDevice of each device are kept.
  static constexpr int kCrashesPerDevice = 100;
  [[nodiscard]] Expected<void> put_symbols(const SymbolsRecord &symbols);
  [[nodiscard]] Expected<std::optional<SymbolsRecord>> symbols(std::string_view image);
  /// A record that the device has told already (it was not told that it arrived) is not added
  /// again.
  [[nodiscard]] Expected<void> add_crash(const CrashEntry &crash);
  /// Newest first; of one device when `endpoint` is given.
  [[nodiscard]] Expected<std::vector<CrashEntry>>
  crashes(const std::optional<std::string> &endpoint, int limit);

  // Traces: the newest kTraceEntriesPerDevice of each device are kept.
  struct TraceEntry {
    std::string endpoint;
    ExchangeRecord exchange;
  };
  [[nodiscard]] Expected<void> add_exchanges(const std::vector<TraceEntry> &entries);
  /// The newest `limit`, oldest first.
  [[nodiscard]] Expected<std::vector<ExchangeRecord>> trace(std::string_view endpoint, int limit);

  /// A write that changes nothing, to know whether the store works.
  [[nodiscard]] Expected<void> check();

  /// For tests of a full disk.
  [[nodiscard]] Database &database() { return database_; }

private:
  Store(Database database, BlobFolder blobs)
      : database_(std::move(database)), blobs_(std::move(blobs)) {}

  [[nodiscard]] Expected<void> write_build(const BuildRecord &build);
  [[nodiscard]] Expected<void> write_step(std::int64_t order, const OrderStep &step);
  [[nodiscard]] Expected<void> trim_trace(const std::string &endpoint);

  Database database_;
  BlobFolder blobs_;
};

/// Brings the schema of an open database to Store::kSchemaVersion; kUnsupported for a newer one.
[[nodiscard]] Expected<void> migrate_schema(Database &database);

} // namespace tinyml::service
