#pragma once

#include <array>

#include "decode/names.h"
#include "decode/schema.h"
#include "kerberos/names.h"

// The types that several tables of the schema use; only they include this.
namespace ferryman::decode::types {

// Defined where they belong; the modules refer to each other.
extern const Type ticket, ap_req, krb_error, pa_data, authorization_data, req_body;

inline constexpr Type int32{Kind::integer, "Int32"};
inline constexpr Type uint32{Kind::unsigned_integer, "UInt32"};
inline constexpr Type boolean{Kind::boolean, "BOOLEAN"};
inline constexpr Type octets{Kind::octets, "OCTET STRING"};
inline constexpr Type realm{Kind::string, "Realm"};
inline constexpr Type string{Kind::string, "KerberosString"};
inline constexpr Type time{Kind::time, "KerberosTime"};
inline constexpr Type principal{Kind::principal, "PrincipalName"};
inline constexpr Type pvno{Kind::integer, "INTEGER"};
inline constexpr Type msg_type{Kind::integer, "INTEGER", {}, nullptr, 0, {}, message_name};
inline constexpr Type etype{Kind::integer, "Int32", {}, nullptr, 0, {}, kerberos::etype_name};
inline constexpr Type etypes{Kind::sequence_of, "SEQUENCE OF Int32", {}, &etype};
inline constexpr Type raw_text{Kind::raw_text, "text"};
inline constexpr Type raw_utf16{Kind::raw_utf16, "text"};

// RFC 4120 5.4.1, MS-SFU 2.2.3, RFC 6806 11, RFC 8062.
inline constexpr std::array<std::string_view, 32> kdc_option_names{"reserved",
                                                                   "forwardable",
                                                                   "forwarded",
                                                                   "proxiable",
                                                                   "proxy",
                                                                   "allow-postdate",
                                                                   "postdated",
                                                                   "",
                                                                   "renewable",
                                                                   "",
                                                                   "",
                                                                   "opt-hardware-auth",
                                                                   "",
                                                                   "",
                                                                   "cname-in-addl-tkt",
                                                                   "canonicalize",
                                                                   "request-anonymous",
                                                                   "",
                                                                   "",
                                                                   "",
                                                                   "",
                                                                   "",
                                                                   "",
                                                                   "",
                                                                   "",
                                                                   "",
                                                                   "disable-transited-check",
                                                                   "renewable-ok",
                                                                   "enc-tkt-in-skey",
                                                                   "",
                                                                   "renew",
                                                                   "validate"};
inline constexpr std::array<std::string_view, 17> ticket_flag_names{"reserved",
                                                                    "forwardable",
                                                                    "forwarded",
                                                                    "proxiable",
                                                                    "proxy",
                                                                    "may-postdate",
                                                                    "postdated",
                                                                    "invalid",
                                                                    "renewable",
                                                                    "initial",
                                                                    "pre-authent",
                                                                    "hw-authent",
                                                                    "transited-policy-checked",
                                                                    "ok-as-delegate",
                                                                    "",
                                                                    "enc-pa-rep",
                                                                    "anonymous"};
inline constexpr std::array<std::string_view, 3> ap_option_names{"reserved", "use-session-key",
                                                                 "mutual-required"};
inline constexpr std::array<std::string_view, 17> fast_option_names{
    "reserved", "hide-client-names",   "", "", "", "", "", "", "", "", "", "", "", "", "",
    "",         "kdc-follow-referrals"};
inline constexpr std::array<std::string_view, 4> pac_option_names{
    "claims", "branch-aware", "forward-to-full-dc", "resource-based-constrained-delegation"};
inline constexpr Type kdc_options{Kind::flags, "KDCOptions", {}, nullptr, 0, kdc_option_names};
inline constexpr Type ticket_flags{Kind::flags, "TicketFlags", {}, nullptr, 0, ticket_flag_names};
inline constexpr Type ap_options{Kind::flags, "APOptions", {}, nullptr, 0, ap_option_names};
inline constexpr Type fast_options{Kind::flags, "FastOptions", {}, nullptr, 0, fast_option_names};
inline constexpr Type pac_option_flags{Kind::flags, "KerberosFlags", {}, nullptr, 0, pac_option_names};

// What several messages share: RFC 4120 5.2.
inline constexpr Type checksum_type{Kind::integer, "Int32", {}, nullptr, 0, {}, checksum_name};
inline constexpr Field checksum_fields[] = {{0, "cksumtype", &checksum_type}, {1, "checksum", &octets}};
inline constexpr Type checksum{Kind::sequence, "Checksum", checksum_fields};
inline constexpr Type address{Kind::address, "HostAddress"};
inline constexpr Type addresses{Kind::sequence_of, "HostAddresses", {}, &address};
inline constexpr Type padatas{Kind::sequence_of, "SEQUENCE OF PA-DATA", {}, &pa_data};
inline constexpr Type tickets{Kind::sequence_of, "SEQUENCE OF Ticket", {}, &ticket};
inline constexpr Type session_key{Kind::key, "EncryptionKey"};
inline constexpr Type subkey{Kind::key, "EncryptionKey", {},      nullptr, 0,
                             {},        nullptr,         nullptr, {},      KeyUse::subkey};
inline constexpr Type strengthen_key{Kind::key, "EncryptionKey", {},      nullptr, 0,
                                     {},        nullptr,         nullptr, {},      KeyUse::strengthen};

template <std::size_t N>
constexpr Type encrypted(const Type& content, const std::int32_t (&usages)[N]) {
  return {Kind::encrypted, "EncryptedData", {}, &content, 0, {}, nullptr, nullptr, usages};
}

}  // namespace ferryman::decode::types
