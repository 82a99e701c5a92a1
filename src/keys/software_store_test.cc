#include "keys/software_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keys/test_tools.h"

namespace ferryman::keys {
namespace {

TEST(SoftwareStore, SignsAndDecryptsWhatItsPublicKeysBelongTo) {
  SoftwareStore store;
  expect_keys_that_work(store, as_bytes("a long PIN"), as_bytes("another PIN"));
}

TEST(SoftwareStore, CannotTellAChangedFileFromAWrongPin) {
  SoftwareStore store;
  const Bytes pin = as_bytes("a long PIN");
  const auto key = store.create(KeyUse::sign_p256, pin);
  ASSERT_TRUE(key.has_value());
  std::string text(as_text(key->kept.bytes()));
  char& letter = text[text.size() - 60];
  letter = letter == 'A' ? 'B' : 'A';
  EXPECT_EQ(store.sign(as_bytes(text), pin, sha256(pin)).error().text,
            "wrong PIN, or the key's file is damaged");
  EXPECT_FALSE(store.pin_tries().value().has_value());
}

}  // namespace
}  // namespace ferryman::keys
