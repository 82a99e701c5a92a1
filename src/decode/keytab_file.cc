#include "decode/keytab_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "crypto/keytab.h"
#include "decode/node.h"

namespace ferryman::decode {
namespace {

constexpr std::size_t max_keys = 1024, max_size = 4 << 20;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

tl::expected<Secret, std::string> read_file(const std::string& name) {
  const auto reason = [] { return tl::unexpected(std::generic_category().message(errno)); };
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(name.c_str(), "rb"));
  if (!file) return reason();
  std::setbuf(file.get(), nullptr);  // which would hold keys
  Secret octets(max_size);
  octets.shrink(std::fread(octets.writable().data(), 1, octets.size(), file.get()));
  if (std::ferror(file.get()) != 0) return reason();
  if (octets.size() == max_size) return tl::unexpected(fmt::format("more than {} MiB", max_size >> 20));
  return octets;
}

// krbtgt_NNNNN is the account of a read-only DC, whose number is the high half of the kvno too.
std::uint16_t rodc_of(const crypto::KeytabEntry& entry) {
  constexpr std::string_view prefix = "krbtgt_";
  const auto high_half = static_cast<std::uint16_t>(entry.kvno >> 16);
  if (high_half != 0 || entry.components.size() != 1 || !entry.components[0].starts_with(prefix))
    return high_half;
  const std::string_view digits = std::string_view(entry.components[0]).substr(prefix.size());
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

KeyPointer key_of(crypto::KeytabEntry&& entry) {
  const auto& name = entry.components;
  const std::uint16_t rodc = rodc_of(entry);
  const bool is_own = name.size() == 2 && name[0] == "krbtgt" && name[1] == entry.realm;
  const bool is_rodcs = name.size() == 1 && name[0].starts_with("krbtgt_") && rodc != 0;
  std::string origin = fmt::format("key of {}, kvno {}", printable(entry.principal()), entry.kvno);
  return std::make_shared<Key>(Key{std::move(entry.key), entry.kvno, std::move(origin),
                                   std::move(entry.realm), is_own || is_rodcs, rodc});
}

}  // namespace

tl::expected<std::vector<KeyPointer>, std::string> read_keytab_file(const std::string& file) {
  const auto octets = read_file(file);
  if (!octets) return tl::unexpected(octets.error());
  auto entries = crypto::read_keytab(octets->bytes());
  if (!entries)
    return tl::unexpected(
        fmt::format("no keytab (octet {}: {})", entries.error().offset, in_words(entries.error().fault)));
  if (entries->empty()) return tl::unexpected(std::string("no key that can be used is in it"));
  std::vector<KeyPointer> keys;
  for (auto& entry : *entries) {
    if (keys.size() < max_keys) keys.push_back(key_of(std::move(entry)));
  }
  return keys;
}

}  // namespace ferryman::decode
