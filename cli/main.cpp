// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/verb_adapt.hpp"

#include <curl/curl.h>
#include <iostream>

int main(int argc, char **argv) {
  using namespace tinyml::cli;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Context context;
  CLI::App app("Order a machine-learning model for a microcontroller like a pizza: compiled for "
               "exactly this device,\n"
               "delivered over the air, proved to compute what the host computes.",
               "tinyml");
  app.footer("Exit codes: 0 done, 1 our own mistake, 2 wrong flags or input, 3 not found, 4 "
             "conflict, 5 service, device or\n"
             "tool not there, 6 does not fit, 7 unsupported, 8 disk full or port in use, 9 outputs "
             "differ.\n\n"
             "Examples:\n  tinyml up &\n  tinyml device run --board mps2-an385 --endpoint mcu-1 &\n"
             "  tinyml order mnist-lenet --device mcu-1\n  tinyml verify mcu-1 --data mnist");
  app.require_subcommand(0, 1); // none is said below, so that a wrong word is named
  app.fallthrough();
  app.add_option("--service", context.service_url, "The service's address")
      ->envname("TINYML_SERVICE")
      ->capture_default_str();
  app.add_flag("--json", context.json, "Print results and errors as JSON");
  app.add_option("--kits", context.kits, "Folder of board kits")->envname("TINYML_KITS");
  app.add_option("--zoo", context.zoo, "Folder of the model zoo")->envname("TINYML_ZOO");
  for (const AddVerb add :
       {add_up,      add_down,  add_device, add_devices,  add_ping,   add_crashes,      add_events,
        add_models,  add_order, add_orders, add_infer,    add_verify, add_adapt,        add_fleet,
        add_compile, add_plan,  add_exec,   add_quantize, add_train,  add_backend_test, add_demo}) {
    add(app, context);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (app.get_subcommands().empty()) {
    std::cerr << app.help();
    return kExitUsage;
  }
  return context.exit_code;
}
