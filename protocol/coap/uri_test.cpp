// SPDX-License-Identifier: Apache-2.0
#include "protocol/coap/uri.hpp"

#include "protocol/coap/message.hpp"

#include <gmock/gmock.h>

namespace tinyml::coap {
namespace {

TEST(Uri, splits_and_decodes) {
  const auto uri = Uri::parse("coap://10.77.0.1:7001/fw/a%20b%2Fc//?x=1&y=%26");
  ASSERT_TRUE(uri.ok());
  EXPECT_EQ(uri->host.address, (std::array<std::uint8_t, 4>{10, 77, 0, 1}));
  EXPECT_EQ(uri->host.port, 7001);
  std::uint8_t buffer[64];
  MessageBuilder request(buffer, Type::kConfirmable, Code::kGet, 1, Token());
  uri->add_to(request);
  const auto message = MessageView::parse(request.bytes());
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->path_segment(0), "fw");
  EXPECT_EQ(message->path_segment(1), "a b/c");
  EXPECT_EQ(message->query("x"), "1");
  EXPECT_EQ(message->query("y"), "&");
}

TEST(Uri, has_a_default_port_and_may_have_no_path) {
  for (const char *text : {"coap://1.2.3.4", "coap://1.2.3.4/", "coap://1.2.3.4:"}) {
    const auto uri = Uri::parse(text);
    ASSERT_TRUE(uri.ok()) << text;
    EXPECT_EQ(uri->host.port, 5683);
    EXPECT_TRUE(uri->path.empty() && uri->query.empty());
  }
}

TEST(Uri, names_what_is_wrong) {
  const std::string long_segment(256, 'a');
  const struct {
    std::string text;
    UriError error;
  } cases[] = {
      {"", UriError::kScheme},
      {"coaps://1.2.3.4", UriError::kScheme},
      {"coap://host/", UriError::kAddress},
      {"coap://1.2.3", UriError::kAddress},
      {"coap://1.2.3.256/", UriError::kAddress},
      {"coap://1.2.3.4.5/", UriError::kAddress},
      {"coap://1.2.3.4:0/", UriError::kPort},
      {"coap://1.2.3.4:65536/", UriError::kPort},
      {"coap://1.2.3.4:99999999999/", UriError::kPort},
      {"coap://1.2.3.4/a%2", UriError::kPath},
      {"coap://1.2.3.4/a%zz", UriError::kPath},
      {"coap://1.2.3.4/a#b", UriError::kPath},
      {"coap://1.2.3.4/" + long_segment, UriError::kPath},
      {"coap://1.2.3.4/?" + long_segment, UriError::kPath},
  };
  for (const auto &bad : cases) {
    const auto uri = Uri::parse(bad.text);
    ASSERT_FALSE(uri.ok()) << bad.text;
    EXPECT_EQ(uri.error(), bad.error) << bad.text;
  }
}

TEST(PeerId, packs_and_unpacks_an_ipv4_endpoint) {
  const Ipv4Endpoint endpoint{{192, 0, 2, 255}, 65535};
  EXPECT_EQ(ipv4_of(peer_of(endpoint)).address, endpoint.address);
  EXPECT_EQ(ipv4_of(peer_of(endpoint)).port, endpoint.port);
}

} // namespace
} // namespace tinyml::coap
