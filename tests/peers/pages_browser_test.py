"""The pages in Chromium: by keyboard and mouse, without a word on its console, light and dark, at the width of a desk and of a
phone."""
import http.server
import threading
import unittest
import urllib.parse

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions

from lib.browser import Browser
from lib.entra_client import HIMMELBLAU, payload, pkce
from lib.proc import wait_for
from lib.sign_in import SignInScenario


class Program(http.server.BaseHTTPRequestHandler):
    """What waits for its code at loopback."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>You may go back to the tool</h1>")

    def log_message(self, *_):
        pass


class ChromiumTest(Browser, SignInScenario):
    programs = [{"id": "tool", "name": "The tool", "redirect_uris": ["http://127.0.0.1/callback"]}]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.app = cls.entra(HIMMELBLAU)
        cls.start_browser()

    def setUp(self):
        self.driver.get(self.base + "/example/device")
        self.driver.delete_all_cookies()
        self.driver.get_log("browser")

    def headline(self, text):
        self.wait(lambda: [e for e in self.driver.find_elements(By.TAG_NAME, "h1") if text in e.text])

    def click(self, label):
        for element in self.driver.find_elements(By.CSS_SELECTOR, "button, a"):
            if element.text == label:
                return element.click()
        raise AssertionError(label)

    def sign_in(self, name="alice"):
        """By the keyboard alone: the first field has the focus."""
        keys = self.driver.switch_to.active_element
        self.assertEqual(keys.get_attribute("name"), "username")
        keys.clear()
        keys.send_keys(name, Keys.TAB)
        self.driver.switch_to.active_element.send_keys(self.code(name), Keys.ENTER)

    def test_a_key_is_removed(self):
        enrolled = self.enrolled_by(self.app)
        enrolled.log_on()
        self.driver.get(self.base + "/example/me")
        self.headline("Sign in")
        self.look("sign-in")
        self.driver.find_element(By.ID, "username").send_keys("alice")
        self.driver.find_element(By.ID, "secret").send_keys("wrong", Keys.ENTER)
        self.wait(lambda: self.driver.find_elements(By.CSS_SELECTOR, "[role=alert]"))
        # What Chromium writes of a status of its own accord is no mistake of the page's.
        self.assertTrue(all("400" in entry["message"] for entry in self.driver.get_log("browser")))
        self.look("sign-in-wrong")
        self.sign_in()
        self.headline("alice")
        self.look("me")
        (key,) = self.registered("alice")["keys"]
        self.driver.find_element(By.CSS_SELECTOR, f"a[href='?remove={key['id']}']").click()
        self.headline("Remove this?")
        self.look("remove")
        self.click("Remove it")
        self.wait(lambda: self.driver.find_elements(By.CSS_SELECTOR, "[role=status]"))
        self.look("removed")
        self.assertEqual(self.registered("alice")["keys"], [])
        self.click("Sign out")
        self.headline("Sign in")

    def test_a_program_is_signed_in_by_its_code(self):
        asked = self.app.device_code().json
        self.driver.get(asked["verification_uri"])
        self.headline("Sign in")
        self.sign_in()
        self.headline("Sign a program in")
        self.look("device")
        self.driver.switch_to.active_element.send_keys(asked["user_code"].lower(), Keys.ENTER)
        self.headline("Is this your program?")
        self.look("device-confirm")
        self.click("Yes, sign it in")
        self.headline("The program is being signed in")
        self.look("device-done")
        self.assertEqual(self.app.poll(asked["device_code"]).status, 200)

    def test_a_program_gets_a_code(self):
        """The browser goes where the program listens: at loopback."""
        program = http.server.HTTPServer(("127.0.0.1", 0), Program)
        self.addCleanup(program.server_close)
        thread = threading.Thread(target=program.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(program.shutdown)
        uri = f"http://127.0.0.1:{program.server_port}/callback"
        verifier, made = pkce()
        query = urllib.parse.urlencode({"client_id": "tool", "response_type": "code", "redirect_uri": uri, "state": "s",
                                        "code_challenge": made, "code_challenge_method": "S256"})
        self.driver.get(f"{self.base}/example/oauth2/v2.0/authorize?{query}")
        self.headline("Sign in")
        self.sign_in()
        self.headline("Sign in to The tool?")
        self.look("authorize")
        self.click("Yes, sign in")
        self.headline("You may go back to the tool")
        sent = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.driver.current_url).query))
        self.assertEqual(sent["state"], "s")
        granted = self.app.code_grant(sent["code"], "tool", uri, code_verifier=verifier)
        self.assertEqual(payload(granted.json["access_token"])["aud"], "tool")

    def authenticator(self):
        """One that knows who its user is, and keeps what it is told."""
        self.driver.add_virtual_authenticator(VirtualAuthenticatorOptions(
            has_resident_key=True, has_user_verification=True, is_user_consenting=True, is_user_verified=True))
        self.addCleanup(self.driver.remove_virtual_authenticator)

    def alert(self):
        return self.wait(lambda: [e.text for e in self.driver.find_elements(By.CSS_SELECTOR, "[role=alert]") if e.text])[0]

    def test_a_passkey_is_added_signs_in_and_is_removed(self):
        self.kdc.admin("tenant", "add", "third")
        self.authenticator()
        self.driver.get(self.base + "/example/me?add")
        self.headline("Sign in")
        self.sign_in("bob")
        self.headline("Add a passkey")
        self.look("passkey-add")
        self.driver.switch_to.active_element.send_keys("blue <b>key</b>", Keys.ENTER)
        self.wait(lambda: self.driver.find_elements(By.CSS_SELECTOR, "[role=status]"))
        self.assertIn("blue <b>key</b>", self.driver.find_element(By.TAG_NAME, "main").text)
        self.look("passkey-added")
        (key,) = self.registered("bob")["keys"]
        self.assertEqual(len(self.driver.get_credentials()), 1)
        self.driver.get(self.base + "/example/me?add")
        self.headline("Add a passkey")
        self.click("Add the passkey")
        self.assertIn("registered already", self.alert())
        self.driver.get(self.base + "/example/me")
        self.click("Sign out")
        self.headline("Sign in")

        self.driver.set_user_verified(False)
        self.click("Sign in with a passkey")
        self.assertIn("No passkey was used", self.alert())
        # As a page would ask that is not ours: the answer says that nobody has been verified.
        self.driver.refresh()
        self.driver.execute_script("""
            const form = document.querySelector("form[data-passkey]");
            form.dataset.options = JSON.stringify({...JSON.parse(form.dataset.options), userVerification: "discouraged",
              allowCredentials: [{type: "public-key", id: arguments[0]}]});""", self.driver.get_credentials()[0].id)
        self.click("Sign in with a passkey")
        self.assertIn("security key's answer is not good", self.alert())
        wait_for(lambda: self.requests()[-1].get("reason") == "security key: user not verified", "an event of it")
        self.driver.set_user_verified(True)
        self.driver.get(self.base + "/example/me")
        self.driver.get_log("browser")
        self.click("Sign in with a passkey")
        self.headline("bob")
        self.look("passkey-signed-in")
        self.driver.get(self.base + "/third/me")
        self.headline("Sign in")

        self.driver.get(self.base + "/example/me")
        self.driver.find_element(By.CSS_SELECTOR, f"a[href='?remove={key['id']}']").click()
        self.headline("Remove this?")
        self.click("Remove it")
        # What the key has got ends with it: this page, too.
        self.headline("Sign in")
        self.assertEqual(self.registered("bob")["keys"], [])
        self.click("Sign in with a passkey")
        self.alert()

    def test_nothing_is_framed(self):
        self.driver.get("data:text/html,<iframe src='" + self.base + "/example/me'></iframe>")
        self.driver.switch_to.frame(0)
        self.assertEqual(self.driver.find_elements(By.TAG_NAME, "form"), [])
        self.driver.switch_to.default_content()


if __name__ == "__main__":
    unittest.main()
