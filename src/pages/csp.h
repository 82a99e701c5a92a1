#pragma once

#include <string>
#include <string_view>

// How a Content-Security-Policy names what it lets in (CSP Level 3, 2.3.1).
namespace ferryman::pages {

// A style sheet or a script that stands in the page, by its hash.
std::string csp_hash(std::string_view content);
// An absolute URI's scheme, host and port, or the scheme alone of one that has no host of the network. Empty
// where it can have no name.
std::string csp_source(std::string_view uri);

}  // namespace ferryman::pages
