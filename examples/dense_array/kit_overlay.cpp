// SPDX-License-Identifier: Apache-2.0
#include "examples/dense_array/kit_overlay.hpp"

#include "examples/dense_array/array_header.hpp"

#include <fstream>

namespace dense_array {

namespace fs = std::filesystem;

std::optional<std::string> overlay_kit(const fs::path &kit, const fs::path &overlay) {
  std::error_code error;
  fs::create_directories(overlay, error);
  fs::copy(kit, overlay, fs::copy_options::recursive, error);
  if (error) {
    return "the kit '" + kit.string() + "' cannot be read: " + error.message();
  }
  const fs::path include = overlay / "include";
  if (!fs::exists(include / kProductsHeader, error)) {
    return std::string("the kit has no ") + kProductsHeader +
           ": this backend was made for other kernels";
  }
  std::ofstream(include / kDriverHeader) << kDriver;
  std::ofstream products(include / kProductsHeader, std::ios::app);
  products << "\n#include \"" << kDriverHeader << "\"\n";
  products.close();
  return products ? std::nullopt : std::optional<std::string>("the kit cannot be extended");
}

std::optional<std::string> add_headers(const fs::path &overlay, const fs::path &sources) {
  std::error_code error;
  for (const char *name : {kProductsHeader, kDriverHeader}) {
    fs::create_directories((sources / name).parent_path(), error);
    fs::copy_file(overlay / "include" / name, sources / name, error);
    if (error) {
      return "the driver cannot be put beside the sources: " + error.message();
    }
  }
  return std::nullopt;
}

} // namespace dense_array
