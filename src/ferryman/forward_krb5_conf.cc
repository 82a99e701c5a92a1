#include "ferryman/forward_krb5_conf.h"

#include <fmt/format.h>
#include <sys/syslog.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "ferryman/exit_codes.h"
#include "ferryman/forwarder.h"
#include "ferryman/system_krb5.h"
#include "forward/krb5_snippet.h"
#include "login/krb5_config.h"
#include "login/session.h"

namespace ferryman {
namespace {

constexpr char system_name[] = "forward.conf";

std::string lines_of(const ForwardedRealms& forwarded) {
  return forward::krb5_snippet(forwarded.realms, forwarded.host, forwarded.kdc_port, forwarded.kpasswd_port);
}

std::string files_that_libkrb5_reads() {
  const char* files = std::getenv("KRB5_CONFIG");
  return files == nullptr ? login::system_krb5_file : files;
}

// What stands in the way of a program that asks for the realm; empty: nothing.
std::string obstacle(const ForwardedRealms& forwarded, const std::string& realm, const std::string& files,
                     const std::string& written) {
  const std::string kdc = fmt::format("{}:{}", forwarded.host, forwarded.kdc_port);
  const auto known = login::kdcs_of(files, realm);
  if (std::ranges::find(known, kdc) == known.end())
    return fmt::format("{} does not lead {} to {}: the line \"include {}\" in it does", files, realm, kdc,
                       written);
  if (known.front() == kdc) return {};
  return fmt::format("{} names {} for {} before {}, so that it is asked first", files, known.front(), realm,
                     kdc);
}

void tell_obstacles(const ForwardedRealms& forwarded, const std::string& files, const std::string& written) {
  if (forwarded.kdc_port == 0) return;
  for (const std::string& realm : forwarded.realms)
    if (const std::string text = obstacle(forwarded, realm, files, written); !text.empty())
      say(LOG_WARNING, text);
}

}  // namespace

tl::expected<void, std::string> write_krb5_conf(const std::string& file, const ForwardedRealms& forwarded) {
  if (auto written = forward::write_snippet(file, lines_of(forwarded)); !written) return written;
  std::error_code error;
  if (file != "-")
    tell_obstacles(forwarded, files_that_libkrb5_reads(), std::filesystem::absolute(file, error).string());
  return {};
}

int lead_system(const ForwardedRealms& forwarded) {
  if (const int code = write_system_krb5("forward", system_name, lines_of(forwarded)); code != exit_ok)
    return code;
  const std::string file = fmt::format("{}/{}", system_krb5_directory, system_name);
  for (const std::string& realm : forwarded.realms)
    fmt::print("{} leads all programs of this computer to {}:{} for {}.\n", file, forwarded.host,
               forwarded.kdc_port, realm);
  tell_obstacles(forwarded, login::system_krb5_file, file);
  return exit_ok;
}

}  // namespace ferryman
