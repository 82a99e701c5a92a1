#pragma once

#include "ferryman/realm_tree.h"

namespace ferryman {

// `ferryman realm ad sync`: a word of that branch.
void add_ad_sync_command(RealmTree& tree, CLI::App& branch);

}  // namespace ferryman
