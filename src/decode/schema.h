#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ferryman::decode {

// How a type's bytes are read and shown.
enum class Kind : std::uint8_t {
  integer,           // INTEGER as Int32
  unsigned_integer,  // INTEGER as UInt32
  boolean,
  string,  // GeneralString and its relatives
  time,    // KerberosTime
  flags,   // KerberosFlags
  octets,  // OCTET STRING; with content: that is inside
  secret,  // OCTET STRING that is only shown when secrets are
  sequence,
  sequence_of,
  choice,       // one of the context-tagged fields
  application,  // [APPLICATION tag] content
  principal,    // PrincipalName, shown as one text
  address,      // HostAddress, shown as one text
  encrypted,    // EncryptedData; with the key, content is inside
  challenge,    // EncryptedData of PA-ENCRYPTED-CHALLENGE; with both keys, content is inside
  key,          // EncryptionKey
  // Bytes that are no ASN.1, inside an OCTET STRING.
  raw,
  raw_text,
  raw_utf16,
  raw_number,        // 32 bits in little endian
  raw_status,        // KERB_EXT_ERROR [MS-KILE 2.2.2]
  raw_pac,           // [MS-PAC]
  raw_e_data,        // METHOD-DATA, TYPED-DATA, KERB-ERROR-DATA or a kpasswd result
  raw_private,       // what a KRB-PRIV carries, which depends on the protocol
  raw_kerb_message,  // what a KDC-PROXY-MESSAGE carries
};

// What a key that was found inside a message is good for.
enum class KeyUse : std::uint8_t { session, subkey, strengthen };

struct Type;

struct Field {
  unsigned number;  // of the context tag
  std::string_view name;
  const Type* type;
  bool optional = false;
};

// A type of the ASN.1 modules of RFC 4120 and its extensions.
struct Type {
  Kind kind;
  std::string_view name;
  std::span<const Field> fields = {};
  const Type* content = nullptr;
  unsigned tag = 0;                                     // application
  std::span<const std::string_view> flags = {};         // name of each bit, bit 0 first
  std::string_view (*meaning)(std::int32_t) = nullptr;  // of an integer
  // Of a sequence of a number and a value: the type in the value.
  const Type* (*value_type)(std::int32_t number, bool reply) = nullptr;
  std::span<const std::int32_t> usages = {};    // encrypted: key usage numbers that are tried
  KeyUse use = KeyUse::session;                 // key
  std::string (*set)(std::uint32_t) = nullptr;  // meaning of an unsigned integer or raw_number
};

// The message with that application tag, EncTicketPart and the like among them; null for none.
const Type* message_type(unsigned application_tag);

extern const Type proxy_message;  // KDC-PROXY-MESSAGE [MS-KKDCP 2.2.2]
extern const Type change_passwd_data;
extern const Type method_data, typed_data, kerb_error_data;
extern const Type anything;  // octets of no known type

}  // namespace ferryman::decode
