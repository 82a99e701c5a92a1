#pragma once

#include <array>
#include <cstdint>

// OBJECT IDENTIFIERs, as the content of one in DER.
namespace ferryman::pkinit::oids {

template <std::size_t N>
using Oid = std::array<std::uint8_t, N>;

// RFC 4556 3.2.2 and appendix A: id-pkinit-san, and below 1.3.6.1.5.2.3.
inline constexpr Oid<6> pkinit_san{0x2b, 6, 1, 5, 2, 2};
inline constexpr Oid<7> auth_data{0x2b, 6, 1, 5, 2, 3, 1}, dh_key_data{0x2b, 6, 1, 5, 2, 3, 2},
    client_auth{0x2b, 6, 1, 5, 2, 3, 4}, kdc{0x2b, 6, 1, 5, 2, 3, 5};
// RFC 8636 6.
inline constexpr Oid<8> kdf_sha256{0x2b, 6, 1, 5, 2, 3, 6, 2}, kdf_sha512{0x2b, 6, 1, 5, 2, 3, 6, 3};

// Microsoft's, below 1.3.6.1.4.1.311: smart card logon and the UPN ([MS-WCCE] 2.2.2.7), the extension with a
// SID and the name in it ([MS-WCCE] 2.2.2.7.7.4).
inline constexpr Oid<10> smart_card_logon{0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 2},
    upn{0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 3}, sid{0x2b, 6, 1, 4, 1, 0x82, 0x37, 25, 2, 1};
inline constexpr Oid<9> sid_extension{0x2b, 6, 1, 4, 1, 0x82, 0x37, 25, 2};

// anyExtendedKeyUsage (RFC 5280 4.2.1.12).
inline constexpr Oid<4> any_purpose{0x55, 0x1d, 0x25, 0};

// dhpublicnumber (RFC 3279 2.3.3), id-ecPublicKey and its curves (RFC 5480 2.1.1).
inline constexpr Oid<7> dh_public_number{0x2a, 0x86, 0x48, 0xce, 0x3e, 2, 1},
    ec_public_key{0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1};
inline constexpr Oid<8> p256{0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
inline constexpr Oid<5> p384{0x2b, 0x81, 4, 0, 0x22};

// RFC 5754 2.
inline constexpr Oid<9> sha256{0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1},
    sha384{0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2}, sha512{0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3};

}  // namespace ferryman::pkinit::oids
