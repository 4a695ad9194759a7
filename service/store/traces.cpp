// SPDX-License-Identifier: Apache-2.0
#include "service/store/store.hpp"

#include <algorithm>
#include <set>

namespace tinyml::service {

Expected<void> Store::add_exchanges(const std::vector<TraceEntry> &entries) {
  return database_.transaction([&]() -> Expected<void> {
    std::set<std::string> endpoints;
    for (const auto &[endpoint, exchange] : entries) {
      auto added = database_.run("INSERT INTO exchanges VALUES (NULL,?,?,?,?,?,?,?,?,?,?)",
                                 endpoint, exchange.at_ms, exchange.inbound, exchange.method,
                                 exchange.path, exchange.code, exchange.request_bytes,
                                 exchange.response_bytes, exchange.duration_us, exchange.note);
      if (!added) {
        return added;
      }
      endpoints.insert(endpoint);
    }
    for (const std::string &endpoint : endpoints) {
      if (auto trimmed = trim_trace(endpoint); !trimmed) {
        return trimmed;
      }
    }
    return {};
  });
}

Expected<void> Store::trim_trace(const std::string &endpoint) {
  return database_.run(
      "DELETE FROM exchanges WHERE endpoint = ?1 AND id <= (SELECT id FROM exchanges "
      "WHERE endpoint = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
      endpoint, kTraceEntriesPerDevice);
}

Expected<std::vector<ExchangeRecord>> Store::trace(std::string_view endpoint, int limit) {
  std::vector<ExchangeRecord> rows;
  auto read = database_.query(
      "SELECT at_ms, inbound, method, path, code, request_bytes, response_bytes, duration_us, note "
      "FROM exchanges WHERE endpoint = ? ORDER BY id DESC LIMIT ?",
      [&](const Row &row) {
        rows.push_back({row.integer(0), row.integer(1) != 0, row.text(2), row.text(3), row.text(4),
                        row.integer(5), row.integer(6), row.integer(7), row.text(8)});
      },
      endpoint, limit);
  std::ranges::reverse(rows);
  return read ? Expected<std::vector<ExchangeRecord>>(std::move(rows)) : Failure{read.error()};
}

} // namespace tinyml::service
