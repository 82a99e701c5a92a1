#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>

#include "ferryman/exit_codes.h"
#include "ferryman/realm_objects.h"

namespace ferryman {
namespace {

using admin::Json;

constexpr std::size_t pem_line = 64;

void print_pem(const Json& anchor) {
  fmt::print("-----BEGIN CERTIFICATE-----\n");
  const auto& text = anchor.at("certificate").get_ref<const std::string&>();
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min(pem_line, rest.size())))
    fmt::print("{}\n", rest.substr(0, pem_line));
  fmt::print("-----END CERTIFICATE-----\n");
}

}  // namespace

void add_pkinit_commands(RealmTree& tree) {
  CLI::App& branch = tree.branch("pkinit", "Logons by public keys (RFC 4556)");
  tree.command(branch, "anchor", "Print the certificate by which clients know the tenant's KDC, in PEM",
               [](RealmService& service, Json& arguments) {
                 return service.show("pkinit.anchor", std::move(arguments), print_pem);
               });
}

}  // namespace ferryman
