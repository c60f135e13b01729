"""Codes and links that the caller gets: of test users, and embedded ones."""

from descope import DeliveryMethod, LoginOptions
from descope.management.user import CreateUserObj
from harness import BASE_URL, address, check, client, expect, expect_equal, expect_fields, mgmt, new_user, refused, token_of

users = mgmt.user
TESTED = address("tested")


def signs_in(session, login_id):
    expect(login_id in session["user"]["loginIds"], "the user")
    client.validate_session(session["sessionToken"]["jwt"])


def test_user(name):
    return users.create_test_user(address(name), email=address(name), phone="+15555550111")["user"]


@check("mgmt.user.create_test_user: no mail, and found as a test user only")
def _():
    made = users.create_test_user(TESTED, email=TESTED, display_name="Tess", verified_email=True, custom_attributes={"mark": "test-py"})[
        "user"
    ]
    expect_fields(made, {"test": True, "name": "Tess", "verifiedEmail": True, "customAttributes": {"mark": "test-py"}})
    expect_equal(users.load(TESTED)["user"]["test"], True)


@check("mgmt.user.generate_otp_for_test_user, otp.verify_code")
def _():
    test_user("coded")
    login_id = address("coded")
    for method in (DeliveryMethod.EMAIL, DeliveryMethod.SMS, DeliveryMethod.VOICE, DeliveryMethod.WHATSAPP):
        made = users.generate_otp_for_test_user(method, login_id)
        expect(made["loginId"] == login_id and made["code"].isdigit() and len(made["code"]) == 6, "the code")
        signs_in(client.otp.verify_code(method, login_id, made["code"]), login_id)
        refused(lambda code=made["code"], by=method: client.otp.verify_code(by, login_id, code), 401, "E061102")
    made = users.generate_otp_for_test_user(DeliveryMethod.EMAIL, login_id, LoginOptions(custom_claims={"shop": "py"}))
    session = client.otp.verify_code(DeliveryMethod.EMAIL, login_id, made["code"])
    expect_equal(session["sessionToken"]["nsec"], {"shop": "py"})
    users.generate_otp_for_test_user(DeliveryMethod.EMBEDDED, login_id)


@check("mgmt.user.generate_magic_link_for_test_user, magiclink.verify")
def _():
    test_user("linked")
    login_id = address("linked")
    made = users.generate_magic_link_for_test_user(DeliveryMethod.EMAIL, login_id, f"{BASE_URL}/app/there")
    expect(made["loginId"] == login_id and made["link"].startswith(f"{BASE_URL}/app/there"), "the link")
    signs_in(client.magiclink.verify(token_of(made["link"])), login_id)
    refused(lambda: client.magiclink.verify(token_of(made["link"])), 401, "E062504")
    made = users.generate_magic_link_for_test_user(DeliveryMethod.SMS, login_id, "", LoginOptions(custom_claims={"shop": "py"}))
    expect_equal(client.magiclink.verify(token_of(made["link"]))["sessionToken"]["nsec"], {"shop": "py"})
    elsewhere = users.generate_magic_link_for_test_user(DeliveryMethod.EMAIL, login_id, "https://elsewhere.example/there?to=py")
    expect(elsewhere["link"].startswith("https://elsewhere.example/there?to=py&t="), "any link of the caller's choice")
    refused(lambda: users.generate_magic_link_for_test_user(DeliveryMethod.EMAIL, login_id, "javascript:alert(1)"), 400, "E011004")


@check("mgmt.user.generate_enchanted_link_for_test_user, enchantedlink.verify, get_session")
def _():
    test_user("enchanted")
    login_id = address("enchanted")
    made = users.generate_enchanted_link_for_test_user(login_id, f"{BASE_URL}/app/there", LoginOptions(custom_claims={"shop": "py"}))
    expect_equal(made["loginId"], login_id)
    refused(lambda: client.enchantedlink.get_session(made["pendingRef"]), 401, "E062503")
    client.enchantedlink.verify(token_of(made["link"]))
    session = client.enchantedlink.get_session(made["pendingRef"])
    signs_in(session, login_id)
    expect_equal(session["sessionToken"]["nsec"], {"shop": "py"})
    refused(lambda: client.enchantedlink.get_session(made["pendingRef"]), 401, "E062503")


@check("codes and links are for test users")
def _():
    new_user("ordinary")
    for login_id, status, code in ((address("ordinary"), 400, "E112170"), (address("nobody"), 404, "E112102")):
        refused(lambda who=login_id: users.generate_otp_for_test_user(DeliveryMethod.EMAIL, who), status, code)
        refused(lambda who=login_id: users.generate_magic_link_for_test_user(DeliveryMethod.EMAIL, who, ""), status, code)
        refused(lambda who=login_id: users.generate_enchanted_link_for_test_user(who, ""), status, code)


@check("mgmt.user.generate_embedded_link, magiclink.verify")
def _():
    new_user("embedded")
    login_id = address("embedded")
    token = users.generate_embedded_link(login_id)
    session = client.magiclink.verify(token)
    signs_in(session, login_id)
    refused(lambda: client.magiclink.verify(token), 401, "E062504")
    token = users.generate_embedded_link(login_id, {"shop": "py"}, 60)
    session = client.magiclink.verify(token)
    expect_equal(session["sessionToken"]["shop"], "py")
    refused(lambda: users.generate_embedded_link(address("nobody")), 404, "E112102")


@check("mgmt.user.generate_sign_up_embedded_link, magiclink.verify")
def _():
    login_id = address("embarked")
    facts = CreateUserObj(email=login_id, phone="+15555550112", name="Em Barked", given_name="Em", family_name="Barked")
    options = LoginOptions(custom_claims={"shop": "py"})
    token = users.generate_sign_up_embedded_link(login_id, facts, True, False, options, 300)
    refused(lambda: users.load(login_id), 404, "E112102")
    session = client.magiclink.verify(token)
    signs_in(session, login_id)
    expect(session["firstSeen"], "seen for the first time")
    expect_equal(session["sessionToken"]["shop"], "py")
    wanted = {"email": login_id, "verifiedEmail": True, "phone": "+15555550112", "verifiedPhone": False, "name": "Em Barked"}
    expect_fields(users.load(login_id)["user"], {**wanted, "givenName": "Em", "familyName": "Barked", "status": "enabled"})
    refused(lambda: users.generate_sign_up_embedded_link(login_id), 400, "E062107")
    client.magiclink.verify(users.generate_sign_up_embedded_link(address("embarked-plain")))
    expect_equal(users.load(address("embarked-plain"))["user"]["verifiedEmail"], False)
