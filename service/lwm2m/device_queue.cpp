// SPDX-License-Identifier: Apache-2.0
#include "service/lwm2m/device_queue.hpp"

#include <utility>

namespace tinyml::service {
namespace {

std::string path_text(const lwm2m::ClientRequest &request) {
  std::string text;
  for (const std::string &segment : request.uri_path) {
    text += '/' + segment;
  }
  for (std::size_t i = 0; i < request.uri_query.size(); ++i) {
    text += (i == 0 ? '?' : '&') + request.uri_query[i];
  }
  return text;
}

std::string method_text(const lwm2m::ClientRequest &request) {
  static constexpr std::string_view kMethods[] = {"?", "GET", "POST", "PUT", "DELETE"};
  if (request.observe) {
    return *request.observe == 0 ? "OBSERVE" : "CANCEL";
  }
  return std::string(kMethods[request.method < 5 ? request.method : 0]);
}

} // namespace

void DeviceQueue::reachable(const std::string &endpoint, coap::PeerId peer, bool sleepy) {
  Line &line = lines_[endpoint];
  line.peer = peer;
  line.there = true;
  line.sleepy = sleepy;
  line.heard_ms = hooks_.now_ms();
  pump(endpoint);
}

void DeviceQueue::restarted(const std::string &endpoint) { cancel(lines_[endpoint]); }

void DeviceQueue::gone(const std::string &endpoint) {
  Line &line = lines_[endpoint];
  line.there = false;
  cancel(line);
}

void DeviceQueue::cancel(Line &line) {
  ++line.era;
  line.pipelined = 0;
  const auto active = std::exchange(line.active, {});
  const auto waiting = std::exchange(line.waiting, {});
  for (const CoapNode::Handle handle : std::exchange(line.observations, {})) {
    node_.forget(handle);
  }
  for (const auto &[handle, done] : active) {
    node_.forget(handle);
    done({});
  }
  for (const DeviceRequest &request : waiting) {
    request.callbacks.done({});
  }
}

void DeviceQueue::ask(const std::string &endpoint, DeviceRequest request) {
  Line &line = lines_[endpoint];
  if (!line.there || line.waiting.size() >= kMaxWaiting) {
    return request.callbacks.done({});
  }
  line.waiting.push_back(std::move(request));
  pump(endpoint);
}

std::size_t DeviceQueue::under_way(const std::string &endpoint) const {
  const auto found = lines_.find(endpoint);
  return found == lines_.end() ? 0 : found->second.active.size() + found->second.waiting.size();
}

bool DeviceQueue::may_start(const Line &line) const {
  if (!line.there || line.waiting.empty() ||
      (line.sleepy && hooks_.now_ms() - line.heard_ms > kAwakeMs)) {
    return false;
  }
  const bool together = line.waiting.front().pipelined && line.pipelined == line.active.size() &&
                        line.pipelined < kPipelineDepth;
  return line.active.empty() || together;
}

void DeviceQueue::pump(const std::string &endpoint) {
  Line &line = lines_[endpoint];
  while (may_start(line)) {
    DeviceRequest request = std::move(line.waiting.front());
    line.waiting.pop_front();
    send(endpoint, line, std::move(request));
  }
  hooks_.asked();
}

void DeviceQueue::send(const std::string &endpoint, Line &line, DeviceRequest request) {
  const coap::Millis since = hooks_.now_ms();
  ExchangeRecord record{.method = method_text(request.request),
                        .path = path_text(request.request),
                        .request_bytes = static_cast<std::int64_t>(request.request.payload.size())};
  const bool pipelined = request.pipelined;
  const bool observes = request.request.observe == 0U;
  line.pipelined += pipelined ? 1U : 0U;
  const auto handle = std::make_shared<CoapNode::Handle>(0);
  auto done = [this, endpoint, since, record = std::move(record), traced = request.traced,
               caller = std::move(request.callbacks.done)](const CoapAnswer &answer) mutable {
    record.code = describe(answer);
    record.response_bytes = static_cast<std::int64_t>(answer.payload.size());
    record.duration_us = static_cast<std::int64_t>(hooks_.now_ms() - since) * 1000;
    if (traced) {
      hooks_.trace(endpoint, record);
    }
    caller(answer);
  };
  request.callbacks.done = [this, endpoint, handle, pipelined, observes,
                            era = line.era](const CoapAnswer &answer) {
    Line &now = lines_[endpoint];
    if (now.era != era) {
      return; // cancelled already
    }
    auto active = now.active.extract(*handle);
    now.pipelined -= pipelined ? 1U : 0U;
    if (observes && answer.observing) {
      now.observations.push_back(*handle);
    }
    if (!active.empty()) {
      active.mapped()(answer);
    }
    pump(endpoint);
  };
  *handle = node_.ask(line.peer, std::move(request.request), std::move(request.callbacks), since);
  line.active.emplace(*handle, std::move(done));
}

} // namespace tinyml::service
