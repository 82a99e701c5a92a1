#include "login/form.h"

#include <gtest/gtest.h>

namespace ferryman::login {
namespace {

TEST(Form, EncodesWhatDoesNotStandForItself) {
  const Secret form = form_of({{"grant_type", "password"}, {"password", "a+b &=%\xc3\xa4"}, {"empty", ""}});
  EXPECT_EQ(as_text(form.bytes()), "grant_type=password&password=a%2Bb%20%26%3D%25%C3%A4&empty=");
  EXPECT_TRUE(form_of({}).empty());
}

}  // namespace
}  // namespace ferryman::login
