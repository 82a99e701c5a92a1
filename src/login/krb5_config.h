#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "login/failure.h"

// What libkrb5 has to know of a realm that a sign-in has led to. krb5.conf(5)
namespace ferryman::login {

struct RealmConfig {
  std::string realm;
  std::string kdc_url;    // of its KDC proxy
  std::string ca_file{};  // whom to trust there; empty: as the system does
  std::vector<std::string>
      top_level_names{};  // ".example.com": hosts below; those with a port are for others
};

// Of letters, digits, ".", "-" and "_".
bool is_realm_name(std::string_view text);
// The DNS domain of an Active Directory's realm: "ad.example.com".
std::string dns_domain_of(std::string_view realm);
// Whether all of it can stand in a krb5.conf, whatever a server put into it.
bool is_fit(const RealmConfig& realm);

// Those of them that are fit; of several with one name the first, since libkrb5 knows a realm by its name.
std::vector<RealmConfig> usable(std::span<const RealmConfig> realms);

// The sections of the realms that are usable.
std::string realm_sections(std::span<const RealmConfig> realms);

// What a krb5.conf has already.
struct Krb5Profile {
  bool is_there = false;
  bool has_default_realm = false;

  // Fault failed where it is there and libkrb5 cannot read it.
  static Outcome<Krb5Profile> read(const std::string& file);
};
// The KDCs that the file, with all that it includes, has for a realm, in the order in which they are asked.
// files: as in KRB5_CONFIG, one or several.
std::vector<std::string> kdcs_of(const std::string& files, const std::string& realm);
// Whether the file, with all that it includes, leads to the realm's KDC proxy.
bool leads_to(const std::string& file, const RealmConfig& realm);

// A whole krb5.conf for one user, which includes the system's: that one's word counts first. The default
// realm is the first one's where the system's has none.
Outcome<std::string> user_config(std::span<const RealmConfig> realms, const std::string& system_file);

// A whole krb5.conf for programs that know no KDC proxies (Heimdal's, Samba's, Java's), which leads them to a
// forwarder at a port of 127.0.0.1. What the system's has, with all that it includes, stands behind, so that
// what it says of these realms' KDCs comes last; Java takes no more of a realm than where it is named first.
// Not by an include: Java knows none behind a section, and Heimdal 7 none at all.
Outcome<std::string> forward_config(std::span<const RealmConfig> realms, std::uint16_t port,
                                    const std::string& system_file);

// The system's krb5.conf with a line at its end, so that its own word counts first, that includes what is in
// a directory; as it was, where it has that line.
std::string with_include(std::string_view system_text, std::string_view directory);

}  // namespace ferryman::login
