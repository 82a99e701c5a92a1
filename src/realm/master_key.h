#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "base/new_file.h"
#include "directory/seal.h"

namespace ferryman::realm {

// [realm] master_key: where the key is that seals those of the directory. A source is "file:" and an absolute
// path; the file has the key's 32 octets as 64 hexadecimal digits and a line feed. Errors are sentences for
// an administrator.

inline constexpr std::string_view default_master_key = "file:/etc/ferryman/master.key";

// The path of such a source.
tl::expected<std::string, std::string> master_key_file(const std::string& source);

// Where the key is that comes in place of the source's, until it is there: its file with ".new".
std::string next_master_key(const std::string& source);

// Nothing but a regular file that belongs to root or to the process' user, and that no one else may open.
tl::expected<directory::MasterKey, std::string> read_master_key(const std::string& source);

// Calls take with each key that may be the database's at the moment, until it returns true: the source's, the
// next one, and the source's again, since a change that ends between two reads puts the next one there. Those
// that cannot be read are passed over.
enum class MasterKeyPlace : bool { present, next };
void each_master_key(const std::string& source,
                     const std::function<bool(directory::MasterKey key, MasterKeyPlace place)>& take);

// Makes a random one, of mode 0600, never in place of something that is there. owner: whose it is; none: the
// process' user's.
tl::expected<void, std::string> create_master_key(const std::string& source,
                                                  std::optional<FileOwner> owner = {});

}  // namespace ferryman::realm
