// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/http/message.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tinyml::service {

inline constexpr std::size_t kSmallBodyBytes = 65'536;

/// One line of the routing table.
struct Route {
  std::string method;
  std::string pattern; ///< "/v1/devices/{endpoint}/trace"; a {name} takes one segment
  std::size_t max_body_bytes = kSmallBodyBytes;
  std::function<void(const HttpRequest &, Respond)> handle;
};

/// The routing table. A path that exists under another method answers 405, an unknown one 404.
class Router {
public:
  void add(Route route) { routes_.push_back(std::move(route)); }
  [[nodiscard]] const std::vector<Route> &routes() const { return routes_; }

  /// The route of a request, with `request.path` and the raw query string taken apart into it; an
  /// error answer when there is none.
  struct Match {
    const Route *route = nullptr;
    HttpRequest request;
    HttpResponse refusal; ///< when route is null
  };
  [[nodiscard]] Match match(std::string_view method, std::string_view target) const;

private:
  std::vector<Route> routes_;
};

} // namespace tinyml::service
