// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/c_api.hpp"
#include "compiler/package/layouts.hpp"
#include "compiler/package/test_vector.hpp"

namespace tinyml::package {
namespace {

constexpr std::string_view kProperties = R"(name=@id@
version=1.0.0
author=TinyMLaaS
maintainer=TinyMLaaS
sentence=The machine-learning model @display@ as a library: no interpreter, no allocation.
paragraph=Weights and operators as C++17 with a C interface. An arena of @arena@ bytes of RAM, @weights@ bytes of weights.
category=Data Processing
url=https://www.arduino.cc/reference/en/libraries/
architectures=*
includes=@id@.h
)";

constexpr std::string_view kKeywords = "@id@_run\tKEYWORD2\n@id@_input\tKEYWORD2\n"
                                       "@id@_output\tKEYWORD2\n@ID@_ARENA_BYTES\tLITERAL1\n";

constexpr std::string_view kSketchHead = R"(// SPDX-License-Identifier: Apache-2.0
// Runs the test vector of "@display@" every five seconds and says whether the outputs are right.
#include <@id@.h>

#include "test_vector.h"

void setup() {
  Serial.begin(115200);
}

void loop() {
  @id@_test_load();
  const unsigned long before = micros();
  @id@_run();
  const unsigned long after = micros();

)";

constexpr std::string_view kSketchPrint = R"(  Serial.print("@name@:");
  for (unsigned i = 0; i < @ID@_OUTPUT_@i@_COUNT && i < 16; ++i) {
    Serial.print(' ');
    Serial.print((@cast@)@id@_output_@i@()[i]);
  }
  Serial.println();
)";

constexpr std::string_view kSketchTail = R"(
  const unsigned wrong = @id@_test_wrong();
  Serial.print(wrong == 0 ? "ok, " : "FAILED, ");
  Serial.print(wrong);
  Serial.print(" wrong output elements, microseconds: ");
  Serial.println(after - before);
  delay(5000);
}
)";

std::string sketch(const Contents &contents) {
  auto words = contents.words();
  std::string text = filled(kSketchHead, words);
  for (std::size_t i = 0; i < contents.outputs.size(); ++i) {
    words["i"] = std::to_string(i);
    words["name"] = contents.outputs[i].display;
    words["cast"] = contents.outputs[i].element == ir::ElementType::kFloat32 ? "double" : "long";
    text += filled(kSketchPrint, words);
  }
  return text + filled(kSketchTail, words);
}

} // namespace

/// The IDE compiles all below src/ and puts src/ alone on the include path, together with those of
/// all other libraries: everything but the interface lies in a folder of the package's own name.
Files arduino_layout(const Contents &contents) {
  const std::string &id = contents.names.id;
  const auto words = contents.words();
  Files files = {{"src/" + id + ".h", c_header(contents)},
                 {"library.properties", filled(kProperties, words)},
                 {"keywords.txt", filled(kKeywords, words)}};
  for (const File &source : contents.sources) {
    files.push_back({"src/" + id + "/" + source.path, source.content});
  }
  const std::string example = "examples/" + id + "_test/";
  files.push_back({example + id + "_test.ino", sketch(contents)});
  files.push_back({example + "test_vector.h", test_vector_header(contents)});
  for (File &file : test_vector_files(contents)) {
    files.push_back({"extras/" + file.path, std::move(file.content)});
  }
  return files;
}

} // namespace tinyml::package
