"""Signing up and in by codes and links that are sent."""

from descope import DeliveryMethod, LoginOptions
from descope.common import SignUpOptions
from harness import BASE_URL, address, check, client, code_to, expect, expect_equal, link_token, link_to, refused

PHONE_METHODS = (DeliveryMethod.SMS, DeliveryMethod.VOICE, DeliveryMethod.WHATSAPP)


def masked(name):
    return f"{name[0]}*****@e*****.com"


def verified(session, login_id, method):
    expect(login_id in session["user"]["loginIds"], "the user")
    expect_equal(client.validate_session(session["sessionToken"]["jwt"])["amr"], [method])


@check("otp.sign_up, sign_in, sign_up_or_in, verify_code: by mail")
def _():
    login_id = address("otp")
    options = SignUpOptions(custom_claims={"shop": "py"})
    expect_equal(client.otp.sign_up(DeliveryMethod.EMAIL, login_id, {"name": "Otto Py"}, options), masked("otp"))
    session = client.otp.verify_code(DeliveryMethod.EMAIL, login_id, code_to(login_id, "otp.signUp"))
    verified(session, login_id, "email")
    expect_equal([session["firstSeen"], session["user"]["name"], session["user"]["verifiedEmail"]], [True, "Otto Py", True])
    expect_equal(session["sessionToken"]["nsec"], {"shop": "py"})
    refused(lambda: client.otp.sign_up(DeliveryMethod.EMAIL, login_id), 400, "E062107")
    for start in (client.otp.sign_in, client.otp.sign_up_or_in):
        expect_equal(start(DeliveryMethod.EMAIL, login_id), masked("otp"))
        code = code_to(login_id, "otp.signIn")
        verified(client.otp.verify_code(DeliveryMethod.EMAIL, login_id, code), login_id, "email")
        refused(lambda used=code: client.otp.verify_code(DeliveryMethod.EMAIL, login_id, used), 401, "E061102")


@check("otp.sign_up, sign_in, verify_code: by text, call and WhatsApp")
def _():
    for index, method in enumerate(PHONE_METHODS):
        phone = f"+1555555040{index}"
        expect_equal(client.otp.sign_up(method, phone, {"name": "Phone"}), f"+*********0{index}")
        session = client.otp.verify_code(method, phone, code_to(phone, "otp.signUp"))
        expect_equal([session["user"]["phone"], session["user"]["verifiedPhone"]], [phone, True])
        expect_equal(client.otp.sign_in(method, phone), f"+*********0{index}")
        verified(client.otp.verify_code(method, phone, code_to(phone, "otp.signIn")), phone, method.name.lower())


@check("otp.sign_in: step-up with a refresh token")
def _():
    login_id = address("otp-step")
    client.otp.sign_up_or_in(DeliveryMethod.EMAIL, login_id)
    session = client.otp.verify_code(DeliveryMethod.EMAIL, login_id, code_to(login_id, "otp.signUp"))
    refresh = session["refreshSessionToken"]["jwt"]
    client.otp.sign_in(DeliveryMethod.EMAIL, login_id, LoginOptions(stepup=True), refresh)
    session = client.otp.verify_code(DeliveryMethod.EMAIL, login_id, code_to(login_id, "otp.signIn"))
    expect_equal(session["sessionToken"]["su"], True)


@check("magiclink.sign_up, sign_in, sign_up_or_in, verify: by mail")
def _():
    login_id = address("magic")
    uri = f"{BASE_URL}/app/there"
    options = SignUpOptions(custom_claims={"shop": "py"})
    expect_equal(client.magiclink.sign_up(DeliveryMethod.EMAIL, login_id, uri, {"name": "Mag Py"}, options), masked("magic"))
    expect(link_to(login_id, "magicLink.signUp").startswith(f"{uri}?t="), "the link")
    session = client.magiclink.verify(link_token(login_id, "magicLink.signUp"))
    verified(session, login_id, "email")
    expect_equal([session["firstSeen"], session["user"]["name"], session["user"]["verifiedEmail"]], [True, "Mag Py", True])
    expect_equal(session["sessionToken"]["nsec"], {"shop": "py"})
    refused(lambda: client.magiclink.sign_up(DeliveryMethod.EMAIL, login_id, uri), 400, "E062107")
    for start in (client.magiclink.sign_in, client.magiclink.sign_up_or_in):
        expect_equal(start(DeliveryMethod.EMAIL, login_id, uri), masked("magic"))
        token = link_token(login_id, "magicLink.signIn")
        verified(client.magiclink.verify(token), login_id, "email")
        refused(lambda used=token: client.magiclink.verify(used), 401, "E062504")
    refused(lambda: client.magiclink.sign_in(DeliveryMethod.EMAIL, login_id, "https://evil.example/in"), 400, "E062908")


@check("magiclink.sign_up, sign_in, verify: by text and WhatsApp")
def _():
    for index, method in enumerate((DeliveryMethod.SMS, DeliveryMethod.WHATSAPP)):
        phone = f"+1555555041{index}"
        expect_equal(client.magiclink.sign_up(method, phone, f"{BASE_URL}/app", {"name": "Phone"}), f"+*********1{index}")
        session = client.magiclink.verify(link_token(phone, "magicLink.signUp"))
        expect_equal([session["user"]["phone"], session["user"]["verifiedPhone"]], [phone, True])
        expect_equal(client.magiclink.sign_in(method, phone, f"{BASE_URL}/app"), f"+*********1{index}")
        verified(client.magiclink.verify(link_token(phone, "magicLink.signIn")), phone, method.name.lower())
