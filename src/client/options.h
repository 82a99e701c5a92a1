#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "config/mistake.h"

namespace ferryman::client {

// What to make of a certificate's revocation. Gateways' certificates are asked after by their stapled OCSP
// response (RFC 6066 8); nothing is fetched.
enum class Revocation : std::uint8_t {
  off,
  stapled,   // a stapled response must be valid and say "good"; without one the certificate passes
  required,  // there must be one
};

struct Options {
  // Gateways of the realms that a pattern names: "AD.EXAMPLE.COM", ".example.com" (all below it), "*".
  struct Rule {
    std::string pattern;
    std::vector<std::string> urls;  // in the order in which they are to be tried
  };
  std::vector<Rule> gateways;

  // Where else gateways are looked for, in this order, when no rule names the realm.
  std::string krb5_conf;                 // https:// entries of this file; empty: not asked
  bool dns = true;                       // _kerberos.REALM URI, _kerberos._kkdcp.REALM SRV
  std::vector<std::string> dns_servers;  // "127.0.0.1:5353"; empty: the system's

  std::string ca_file;             // PEM; empty: the system's trust
  std::string client_certificate;  // PEM file, or a "pkcs11:" URI (RFC 7512)
  std::string client_key;          // the same; empty: in the certificate's file
  std::string minimum_tls = "1.2";
  Revocation revocation = Revocation::stapled;
  std::string proxy;  // URL; empty: HTTPS_PROXY and NO_PROXY of the environment; "none": no proxy

  std::chrono::milliseconds deadline{10'000};        // of one message, with all its gateways
  std::chrono::milliseconds connect_timeout{3'000};  // of one gateway: name, TCP, proxy, TLS
  std::chrono::milliseconds retry_after{30'000};     // a gateway that failed comes last for so long

  // What `ferryman enroll` takes where its command line does not say it; empty: its own default, if any.
  struct Enrolment {
    std::string url, tenant, key, tcti;
  };
  Enrolment enroll;

  // Sets one of them by its name in client.toml: "ca_file", "deadline" ("8s"), "revocation" ("required"), ...
  // The error is a sentence.
  tl::expected<void, std::string> set(std::string_view key, std::string_view value);

  // Adds a gateway to a pattern's rule. gateway: as parse_gateways() takes it.
  tl::expected<void, std::string> add_gateway(std::string_view pattern, std::string_view gateway);
};

// Reads a client.toml over what options hold: a key that stands in it replaces, a pattern's gateways too.
// Returns every mistake; options are unchanged when there is one.
std::vector<ConfigMistake> load_options(const std::string& file, Options& options);
std::vector<ConfigMistake> parse_options(std::string_view text, const std::string& file, Options& options);

// Takes libkrb5's krb5.conf ($KRB5_CONFIG, its first file) as krb5_conf; then reads
// /etc/ferryman/client.toml and $XDG_CONFIG_HOME/ferryman/client.toml (~/.config) as far as they are there.
// The environment counts for nothing where the process has more rights than its user (AT_SECURE).
std::vector<ConfigMistake> load_default_options(Options& options);

}  // namespace ferryman::client
