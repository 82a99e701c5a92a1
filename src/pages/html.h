#pragma once

#include "html/html.h"

namespace ferryman::pages {

// What the pages are made of.
using html::Attribute;
using html::element;
using html::Html;
using html::Literal;
using html::void_element;

}  // namespace ferryman::pages
