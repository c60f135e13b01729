"""What the checks have in common: the SDK pointed at the server that the environment names, and the words they are written in."""

import json
import os
import urllib.request
from urllib.parse import parse_qs, urlparse

from descope import AuthException, DescopeClient

BASE_URL = os.environ["DESCOPE_BASE_URL"]
PROJECT_ID = os.environ["DESCOPE_PROJECT_ID"]
# Taken out, because the SDK would give it to every client.
MANAGEMENT_KEY = os.environ.pop("DESCOPE_MANAGEMENT_KEY")
PASSWORD = "plum kettle orbit 7"
BCRYPT_OF_PASSWORD = "$2b$10$N9qo8uLOickgx2ZMRZoMyern9xYB60f18wmkKjEWg1H43DH3jgVuW"
OTHER_PASSWORD = "copper lantern 42 fox"

client = DescopeClient(project_id=PROJECT_ID, base_url=BASE_URL)
managed = DescopeClient(project_id=PROJECT_ID, base_url=BASE_URL, management_key=MANAGEMENT_KEY)
mgmt = managed.mgmt
checks = []


def check(operation):
    """Declares a check; its name is a row of the compatibility table."""

    def declare(run):
        checks.append((operation, run))
        return run

    return declare


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def expect_equal(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r}, not {wanted!r}")


def expect_fields(found, wanted):
    """Members that are not named may be anything."""
    expect_equal({name: found.get(name) for name in wanted}, wanted)


def refused(call, status, code):
    """Runs a call that the server must refuse and answers the error's body."""
    try:
        call()
    except AuthException as error:
        expect(error.status_code == status, f"status {error.status_code}, not {status}: {error.error_message}")
        body = json.loads(error.error_message)
        expect(body["errorCode"] == code, f"code {body['errorCode']}, not {code}")
        return body
    raise AssertionError(f"not refused with {code}")


def address(name):
    return f"{name}-py@example.com"


def sign_up(name):
    login_id = f"{name}@example.com"
    response = client.password.sign_up(login_id, PASSWORD)
    return login_id, response["refreshSessionToken"]["jwt"], response["sessionToken"]["jwt"]


def new_user(name, **facts):
    """Makes a user as an administrator does and answers it."""
    return mgmt.user.create(address(name), **facts)["user"]


def new_tenant(name):
    mgmt.tenant.create(name, id=f"{name}-py")
    return f"{name}-py"


def newest(to, kind):
    """The newest message of a kind to an address or a phone number."""
    with urllib.request.urlopen(f"{BASE_URL}/v1/test/outbox") as answer:
        messages = json.load(answer)["messages"]
    return next(message for message in messages if message["to"] == to and message["kind"] == kind)


def link_to(to, kind):
    return newest(to, kind)["link"]


def code_to(to, kind):
    return newest(to, kind)["code"]


def post(path, body, bearer):
    """Sends what the SDK has no call for, and answers the body."""
    headers = {"authorization": f"Bearer {bearer}", "content-type": "application/json"}
    request = urllib.request.Request(f"{BASE_URL}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def token_of(link):
    return parse_qs(urlparse(link).query)["t"][0]


def link_token(to, kind):
    return token_of(link_to(to, kind))


def number_token(to, kind, number):
    """The token of one of the numbered links in such a message."""
    return next(token_of(link["url"]) for link in newest(to, kind)["links"] if link["number"] == number)
