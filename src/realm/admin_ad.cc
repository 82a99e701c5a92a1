#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "realm/admin_arguments.h"
#include "realm/admin_commands.h"

// Links to on-premises domains. What is done in the domain itself does whoever asks for them.
namespace ferryman::realm {
namespace {

using admin::Json;
using directory::AdLink;

// No key is in it.
Json link_json(const AdLink& link) {
  return {{"domain", link.domain},         {"realm", link.realm},   {"netbios_name", link.netbios_name},
          {"domain_sid", link.domain_sid}, {"number", link.number}, {"key_version", link.key_version},
          {"kvno", link.kvno()},           {"etype", link.etype},   {"linked", link.linked},
          {"changed", link.changed}};
}

}  // namespace

admin::Outcome<AdLink> find_ad_link(Call& call, std::string_view domain) {
  const auto links = call.records.ad_links(call.tenant.id);
  if (!links) return failed("The links cannot be read", links.error());
  for (const AdLink& link : *links)
    if (equal_without_case(link.domain, domain)) return link;
  return none_such(call, "link to a domain", domain);
}

admin::Reply link_ad(Call& call) {
  constexpr std::int64_t most = std::numeric_limits<std::uint16_t>::max();
  Arguments& arguments = call.arguments;
  AdLink link;
  link.domain = call.object = arguments.text("domain");
  link.realm = arguments.text("realm");
  link.netbios_name = arguments.text("netbios_name");
  link.domain_sid = arguments.text("domain_sid");
  link.number = static_cast<std::uint16_t>(arguments.maybe_number("number", 1, most).value_or(0));
  link.key_version = static_cast<std::uint16_t>(arguments.maybe_number("version", 1, most).value_or(0));
  link.etype = static_cast<std::int32_t>(arguments.maybe_number("etype", 1, INT32_MAX).value_or(0));
  const auto key = secret_of_base64(arguments.text("key"));
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (!key) return invalid("ad.link: the key is its octets in base64.");
  if (const auto done = call.records.set_ad_link(call.tenant.id, link, key->bytes(), call.now); !done)
    return failed(fmt::format("The link to {} cannot be set", printable(link.domain)), done.error());
  const auto set = find_ad_link(call, link.domain);
  if (!set) return tl::unexpected(set.error());
  return link_json(*set);
}

admin::Reply show_ad(Call& call) {
  const auto domain = call.arguments.maybe_text("domain");
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  Json list = Json::array();
  if (domain) {
    const auto link = find_ad_link(call, *domain);
    if (!link) return tl::unexpected(link.error());
    list.push_back(link_json(*link));
    return Json{{"links", std::move(list)}};
  }
  const auto links = call.records.ad_links(call.tenant.id);
  if (!links) return failed("The links cannot be read", links.error());
  for (const AdLink& link : *links) list.push_back(link_json(link));
  return Json{{"links", std::move(list)}};
}

admin::Reply unlink_ad(Call& call) {
  const std::string_view domain = call.arguments.text("domain");
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  call.object = domain;
  const auto done = call.records.remove_ad_link(call.tenant.id, domain);
  if (!done && done.error().reason == directory::Reason::not_found)
    return none_such(call, "link to a domain", domain);
  if (!done) return failed(fmt::format("The link to {} cannot be removed", printable(domain)), done.error());
  return Json{{"domain", domain}};
}

}  // namespace ferryman::realm
