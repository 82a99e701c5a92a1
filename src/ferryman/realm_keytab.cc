#include "ferryman/realm_keytab.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/new_file.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_service.h"

namespace ferryman {
namespace {

int is_there(const std::string& file) {
  return tell(exit_failed,
              fmt::format("{} is there already, and a keytab is never written over a file", printable(file)),
              "Name another with -o. ktutil(1) puts keytabs together.");
}

}  // namespace

int check_no_keytab(const std::string& file) {
  struct stat status {};
  return ::lstat(file.c_str(), &status) == 0 ? is_there(file) : exit_ok;
}

int write_keytab(admin::Json& result, const std::string& file) {
  const auto octets = secret_of_base64(result.at("keytab").get_ref<const std::string&>());
  admin::wipe_texts(result.at("keytab"));
  result.erase("keytab");
  if (!octets || octets->empty()) return tell(exit_failed, "The service's keytab is not understood.");
  const auto made = create_file({file}, octets->bytes());
  if (made) return exit_ok;
  if (made.error() == std::errc::file_exists) return is_there(file);
  return tell(exit_failed, fmt::format("{} cannot be written: {}", printable(file), made.error().message()),
              "Name another file with -o.");
}

}  // namespace ferryman
