// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/names.hpp"

#include "compiler/codegen/text.hpp"

#include <algorithm>
#include <iterator>

namespace tinyml::package {
namespace {

constexpr std::size_t kLongestId = 40;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string text) {
  for (char &c : text) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

/// Words that cannot be a header, a CMake target or a function prefix in somebody's project: the
/// names of C, C++ and POSIX headers, of headers that embedded projects have, keywords that a name
/// could become, and CMake's own targets.
constexpr std::string_view kReserved[] = {
    // C and POSIX headers
    "aio", "assert", "complex", "cpio", "ctype", "dirent", "dlfcn", "endian", "errno", "fcntl",
    "features", "fenv", "float", "fnmatch", "ftw", "getopt", "glob", "grp", "iconv", "inttypes",
    "iso646", "langinfo", "libgen", "limits", "link", "locale", "malloc", "math", "memory",
    "monetary", "netdb", "nl_types", "poll", "pthread", "pwd", "regex", "sched", "search",
    "semaphore", "setjmp", "signal", "spawn", "stdalign", "stdarg", "stdatomic", "stdbool",
    "stddef", "stdint", "stdio", "stdlib", "stdnoreturn", "string", "strings", "stropts", "syslog",
    "tar", "termios", "tgmath", "threads", "time", "uchar", "ulimit", "unistd", "utime", "utmpx",
    "values", "wchar", "wctype", "wordexp", "alloca", "newlib", "reent",
    // C++ headers (in folders that are searched for both)
    "algorithm", "any", "array", "atomic", "bit", "bitset", "charconv", "chrono", "cmath",
    "cstddef", "cstdint", "cstring", "exception", "functional", "iterator", "list", "map", "new",
    "numeric", "optional", "random", "ratio", "set", "span", "tuple", "typeinfo", "utility",
    "valarray", "variant", "vector", "version",
    // headers and symbols of embedded projects
    "arduino", "application", "board", "common", "config", "device", "driver", "gpio", "hal", "i2c",
    "kernel", "kernels", "main", "model", "sdkconfig", "spi", "system", "uart", "wire", "zephyr",
    // words of the languages
    "alignas", "alignof", "and", "asm", "auto", "bool", "break", "case", "catch", "char", "class",
    "const", "constexpr", "continue", "default", "delete", "do", "double", "else", "enum",
    "explicit", "export", "extern", "false", "for", "friend", "goto", "if", "inline", "int", "long",
    "mutable", "namespace", "not", "operator", "or", "private", "protected", "public", "register",
    "return", "short", "signed", "sizeof", "static", "std", "struct", "switch", "template", "this",
    "throw", "true", "try", "typedef", "typename", "union", "unsigned", "using", "virtual", "void",
    "volatile", "while", "xor",
    // CMake targets and package folders
    "all", "clean", "depend", "edit_cache", "example", "examples", "help", "include", "install",
    "package", "rebuild_cache", "src", "test", "weights", "api",
    // ours
    "tinyml", "tinyml_model", "tinyml_module"};

bool is_reserved(const std::string &id) {
  return std::find(std::begin(kReserved), std::end(kReserved), id) != std::end(kReserved);
}

bool is_identifier(const std::string &id) {
  const auto plain = [](char c) { return is_lower(c) || is_digit(c) || c == '_'; };
  return !id.empty() && id.size() <= kLongestId && is_lower(id[0]) &&
         std::all_of(id.begin(), id.end(), plain) && id.find("__") == std::string::npos &&
         id.back() != '_';
}

std::string id_of(std::string_view model_name) {
  std::string id = lower(codegen::identifier_part(model_name));
  if (id.empty() || !is_lower(id[0])) {
    id = id.empty() ? "unnamed_model" : "model_" + id;
  }
  if (is_reserved(id)) {
    id += "_model";
  }
  id.resize(std::min(id.size(), kLongestId));
  while (id.back() == '_') {
    id.pop_back();
  }
  return id;
}

std::string upper(std::string text) {
  for (char &c : text) {
    c = is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return text;
}

} // namespace

Expected<Names> names_of(std::string_view model_name, const std::string &wanted) {
  if (!wanted.empty() && (!is_identifier(wanted) || is_reserved(wanted))) {
    return fail(ErrorCode::kInvalidInput,
                "'" + display_text(wanted) +
                    "' cannot name a package: 1 to 40 lower-case letters, digits and single "
                    "underscores, a letter first, and no word of C, C++, CMake or a system header");
  }
  Names names;
  names.id = wanted.empty() ? id_of(model_name) : wanted;
  names.macro = upper(names.id);
  names.display = display_text(model_name);
  if (names.display.find_first_not_of(" _-./:") == std::string::npos) {
    names.display = names.id;
  }
  return names;
}

std::string display_text(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  std::string display;
  for (const char c : text.substr(0, kLongest)) {
    const bool plain = is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') ||
                       (c != '\0' && std::string_view(" _-.:/").find(c) != std::string_view::npos);
    // "//" and "/*" begin comments, "*/" cannot arise.
    const bool second_slash = c == '/' && !display.empty() && display.back() == '/';
    display += plain && !second_slash ? c : '_';
  }
  return display;
}

std::string filled(std::string_view text, const std::map<std::string, std::string> &words) {
  std::string result;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t at = text.find('@', from);
    const std::size_t end = at == std::string_view::npos ? at : text.find('@', at + 1);
    if (end == std::string_view::npos) {
      break;
    }
    const auto word = words.find(std::string(text.substr(at + 1, end - at - 1)));
    result += text.substr(from, at - from);
    if (word == words.end()) {
      result += '@';
      from = at + 1;
    } else {
      result += word->second;
      from = end + 1;
    }
  }
  return result + std::string(text.substr(std::min(from, text.size())));
}

} // namespace tinyml::package
