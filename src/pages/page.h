#pragma once

#include <string>
#include <string_view>

#include "pages/html.h"
#include "pages/visit.h"

namespace ferryman::pages {

struct Page {
  std::string_view title{};
  Html content{};
  std::uint16_t status = 200;
  // A URI to which the page's form leads in the end, besides pages of ours; empty: none.
  std::string_view leads_to{};
  bool asks_passkey = false;  // a form of passkey_form.h is in it
};
// The whole document with its fields: no script but that of passkeys, no frame, no content of others, nothing
// kept. Where the
// visit has a problem it stands in front of the content, and the status is the problem's.
signin::Answer show(const Visit& visit, const Page& page);
// A page that only says what is wrong, where there is nothing else to show.
signin::Answer show_problem(const Visit& visit, const Problem& problem);

// RFC 9110 15.4.4. address: in visible characters.
signin::Answer see_other(const Visit& visit, std::string_view address);

// Parts of pages.
Html paragraph(const Html& content);
// A form of this page, with its token. action: what the page is told by it.
Html form(const Visit& visit, std::string_view action, const Html& fields);
// What each form of a page begins with.
Html form_head(const Visit& visit, std::string_view action);
Html hidden(std::string_view name, std::string_view value);
enum class Weight : std::uint8_t { plain, main, danger };
Html button(std::string_view label, Weight weight);
// Seconds since 1970 as a date and a time of day, in UTC.
Html time(std::int64_t seconds);

}  // namespace ferryman::pages
