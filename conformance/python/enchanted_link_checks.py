"""Signing up and in by numbered links, where the sign-in began."""

from descope import LoginOptions
from descope.common import SignUpOptions
from harness import BASE_URL, address, check, client, expect, expect_equal, newest, number_token, refused

enchanted = client.enchantedlink
URI = f"{BASE_URL}/app/confirm"


def through(started, login_id, kind):
    """Clicks the number that is to be shown, and polls before and after."""
    reference, number = started["pendingRef"], started["linkId"]
    refused(lambda: enchanted.get_session(reference), 401, "E062503")
    enchanted.verify(number_token(login_id, kind, number))
    session = enchanted.get_session(reference)
    expect_equal(client.validate_session(session["sessionToken"]["jwt"])["drn"], "DS")
    refused(lambda: enchanted.get_session(reference), 401, "E062503")
    return session


@check("enchantedlink.sign_up, sign_in, sign_up_or_in, verify, get_session: by mail")
def _():
    login_id = address("enchanted-start")
    options = SignUpOptions(custom_claims={"shop": "py"})
    started = enchanted.sign_up(login_id, URI, {"name": "Ench Py"}, options)
    expect_equal(started["maskedEmail"], "e*****@e*****.com")
    expect(all(link["url"].startswith(f"{URI}?t=") for link in newest(login_id, "enchantedLink.signUp")["links"]), "the links")
    session = through(started, login_id, "enchantedLink.signUp")
    expect_equal([session["firstSeen"], session["user"]["name"], session["user"]["verifiedEmail"]], [True, "Ench Py", True])
    expect_equal(session["sessionToken"]["nsec"], {"shop": "py"})
    refused(lambda: enchanted.sign_up(login_id, URI, {}), 400, "E062107")
    for start in (enchanted.sign_in, enchanted.sign_up_or_in):
        expect_equal(through(start(login_id, URI), login_id, "enchantedLink.signIn")["firstSeen"], False)


@check("enchantedlink.verify: a wrong number ends the attempt")
def _():
    login_id = address("enchanted-wrong")
    started = enchanted.sign_up_or_in(login_id, URI)
    right = started["linkId"]
    wrong = next(link["number"] for link in newest(login_id, "enchantedLink.signUp")["links"] if link["number"] != right)
    for number in (wrong, right):
        token = number_token(login_id, "enchantedLink.signUp", number)
        refused(lambda used=token: enchanted.verify(used), 401, "E062504")
    refused(lambda: enchanted.get_session(started["pendingRef"]), 401, "E062503")


@check("enchantedlink.sign_in: step-up with a refresh token")
def _():
    login_id = address("enchanted-step")
    session = through(enchanted.sign_up_or_in(login_id, URI), login_id, "enchantedLink.signUp")
    refresh = session["refreshSessionToken"]["jwt"]
    started = enchanted.sign_in(login_id, URI, LoginOptions(stepup=True), refresh)
    expect_equal(through(started, login_id, "enchantedLink.signIn")["sessionToken"]["su"], True)


@check("enchantedlink.update_user_email: proves a new address")
def _():
    login_id, fresh = address("enchanted-moves"), address("enchanted-moved")
    session = through(enchanted.sign_up_or_in(login_id, URI), login_id, "enchantedLink.signUp")
    started = enchanted.update_user_email(login_id, fresh, session["refreshSessionToken"]["jwt"], add_to_login_ids=True)
    expect_equal(started["maskedEmail"], "e*****@e*****.com")
    user = through(started, fresh, "enchantedLink.update")["user"]
    expect_equal([user["email"], user["verifiedEmail"], user["loginIds"]], [fresh, True, [login_id, fresh]])
