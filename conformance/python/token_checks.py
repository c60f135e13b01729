"""Tokens that a back end makes and changes: sign-in without a factor, custom claims, impersonation."""

from descope import AssociatedTenant
from descope.management.common import MgmtLoginOptions, MgmtSignUpOptions, MgmtUserRequest
from harness import PROJECT_ID, address, check, client, expect, expect_equal, expect_fields, mgmt, new_tenant, new_user, refused, sign_up

jwt = mgmt.jwt


@check("mgmt.jwt.sign_up: a user without a credential, signed in")
def _():
    facts = MgmtUserRequest(name="Ada", given_name="A", family_name="L", phone="+15555550107", email_verified=True, phone_verified=False)
    session = jwt.sign_up(address("vouched"), facts, MgmtSignUpOptions(custom_claims={"tier": "gold"}, refresh_duration=3600))
    expect_equal((session["firstSeen"], session["projectId"], session["userId"]), (True, PROJECT_ID, session["user"]["userId"]))
    expect_fields(session["user"], {"name": "Ada", "givenName": "A", "phone": "+15555550107", "verifiedPhone": False, "status": "enabled"})
    expect_fields(session["user"], {"email": address("vouched"), "verifiedEmail": True})
    expect_equal((session["sessionToken"]["tier"], session["refreshSessionToken"]["drn"]), ("gold", "DSR"))
    expect_equal(session["refreshSessionToken"]["exp"] - session["refreshSessionToken"]["iat"], 3600)
    expect_equal(client.me(session["refreshSessionToken"]["jwt"])["loginIds"], [address("vouched")])
    refused(lambda: jwt.sign_up(address("vouched")), 400, "E062107")


@check("mgmt.jwt.sign_up_or_in")
def _():
    first = jwt.sign_up_or_in(address("either"), MgmtUserRequest(email=address("either")))
    second = jwt.sign_up_or_in(address("either"))
    expect_equal((first["firstSeen"], second["firstSeen"], second["userId"]), (True, False, first["userId"]))


@check("mgmt.jwt.sign_in: claims, lifetime, other sessions, step-up")
def _():
    login_id, refresh, _ = sign_up("vouched-in-py")
    session = jwt.sign_in(login_id, MgmtLoginOptions(custom_claims={"tier": "gold"}, refresh_duration=7200))
    expect_equal((session["firstSeen"], session["sessionToken"]["tier"], session["user"]["loginIds"]), (False, "gold", [login_id]))
    expect_equal(session["refreshSessionToken"]["exp"] - session["refreshSessionToken"]["iat"], 7200)
    expect_equal(client.refresh_session(session["refreshSessionToken"]["jwt"])["sessionToken"]["tier"], "gold")
    stepped = jwt.sign_in(login_id, MgmtLoginOptions(stepup=True, jwt=refresh))
    expect_equal(stepped["sessionToken"]["su"], True)
    jwt.sign_in(login_id, MgmtLoginOptions(revoke_other_sessions=True))
    refused(lambda: client.refresh_session(refresh), 401, "E064001")
    refused(lambda: jwt.sign_in(address("nobody")), 404, "E112102")


@check("mgmt.jwt.update_jwt: claims at the top level, kept by a refresh")
def _():
    _, refresh, session = sign_up("claimed-py")
    claims = client.validate_session(jwt.update_jwt(session, {"plan": "gold", "limits": {"seats": 3}}))
    expect_fields(claims, {"plan": "gold", "limits": {"seats": 3}, "drn": "DS"})
    renewed = jwt.update_jwt(refresh, {"more": 1}, refresh_duration=3600)
    token = client.refresh_session(renewed)["sessionToken"]
    expect_fields(token, {"plan": "gold", "more": 1})
    refused(lambda: jwt.update_jwt(session, {"sub": "somebody"}), 400, "E011004")
    refused(lambda: jwt.update_jwt("no.such.token", {"a": 1}), 401, "E064002")


@check("mgmt.jwt.impersonate, stop_impersonation")
def _():
    tenant_id = new_tenant("acted")
    mgmt.role.create("Support py", permission_names=["Impersonate"])
    target = new_user("acted-as", user_tenants=[AssociatedTenant(tenant_id)])
    helper = new_user("acting", role_names=["Support py"])
    refresh = jwt.impersonate(helper["userId"], address("acted-as"), False, {"why": "ticket 7"}, tenant_id, 3600)
    session = client.refresh_session(refresh)
    expect_fields(session["sessionToken"], {"sub": target["userId"], "act": {"sub": helper["userId"]}, "why": "ticket 7", "dct": tenant_id})
    expect_equal(session["refreshSessionToken"]["exp"] - session["refreshSessionToken"]["iat"], 3600)
    expect_equal(client.me(refresh)["userId"], target["userId"])
    back = client.refresh_session(jwt.stop_impersonation(refresh, {"back": True}))["sessionToken"]
    expect_fields(back, {"sub": helper["userId"], "back": True})
    expect("act" not in back, "nobody acts any more")
    refused(lambda: client.refresh_session(refresh), 401, "E064001")
    refused(lambda: jwt.impersonate(target["userId"], address("acting"), False), 403, "E111801")
    refused(lambda: jwt.impersonate(helper["userId"], address("acted-as"), True), 403, "E111802")
    refused(lambda: jwt.impersonate(helper["userId"], address("nobody"), False), 404, "E112102")


@check("mgmt.jwt.impersonate_stepup, impersonate with stepup: a session token after a step-up")
def _():
    mgmt.role.create("Step-up support py", permission_names=["Impersonate"])
    helper = new_user("stepping", role_names=["Step-up support py"])
    target = new_user("stepped-as")
    claims = client.validate_session(jwt.impersonate_stepup(helper["userId"], address("stepped-as"), False))
    expect_fields(claims, {"sub": target["userId"], "su": True, "act": {"sub": helper["userId"]}})
    claims = client.validate_session(jwt.impersonate(helper["userId"], address("stepped-as"), False, stepup=True))
    expect_fields(claims, {"sub": target["userId"], "su": True, "act": {"sub": helper["userId"]}})


@check("mgmt.jwt.anonymous: both tokens, no user")
def _():
    tenant_id = new_tenant("anonymous")
    session = jwt.anonymous({"cart": "c1"}, tenant_id, 3600)
    expect("user" not in session and "firstSeen" not in session, "no user")
    expect_fields(session["sessionToken"], {"cart": "c1", "dct": tenant_id, "drn": "DS"})
    expect_equal(session["refreshSessionToken"]["exp"] - session["refreshSessionToken"]["iat"], 3600)
    expect_equal(client.refresh_session(session["refreshSessionToken"]["jwt"])["sessionToken"]["cart"], "c1")
    refused(lambda: jwt.anonymous(tenant_id="none-py"), 404, "E111401")
