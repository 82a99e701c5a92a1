#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ferrymand/status.h"
#include "net/tls_context.h"

namespace ferryman {

// The certificates that listeners with TLS show, each once. listeners: as TlsContexts::load has them.
std::vector<CertificateStatus> certificates_of(
    const net::TlsContexts& contexts, std::span<const std::optional<net::ClientCertificates>> listeners);

}  // namespace ferryman
