#pragma once

#include <cstddef>
#include <cstdint>

namespace ferryman::local {

// What may cross between ferrymand and ferryman-realm: constants of the protocol's version, which both sides
// hold the other to. docs/local-protocol.md has the wire format.
inline constexpr std::uint16_t protocol_version = 2;

inline constexpr std::size_t max_frame = 320 * 1024;   // octets behind the length
inline constexpr std::size_t max_in_flight = 256;      // requests without an answer on one socket
inline constexpr std::size_t max_output = 512 * 1024;  // unwritten octets beyond which no request is taken

inline constexpr std::size_t max_request_id = 64;
inline constexpr std::size_t max_client = 80;  // address and port as text
inline constexpr std::size_t max_reason = 64;
inline constexpr std::size_t max_tenant = 255;
inline constexpr std::size_t max_realm = 255;
inline constexpr std::size_t max_message = 128 * 1024;  // a Kerberos message

inline constexpr std::size_t max_method = 32;
inline constexpr std::size_t max_path = 8 * 1024;
inline constexpr std::size_t max_query = 32 * 1024;
inline constexpr std::size_t max_fields = 128;
inline constexpr std::size_t max_field_octets = 64 * 1024;  // names and values of all fields
inline constexpr std::size_t max_certificate = 16 * 1024;
inline constexpr std::size_t max_body = 128 * 1024;

inline constexpr std::size_t max_results = 512;  // of a status: kinds of requests times how they end

}  // namespace ferryman::local
