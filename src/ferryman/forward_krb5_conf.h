#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <vector>

// How libkrb5 is told of a forwarder, and whether it has heard.
namespace ferryman {

struct ForwardedRealms {
  std::vector<std::string> realms;
  std::string host;  // "127.0.0.1", "[::1]"
  std::uint16_t kdc_port = 0, kpasswd_port = 0;
};

// Writes the lines of krb5.conf to the file; "-" is standard output. Warns where the krb5.conf that libkrb5
// reads does not lead to the forwarder then: Debian's reads /etc/krb5.conf and nothing beside it. The error
// is a sentence.
tl::expected<void, std::string> write_krb5_conf(const std::string& file, const ForwardedRealms& forwarded);

// Has the system's krb5.conf include the lines. Root's; the exit code.
int lead_system(const ForwardedRealms& forwarded);

}  // namespace ferryman
