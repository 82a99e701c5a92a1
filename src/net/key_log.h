#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <string>
#include <tl/expected.hpp>

namespace ferryman::net {

// Has the context's connections append their secrets to that file, in the form that Wireshark reads
// (SSLKEYLOGFILE): who has it reads what they say. The file is made with mode 0600; one that is there must be
// a regular one. A line that cannot be written is lost. The error is a sentence.
tl::expected<void, std::string> log_keys(SSL_CTX* ctx, const std::string& file);

// Gives the file to the user whom the process becomes, who is to open it again at a reload. False, with the
// cause in errno, where that cannot be done.
[[nodiscard]] bool give_key_log(const std::string& file, uid_t user, gid_t group);

}  // namespace ferryman::net
