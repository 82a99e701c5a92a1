#include "directory/seal.h"

#include <gtest/gtest.h>

#include "directory/test_tools.h"

namespace ferryman::directory {
namespace {

const ObjectId object{random_guid()};
const SealedPlace place{Sealed::key, object, 3, 18};
const Octets plain{1, 2, 3, 4, 5};

TEST(Seal, OpensWhereItBelongs) {
  const MasterKey key = master_key();
  const Octets sealed = key.seal(place, plain);
  const auto opened = key.open(place, sealed);
  ASSERT_TRUE(done(opened));
  EXPECT_EQ(Octets(opened->bytes().begin(), opened->bytes().end()), plain);
  EXPECT_NE(key.seal(place, plain), sealed) << "a nonce is never used twice";
}

TEST(Seal, OpensNowhereElse) {
  const MasterKey key = master_key();
  const Octets sealed = key.seal(place, plain);
  for (const SealedPlace& other :
       {SealedPlace{Sealed::former, object, 3, 18}, SealedPlace{Sealed::key, ObjectId{random_guid()}, 3, 18},
        SealedPlace{Sealed::key, object, 4, 18}, SealedPlace{Sealed::key, object, 3, 17}})
    EXPECT_TRUE(refused(key.open(other, sealed), Reason::damaged));
}

TEST(Seal, TellsAnotherMasterKeyFromDamage) {
  const Octets sealed = master_key(1).seal(place, plain);
  const auto wrong = master_key(2).open(place, sealed);
  ASSERT_TRUE(refused(wrong, Reason::wrong_master_key));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Octets changed = sealed;
    changed[i] ^= 1;
    EXPECT_FALSE(master_key(1).open(place, changed)) << i;
    EXPECT_TRUE(refused(master_key(1).open(place, Bytes(sealed).first(i)), Reason::damaged)) << i;
  }
}

TEST(Seal, HasAMasterKeyOf32Octets) {
  EXPECT_TRUE(refused(MasterKey::make(Octets(31)), Reason::invalid));
  EXPECT_NE(master_key(1).id(), master_key(2).id());
}

TEST(Guid, IsTextAndBack) {
  const Guid guid = random_guid();
  const std::string text = guid.text();
  EXPECT_EQ(text.size(), 36U);
  EXPECT_EQ(text[14], '4');
  EXPECT_EQ(guid_of_text(text), guid);
  EXPECT_NE(random_guid(), guid);
  EXPECT_EQ(guid_of_text("6F9619FF-8b86-4011-b42d-00c04fc964ff")->text(),
            "6f9619ff-8b86-4011-b42d-00c04fc964ff");
  for (const char* bad : {"", "6f9619ff-8b86-4011-b42d-00c04fc964f", "6f9619ff08b86-4011-b42d-00c04fc964ff",
                          "6f9619ff-8b86-4011-b42d-00c04fc964fg"})
    EXPECT_FALSE(guid_of_text(bad)) << bad;
}

}  // namespace
}  // namespace ferryman::directory
