"""What calls may say of the messages that they send: language, template and its options."""

from descope import DeliveryMethod, LoginOptions
from descope.common import SignUpOptions
from harness import BASE_URL, MANAGEMENT_KEY, PROJECT_ID, address, check, client, expect, expect_equal, newest, post, sign_up


def new_template(kind, channel, **version):
    """Makes a template that callers may choose, and answers its ID."""
    facts = {"name": f"Ours {kind} py", "kind": kind, "channel": channel, "public": True, "options": ["greeting"]}
    body = {**facts, "versions": {"en": version}}
    return post("/v1/mgmt/message/template/create", body, f"{PROJECT_ID}:{MANAGEMENT_KEY}")["template"]["id"]


@check("otp.sign_in, magiclink.sign_in, enchantedlink.sign_in: locale chooses the language")
def _():
    login_id, _, _ = sign_up("locale-py")
    options = LoginOptions(locale="de")
    client.otp.sign_in(DeliveryMethod.EMAIL, login_id, options)
    client.magiclink.sign_in(DeliveryMethod.EMAIL, login_id, f"{BASE_URL}/app", options)
    client.enchantedlink.sign_in(login_id, f"{BASE_URL}/app", options)
    for kind in ("otp.signIn", "magicLink.signIn", "enchantedLink.signIn"):
        expect("Minuten" in newest(login_id, kind)["text"], f"{kind} in German")


@check("otp.sign_up, magiclink.update_user_email: template_id and template_options")
def _():
    phone = "+15555550750"
    template = new_template("otp.signUp", "sms", body="{{ options.greeting }} {{ code }}")
    options = SignUpOptions(template_id=template, template_options={"greeting": "Ahoy"})
    client.otp.sign_up(DeliveryMethod.SMS, phone, None, options)
    message = newest(phone, "otp.signUp")
    expect_equal(message["text"], f"Ahoy {message['code']}")

    login_id, refresh, _ = sign_up("template-py")
    text = "{{ options.greeting }} {{ link }}"
    version = {"subject": "Ours", "body": text, "bodyPlainText": text, "useBodyPlainText": True}
    template = new_template("magicLink.update", "email", **version)
    fresh = address("template-new")
    client.magiclink.update_user_email(login_id, fresh, refresh, template_id=template, template_options={"greeting": "Ahoy"})
    message = newest(fresh, "magicLink.update")
    expect_equal([message["subject"], message["text"].strip()], ["Ours", f"Ahoy {message['link']}"])
