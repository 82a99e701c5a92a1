#include "settings/kpssvc.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

const std::string head =
    "Windows Registry Editor Version 5.00\r\n\r\n"
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\KPSSVC\\Settings]\r\n";

// As regedit writes it.
std::string utf16(const std::string& text) {
  std::string octets = "\xff\xfe";
  for (const char c : text) octets += std::string{c, '\0'};
  return octets;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Kpssvc, TakesItsThreeSettingsOver) {
  const std::string text =
      head +
      "\"HttpsClientAuth\"=dword:00000001\r\n\"DisallowUnprotectedPasswordAuth\"=dword:00000001\r\n"
      "\"HttpsUrlGroup\"=hex(7):2b,00,3a,00,34,00,34,00,33,00,00,00,\\\r\n  "
      "6b,00,3a,00,38,00,34,00,00,00,00,00\r\n";
  for (const std::string& form : {text, utf16(text)}) {
    const auto toml = convert_kpssvc(form);
    ASSERT_TRUE(toml) << toml.error();
    EXPECT_TRUE(has(*toml, "address = \"[::]:443\"")) << *toml;
    EXPECT_TRUE(has(*toml, "address = \"[::]:84\""));
    EXPECT_TRUE(has(*toml, "client_certificates = \"required\""));
    EXPECT_TRUE(has(*toml, "allow_unarmored_password = false"));
  }
}

TEST(Kpssvc, WithoutSettingsItsDefaultsHold) {
  const auto toml = convert_kpssvc(head);
  ASSERT_TRUE(toml);
  EXPECT_TRUE(has(*toml, "address = \"[::]:443\""));
  EXPECT_TRUE(has(*toml, "allow_unarmored_password = true"));
  EXPECT_FALSE(has(*toml, "client_certificates"));
}

TEST(Kpssvc, SaysWhatItCannotTakeOver) {
  EXPECT_TRUE(has(*convert_kpssvc(head + "\"Strange\"=dword:1\r\n"), "# \"Strange\" has no counterpart"));
  EXPECT_TRUE(has(*convert_kpssvc(head + "\"HttpsUrlGroup\"=\"nonsense\"\r\n"),
                  "\"nonsense\", which is not understood"));
  EXPECT_TRUE(has(convert_kpssvc("[global]\n").error(), "is no .reg file"));
  EXPECT_TRUE(has(convert_kpssvc("Windows Registry Editor Version 5.00\r\n").error(), "holds no key"));
  EXPECT_EQ(convert_kpssvc(head + "\"HttpsClientAuth\"=\"yes\"\r\n").error(),
            "HttpsClientAuth is no REG_DWORD");
}

}  // namespace
}  // namespace ferryman
