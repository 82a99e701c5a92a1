#include "ferryman/pam_trial.h"

#include <fmt/format.h>
#include <security/pam_appl.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/text.h"

namespace ferryman {
namespace {

// malloc()'d, as PAM frees it; null where there is no answer.
char* answer_to(const PamTrial& trial, const pam_message& message) {
  if (message.msg_style == PAM_PROMPT_ECHO_ON) return nullptr;
  const auto answer = trial.ask ? trial.ask(printable(message.msg)) : std::nullopt;
  if (!answer) return nullptr;
  auto* text = static_cast<char*>(std::calloc(answer->size() + 1, 1));
  if (text != nullptr) std::memcpy(text, answer->bytes().data(), answer->size());
  return text;
}

void free_answers(pam_response* answers, int count) {
  for (int i = 0; i < count; ++i) {
    char* text = answers[i].resp;
    if (text != nullptr) wipe({reinterpret_cast<std::uint8_t*>(text), std::strlen(text)});
    std::free(text);
  }
  std::free(answers);
}

int converse(int count, const pam_message** messages, pam_response** answers, void* data) {
  const auto& trial = *static_cast<const PamTrial*>(data);
  if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
  auto* made = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  if (made == nullptr) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i) {
    const pam_message& message = *messages[i];
    if (message.msg_style == PAM_TEXT_INFO || message.msg_style == PAM_ERROR_MSG) {
      fmt::print("        {}\n", printable(message.msg));
      continue;
    }
    made[i].resp = answer_to(trial, message);
    if (made[i].resp == nullptr) {
      free_answers(made, count);
      return PAM_CONV_ERR;
    }
  }
  *answers = made;
  return PAM_SUCCESS;
}

}  // namespace

std::optional<std::string> try_pam(const PamTrial& trial) {
  const pam_conv conversation{converse, const_cast<PamTrial*>(&trial)};
  pam_handle_t* handle = nullptr;
  int code = pam_start(trial.service.c_str(), trial.user.c_str(), &conversation, &handle);
  if (code != PAM_SUCCESS) return fmt::format("there are no rules for {}", trial.service);
  const char* step = "auth";
  if (trial.ask) code = pam_authenticate(handle, 0);
  if (code == PAM_SUCCESS) {
    step = "account";
    code = pam_acct_mgmt(handle, 0);
  }
  std::optional<std::string> against;
  if (code != PAM_SUCCESS)
    against = fmt::format("the {} rules of {} say: {}", step, trial.service, pam_strerror(handle, code));
  pam_end(handle, code);
  return against;
}

}  // namespace ferryman
