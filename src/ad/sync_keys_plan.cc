#include "ad/sync_keys_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/bytes.h"

namespace ferryman::ad {
namespace {

using pki::KeyCredential;

struct Link {
  std::string value;
  KeyCredential key;
};

std::optional<std::uint8_t> octet_of_hex(std::string_view digits) {
  std::uint8_t octet = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), octet, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return octet;
}

std::optional<Octets> octets_of_hex(std::string_view digits) {
  Octets octets;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    const auto octet = octet_of_hex(digits.substr(at, 2));
    if (!octet) return std::nullopt;
    octets.push_back(*octet);
  }
  return octets;
}

// What stands before the colon, which goes with it.
std::optional<std::string_view> take_field(std::string_view& text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view field = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  return field;
}

std::uint64_t last_use(const KeyCredential& key) {
  return key.last_logon.value_or(0);
}

bool is_same_but_for_use(KeyCredential a, const KeyCredential& b) {
  a.last_logon = b.last_logon;
  return a == b;
}

// Plans one user's values.
class Planner {
 public:
  Planner(const std::string& dn, const Values& there) : dn_(dn) {
    for (const std::string& value : there)
      if (auto key = parse_key_link(value)) links_.push_back({value, *std::move(key)});
  }

  void keep(const KeyCredential& key);
  void withdraw(const KeyId& id);
  KeyPlan plan();

 private:
  void write(const KeyCredential& key) {
    added_.push_back(key_link(key, dn_));
    plan_.written.push_back(key.id());
    plan_.ours.insert(key.id());
  }

  const std::string& dn_;
  std::vector<Link> links_;
  Values added_, removed_;
  KeyPlan plan_;
};

void Planner::keep(const KeyCredential& key) {
  const KeyId id = key.id();
  std::vector<const Link*> same;
  bool is_known = false;
  for (const Link& link : links_) {
    is_known = is_known || link.key.id() == id;
    if (is_same_but_for_use(link.key, key)) same.push_back(&link);
  }
  if (same.empty()) {
    if (!is_known) write(key);
    return;
  }
  const auto newest = std::max_element(same.begin(), same.end(), [](const Link* a, const Link* b) {
    return last_use(a->key) < last_use(b->key);
  });
  const Link* kept = *newest;
  plan_.ours.insert(id);
  if (last_use(key) > last_use(kept->key) && last_use(key) - last_use(kept->key) > use_is_written_after) {
    write(key);
    kept = nullptr;
  }
  for (const Link* link : same)
    if (link != kept) removed_.push_back(link->value);
}

// Of others there may be a value of the same key; those of Entra ID's say so.
void Planner::withdraw(const KeyId& id) {
  const std::size_t before = removed_.size();
  for (const Link& link : links_)
    if (link.key.usage == pki::key_usage::ngc && link.key.source == pki::key_source::active_directory &&
        link.key.id() == id)
      removed_.push_back(link.value);
  if (removed_.size() != before) plan_.removed.push_back(id);
}

KeyPlan Planner::plan() {
  if (!removed_.empty())
    plan_.changes.push_back({Change::Kind::remove, key_link_attribute, std::move(removed_)});
  if (!added_.empty()) plan_.changes.push_back({Change::Kind::add, key_link_attribute, std::move(added_)});
  return std::move(plan_);
}

}  // namespace

std::string key_link(const KeyCredential& key, const std::string& dn) {
  const Octets blob = pki::key_credential_blob(key);
  std::string text = fmt::format("B:{}:", 2 * blob.size());
  for (const std::uint8_t octet : blob) text += fmt::format("{:02X}", octet);
  return text + ":" + dn;
}

std::optional<KeyCredential> parse_key_link(std::string_view value) {
  const auto mark = take_field(value), size = take_field(value), digits = take_field(value);
  if (!mark || !size || !digits || *mark != "B" || digits->size() % 2 != 0 ||
      *size != std::to_string(digits->size()))
    return std::nullopt;
  const auto blob = octets_of_hex(*digits);
  if (!blob) return std::nullopt;
  auto key = pki::parse_key_credential(*blob);
  if (!key) return std::nullopt;
  return *std::move(key);
}

KeyPlan plan_keys(const std::string& dn, const Values& there, const std::vector<KeyCredential>& realm,
                  const KeyIds& before) {
  Planner planner(dn, there);
  KeyIds gone = before;
  for (const KeyCredential& key : realm) {
    planner.keep(key);
    gone.erase(key.id());
  }
  for (const KeyId& id : gone) planner.withdraw(id);
  return planner.plan();
}

}  // namespace ferryman::ad
