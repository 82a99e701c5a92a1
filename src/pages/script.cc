#include "pages/script.h"

#include "pages/csp.h"

namespace ferryman::pages {
namespace {

// What holds a form with `data-passkey` is hidden until a browser that knows WebAuthn shows it. Sent, it asks
// for a key by its options, and carries what comes of it in its field `credential`.
constexpr Literal script(R"js(
"use strict";
(() => {
  if (!window.PublicKeyCredential) return;
  const octets = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0));
  const text = octets => btoa(String.fromCharCode(...new Uint8Array(octets)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const keys = list => list.map(key => ({...key, id: octets(key.id)}));
  const create = async options => {
    const made = await navigator.credentials.create({publicKey: {...options, challenge: octets(options.challenge),
      user: {...options.user, id: octets(options.user.id)}, excludeCredentials: keys(options.excludeCredentials)}});
    return {clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject)};
  };
  const get = async options => {
    const shown = await navigator.credentials.get({publicKey: {...options, challenge: octets(options.challenge),
      allowCredentials: keys(options.allowCredentials)}});
    const answer = {id: text(shown.rawId)};
    for (const name of ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
      if (shown.response[name]) answer[name] = text(shown.response[name]);
    return answer;
  };
  const say = (form, words) => {
    const place = form.querySelector("[role=alert]");
    place.textContent = words;
    place.hidden = !words;
  };
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.parentElement.hidden = false;
    form.addEventListener("submit", async event => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      say(form, "");
      try {
        const ask = form.dataset.passkey === "create" ? create : get;
        form.elements.credential.value = JSON.stringify(await ask(JSON.parse(form.dataset.options)));
        form.submit();
      } catch (error) {
        button.disabled = false;
        say(form, error.name === "InvalidStateError" ? "This passkey is registered already."
          : "No passkey was used: it was not there, or its PIN or fingerprint was not given. Please try again.");
      }
    });
  }
})();
)js");

}  // namespace

Html passkey_script() {
  return Html::verbatim(script);
}

const std::string& script_source() {
  static const std::string source = csp_hash(script.text());
  return source;
}

}  // namespace ferryman::pages
