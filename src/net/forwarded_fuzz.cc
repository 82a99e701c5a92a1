#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "net/forwarded.h"

// Whatever stands before a proxy's word, that word is what counts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::net;
  using ferryman::local::Field;
  const std::string text(ferryman::as_text({data, size}));
  const std::vector<Network> trusted{*Network::parse("10.0.0.0/8")};
  const auto expected = parse_node("192.0.2.1:5");
  const struct {
    ClientAddress from;
    const char *name, *word;
  } forms[] = {{ClientAddress::x_forwarded_for, "x-forwarded-for", ", 192.0.2.1:5"},
               {ClientAddress::forwarded, "forwarded", ", for=\"192.0.2.1:5\""}};
  for (const auto& form : forms) {
    const std::vector<Field> alone{{form.name, text}};
    forwarded_client(form.from, alone, trusted);
    const std::string both = text + form.word;
    if (forwarded_client(form.from, std::vector<Field>{{form.name, both}}, trusted) != expected) std::abort();
    const std::vector<Field> apart{{form.name, text}, {form.name, std::string_view(form.word).substr(2)}};
    if (forwarded_client(form.from, apart, trusted) != expected) std::abort();
  }
  return 0;
}
