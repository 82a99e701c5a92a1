#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"

// Files of credential caches in one message: each behind its size, four octets of it, the highest first.
namespace ferryman::logon {

Secret join_files(std::span<const Secret> files);
// Views of what join_files() has made of one file or more; nothing for anything else.
std::optional<std::vector<Bytes>> split_files(Bytes joined);

}  // namespace ferryman::logon
