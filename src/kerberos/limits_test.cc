#include "kerberos/limits.h"

#include <gtest/gtest.h>

#include <string>

#include "kerberos/samples.h"

namespace ferryman::kerberos {
namespace {

using Octets = std::vector<std::uint8_t>;

// Of n elements, encoded; the fault that reading them gives, if any.
template <typename List>
std::optional<Fault> fault_of(std::size_t count, const typename List::Element& element) {
  Made<List> made;
  for (std::size_t i = 0; i < count; ++i) made.add(element);
  const Octets octets = encode(made.list());
  const auto list = parse<List>(octets);
  return list ? std::nullopt : std::optional(list.error().fault);
}

template <typename List>
void takes_at_most(std::size_t most, const typename List::Element& element) {
  EXPECT_EQ(fault_of<List>(0, element), std::nullopt);
  EXPECT_EQ(fault_of<List>(most, element), std::nullopt);
  EXPECT_EQ(fault_of<List>(most + 1, element), Fault::too_many);
}

TEST(Limits, OfLists) {
  const Samples s;
  takes_at_most<PadataList>(32, {padata::fx_cookie, {}});
  takes_at_most<HostAddresses>(limits::max_addresses, {address_type::ipv4, s.address_v4});
  takes_at_most<AuthorizationData>(limits::max_authorization_data, {1, s.contents, {}});
  takes_at_most<LastReq>(limits::max_last_req, {0, 0});
  takes_at_most<Tickets>(limits::max_additional_tickets, s.ticket);
  takes_at_most<EtypeInfo>(limits::max_etype_info, {18, std::nullopt});
  takes_at_most<EtypeInfo2>(limits::max_etype_info, {18, std::nullopt, std::nullopt});
  takes_at_most<TypedData>(limits::max_typed_data, {1, s.contents});
  takes_at_most<KeyList>(limits::max_keys, s.key);
}

std::optional<Fault> fault_of(const KdcReqBody& body) {
  const Octets octets = encode(body);
  const auto read = parse<KdcReqBody>(octets);
  return read ? std::nullopt : std::optional(read.error().fault);
}

TEST(Limits, OfEncryptionTypes) {
  const Samples s;
  Made<EtypeList> etypes;
  for (int i = 0; i < 32; ++i) etypes.add(i);
  KdcReqBody body = s.body();
  body.etypes = etypes.list();
  EXPECT_EQ(fault_of(body), std::nullopt);
  etypes.add(32);
  body.etypes = etypes.list();
  EXPECT_EQ(fault_of(body), Fault::too_many);
}

TEST(Limits, OfNamesAndRealms) {
  const Samples s;
  KdcReqBody body = s.body();
  const auto with_components = [&](std::size_t count, std::size_t size) {
    const std::string component(size, 'c');
    const std::vector<std::string_view> components(count, component);
    const Name name(name_type::principal, components);
    body.cname = name.view();
    return fault_of(body);
  };
  EXPECT_EQ(with_components(0, 0), std::nullopt);
  EXPECT_EQ(with_components(8, 255), std::nullopt);
  EXPECT_EQ(with_components(9, 1), Fault::too_many);
  EXPECT_EQ(with_components(1, 256), Fault::length_too_large);
  const std::string longest(255, 'R'), longer(256, 'R');
  body = s.body();
  body.realm = longest;
  EXPECT_EQ(fault_of(body), std::nullopt);
  body.realm = longer;
  EXPECT_EQ(fault_of(body), Fault::length_too_large);
  body.realm = "";
  EXPECT_EQ(fault_of(body), Fault::bad_string);
}

TEST(Limits, AProxyHasNone) {
  const Samples s;
  Made<PadataList> padata;
  for (int i = 0; i < 40; ++i) padata.add({padata::fx_cookie, {}});
  WholeKdcReq req = s.request(msg_type::as_req);
  req.padata = padata.list();
  const Octets octets = encode(req);
  EXPECT_TRUE(parse_kdc_req(octets, msg_type::as_req));
  EXPECT_EQ(parse<WholeKdcReq>(octets).error().fault, Fault::too_many);
}

}  // namespace
}  // namespace ferryman::kerberos
