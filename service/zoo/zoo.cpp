// SPDX-License-Identifier: Apache-2.0
#include "service/zoo/zoo.hpp"

#include "host/files.hpp"

#include <algorithm>

namespace tinyml::service {
namespace {

std::string text_at(const Json &entry, const char *key) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Failure<HostError> broken(const std::filesystem::path &file, const std::string &why) {
  return fail(ErrorCode::kInvalidInput, "the zoo's list " + file.string() + " is broken: " + why);
}

} // namespace

bool is_model_name(std::string_view name) {
  constexpr std::size_t kMaxNameBytes = 64;
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kMaxNameBytes && plain(name.front()) &&
         std::ranges::all_of(name,
                             [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

Expected<void> Zoo::load(const std::filesystem::path &folder, TimeMs now) {
  return load_list(folder, true, now);
}

Expected<void> Zoo::refresh(const std::filesystem::path &folder, TimeMs now) {
  std::error_code error;
  if (!std::filesystem::exists(folder / "zoo.json", error)) {
    return {};
  }
  const auto text = host::read_text(folder / "zoo.json");
  if (!text) {
    return Failure{text.error()};
  }
  if (*text == seen_) {
    return {};
  }
  seen_ = *text; // also when it is broken: told once
  return load_list(folder, false, now);
}

Expected<void> Zoo::load_list(const std::filesystem::path &folder, bool own, TimeMs now) {
  const auto file = folder / "zoo.json";
  const auto text = host::read_text(file);
  if (!text) {
    return Failure{text.error()};
  }
  const Json list = Json::parse(*text, nullptr, false);
  if (!list.is_object() || !list.contains("models") || !list["models"].is_array()) {
    return broken(file, "it has no list \"models\"");
  }
  for (const Json &entry : list["models"]) {
    if (auto loaded = load_entry(folder, entry, own, now); !loaded) {
      return loaded;
    }
  }
  return {};
}

/// Trained models replace earlier ones of their name alone.
Expected<bool> Zoo::may_replace(const std::string &name) {
  const auto before = store_.model(name);
  if (!before) {
    return Failure{before.error()};
  }
  return !*before || ((*before)->origin == "upload" && (*before)->metadata.is_object() &&
                      (*before)->metadata.contains("training"));
}

/// The data set to calibrate with, or the hash of the entry's own samples.
Expected<std::optional<std::string>> Zoo::data_of(const std::filesystem::path &folder,
                                                  const Json &entry) {
  const std::string file = text_at(entry, "calibration");
  if (file.empty()) {
    const std::string dataset = text_at(entry, "dataset");
    return dataset.empty() ? std::nullopt : std::optional(dataset);
  }
  const auto samples = host::read_file(folder / file, kMaxModelBytes);
  if (!samples) {
    return Failure{samples.error()};
  }
  const auto hash = store_.blobs().put(*samples);
  return hash ? Expected<std::optional<std::string>>(std::string(kSamplesPrefix) + *hash)
              : Failure{hash.error()};
}

Expected<void> Zoo::load_entry(const std::filesystem::path &folder, const Json &entry, bool own,
                               TimeMs now) {
  const std::string name = entry.is_object() ? text_at(entry, "name") : "";
  if (!is_model_name(name)) {
    return broken(folder / "zoo.json", "an entry has no legal name");
  }
  const auto replace = own ? Expected<bool>(true) : may_replace(name);
  if (!replace || !*replace) {
    return replace ? Expected<void>() : Failure{replace.error()};
  }
  const std::string file = text_at(entry, "file").empty() ? name + ".onnx" : text_at(entry, "file");
  const auto bytes = host::read_file(folder / file, kMaxModelBytes);
  if (!bytes) {
    return Failure{bytes.error()};
  }
  auto data = data_of(folder, entry);
  if (!data) {
    return Failure{data.error()};
  }
  auto kept = keep({.name = name,
                    .title = text_at(entry, "title"),
                    .origin = own ? "zoo" : "upload",
                    .dataset = *std::move(data),
                    .created_ms = now,
                    .metadata = entry},
                   *bytes);
  return kept ? Expected<void>() : Failure{kept.error()};
}

Expected<ModelRecord> Zoo::upload(const Upload &upload, TimeMs now) {
  if (!is_model_name(upload.name)) {
    return fail(ErrorCode::kInvalidInput,
                "a model's name is lower-case letters, digits, '.', '_' and "
                "'-', at most 64, beginning with a letter or digit");
  }
  if (upload.bytes.empty()) {
    return fail(ErrorCode::kInvalidInput,
                "the body is empty: send the bytes of an ONNX or TensorFlow Lite file");
  }
  const auto before = store_.model(upload.name);
  if (!before) {
    return Failure{before.error()};
  }
  if (*before && (*before)->origin == "zoo") {
    return fail(ErrorCode::kConflict,
                "'" + upload.name + "' is a model of the zoo's own: upload under another name");
  }
  return keep({.name = upload.name,
               .title = upload.title,
               .origin = "upload",
               .dataset = upload.dataset,
               .created_ms = now},
              upload.bytes);
}

Expected<ModelRecord> Zoo::keep(ModelRecord model, ByteView bytes) {
  auto blob = store_.blobs().put(bytes);
  if (!blob) {
    return Failure{blob.error()};
  }
  model.sha256 = *blob;
  model.size_bytes = static_cast<std::int64_t>(bytes.size());
  if (auto stored = store_.put_model(model); !stored) {
    return Failure{stored.error()};
  }
  return model;
}

} // namespace tinyml::service
