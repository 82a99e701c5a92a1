#include "ad/trust_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "ad/names.h"
#include "base/text.h"

namespace ferryman::ad {
namespace {

// userAccountControl [MS-ADTS 2.2.16].
constexpr std::int64_t disabled = 0x2, normal_account = 0x200, workstation = 0x1000,
                       trusted_to_authenticate = 0x1000000, partial_secrets = 0x4000000;
constexpr std::int64_t computer_control = workstation | trusted_to_authenticate | partial_secrets;
constexpr std::int64_t krbtgt_control = normal_account | disabled;
constexpr std::int64_t aes_etypes = 0x18;  // AES128 and AES256 [MS-KILE 2.2.7]

constexpr const char *never_reveal = "msDS-NeverRevealGroup", *reveal_on_demand = "msDS-RevealOnDemandGroup",
                     *krbtgt_link = "msDS-KrbTgtLink";

bool holds(const Values& dns, const std::string& dn) {
  return std::any_of(dns.begin(), dns.end(), [&](const std::string& one) { return is_same_dn(one, dn); });
}

bool are_same(const Values& a, const Values& b) {
  return a.size() == b.size() &&
         std::all_of(a.begin(), a.end(), [&](const std::string& dn) { return holds(b, dn); });
}

void append_missing(Values& dns, const Values& more) {
  for (const std::string& dn : more)
    if (!holds(dns, dn)) dns.push_back(dn);
}

Change replace(const char* attribute, Values values) {
  return {Change::Kind::replace, attribute, std::move(values)};
}

template <typename Object>
std::optional<Failure> foreign(const Object& object) {
  if (object.description.starts_with(trust_mark)) return std::nullopt;
  return Failure{
      Reason::failed,
      fmt::format("{} is not of Ferryman's making: its description does not begin with \"{}\"",
                  printable(object.dn), trust_mark),
      "Choose another name with --name; an object of Microsoft's or of a real domain controller is "
      "never changed."};
}

std::optional<Failure> foreign(const TrustObjects& objects) {
  if (objects.computer)
    if (auto failure = foreign(*objects.computer)) return failure;
  return objects.krbtgt ? foreign(*objects.krbtgt) : std::nullopt;
}

// The groups that the object is to have.
Values denied(const TrustGroups& groups, const TrustWish& wish, const Values& now) {
  Values dns = wish.deny ? Values{} : now;
  append_missing(dns, groups.never);
  if (wish.deny) append_missing(dns, *wish.deny);
  return dns;
}

Step add_computer(const Domain& domain, const TrustGroups& groups, const TrustWish& wish) {
  Step step{Step::Kind::add, "what stands for the cloud realm among the domain controllers: a read-only one",
            fmt::format("CN={},OU=Domain Controllers,{}", wish.name, domain.dn)};
  step.attributes = {{"objectClass", {"computer"}},
                     {"sAMAccountName", {wish.name + "$"}},
                     {"description", {std::string(trust_mark) + ": no computer; ferryman realm ad unlink"}},
                     {"userAccountControl", {std::to_string(computer_control)}},
                     {"msDS-SupportedEncryptionTypes", {std::to_string(aes_etypes)}},
                     {never_reveal, denied(groups, wish, {})},
                     {reveal_on_demand, wish.allow.value_or(Values{groups.users})}};
  return step;
}

std::optional<Step> mend_computer(const TrustGroups& groups, const TrustWish& wish,
                                  const TrustComputer& computer) {
  Step step{Step::Kind::modify, "settings and groups of it", computer.dn};
  if ((computer.account_control & (computer_control | disabled)) != computer_control)
    step.changes.push_back(replace("userAccountControl", {std::to_string(computer_control)}));
  if ((computer.etypes & aes_etypes) != aes_etypes)
    step.changes.push_back(replace("msDS-SupportedEncryptionTypes", {std::to_string(aes_etypes)}));
  if (Values dns = denied(groups, wish, computer.never_reveal); !are_same(dns, computer.never_reveal))
    step.changes.push_back(replace(never_reveal, std::move(dns)));
  if (wish.allow && !are_same(*wish.allow, computer.reveal_on_demand))
    step.changes.push_back(replace(reveal_on_demand, *wish.allow));
  if (step.changes.empty()) return std::nullopt;
  return step;
}

Step add_krbtgt(const TrustWish& wish, const std::string& dn) {
  Step step{Step::Kind::add, "whose key partial tickets are made with; the server makes its number and name",
            dn};
  step.attributes = {{"objectClass", {"user"}},
                     {"description", {std::string(trust_mark) + ": krbtgt of " + wish.name + "$"}},
                     {"userAccountControl", {std::to_string(krbtgt_control)}},
                     {"showInAdvancedViewOnly", {"TRUE"}}};
  step.controls = {{control::rodc_promotion}};
  return step;
}

Step set_link(const std::string& computer, const std::string& krbtgt) {
  return {Step::Kind::modify, "that this is its key", computer, {}, {replace(krbtgt_link, {krbtgt})}};
}

}  // namespace

Outcome<std::vector<Step>> plan_link(const Domain& domain, const TrustGroups& groups, const TrustWish& wish,
                                     const TrustObjects& objects) {
  if (auto failure = foreign(objects)) return tl::unexpected(std::move(*failure));
  std::vector<Step> steps;
  if (!objects.computer)
    steps.push_back(add_computer(domain, groups, wish));
  else if (auto step = mend_computer(groups, wish, *objects.computer))
    steps.push_back(std::move(*step));
  const std::string computer = objects.computer ? objects.computer->dn : steps.front().dn;

  std::string krbtgt =
      objects.krbtgt ? objects.krbtgt->dn : fmt::format("CN=krbtgt_{},CN=Users,{}", wish.name, domain.dn);
  const bool is_fit =
      objects.krbtgt && objects.krbtgt->number > 0 && objects.krbtgt->number <= max_trust_number;
  if (objects.krbtgt && !is_fit)
    steps.push_back(
        {Step::Kind::remove, "its number is none that every client takes: another is drawn", krbtgt});
  if (!is_fit) {
    steps.push_back(add_krbtgt(wish, krbtgt));
  } else if ((objects.krbtgt->account_control & disabled) == 0) {
    steps.push_back({Step::Kind::modify,
                     "that nobody logs on by it",
                     krbtgt,
                     {},
                     {replace("userAccountControl", {std::to_string(krbtgt_control)})}});
  }
  if (!is_fit || !objects.are_linked()) steps.push_back(set_link(computer, krbtgt));
  return steps;
}

Outcome<std::vector<Step>> plan_unlink(const TrustObjects& objects) {
  if (auto failure = foreign(objects)) return tl::unexpected(std::move(*failure));
  std::vector<Step> steps;
  if (objects.computer && !objects.computer->krbtgt_link.empty())
    steps.push_back({Step::Kind::modify,
                     "from now on no domain controller takes partial tickets",
                     objects.computer->dn,
                     {},
                     {{Change::Kind::remove, krbtgt_link, {}}}});
  if (objects.krbtgt) steps.push_back({Step::Kind::remove, "the key, with its number", objects.krbtgt->dn});
  if (objects.computer)
    steps.push_back({Step::Kind::remove, "what stood for the cloud realm", objects.computer->dn});
  return steps;
}

}  // namespace ferryman::ad
