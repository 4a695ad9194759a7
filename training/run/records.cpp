// SPDX-License-Identifier: Apache-2.0
#include "training/run/records.hpp"

namespace tinyml::coordinator {
namespace {

using nlohmann::json;

json optional_number(const std::optional<double> &value) { return value ? json(*value) : json(); }

std::optional<double> optional_number_at(const json &object, const char *key) {
  const json value = object.value(key, json());
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

WorkerRow worker_from_json(const json &object) {
  return {.id = object.at("id"),
          .board = object.at("board"),
          .state = object.at("state"),
          .loss = object.at("loss"),
          .samples_per_second = object.at("samples_per_second"),
          .bytes_up = object.at("bytes_up"),
          .bytes_down = object.at("bytes_down"),
          .samples = object.at("samples"),
          .refused = object.value("refused", std::uint64_t{0}),
          .personal_before = optional_number_at(object, "personal_accuracy_before"),
          .personal_after = optional_number_at(object, "personal_accuracy_after")};
}

EdgeRow edge_from_json(const json &object) {
  return {.id = object.at("id"),
          .board = object.at("board"),
          .state = object.at("state"),
          .workers = object.at("workers"),
          .samples = object.at("samples"),
          .bytes_up = object.at("bytes_up"),
          .bytes_down = object.at("bytes_down")};
}

template <typename Record> json list_of(const std::vector<Record> &records) {
  json list = json::array();
  for (const Record &record : records) {
    list.push_back(to_json(record));
  }
  return list;
}

} // namespace

json to_json(const WorkerRow &record) {
  return {{"id", record.id},
          {"board", record.board},
          {"state", record.state},
          {"loss", record.loss},
          {"samples_per_second", record.samples_per_second},
          {"bytes_up", record.bytes_up},
          {"bytes_down", record.bytes_down},
          {"samples", record.samples},
          {"refused", record.refused},
          {"personal_accuracy_before", optional_number(record.personal_before)},
          {"personal_accuracy_after", optional_number(record.personal_after)}};
}

json to_json(const EdgeRow &record) {
  return {{"id", record.id},
          {"board", record.board},
          {"state", record.state},
          {"workers", record.workers},
          {"samples", record.samples},
          {"bytes_up", record.bytes_up},
          {"bytes_down", record.bytes_down}};
}

json to_json(const RoundRecord &record) {
  json object = {{"round", record.round},
                 {"accuracy", record.accuracy},
                 {"loss", record.loss},
                 {"bytes_up", record.bytes_up},
                 {"bytes_down", record.bytes_down},
                 {"seconds", record.seconds},
                 {"workers", list_of(record.workers)}};
  if (!record.edges.empty()) {
    object["edges"] = list_of(record.edges);
  }
  return object;
}

json to_json(const WorkerFigures &figures) {
  return {{"id", figures.id},
          {"board", figures.board},
          {"image_bytes", figures.image_bytes},
          {"guest_memory_bytes", figures.guest_memory_bytes},
          {"peak_anonymous_bytes", figures.peak_anonymous_bytes},
          {"samples_per_cpu_second", figures.samples_per_cpu_second},
          {"restarts", figures.restarts}};
}

json to_json(const MachineFigures &figures) {
  return {{"id", figures.id},
          {"board", figures.board},
          {"workers", figures.workers},
          {"image_bytes", figures.image_bytes},
          {"guest_memory_bytes", figures.guest_memory_bytes},
          {"peak_anonymous_bytes", figures.peak_anonymous_bytes},
          {"restarts", figures.restarts}};
}

json to_json(const RunRecord &record) {
  json rounds = json::array();
  json before;
  for (const RoundRecord &round : record.rounds) {
    if (round.round == 0) {
      before = round.accuracy;
    } else {
      rounds.push_back(to_json(round));
    }
  }
  return {{"model", record.model},
          {"initial_accuracy", before},
          {"rounds", rounds},
          {"workers", list_of(record.workers)},
          {"server", to_json(record.server)},
          {"edges", list_of(record.edges)},
          {"final_accuracy", record.final_accuracy}};
}

Expected<RoundRecord> round_from_json(const json &object) {
  try {
    RoundRecord record{.round = object.at("round"),
                       .accuracy = object.at("accuracy"),
                       .loss = object.at("loss"),
                       .bytes_up = object.at("bytes_up"),
                       .bytes_down = object.at("bytes_down"),
                       .seconds = object.at("seconds")};
    for (const json &worker : object.at("workers")) {
      record.workers.push_back(worker_from_json(worker));
    }
    for (const json &edge : object.value("edges", json::array())) {
      record.edges.push_back(edge_from_json(edge));
    }
    return record;
  } catch (const json::exception &) {
    return fail(ErrorCode::kInvalidInput, "that is no record of a training round");
  }
}

} // namespace tinyml::coordinator
