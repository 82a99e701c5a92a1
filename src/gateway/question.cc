#include "gateway/question.h"

#include "kerberos/salt.h"

namespace ferryman::gateway {

Question::Question(const kerberos::Request& about)
    : bytes(kerberos::ask_for_salt(*about.kdc_req)), request(kerberos::parse_request(bytes).value()) {}

}  // namespace ferryman::gateway
