// SPDX-License-Identifier: Apache-2.0
#include "service/builds/builder.hpp"

#include "image/packer.hpp"
#include "service/builds/backend_process.hpp"
#include "service/builds/backend_request.hpp"
#include "service/builds/backend_result.hpp"
#include "service/crashes/symbol_files.hpp"
#include "service/store/digest.hpp"

namespace tinyml::service {
namespace {

namespace fs = std::filesystem;

Expected<BackendResult> compile(const IdentifiedBuild &build, const BuildEnvironment &environment,
                                std::stop_token stop) {
  auto place = BackendWorkplace::create(environment.scratch);
  if (!place) {
    return Failure{place.error()};
  }
  const auto written = write_backend_request(place->request(), build, *environment.blobs);
  if (!written) {
    return Failure{written.error()};
  }
  const auto outcome = run_backend_program({.program = build.backend,
                                            .request = place->request(),
                                            .result = place->result(),
                                            .temporary = place->temporary(),
                                            .search_path = environment.search_path,
                                            .limits = environment.limits},
                                           std::move(stop));
  if (!outcome) {
    return Failure{outcome.error()};
  }
  return outcome->succeeded() ? read_backend_result(place->result(), build.wish.has_model())
                              : Failure{backend_failed(*outcome)};
}

std::uint32_t number_at(const Json &object, const char *key) {
  const Json value = object.value(key, Json(0U));
  return value.is_number_unsigned() ? value.get<std::uint32_t>() : 0U;
}

/// Where the build's program runs: on boards with one slot the recovery program has its own place.
std::uint32_t load_address(const IdentifiedBuild &build) {
  const Json recovery = build.kit_json.value("recovery", Json::object());
  return recovery.value("program", "") == build.wish.program
             ? number_at(recovery.value("rom", Json::object()), "origin")
             : number_at(build.profile, "image_address");
}

image::ImageInfo image_info(const IdentifiedBuild &build, const Json &report,
                            const image::Version &version) {
  const bool elf = build.kit_json.value("payload", "binary") == "elf";
  return {.board = build.profile.value("board", ""),
          .abi_version = number_at(build.profile, "abi_version"),
          .payload = elf ? image::Payload::kElf : image::Payload::kBinary,
          .version = version,
          .load_address = elf ? 0U : load_address(build),
          .build_id = from_hex(device_build_id(build.id)),
          .model = build.wish.model_name,
          .program = build.wish.program,
          .rom_bytes = number_at(report, "rom_bytes_planned"),
          .static_ram_bytes =
              number_at(report, "ram_bytes_planned") - number_at(report, "stack_bytes"),
          .arena_bytes = number_at(report, "arena_bytes"),
          .stack_bytes = number_at(report, "stack_bytes")};
}

Expected<void> check_slot(const IdentifiedBuild &build, std::size_t image_bytes) {
  for (const Json &slot : build.profile.value("slots", Json::array())) {
    const std::uint32_t size_bytes = number_at(slot, "size_bytes");
    if (image_bytes > size_bytes) {
      return fail(ErrorCode::kDoesNotFit, "the image has " + std::to_string(image_bytes) +
                                              " bytes, the device's update slots " +
                                              std::to_string(size_bytes) +
                                              ": order a smaller model");
    }
  }
  return {};
}

Expected<BuildOutcome> pack_and_store(const IdentifiedBuild &build, const BackendResult &result,
                                      const BuildEnvironment &environment, std::uint32_t number) {
  const image::Version version{.major = 0, .minor = 1, .patch = 0, .build = number};
  const auto packed =
      image::pack(result.payload, image_info(build, result.report, version), *environment.key);
  if (!packed) {
    return Failure{packed.error()};
  }
  if (const auto fits = check_slot(build, packed->size()); !fits) {
    return Failure{fits.error()};
  }
  auto image = environment.blobs->put(*packed);
  if (!image) {
    return Failure{image.error()};
  }
  BuildOutcome outcome{.report = result.report,
                       .image_sha256 = *image,
                       .image_bytes = static_cast<std::int64_t>(packed->size()),
                       .version = "0.1.0+" + std::to_string(number)};
  if (!result.module.empty()) {
    auto module = environment.blobs->put(result.module);
    if (!module) {
      return Failure{module.error()};
    }
    outcome.module_sha256 = *module;
  }
  if (!result.elf.empty()) {
    auto elf = keep_program(result.elf, *environment.blobs);
    if (!elf) {
      return Failure{elf.error()};
    }
    outcome.symbols = {.image = image_id(*packed),
                       .elf_sha256 = *elf,
                       .board = build.profile.value("board", ""),
                       .addr2line = addr2line_of(build.kit_json.value("compiler", "")),
                       .build = build.wish.has_model() ? std::optional(build.id) : std::nullopt};
  }
  return outcome;
}

} // namespace

Json error_json(const HostError &error) {
  return {
      {"code", code_word(error.code)}, {"message", error.message}, {"would_fit", Json::array()}};
}

BuildOutcome run_build(const IdentifiedBuild &build, const BuildEnvironment &environment,
                       std::uint32_t number, std::stop_token stop) {
  const auto begun = std::chrono::steady_clock::now();
  const auto result = compile(build, environment, std::move(stop));
  if (!result) {
    return {.error = error_json(result.error())};
  }
  if (!result->error.is_null()) {
    return {.error = result->error};
  }
  auto outcome = pack_and_store(build, *result, environment, number);
  if (!outcome) {
    return {.error = error_json(outcome.error())};
  }
  outcome->build_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::steady_clock::now() - begun)
                          .count();
  return *outcome;
}

} // namespace tinyml::service
