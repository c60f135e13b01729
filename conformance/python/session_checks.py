"""Passwords and sessions, as an application uses them."""

import jwt
from descope import AuthException, RateLimitException
from harness import BASE_URL, OTHER_PASSWORD, PASSWORD, PROJECT_ID, check, client, expect, link_token, managed, refused, sign_up


@check("password.sign_up: both tokens, the user and its details")
def _():
    details = {"name": "Ada Lovelace", "phone": "+15550100177", "email": "ada.py@example.com"}
    response = client.password.sign_up("ada.py", PASSWORD, details)
    expect(response["firstSeen"] is True, "firstSeen")
    expect(response["user"]["loginIds"] == ["ada.py"], "loginIds")
    expect({key: response["user"][key] for key in details} == details, "details")
    expect(response["projectId"] == PROJECT_ID and response["userId"] == response["user"]["userId"], "IDs")
    expect(response["sessionToken"]["drn"] == "DS" and response["refreshSessionToken"]["drn"] == "DSR", "drn")
    expect(response["cookieData"]["maxAge"] == 2419200, "cookieData")


@check("password.sign_in")
def _():
    login_id, _, _ = sign_up("signin-py")
    response = client.password.sign_in(login_id, PASSWORD)
    expect(response["firstSeen"] is False and response["user"]["email"] == login_id, "the user")


@check("password.send_reset, magiclink.verify, password.update")
def _():
    login_id, _, _ = sign_up("reset-py")
    client.magiclink.verify(link_token(login_id, "email.verify"))
    response = client.password.send_reset(login_id, f"{BASE_URL}/app/reset", {"greeting": "Hello"})
    expect(response["resetMethod"] == "magiclink" and "*" in response["maskedEmail"], "the answer")
    session = client.magiclink.verify(link_token(login_id, "password.reset"))
    client.password.update(login_id, OTHER_PASSWORD, session["refreshSessionToken"]["jwt"])
    client.password.sign_in(login_id, OTHER_PASSWORD)
    refused(lambda: client.password.sign_in(login_id, PASSWORD), 401, "E062903")


@check("password.update")
def _():
    login_id, refresh, _ = sign_up("update-py")
    client.password.update(login_id, OTHER_PASSWORD, refresh)
    client.password.sign_in(login_id, OTHER_PASSWORD)


@check("password.replace")
def _():
    login_id, _, _ = sign_up("replace-py")
    response = client.password.replace(login_id, PASSWORD, OTHER_PASSWORD)
    client.validate_session(response["sessionToken"]["jwt"])
    refused(lambda: client.password.sign_in(login_id, PASSWORD), 401, "E062903")


@check("password.get_policy")
def _():
    policy = client.password.get_policy()
    expect(policy["minLength"] == 8 and policy["lowercase"] is False, "the policy")


@check("validate_session")
def _():
    _, refresh, session = sign_up("validate-py")
    claims = client.validate_session(session)
    expect(claims["drn"] == "DS" and claims["projectId"] == PROJECT_ID, "claims")
    for forged in (session[:-8] + "AAAAAAAA", session.rsplit(".", 1)[0] + "."):
        try:
            client.validate_session(forged)
        except (AuthException, jwt.InvalidTokenError):  # The SDK lets its JWT library's own errors through.
            continue
        raise AssertionError("a forged token passes")


@check("refresh_session, validate_and_refresh_session")
def _():
    _, refresh, session = sign_up("refresh-py")
    response = client.refresh_session(refresh)
    expect(response["sessionToken"]["jwt"] != session, "a new session token")
    client.validate_session(response["sessionToken"]["jwt"])
    client.validate_and_refresh_session("not.a.token", refresh)


@check("me, history")
def _():
    login_id, refresh, _ = sign_up("me-py")
    expect(client.me(refresh)["loginIds"] == [login_id], "me")
    entries = client.history(refresh)
    expect(isinstance(entries, list) and isinstance(entries[0]["loginTime"], int), "history")


@check("logout, logout_all")
def _():
    login_id, refresh, _ = sign_up("logout-py")
    client.logout(refresh)
    body = refused(lambda: client.me(refresh), 401, "E064001")
    expect("Expired due to logout" in body["errorMessage"], "the message")
    first = client.password.sign_in(login_id, PASSWORD)["refreshSessionToken"]["jwt"]
    second = client.password.sign_in(login_id, PASSWORD)["refreshSessionToken"]["jwt"]
    client.logout_all(first)
    refused(lambda: client.me(second), 401, "E064001")


@check("errors: taken login ID, wrong password, policy, link, rate limit")
def _():
    login_id, _, _ = sign_up("errors-py")
    refused(lambda: client.password.sign_up(login_id, PASSWORD), 400, "E062107")
    refused(lambda: client.password.sign_up("weak-py@example.com", "short"), 400, "E062904")
    refused(lambda: client.magiclink.verify("not-a-token"), 401, "E062504")
    for guess in range(10):
        refused(lambda: client.password.sign_in(login_id, f"guess number {guess}"), 401, "E062903")
    try:
        client.password.sign_in(login_id, PASSWORD)
    except RateLimitException as error:
        expect(error.status_code == "E130429", f"code {error.status_code}")
        expect(1 <= int(error.rate_limit_parameters["Retry-After"]) <= 900, "Retry-After")
        return
    raise AssertionError("not limited")


@check("management_key: the licence handshake")
def _():
    managed.password.sign_up("managed-py@example.com", PASSWORD)
