"""Users who prove a new address or phone number."""

from descope import DeliveryMethod
from harness import address, check, client, code_to, expect_equal, link_token, newest, refused, sign_up


@check("magiclink.update_user_email, verify: add_to_login_ids, and two accounts of one person")
def _():
    login_id, refresh, _ = sign_up("update-link-py")
    fresh = address("update-link-new")
    expect_equal(client.magiclink.update_user_email(login_id, fresh, refresh, add_to_login_ids=True), "u*****@e*****.com")
    user = client.magiclink.verify(link_token(fresh, "magicLink.update"))["user"]
    expect_equal([user["email"], user["verifiedEmail"], user["loginIds"]], [fresh, True, [login_id, fresh]])
    newest(fresh, "email.changed")

    other, _, _ = sign_up("update-merged-py")
    client.magiclink.verify(link_token(other, "email.verify"))
    client.magiclink.update_user_email(login_id, other, refresh, add_to_login_ids=True, on_merge_use_existing=False)
    merged = client.magiclink.verify(link_token(other, "magicLink.update"))["user"]
    expect_equal([merged["userId"], sorted(merged["loginIds"])], [user["userId"], sorted([login_id, fresh, other])])


@check("magiclink.update_user_phone: sent without a method, by text")
def _():
    for index, method in enumerate((DeliveryMethod.SMS, DeliveryMethod.WHATSAPP)):
        login_id, refresh, _ = sign_up(f"update-phone-{index}-py")
        phone = f"+1555555070{index}"
        expect_equal(client.magiclink.update_user_phone(method, login_id, phone, refresh), f"+*********0{index}")
        expect_equal(newest(phone, "magicLink.update")["channel"], "sms")
        user = client.magiclink.verify(link_token(phone, "magicLink.update"))["user"]
        expect_equal([user["phone"], user["verifiedPhone"]], [phone, True])


@check("otp.update_user_email: mfa keeps the factors of the session")
def _():
    login_id, refresh, _ = sign_up("update-code-py")
    fresh = address("update-code-new")
    expect_equal(client.otp.update_user_email(login_id, fresh, refresh, mfa=True), "u*****@e*****.com")
    session = client.otp.verify_code(DeliveryMethod.EMAIL, login_id, code_to(fresh, "otp.update"))
    expect_equal([session["user"]["email"], session["sessionToken"]["amr"]], [fresh, ["pwd", "email"]])
    refused(lambda: client.otp.update_user_email(login_id, fresh, "not.a.token"), 401, "E064002")


@check("otp.update_user_phone: by text, call and WhatsApp")
def _():
    for index, method in enumerate((DeliveryMethod.SMS, DeliveryMethod.VOICE, DeliveryMethod.WHATSAPP)):
        login_id, refresh, _ = sign_up(f"update-code-{index}-py")
        phone = f"+1555555071{index}"
        expect_equal(client.otp.update_user_phone(method, login_id, phone, refresh), f"+*********1{index}")
        user = client.otp.verify_code(method, login_id, code_to(phone, "otp.update"))["user"]
        expect_equal([user["phone"], user["verifiedPhone"]], [phone, True])
