#pragma once

#include "ferryman/realm_tree.h"

namespace ferryman {

// `ferryman realm init`.
void add_init_command(RealmTree& tree);

}  // namespace ferryman
