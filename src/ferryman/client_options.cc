#include "ferryman/client_options.h"

#include <CLI/CLI.hpp>

namespace ferryman {

void add_client_options(CLI::App& command, ClientOptions& options) {
  command
      .add_option(
          "-g,--gateway", options.gateways,
          "Gateway, in place of those that files and DNS name; may be repeated. REALM=URL is for that "
          "realm, .SUFFIX=URL for those below, URL for all others")
      ->type_name("[REALM=]URL");
  command
      .add_option("-c,--config", options.config_file,
                  "client.toml to read; default /etc/ferryman/client.toml and ~/.config/ferryman/client.toml")
      ->type_name("FILE");
  command.add_option("--ca-file,--cacert", options.ca_file, "Trusted CAs of the gateways' certificates, PEM")
      ->type_name("FILE");
  command
      .add_option("--certificate,--cert", options.certificate, "Client certificate: PEM file or pkcs11: URI")
      ->type_name("FILE|URI");
  command.add_option("--key", options.key, "Its private key, if not in the same file")->type_name("FILE|URI");
  command.add_option("--revocation", options.revocation,
                     "off, stapled (a stapled OCSP response must be good) or required (there must be one)");
  command.add_option("--proxy", options.proxy, "HTTP proxy to go through, or none; default HTTPS_PROXY")
      ->type_name("URL");
  command.add_option("--deadline", options.deadline, "Longest time for a message, such as 10s")
      ->type_name("TIME");
  command.add_option("--dns", options.dns_servers, "DNS server, ADDRESS or ADDRESS:PORT; may be repeated")
      ->type_name("SERVER");
  command.add_flag("--no-dns", options.no_dns, "Do not look for gateways in DNS");
}

tl::expected<client::Options, std::string> load_client_options(const ClientOptions& given) {
  client::Options options;
  const auto mistakes = given.config_file.empty() ? client::load_default_options(options)
                                                  : client::load_options(given.config_file, options);
  std::string trouble;
  const auto note = [&](const std::string& text) { trouble += (trouble.empty() ? "" : "\n") + text; };
  for (const auto& mistake : mistakes) note(mistake.to_string());
  const auto set = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    if (const auto done = options.set(key, value); !done) note(done.error());
  };
  set("ca_file", given.ca_file);
  set("client_certificate", given.certificate);
  set("client_key", given.key);
  set("revocation", given.revocation);
  set("proxy", given.proxy);
  set("deadline", given.deadline);
  if (!given.dns_servers.empty()) options.dns_servers = given.dns_servers;
  if (given.no_dns) options.dns = false;
  if (!given.gateways.empty()) options.gateways.clear();
  for (const auto& gateway : given.gateways) {
    // A URL has no "=" before its "://", and no pattern has one.
    const auto equals = gateway.find('=');
    const bool named = equals != std::string::npos && gateway.find("://") > equals && gateway[0] != '<';
    const auto added = options.add_gateway(named ? gateway.substr(0, equals) : "*",
                                           named ? gateway.substr(equals + 1) : gateway);
    if (!added) note("--gateway: " + added.error());
  }
  if (!trouble.empty()) return tl::unexpected(trouble);
  return options;
}

}  // namespace ferryman
