#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/endian.h"
#include "kdb/dump.h"

namespace ferryman::kdb {

inline std::string hexadecimal(Bytes octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t octet : octets) {
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text.empty() ? "-1" : text;
}

inline std::string escaped(std::string_view part) {
  std::string text;
  for (const char c : part) {
    if (c == '\0')
      text += "\\0";
    else if (c == '\n')
      text += "\\n";
    else if (c == '\t')
      text += "\\t";
    else if (c == '\b')
      text += "\\b";
    else if (c == '/' || c == '@' || c == '\\')
      text += std::string("\\") + c;
    else
      text += c;
  }
  return text;
}

inline std::string escaped(const PrincipalName& name) {
  std::string text;
  for (std::size_t i = 0; i < name.components.size(); ++i)
    text += (i == 0 ? "" : "/") + escaped(name.components[i]);
  return text + "@" + escaped(name.realm);
}

// Numbers, each with a tab before it.
inline std::string numbers(std::initializer_list<std::int64_t> all) {
  std::string text;
  for (const std::int64_t each : all) text += "\t" + std::to_string(each);
  return text;
}

// A size, and the octets.
inline std::string counted(Bytes octets) {
  return numbers({static_cast<std::int64_t>(octets.size())}) + "\t" + hexadecimal(octets);
}

inline std::string key_line(const SealedKey& key) {
  const bool usual = key.salt_type == salt_type::normal;
  std::string text = numbers({usual ? 1 : 2, key.kvno, key.etype}) + counted(key.sealed);
  return usual ? text : text + numbers({key.salt_type}) + counted(key.salt);
}

// The line that read_principal() reads the principal from, as kdb5_util writes it.
inline std::string line_of(const DumpedPrincipal& principal) {
  const std::string name = escaped(principal.name);
  std::string tagged;
  int count = 1;
  Octets master_kvno;
  LittleEndianWriter(master_kvno).u16(static_cast<std::uint16_t>(principal.master_kvno));
  tagged += numbers({8}) + counted(master_kvno);
  if (principal.password_changed) {
    Octets time;
    LittleEndianWriter(time).u32(static_cast<std::uint32_t>(*principal.password_changed));
    tagged += numbers({1}) + counted(time);
    ++count;
  }
  if (!principal.master_keys.empty()) {
    Octets octets;
    LittleEndianWriter writer(octets);
    writer.u16(1);
    for (const SealedMasterKey& each : principal.master_keys) {
      writer.u16(static_cast<std::uint16_t>(each.under));
      writer.u16(static_cast<std::uint16_t>(each.key.kvno));
      writer.u16(static_cast<std::uint16_t>(each.key.etype));
      writer.u16(static_cast<std::uint16_t>(each.key.sealed.size()));
      writer.octets(each.key.sealed);
    }
    tagged += numbers({10}) + counted(octets);
    ++count;
  }
  std::string line = "princ" + numbers({38, static_cast<std::int64_t>(name.size()), count,
                                        static_cast<std::int64_t>(principal.keys.size()), 0});
  line += "\t" + name;
  line += numbers({static_cast<std::int32_t>(principal.attributes), 86400, 0, principal.expires.value_or(0),
                   principal.password_expires.value_or(0), 0, 0, 0});
  line += tagged;
  for (const SealedKey& key : principal.keys) line += key_line(key);
  return line + "\t-1;";
}

}  // namespace ferryman::kdb
