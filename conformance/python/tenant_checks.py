"""Tenants, their settings, and tenants in the tokens of users."""

from descope import AssociatedTenant
from harness import address, check, client, expect, expect_equal, expect_fields, mgmt, new_tenant, new_user, refused

tenants = mgmt.tenant


@check("mgmt.tenant.create, load: every field comes back")
def _():
    tenant_id = tenants.create(
        "Made py",
        self_provisioning_domains=["made-py.example.com"],
        custom_attributes={"tier": "gold"},
        enforce_sso=True,
        enforce_sso_exclusions=["somebody"],
        federated_app_ids=["app"],
        disabled=False,
    )["id"]
    loaded = tenants.load(tenant_id)
    expect_fields(
        loaded,
        {"id": tenant_id, "name": "Made py", "selfProvisioningDomains": ["made-py.example.com"], "customAttributes": {"tier": "gold"}},
    )
    expect_fields(loaded, {"enforceSSO": True, "enforceSSOExclusions": ["somebody"], "disabled": False, "authType": "none"})
    expect(isinstance(loaded["createdTime"], int), "createdTime")
    expect_equal(tenants.create("Chosen py", id="chosen-py")["id"], "chosen-py")
    refused(lambda: tenants.create("Another py", id="chosen-py"), 400, "E111402")
    refused(lambda: tenants.load("none-py"), 404, "E111401")


@check("mgmt.tenant.update, patch_tenant: one overwrites, the other changes what is sent")
def _():
    tenants.create("Changed py", id="changed-py", self_provisioning_domains=["changed-py.example.com"], custom_attributes={"a": 1})
    tenants.patch_tenant("changed-py", custom_attributes={"b": 2}, enforce_sso=True)
    expect_fields(
        tenants.load("changed-py"), {"name": "Changed py", "selfProvisioningDomains": ["changed-py.example.com"], "enforceSSO": True}
    )
    tenants.update("changed-py", "Renamed py", custom_attributes={"c": 3})
    expect_fields(
        tenants.load("changed-py"), {"name": "Renamed py", "selfProvisioningDomains": [], "customAttributes": {"c": 3}, "enforceSSO": False}
    )
    tenants.patch_tenant("changed-py", disabled=True, role_inheritance="none")
    expect_fields(tenants.load("changed-py"), {"name": "Renamed py", "disabled": True, "roleInheritance": "none"})
    refused(lambda: tenants.update("none-py", "None"), 404, "E111401")
    refused(lambda: tenants.patch_tenant("none-py", name="None"), 404, "E111401")


@check("mgmt.tenant.load_all, search_all")
def _():
    tenants.create("Sought py", id="sought-py", self_provisioning_domains=["sought-py.example.com"], custom_attributes={"mark": "x"})

    def ids(answer):
        return [tenant["id"] for tenant in answer["tenants"]]

    expect("sought-py" in ids(tenants.load_all()), "load_all")
    for found in (
        tenants.search_all(ids=["sought-py", "none-py"]),
        tenants.search_all(names=["Sought py"]),
        tenants.search_all(self_provisioning_domains=["sought-py.example.com"]),
        tenants.search_all(custom_attributes={"mark": "x"}),
    ):
        expect_equal(ids(found), ["sought-py"])
    expect("sought-py" in ids(tenants.search_all()), "no condition")


@check("mgmt.tenant.update_settings, load_settings: lifetimes of the tenant hold in tokens")
def _():
    new_tenant("settings")
    tenants.update_settings(
        "settings-py",
        ["settings-py.example.com"],
        domains=["sso.settings-py.example.com"],
        auth_type="none",
        session_settings_enabled=True,
        refresh_token_expiration=2,
        refresh_token_expiration_unit="hours",
        session_token_expiration=7,
        session_token_expiration_unit="minutes",
        stepup_token_expiration=5,
        stepup_token_expiration_unit="minutes",
        enable_inactivity=True,
        inactivity_time=1,
        inactivity_time_unit="hours",
        JITDisabled=True,
        enforce_sso=False,
    )
    written = {
        **{
            "selfProvisioningDomains": ["settings-py.example.com"],
            "domains": ["sso.settings-py.example.com"],
            "authType": "none",
            "enabled": True,
        },
        **{
            "refreshTokenExpiration": 2,
            "refreshTokenExpirationUnit": "hours",
            "sessionTokenExpiration": 7,
            "sessionTokenExpirationUnit": "minutes",
        },
        **{"stepupTokenExpiration": 5, "stepupTokenExpirationUnit": "minutes", "JITDisabled": True},
        **{"enableInactivity": True, "inactivityTime": 1, "inactivityTimeUnit": "hours"},
    }
    expect_fields(tenants.load_settings("settings-py"), written)
    tenants.update_settings("settings-py", ["other-py.example.com"], session_token_expiration=8)
    changed = {"selfProvisioningDomains": ["other-py.example.com"], "sessionTokenExpiration": 8}
    expect_fields(tenants.load_settings("settings-py"), {**written, **changed})
    new_user("settled", user_tenants=[AssociatedTenant("settings-py")])
    session = mgmt.jwt.sign_in(address("settled"))
    expect_equal(session["sessionToken"]["exp"] - session["sessionToken"]["iat"], 8 * 60)
    expect_equal(session["refreshSessionToken"]["exp"] - session["refreshSessionToken"]["iat"], 2 * 3600)
    refused(lambda: tenants.load_settings("none-py"), 404, "E111401")


