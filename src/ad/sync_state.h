#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tl/expected.hpp>
#include <vector>

#include "ad/sync_keys_plan.h"

namespace ferryman::ad {

// What a synchronisation leaves for the next one.
struct SyncState {
  std::string server;                // the domain controller, by its DNS name,
  std::string invocation_id;         // and which of its databases it was
  std::int64_t usn = 0;              // its changes are taken over up to this one
  std::int64_t time = 0;             // when it began; seconds since 1970
  std::int64_t full = 0;             // when one that read everything began; 0: the next one has to
  std::string tenant;                // as it was named; empty: the default one
  std::vector<std::string> groups;   // whose members are taken over: SIDs, in order; none: everybody is
  std::vector<std::string> refused;  // SIDs of those whom the realm did not take
  WrittenKeys keys{};                // that were written into the domain, and are still to be there

  friend bool operator==(const SyncState&, const SyncState&) = default;
};

inline constexpr std::size_t max_refused = 1000;  // that are remembered

// One JSON object. Nothing: it is none of this version.
std::optional<SyncState> parse_state(std::string_view text);
std::string print(const SyncState& state);

// Nothing where there is no file; std::errc::bad_message where what is in it is no state.
tl::expected<std::optional<SyncState>, std::error_code> load_state(const std::string& file);
// In place of the former one, whole or not at all; for the own user's eyes.
std::error_code store_state(const std::string& file, const SyncState& state);

// Another name of the file, by which what is in it is kept where it is no state. The name.
tl::expected<std::string, std::error_code> set_aside(const std::string& file);

}  // namespace ferryman::ad
