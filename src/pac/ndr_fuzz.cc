#include <cstdlib>

#include "pac/logon_info.h"

namespace {

template <typename Info>
void round_trip(ferryman::Bytes buffer) {
  const auto info = Info::parse(buffer);
  if (info && Info::parse(info->write()) != info) std::abort();
}

}  // namespace

// A structure in NDR that can be read is written so that the same is read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman;
  round_trip<pac::LogonInfo>({data, size});
  round_trip<pac::DelegationInfo>({data, size});
  return 0;
}
