// SPDX-License-Identifier: Apache-2.0
#include "service/builds/backend_request.hpp"

#include "host/files.hpp"
#include "service/builds/adapt_words.hpp"
#include "service/store/blob_folder.hpp"

#include <bit>

namespace tinyml::service {
namespace {

Json request_json(const IdentifiedBuild &build) {
  const auto limit = [](const std::optional<std::int64_t> &bytes) {
    return bytes ? Json(*bytes) : Json();
  };
  const auto adapt = adapt_of_precision(build.wish.precision);
  return {{"version", 1},
          {"model", build.wish.has_model() ? Json("model.onnx") : Json()},
          {"model_name", build.wish.model_name},
          {"build_id", device_build_id(build.id)},
          {"profile", build.profile},
          {"options",
           {{"precision", adapt ? "float32" : build.wish.precision},
            {"adapt", adapt ? Json(*adapt) : Json()},
            {"max_ram_bytes", limit(build.wish.max_ram_bytes)},
            {"max_rom_bytes", limit(build.wish.max_rom_bytes)},
            {"host_module", build.wish.has_model()}}},
          {"calibration", build.calibration ? Json("calibration.f32") : Json()},
          {"kit", std::filesystem::absolute(build.kit).string()},
          {"program", build.wish.program}};
}

} // namespace

Expected<void> write_backend_request(const std::filesystem::path &folder,
                                     const IdentifiedBuild &build, const BlobFolder &blobs) {
  static_assert(std::endian::native == std::endian::little, "samples are written as they lie");
  Expected<void> written;
  if (build.wish.has_model()) {
    const auto model = blobs.get(build.wish.model_sha256);
    if (!model) {
      return Failure{model.error()};
    }
    written = host::write_file(folder / "model.onnx", *model);
  }
  if (written && build.calibration) {
    const auto &values = build.calibration->values;
    written = host::write_file(
        folder / "calibration.f32",
        {reinterpret_cast<const std::uint8_t *>(values.data()), values.size() * sizeof(float)});
  }
  return written ? host::write_text(folder / "request.json", request_json(build).dump(2)) : written;
}

} // namespace tinyml::service
