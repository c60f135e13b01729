"""Passwords that an administrator sets, and password settings."""

from descope import AssociatedTenant
from harness import (
    OTHER_PASSWORD,
    PASSWORD,
    address,
    check,
    client,
    expect,
    expect_equal,
    expect_fields,
    mgmt,
    new_tenant,
    new_user,
    refused,
    sign_up,
)

users = mgmt.user


@check("mgmt.user.set_temporary_password, set_password: to be replaced before the next sign-in")
def _():
    for name, set_it in (("temporary", users.set_temporary_password), ("deprecated", users.set_password)):
        new_user(name)
        set_it(address(name), PASSWORD)
        expect_equal(users.load(address(name))["user"]["password"], True)
        refused(lambda: client.password.sign_in(address(name), PASSWORD), 401, "E062909")
        client.password.replace(address(name), PASSWORD, OTHER_PASSWORD)
        client.password.sign_in(address(name), OTHER_PASSWORD)


@check("mgmt.user.set_active_password: works at once, and ends every session")
def _():
    login_id, refresh, _ = sign_up("active-py")
    users.set_active_password(login_id, OTHER_PASSWORD)
    refused(lambda: client.refresh_session(refresh), 401, "E064001")
    client.password.sign_in(login_id, OTHER_PASSWORD)
    body = refused(lambda: users.set_active_password(login_id, "short"), 400, "E062904")
    expect(any(broken["rule"] == "minLength" for broken in body["brokenRules"]), "the broken rule")
    refused(lambda: users.set_active_password(address("nobody"), PASSWORD), 404, "E112102")


@check("mgmt.user.expire_password: the next sign-in is refused, a replacement works")
def _():
    login_id, _, _ = sign_up("expired-py")
    users.expire_password(login_id)
    refused(lambda: client.password.sign_in(login_id, PASSWORD), 401, "E062909")
    client.password.replace(login_id, PASSWORD, OTHER_PASSWORD)
    client.password.sign_in(login_id, OTHER_PASSWORD)


SETTINGS = {
    **{"enabled": True, "minLength": 12, "lowercase": True, "uppercase": False, "number": True, "nonAlphanumeric": False},
    **{"expiration": True, "expirationWeeks": 4, "reuse": True, "reuseAmount": 5, "lock": True, "lockAttempts": 6},
}


@check("mgmt.password.configure_settings, get_settings: of the project")
def _():
    before = mgmt.password.get_settings()
    mgmt.password.configure_settings("", SETTINGS)
    try:
        expect_fields(mgmt.password.get_settings(), SETTINGS)
        expect_equal(client.password.get_policy()["minLength"], 12)
        mgmt.password.configure_settings("", {"minLength": 13})
        expect_fields(mgmt.password.get_settings(), {**SETTINGS, "minLength": 13})
        refused(lambda: mgmt.password.configure_settings("", {"minLength": 1}), 400, "E011004")
    finally:
        mgmt.password.configure_settings("", before)
    expect_equal(mgmt.password.get_settings(), before)


@check("mgmt.password.configure_settings, get_settings: of a tenant, which hold for its users")
def _():
    before = mgmt.password.get_settings()
    tenant_id = new_tenant("passwords")
    mgmt.password.configure_settings(tenant_id, {"minLength": 30})
    expect_fields(mgmt.password.get_settings(tenant_id), {"minLength": 30, "number": before["number"], "tenantId": tenant_id})
    expect_equal(mgmt.password.get_settings(), before)
    new_user("strict", user_tenants=[AssociatedTenant(tenant_id)])
    refused(lambda: users.set_active_password(address("strict"), PASSWORD), 400, "E062904")
    users.set_active_password(address("strict"), f"{PASSWORD} and {OTHER_PASSWORD}")
    refused(lambda: mgmt.password.get_settings("none-py"), 404, "E111401")
    refused(lambda: mgmt.password.configure_settings("none-py", {"minLength": 30}), 404, "E111401")
