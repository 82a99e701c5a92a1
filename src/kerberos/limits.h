#pragma once

#include <cstddef>

namespace ferryman::kerberos::limits {

// How much of each kind the whole views take, each far above what any peer sends; beyond it stands
// Fault::too_many or length_too_large. They bound what a KDC does for one message. The gateway's views
// (request.h, reply.h) have none of them: they walk once over what the KDC judges.
inline constexpr std::size_t max_padata = 32;
inline constexpr std::size_t max_etypes = 32;
inline constexpr std::size_t max_name_components = 8;
inline constexpr std::size_t max_name_component = 255;  // octets, as of a realm
inline constexpr std::size_t max_realm = 255;
inline constexpr std::size_t max_addresses = 32;
inline constexpr std::size_t max_additional_tickets = 4;
// Elements of one list: in a ticket those that a client asked for, and a few of KDCs.
inline constexpr std::size_t max_authorization_data = 64 + 8;
inline constexpr std::size_t max_authorization_data_depth = 8;    // lists inside lists
inline constexpr std::size_t max_authorization_data_total = 256;  // elements of a list and all inside it
inline constexpr std::size_t max_last_req = 16;
inline constexpr std::size_t max_etype_info = 32;
inline constexpr std::size_t max_typed_data = 32;
inline constexpr std::size_t max_kdfs = 16;  // of an AuthPack
inline constexpr std::size_t max_keys = 32;  // of a KERB-KEY-LIST-REP

}  // namespace ferryman::kerberos::limits
