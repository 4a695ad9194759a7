// SPDX-License-Identifier: Apache-2.0
#include "cli/verification.hpp"

#include "cli/adaptation.hpp"
#include "cli/running_module.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace tinyml::cli {
namespace {

constexpr std::size_t kBatch = 100;

Expected<std::vector<std::uint8_t>> encode_batch(const datasets::ImageSet &images,
                                                 std::size_t begin, std::size_t end,
                                                 const TensorDescription &input) {
  std::vector<std::uint8_t> batch;
  for (std::size_t i = begin; i < end; ++i) {
    const auto tensor = encode_picture(images.image(i), input);
    if (!tensor.ok()) {
      return Failure{tensor.error()};
    }
    batch.insert(batch.end(), tensor->begin(), tensor->end());
  }
  return batch;
}

/// Counts one image's outputs.
void judge(Verification &result, ByteView device, ByteView host, const TensorDescription &output,
           std::uint8_t label) {
  const std::size_t answer = index_of_largest(decode_tensor(device, output));
  ++result.total;
  result.equal += std::equal(device.begin(), device.end(), host.begin(), host.end()) ? 1U : 0U;
  result.correct += answer == label ? 1U : 0U;
  if (label < Verification::kClasses && answer < Verification::kClasses) {
    ++result.confusion[label][answer];
  }
}

} // namespace

Expected<Verification> verify_device(HttpClient &client, const std::string &endpoint,
                                     const datasets::ImageSet &images,
                                     const std::function<void(std::size_t)> &on_progress) {
  const auto module = running_module(client, endpoint);
  if (!module.ok()) {
    return Failure{module.error()};
  }
  Verification result{.model = module->model, .build = module->build};
  result.adapted = is_adapted(client, endpoint);
  const auto started = std::chrono::steady_clock::now();
  for (std::size_t begin = 0; begin < images.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, images.size());
    const auto batch = encode_batch(images, begin, end, module->input);
    if (!batch.ok()) {
      return Failure{batch.error()};
    }
    const auto device =
        client.post_bytes("/v1/devices/" + path_segment(endpoint) + "/infer", *batch);
    const auto host = client.post_bytes("/v1/builds/" + module->build + "/run", *batch);
    if (!device.ok() || !host.ok()) {
      return Failure{device.ok() ? host.error() : device.error()};
    }
    const std::size_t size = module->output.size_bytes;
    if (device->size() != (end - begin) * size || host->size() != device->size()) {
      return fail(ErrorCode::kInternal, "device and host answered with outputs of different sizes");
    }
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t at = (i - begin) * size;
      judge(result, ByteView(*device).subspan(at, size), ByteView(*host).subspan(at, size),
            module->output, images.labels[i]);
    }
    on_progress(end);
  }
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return result;
}

nlohmann::json Verification::to_json() const {
  return {{"model", model},     {"build", build},         {"total", total},
          {"equal", equal},     {"correct", correct},     {"accuracy", accuracy()},
          {"seconds", seconds}, {"confusion", confusion}, {"adapted", adapted}};
}

std::string Verification::confusion_text() const {
  std::string text = "truth \\ answer";
  for (std::size_t answer = 0; answer < kClasses; ++answer) {
    text += fmt::format("{:>6}", answer);
  }
  text += '\n';
  for (std::size_t truth = 0; truth < kClasses; ++truth) {
    text += fmt::format("{:>14}", truth);
    for (const std::size_t count : confusion[truth]) {
      text += count == 0 ? fmt::format("{:>6}", ".") : fmt::format("{:>6}", count);
    }
    text += '\n';
  }
  return text;
}

} // namespace tinyml::cli
