#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ferryman/service_user.h"
#include "login/krb5_config.h"

namespace ferryman {

// One of its own: including /etc/krb5.conf.d would take in what others have there, too.
inline constexpr char system_krb5_directory[] = "/etc/ferryman/krb5.conf.d";

// Tells the whole system's libkrb5 of the realms that the work leads to: each in a file of its own, which a
// line in /etc/krb5.conf includes. Root's; where sudo was called the work is done as whom that was, in a
// child, and what it says is looked at as if a stranger had said it. Returns the exit code.
using RealmWork = std::function<int(std::vector<login::RealmConfig>& realms)>;
int with_system_krb5(std::string_view command, const RealmWork& work);
// The same as another user, whoever has called sudo.
int with_system_krb5_as(const ServiceUser& user, std::string_view command, const RealmWork& work);

// Root's alone: text becomes a file of that directory, which the line in /etc/krb5.conf includes. name:
// without a directory, ends in ".conf".
int write_system_krb5(std::string_view command, const std::string& name, std::string_view text);

}  // namespace ferryman
