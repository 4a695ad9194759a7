// SPDX-License-Identifier: Apache-2.0
#include "service/http/router.hpp"

#include <algorithm>

namespace tinyml::service {
namespace {

std::string_view take_segment(std::string_view &path) {
  path.remove_prefix(1); // the '/'
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool matches(std::string_view pattern, std::string_view path,
             std::map<std::string, std::string> &values) {
  values.clear();
  while (pattern.starts_with('/') && path.starts_with('/')) {
    const std::string_view wanted = take_segment(pattern);
    const auto given = percent_decode(take_segment(path));
    if (!given) {
      return false;
    }
    if (wanted.starts_with('{') && !given->empty()) {
      values[std::string(wanted.substr(1, wanted.size() - 2))] = *given;
    } else if (wanted != *given) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

} // namespace

Router::Match Router::match(std::string_view method, std::string_view target) const {
  Match found;
  const std::string_view path = target.substr(0, target.find('?'));
  const auto query = parse_query(path.size() < target.size() ? target.substr(path.size() + 1)
                                                             : std::string_view());
  if (!query) {
    found.refusal =
        error_response(400, "invalid_input", "the query of the request is not encoded rightly");
    return found;
  }
  found.request.method = method;
  found.request.path = path;
  found.request.query = *query;
  bool other_method = false;
  for (const Route &route : routes_) {
    if (!matches(route.pattern, path, found.request.values)) {
      continue;
    }
    if (route.method == method) {
      found.route = &route;
      return found;
    }
    other_method = true;
  }
  found.refusal =
      other_method
          ? error_response(405, "method_not_allowed",
                           "this resource does not do " + std::string(method) +
                               "; GET /openapi.yaml tells what there is")
          : error_response(404, "not_found",
                           "there is no such resource; GET /openapi.yaml tells what there is");
  return found;
}

} // namespace tinyml::service