@check("mgmt.tenant.update_default_roles: given to who comes into the tenant")
def _():
    new_tenant("defaults")
    mgmt.role.create("Newcomer py", tenant_id="defaults-py")
    tenants.update_default_roles("defaults-py", ["Newcomer py"])
    expect_equal(tenants.load("defaults-py")["defaultRoles"], ["Newcomer py"])
    made = new_user("newcomer", user_tenants=[AssociatedTenant("defaults-py")])
    expect_equal([one["roleNames"] for one in made["userTenants"]], [["Newcomer py"]])
    refused(lambda: tenants.update_default_roles("defaults-py", ["No such role"]), 404, "E111301")


@check("mgmt.tenant.delete: with cascade, those go who are in no other")
def _():
    for name in ("left", "emptied", "kept"):
        new_tenant(name)
    new_user("stays", user_tenants=[AssociatedTenant("left-py")])
    tenants.delete("left-py")
    expect_equal(mgmt.user.load(address("stays"))["user"]["userTenants"], [])
    new_user("goes", user_tenants=[AssociatedTenant("emptied-py")])
    new_user("in-both", user_tenants=[AssociatedTenant("emptied-py"), AssociatedTenant("kept-py")])
    tenants.delete("emptied-py", cascade=True)
    refused(lambda: mgmt.user.load(address("goes")), 404, "E112102")
    expect_equal([one["tenantId"] for one in mgmt.user.load(address("in-both"))["user"]["userTenants"]], ["kept-py"])
    refused(lambda: tenants.delete("emptied-py"), 404, "E111401")


@check("validate_tenant_roles, validate_tenant_permissions, validate_roles: the claims of our tokens")
def _():
    tenant_id = new_tenant("claims")
    mgmt.permission.create("Sign claims py")
    mgmt.role.create("Signer py", permission_names=["Sign claims py"], tenant_id=tenant_id)
    mgmt.role.create("Reader of claims py", permission_names=["Sign claims py"])
    new_user("claims", role_names=["Reader of claims py"], user_tenants=[AssociatedTenant(tenant_id, ["Signer py"])])
    session = mgmt.jwt.sign_in(address("claims"))
    expect(client.validate_tenant_roles(session, tenant_id, ["Signer py"]), "the role in the tenant")
    expect(client.validate_tenant_permissions(session, tenant_id, ["Sign claims py"]), "the permission in the tenant")
    expect(not client.validate_tenant_roles(session, tenant_id, ["Reader of claims py"]), "a role of the project is none of the tenant")
    expect(not client.validate_tenant_roles(session, "none-py", ["Signer py"]), "a tenant that the user is not in")
    expect(client.validate_roles(session, ["Reader of claims py"]), "the role of the project")
    expect(client.validate_permissions(session, ["Sign claims py"]), "the permission of the project")
    expect_equal(client.get_matched_roles(session, ["Signer py", "Reader of claims py"]), ["Reader of claims py"])
    expect_equal(client.get_matched_tenant_permissions(session, tenant_id, ["Sign claims py", "other"]), ["Sign claims py"])
    claims = client.validate_session(session["sessionToken"]["jwt"])
    expect(client.validate_tenant_roles(claims, tenant_id, ["Signer py"]), "after validation")
    expect_equal(claims["dct"], tenant_id)
    refreshed = client.refresh_session(session["refreshSessionToken"]["jwt"])
    expect(client.validate_tenant_permissions(refreshed, tenant_id, ["Sign claims py"]), "after a refresh")


@check("select_tenant, my_tenants")
def _():
    for name in ("first", "second", "outside"):
        new_tenant(name)
    tenants.patch_tenant("second-py", custom_attributes={"tier": "gold"})
    new_user("chooser", user_tenants=[AssociatedTenant("first-py"), AssociatedTenant("second-py")])
    session = mgmt.jwt.sign_in(address("chooser"))
    refresh = session["refreshSessionToken"]["jwt"]
    expect("dct" not in session["sessionToken"], "nothing is chosen among several")
    chosen = client.select_tenant("second-py", refresh)
    expect_equal((chosen["sessionToken"]["dct"], chosen["refreshSessionToken"]["dct"]), ("second-py", "second-py"))
    expect_equal(sorted(chosen["tenants"]), ["first-py", "second-py"])
    refresh = chosen["refreshSessionToken"]["jwt"]
    expect_equal(client.refresh_session(refresh)["sessionToken"]["dct"], "second-py")
    expect_equal(
        client.my_tenants(refresh, dct=True)["tenants"], [{"id": "second-py", "name": "second", "customAttributes": {"tier": "gold"}}]
    )
    found = client.my_tenants(refresh, ids=["first-py", "outside-py"])["tenants"]
    expect_equal([(one["id"], one["name"]) for one in found], [("first-py", "first")])
    refused(lambda: client.select_tenant("outside-py", refresh), 403, "E064005")
