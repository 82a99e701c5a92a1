#pragma once

#include "ad/domain.h"
#include "ad/trust.h"

namespace ferryman::ad {

// AD.EXAMPLE.TEST, and a cloud trust that is whole.
inline Domain test_domain() {
  Domain domain{"ad.example.test",
                "AD.EXAMPLE.TEST",
                "AD",
                "DC=ad,DC=example,DC=test",
                "CN=Configuration,DC=ad,DC=example,DC=test",
                *pac::Sid::of_text("S-1-5-21-1-2-3"),
                "dc1.ad.example.test"};
  domain.is_samba = true;
  domain.time = 1'796'052'480;
  domain.level = domain.oldest = 4;
  return domain;
}

inline TrustGroups test_groups() {
  return {{"CN=Denied,CN=Users", "CN=Administrators,CN=Builtin"}, "CN=Domain Users,CN=Users"};
}

inline TrustObjects test_objects() {
  TrustComputer computer{"CN=FerrymanKerberos,OU=Domain Controllers,DC=ad,DC=example,DC=test",
                         std::string(trust_mark) + ": x",
                         83'890'176,
                         24,
                         test_groups().never,
                         {test_groups().users},
                         "CN=krbtgt_FerrymanKerberos,CN=Users,DC=ad,DC=example,DC=test"};
  TrustKrbtgt krbtgt{computer.krbtgt_link, computer.description, "krbtgt_622", 514, 622, 1};
  return {std::move(computer), std::move(krbtgt)};
}

}  // namespace ferryman::ad
