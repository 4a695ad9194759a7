// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/sources.hpp"

#include "host/files.hpp"

#include <set>

namespace tinyml::package {
namespace {

namespace fs = std::filesystem;

bool begins_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool within_word(char c) { return begins_word(c) || (c >= '0' && c <= '9'); }

/// Brings one file after the other into the package, following its includes.
class Collector {
public:
  Collector(const codegen::GeneratedModule &module, const Names &names,
            const std::string &kernel_set, const fs::path &include_folder)
      : module_(module), names_(names), kernel_set_(kernel_set), include_folder_(include_folder) {}

  Expected<std::vector<File>> collect() {
    for (const codegen::SourceFile &file : module_.files) {
      add(file.name, file.text);
    }
    for (std::size_t next = 0; next < waiting_.size() && !error_; ++next) {
      const std::string path = waiting_[next];
      const auto text = host::read_text(include_folder_ / path);
      if (!text.ok()) {
        error_ = HostError{ErrorCode::kNotFound,
                           "the kernel header '" + path + "' is missing: " + text.error().message};
        break;
      }
      add(path, *text);
    }
    if (error_) {
      return Failure{*error_};
    }
    return std::move(files_);
  }

private:
  void add(const std::string &path, const std::string &text) {
    seen_.insert(path);
    std::string own;
    std::size_t from = 0;
    while (from < text.size()) {
      const std::size_t end = std::min(text.find('\n', from), text.size() - 1);
      own += own_line(path, text.substr(from, end - from + 1));
      from = end + 1;
    }
    files_.push_back({path, std::move(own)});
  }

  std::string own_line(const std::string &path, const std::string &line) {
    const std::string included = included_file(line);
    if (included.empty()) {
      return with_own_words(line);
    }
    if (included == "kernels/isa/isa.hpp") {
      return ""; // chooses a set by a macro, which is decided here
    }
    const bool generated = included.find('/') == std::string::npos;
    if (!generated && seen_.insert(included).second) {
      waiting_.push_back(included);
    }
    const fs::path folder = fs::path(path).parent_path();
    return "#include \"" +
           fs::path(included).lexically_relative(folder.empty() ? "." : folder).generic_string() +
           "\"\n";
  }

  /// Path below the include folder that an #include line names in quotes or through the macro of
  /// kernels/isa/isa.hpp; empty for any other line.
  std::string included_file(const std::string &line) const {
    constexpr std::string_view kQuoted = "#include \"";
    constexpr std::string_view kOfSet = "#include TINYML_ISA_HEADER(";
    if (line.starts_with(kQuoted)) {
      return line.substr(kQuoted.size(), line.find('"', kQuoted.size()) - kQuoted.size());
    }
    if (line.starts_with(kOfSet)) {
      return "kernels/isa/" + kernel_set_ + "/" +
             line.substr(kOfSet.size(), line.find(')') - kOfSet.size());
    }
    return "";
  }

  std::string with_own_words(const std::string &line) const {
    std::string result;
    std::size_t from = 0;
    while (from < line.size()) {
      if (!begins_word(line[from])) {
        result += line[from++];
        continue;
      }
      std::size_t end = from;
      while (end < line.size() && within_word(line[end])) {
        ++end;
      }
      result += own_word(line.substr(from, end - from));
      from = end;
    }
    return result;
  }

  std::string own_word(const std::string &word) const {
    constexpr std::string_view kSymbol = "tinyml_module_";
    if (word == "tinyml" || word == "tinyml_model") {
      return "tinyml_" + names_.id;
    }
    if (word.starts_with(kSymbol)) {
      return names_.id + "_" + word.substr(kSymbol.size());
    }
    return word == "TINYML_ISA" ? kernel_set_ : word;
  }

  const codegen::GeneratedModule &module_;
  const Names &names_;
  const std::string &kernel_set_;
  const fs::path &include_folder_;
  std::vector<File> files_;
  std::vector<std::string> waiting_;
  std::set<std::string> seen_;
  std::optional<HostError> error_;
};

/// Lets a project say where the arena lies: `uint8_t x_arena[N] X_ARENA_ATTRIBUTES;`.
Expected<void> name_arena_attributes(std::vector<File> &files, const Names &names) {
  const std::string definition = " " + names.id + "_arena[";
  for (File &file : files) {
    const std::size_t at = file.content.find("alignas(");
    const std::size_t name = file.content.find(definition, at);
    const std::size_t end = file.content.find("];", name);
    if (file.path != "model.cpp" || end == std::string::npos) {
      continue;
    }
    const std::string macro = names.macro + "_ARENA_ATTRIBUTES";
    file.content.insert(end + 1, " " + macro);
    const std::size_t line = file.content.rfind('\n', name) + 1;
    file.content.insert(line, "#ifndef " + macro +
                                  " // e.g. __attribute__((section(\".fast\")))\n" + "#define " +
                                  macro + "\n#endif\n");
    return {};
  }
  return fail(ErrorCode::kInternal, "the generated module has no arena");
}

} // namespace

Expected<std::vector<File>> own_sources(const codegen::GeneratedModule &module, const Names &names,
                                        const std::string &kernel_set,
                                        const fs::path &include_folder) {
  auto files = Collector(module, names, kernel_set, include_folder).collect();
  if (!files.ok()) {
    return files;
  }
  if (const auto named = name_arena_attributes(*files, names); !named.ok()) {
    return Failure{named.error()};
  }
  return files;
}

} // namespace tinyml::package
