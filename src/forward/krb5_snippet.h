#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace ferryman::forward {

// The lines of krb5.conf(5) that point realms at a forwarder: host as in krb5.conf ("127.0.0.1", "[::1]"). A
// port of 0 is not served and left out.
std::string krb5_snippet(const std::vector<std::string>& realms, const std::string& host,
                         std::uint16_t kdc_port, std::uint16_t kpasswd_port);

// Writes a snippet to the file whole or not at all, for all to read; "-" is standard output. A file that is
// there and is no snippet stays as it is. The error is a sentence.
tl::expected<void, std::string> write_snippet(const std::string& file, const std::string& text);

}  // namespace ferryman::forward
