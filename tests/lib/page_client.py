"""A browser without a screen: cookies, forms as they stand in a page, and nothing of our own sources."""
import base64
import dataclasses
import hashlib
import html.parser
import http.client
import re
import ssl
import urllib.parse

VOID = {"meta", "link", "input", "br"}
ELEMENTS = VOID | {"html", "head", "title", "style", "body", "header", "main", "footer", "section", "div", "p", "span", "h1", "h2",
                   "ul", "li", "dl", "dt", "dd", "a", "form", "label", "button", "time", "script",
                   "noscript"}


@dataclasses.dataclass
class Form:
    fields: dict
    method: str = "get"

    @property
    def action(self):
        return self.fields["do"]


class Page(html.parser.HTMLParser):
    """A document: every element closed in its order, none that pages do not have, no attribute that is a script."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.links, self.words, self.problem, self.open, self.labels = [], [], [], "", [], set()
        self.inputs, self.scripts = [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open
        for field in self.inputs:
            assert field.get("type") == "hidden" or field["id"] in self.labels, f"{field} has no label"

    def handle_starttag(self, tag, attributes):
        assert tag in ELEMENTS, tag
        values = dict(attributes)
        assert len(values) == len(attributes) and not any(name.startswith("on") or name == "style" for name in values), attributes
        if tag == "form":
            self.forms.append(Form({}, values["method"]))
        elif tag == "input":
            self.inputs.append(values)
            self.forms[-1].fields[values["name"]] = values.get("value", "")
        elif tag == "a":
            self.links.append(values["href"])
        elif tag == "label":
            self.labels.add(values["for"])
        if tag not in VOID:
            self.open.append((tag, values))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag, tag

    def handle_data(self, data):
        if any(tag in ("style", "script") for tag, _ in self.open):
            if self.open[-1][0] == "script":
                self.scripts.append(data)
            return
        self.words.append(data)
        if any(values.get("role") == "alert" for _, values in self.open):
            self.problem += data

    @property
    def text(self):
        return " ".join(self.words)

    def form(self, action):
        (found,) = (form for form in self.forms if form.action == action)
        return found


@dataclasses.dataclass
class Answer:
    status: int
    fields: list
    body: str

    def field(self, name):
        values = [value for key, value in self.fields if key.lower() == name.lower()]
        assert len(values) <= 1, values
        return values[0] if values else None

    @property
    def page(self):
        page = Page(self.body)
        for script in page.scripts:
            digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
            assert f"script-src 'sha256-{digest}'" in self.field("Content-Security-Policy"), script
        return page


class PageClient:
    """At one address; follows redirects within it. asked: called for each request."""

    def __init__(self, base, authority, asked=lambda: None):
        self.base, self.asked, self.cookies = base, asked, {}
        self.tls = ssl.create_default_context(cafile=authority)
        self.path = None

    def request(self, method, path, fields=None, **headers):
        """One request as it is said, and the cookies that come with the answer. A header that is None is not sent."""
        self.asked()
        body = urllib.parse.urlencode(fields) if fields is not None else None
        standard = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()) or None}
        if body is not None:
            standard.update({"Origin": self.base, "Content-Type": "application/x-www-form-urlencoded"})
        standard.update({name.replace("_", "-"): value for name, value in headers.items()})
        connection = http.client.HTTPSConnection(urllib.parse.urlsplit(self.base).netloc, context=self.tls, timeout=30)
        try:
            connection.request(method, path, body, {name: value for name, value in standard.items() if value is not None})
            reply = connection.getresponse()
            answer = Answer(reply.status, reply.getheaders(), reply.read().decode())
        finally:
            connection.close()
        for name, value in answer.fields:
            if name.lower() == "set-cookie":
                self.keep(value)
        return answer

    def keep(self, text):
        (name, value), *attributes = (part.strip().partition("=")[::2] for part in text.split(";"))
        assert name.startswith("__Host-"), text
        names = {key.lower(): value for key, value in attributes}
        assert names.get("path") == "/" and "secure" in names and "httponly" in names and "domain" not in names, text
        assert names["samesite"] == "Strict", text
        if names.get("max-age") == "0":
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def get(self, path):
        """What is shown in the end."""
        for _ in range(5):
            answer = self.request("GET", path)
            location = answer.field("Location")
            if location is None or not location.startswith("/"):
                self.path = path
                return answer
            path = location
        raise AssertionError("redirected without end")

    def post(self, form, **fields):
        """The form of the page that was got last, filled in; where that leads."""
        answer = self.request("POST", self.path, {**form.fields, **fields})
        location = answer.field("Location")
        return self.get(location) if answer.status == 303 and location.startswith("/") else answer

    def sign_in(self, path, name, secret):
        page = self.get(path).page
        return self.post(page.form("sign-in"), username=name, secret=secret)


def code_of(text):
    """That a program shows to a person."""
    (code,) = re.findall(r"\b[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}\b", text)
    return code
