#include "ad/spn_survey.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace ferryman::ad {

bool SpnSurvey::add(const Entry& entry) {
  accounts_.push_back(entry.dn);
  const std::size_t account = accounts_.size() - 1;
  std::set<std::string> own;
  for (std::string spn : entry.all("servicePrincipalName")) {
    std::transform(spn.begin(), spn.end(), spn.begin(), ascii_lower);
    if (!own.insert(spn).second) continue;
    const auto [owner, is_new] = owners_.try_emplace(spn, account);
    if (is_new) continue;
    std::vector<std::size_t>& sharing = duplicates_[spn];
    if (sharing.empty()) sharing.push_back(owner->second);
    sharing.push_back(account);
  }
  return owners_.size() <= max_names;
}

std::vector<SpnSurvey::Duplicate> SpnSurvey::duplicates() const {
  std::vector<Duplicate> told;
  for (const auto& [spn, accounts] : duplicates_) {
    if (told.size() == max_told) break;
    Duplicate& one = told.emplace_back(Duplicate{spn, {}});
    for (const std::size_t account : accounts) one.accounts.push_back(accounts_[account]);
  }
  return told;
}

}  // namespace ferryman::ad
