// SPDX-License-Identifier: Apache-2.0
#include "service/api/api.hpp"

#include <fstream>
#include <unistd.h>

namespace tinyml::service {
namespace {

/// One metric of the Prometheus text format, version 0.0.4.
void add(std::string &text, const char *name, const char *type, const char *help, double value) {
  char line[64];
  std::snprintf(line, sizeof(line), " %.17g\n", value);
  text += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n" +
          name + line;
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  long long pages = 0;
  long long resident = 0;
  statm >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

} // namespace

std::string metrics_text(ApiContext &context) {
  std::string text;
  const auto &coap = context.lwm2m.counters();
  const auto gauge = [&](const char *name, const char *help, double value) {
    add(text, name, "gauge", help, value);
  };
  const auto counter = [&](const char *name, const char *help, std::uint64_t value) {
    add(text, name, "counter", help, static_cast<double>(value));
  };
  const auto unfinished = context.store.unfinished_orders();
  gauge("tinyml_uptime_seconds", "Time since the service was started.",
        static_cast<double>(Loop::now_ms() - context.started_ms) / 1000);
  gauge("tinyml_devices_known", "Devices that ever registered.",
        static_cast<double>(context.book.all().size()));
  gauge("tinyml_devices_registered", "Devices that are registered now.",
        static_cast<double>(context.lwm2m.registered()));
  gauge("tinyml_orders_under_way", "Orders that are neither confirmed nor failed.",
        static_cast<double>(unfinished ? unfinished->size() : 0));
  gauge("tinyml_event_listeners", "Clients that listen to /v1/events.",
        static_cast<double>(context.events.listeners()));
  gauge("process_resident_memory_bytes", "Resident memory.", resident_bytes());
  counter("tinyml_coap_datagrams_received_total", "CoAP datagrams received.", coap.datagrams_in);
  counter("tinyml_coap_datagrams_sent_total", "CoAP datagrams sent.", coap.datagrams_out);
  counter("tinyml_coap_received_bytes_total", "Bytes of CoAP received.", coap.bytes_in);
  counter("tinyml_coap_sent_bytes_total", "Bytes of CoAP sent.", coap.bytes_out);
  counter("tinyml_registrations_total", "LwM2M registrations.", coap.registrations);
  counter("tinyml_registration_updates_total", "LwM2M registration updates.", coap.updates);
  return text;
}

} // namespace tinyml::service
