#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferryman::discovery {

// What libkrb5's profile (krb5.conf(5)) says of one realm.
struct Krb5Realm {
  std::vector<std::string> kdc, kpasswd_server, admin_server;
};

struct Krb5Conf {
  std::optional<Krb5Realm> realm;   // nothing when the file has no such realm
  bool dns_lookup_kdc = true;       // [libdefaults] dns_lookup_kdc
  std::vector<std::string> realms;  // the names of all that stand in [realms]
};

// Reads the text of one profile for one realm. The part of the format that [realms] and [libdefaults] need:
// sections, relations, one level of subsections, comments, values in quotes. Total.
// includes: receives the arguments of include and includedir lines ("includedir" ones end in "/").
Krb5Conf read_krb5_conf(std::string_view text, std::string_view realm, std::vector<std::string>& includes);

// Reads a file with what it includes, up to a few levels. Nothing when the file itself cannot be read.
std::optional<Krb5Conf> load_krb5_conf(const std::string& file, std::string_view realm);

}  // namespace ferryman::discovery
