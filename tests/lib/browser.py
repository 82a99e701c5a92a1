"""Chromium without a screen, for scenarios of pages. FERRYMAN_SCREENSHOTS: where pictures of them are kept."""
import os
import shutil
import tempfile

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

WIDTHS = {"desk": (1200, 900), "phone": (375, 740)}
# Contrast of text with what is behind it (WCAG 2.1, 1.4.3), of every element that has text of its own.
CONTRAST = """
const channel = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
const parts = text => text.match(/[0-9.]+/g).map(Number);
const luminance = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
const behind = e => { for (; e; e = e.parentElement) {
  const c = parts(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
const found = [];
for (const e of document.body.querySelectorAll('*')) {
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
  const a = luminance(parts(getComputedStyle(e).color)), b = luminance(behind(e));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) found.push(e.tagName + ' ' + e.className + ' ' + e.textContent + ' ' + ratio);
}
return found;
"""


class Browser:
    """Mixed into a Scenario."""

    @classmethod
    def start_browser(cls):
        options = Options()
        profile = tempfile.mkdtemp(prefix="chromium-")
        cls.addClassCleanup(shutil.rmtree, profile, True)
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=" + profile,
                         "--disable-background-networking", "--disable-component-update", "--no-first-run"):
            options.add_argument(argument)
        options.accept_insecure_certs = True
        options.binary_location = shutil.which("chromium")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        cls.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        cls.addClassCleanup(cls.driver.quit)
        cls.pictures = os.environ.get("FERRYMAN_SCREENSHOTS", os.path.join(cls.directory, "pictures"))
        os.makedirs(cls.pictures, exist_ok=True)

    def wait(self, condition):
        waiting = WebDriverWait(self.driver, 30, ignored_exceptions=[StaleElementReferenceException])
        return waiting.until(lambda driver: condition())

    def look(self, name):
        """Nothing on the console, nothing beside the screen, nothing too pale; and a picture."""
        self.assertEqual(self.driver.get_log("browser"), [])
        for scheme in ("light", "dark"):
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                        {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            for width, (x, y) in WIDTHS.items():
                self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                            {"width": x, "height": y, "deviceScaleFactor": 1, "mobile": width == "phone"})
                wide = self.driver.execute_script("return document.documentElement.scrollWidth")
                self.assertLessEqual(wide, x, (name, width))
                self.assertEqual(self.driver.execute_script(CONTRAST), [], (name, scheme))
                self.driver.save_screenshot(os.path.join(self.pictures, f"{name}-{width}-{scheme}.png"))
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
