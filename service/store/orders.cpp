// SPDX-License-Identifier: Apache-2.0
#include "service/store/names.hpp"
#include "service/store/store.hpp"

namespace tinyml::service {
namespace {

OrderRecord order_of(const Row &row) {
  return {.id = row.integer(0),
          .model = row.text(1),
          .model_sha256 = row.text(2),
          .device = row.text(3),
          .max_ram_bytes = row.maybe_integer(4),
          .max_rom_bytes = row.maybe_integer(5),
          .push = row.integer(6) != 0,
          .precision = row.text(7),
          .state = names::find<OrderState>(names::kOrderStates, row.text(8)),
          .reason = Json::parse(row.text(9), nullptr, false),
          .build = row.maybe_text(10),
          .cached = row.integer(11) != 0,
          .sent_bytes = row.integer(12),
          .created_ms = row.integer(13),
          .updated_ms = row.integer(14),
          .confirmed_ms = row.maybe_integer(15)};
}

Expected<std::vector<OrderRecord>> answer(const Expected<void> &read,
                                          std::vector<OrderRecord> rows) {
  return read ? Expected<std::vector<OrderRecord>>(std::move(rows)) : Failure{read.error()};
}

} // namespace

Expected<std::int64_t> Store::add_order(const OrderRecord &order) {
  std::int64_t id = 0;
  auto added = database_.transaction([&]() -> Expected<void> {
    auto written = database_.run(
        "INSERT INTO orders VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", order.model,
        order.model_sha256, order.device, order.max_ram_bytes, order.max_rom_bytes, order.push,
        order.precision, to_string(order.state), text_of(order.reason), order.build, order.cached,
        order.sent_bytes, order.created_ms, order.updated_ms, order.confirmed_ms);
    if (!written) {
      return written;
    }
    id = database_.last_insert_id();
    return write_step(id, {order.state, order.created_ms, ""});
  });
  return added ? Expected<std::int64_t>(id) : Failure{added.error()};
}

Expected<void> Store::write_step(std::int64_t order, const OrderStep &step) {
  return database_.run("INSERT INTO order_steps VALUES (NULL,?,?,?,?)", order,
                       to_string(step.state), step.at_ms, step.note);
}

Expected<void> Store::put_order(const OrderRecord &order, const OrderStep &step,
                                const BuildRecord *build) {
  return database_.transaction([&]() -> Expected<void> {
    Expected<void> done;
    if (build != nullptr) {
      done = write_build(*build);
    }
    if (done && order.state == OrderState::kConfirmed) {
      done = database_.run("UPDATE orders SET state = 'superseded' WHERE device = ? AND id <> ? "
                           "AND state = 'confirmed'",
                           order.device, order.id);
    }
    if (done) {
      done = database_.run("UPDATE orders SET state=?, reason=?, build=?, cached=?, sent_bytes=?, "
                           "updated_ms=?, confirmed_ms=? WHERE id=?",
                           to_string(order.state), text_of(order.reason), order.build, order.cached,
                           order.sent_bytes, order.updated_ms, order.confirmed_ms, order.id);
    }
    return done ? write_step(order.id, step) : done;
  });
}

Expected<void> Store::put_sent_bytes(std::int64_t order, std::int64_t sent_bytes) {
  return database_.run("UPDATE orders SET sent_bytes = ? WHERE id = ?", sent_bytes, order);
}

Expected<std::optional<OrderRecord>> Store::order(std::int64_t id) {
  std::optional<OrderRecord> found;
  auto read = database_.query(
      "SELECT * FROM orders WHERE id = ?", [&](const Row &row) { found = order_of(row); }, id);
  return read ? Expected<std::optional<OrderRecord>>(std::move(found)) : Failure{read.error()};
}

Expected<std::vector<OrderRecord>> Store::orders(const std::optional<std::string> &device,
                                                 int limit) {
  std::vector<OrderRecord> rows;
  auto read = database_.query(
      "SELECT * FROM orders WHERE (?1 IS NULL OR device = ?1) ORDER BY id DESC LIMIT ?2",
      [&](const Row &row) { rows.push_back(order_of(row)); }, device, limit);
  return answer(read, std::move(rows));
}

Expected<std::vector<OrderRecord>> Store::unfinished_orders() {
  std::vector<OrderRecord> rows;
  auto read = database_.query("SELECT * FROM orders WHERE state NOT IN "
                              "('confirmed','failed','superseded') ORDER BY id",
                              [&](const Row &row) { rows.push_back(order_of(row)); });
  return answer(read, std::move(rows));
}

Expected<std::vector<OrderStep>> Store::history(std::int64_t order) {
  std::vector<OrderStep> steps;
  auto read = database_.query(
      "SELECT state, at_ms, note FROM order_steps WHERE order_id = ? ORDER BY id",
      [&](const Row &row) {
        steps.push_back({names::find<OrderState>(names::kOrderStates, row.text(0)), row.integer(1),
                         row.text(2)});
      },
      order);
  return read ? Expected<std::vector<OrderStep>>(std::move(steps)) : Failure{read.error()};
}

} // namespace tinyml::service
