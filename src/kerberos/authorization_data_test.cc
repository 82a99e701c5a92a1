#include "kerberos/authorization_data.h"

#include <gtest/gtest.h>

#include <vector>

#include "kerberos/codec.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::int32_t searched[] = {authorization_data::win2k_pac,
                                     authorization_data::authentication_indicator};

Octets one(std::int32_t type, const Octets& data) {
  Made<AuthorizationData> list;
  list.add({type, data, {}});
  return encode(list.list());
}

AuthorizationData list_of(const Octets& octets) {
  const auto list = parse<AuthorizationData>(octets);
  EXPECT_TRUE(list);
  return list.value_or(AuthorizationData());
}

// SEQUENCE { before..., [number] AuthorizationData }
Octets inside_field(unsigned number, const Octets& list) {
  Octets buffer(list.size() + 64);
  der::Writer writer(buffer);
  writer.bytes(list);
  writer.close(der::context(number), 0);
  if (number > 0) writer.integer_field(der::context(0), 1);
  writer.close(der::sequence, 0);
  const Bytes written = *writer.finish();
  return {written.begin(), written.end()};
}

TEST(AuthorizationData, AnElementKeepsItsOctets) {
  const Octets octets = one(authorization_data::restriction_entry, {1, 2, 3});
  AuthorizationData list = list_of(octets);
  AuthorizationElement element;
  ASSERT_TRUE(list.next(element));
  EXPECT_EQ(element.type, authorization_data::restriction_entry);
  EXPECT_EQ(element.data.size(), 3U);
  Made<AuthorizationData> copy;
  copy.add_encoded(element.octets);
  EXPECT_EQ(encode(copy.list()), octets);
}

TEST(AuthorizationData, FindsWhatIsInsideContainers) {
  using namespace authorization_data;
  const Octets pac = one(win2k_pac, {1}), other = one(restriction_entry, {1});
  EXPECT_TRUE(*contains_any(list_of(pac), searched));
  EXPECT_FALSE(*contains_any(list_of(other), searched));
  EXPECT_FALSE(*contains_any(AuthorizationData(), searched));
  for (const std::int32_t container : {if_relevant, mandatory_for_kdc}) {
    EXPECT_TRUE(*contains_any(list_of(one(container, pac)), searched));
    EXPECT_TRUE(*contains_any(list_of(one(container, one(if_relevant, pac))), searched));
    EXPECT_FALSE(*contains_any(list_of(one(container, other)), searched));
  }
  EXPECT_TRUE(*contains_any(list_of(one(and_or, inside_field(1, pac))), searched));
  EXPECT_TRUE(*contains_any(list_of(one(cammac, inside_field(0, pac))), searched));
  EXPECT_TRUE(*contains_any(list_of(one(kdc_issued, inside_field(3, pac))), searched));
}

TEST(AuthorizationData, AContainerThatCannotBeReadIsAFault) {
  using namespace authorization_data;
  for (const std::int32_t container : {if_relevant, kdc_issued, and_or, mandatory_for_kdc, cammac}) {
    for (const Octets& content :
         {Octets{}, Octets{1, 2, 3}, Octets{0x30, 0x03, 0x02, 0x01, 0x05}, Octets{0x30, 0x05, 0x30, 0x03}}) {
      EXPECT_FALSE(contains_any(list_of(one(container, content)), searched)) << container;
    }
  }
  EXPECT_EQ(contains_any(list_of(one(restriction_entry, {1, 2, 3})), searched), false);
}

TEST(AuthorizationData, NestingHasAnEnd) {
  using namespace authorization_data;
  Octets octets = one(restriction_entry, {1});
  for (std::size_t depth = 1; depth < limits::max_authorization_data_depth; ++depth)
    octets = one(if_relevant, octets);
  EXPECT_EQ(contains_any(list_of(octets), searched), false);
  octets = one(if_relevant, octets);
  EXPECT_EQ(contains_any(list_of(octets), searched).error().fault, Fault::too_deep);
}

TEST(AuthorizationData, ElementsAreCountedAtEveryDepth) {
  using namespace authorization_data;
  Made<AuthorizationData> inner;
  for (std::size_t i = 0; i < limits::max_authorization_data; ++i) inner.add({restriction_entry, {}, {}});
  const Octets inner_octets = encode(inner.list());
  Made<AuthorizationData> outer;
  for (std::size_t i = 0; i < 3; ++i) outer.add({if_relevant, inner_octets, {}});
  EXPECT_EQ(contains_any(outer.list(), searched), false);
  outer.add({if_relevant, inner_octets, {}});
  EXPECT_EQ(contains_any(outer.list(), searched).error().fault, Fault::too_many);
}

}  // namespace
}  // namespace ferryman::kerberos
