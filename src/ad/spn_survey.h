#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ad/entry.h"

namespace ferryman::ad {

// Which service principal names more than one account has: of those no domain controller gives a ticket.
// Names compare without case. Entries are taken one by one, and little is kept of each.
class SpnSurvey {
 public:
  static constexpr std::size_t max_names = 2'000'000, max_told = 100;

  // Of the entry's servicePrincipalName. False: there are too many to go on.
  bool add(const Entry& entry);

  struct Duplicate {
    std::string spn;
    std::vector<std::string> accounts;  // DNs
  };
  // At most max_told, in the order of their names.
  std::vector<Duplicate> duplicates() const;
  std::size_t duplicate_count() const { return duplicates_.size(); }
  std::size_t count() const { return owners_.size(); }

 private:
  std::vector<std::string> accounts_;
  std::unordered_map<std::string, std::size_t> owners_;  // of a name in small letters, the first account
  std::map<std::string, std::vector<std::size_t>> duplicates_;
};

}  // namespace ferryman::ad
