#pragma once

#include <string_view>

#include "login/accounts.h"

namespace ferryman {

inline constexpr char forwarder_unit[] = "ferryman-signed-in.service";

// Tells the forwarder that who is signed in has changed, and where none runs has systemd --user start it, as
// far as anybody is signed in. Says in words how to start it where that fails, if is_told.
void refresh_forwarder(const login::Accounts& accounts, std::string_view command, bool is_told = true);

}  // namespace ferryman
