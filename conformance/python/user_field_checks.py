"""Single fields of users, their roles and tenants, and the definitions of custom attributes."""

from harness import address, check, client, expect, expect_equal, expect_fields, mgmt, new_tenant, new_user, refused, sign_up

users = mgmt.user


@check("mgmt.user.activate, deactivate: a disabled user is signed out and stays out")
def _():
    login_id, refresh, _ = sign_up("disabled-py")
    expect_equal(users.deactivate(login_id)["user"]["status"], "disabled")
    refused(lambda: client.refresh_session(refresh), 401, "E064001")
    refused(lambda: mgmt.jwt.sign_in(login_id), 403, "E062110")
    expect_equal(users.activate(login_id)["user"]["status"], "enabled")
    mgmt.jwt.sign_in(login_id)


@check("mgmt.user.update_login_id: replaced, removed, never the only one")
def _():
    made = new_user("renamed", additional_login_ids=["renamed-too-py"])
    after = users.update_login_id("renamed-too-py", "renamed-now-py")["user"]
    expect_equal(after["loginIds"], [address("renamed"), "renamed-now-py"])
    refused(lambda: users.load("renamed-too-py"), 404, "E112102")
    expect_equal(users.load("renamed-now-py")["user"]["userId"], made["userId"])
    expect_equal(users.update_login_id("renamed-now-py", "")["user"]["loginIds"], [address("renamed")])
    refused(lambda: users.update_login_id(address("renamed")), 400, "E112103")
    new_user("renamed-other")
    refused(lambda: users.update_login_id(address("renamed"), address("renamed-other")), 400, "E062107")


@check("mgmt.user.update_email: set, verified, emptied; a conflict is told on request")
def _():
    new_user("mailed", status="enabled")
    other = new_user("mailed-other")
    expect_fields(
        users.update_email(address("mailed"), "new.mailed@example.com", True)["user"],
        {"email": "new.mailed@example.com", "verifiedEmail": True},
    )
    expect_fields(
        users.update_email(address("mailed"), "newer.mailed@example.com")["user"],
        {"email": "newer.mailed@example.com", "verifiedEmail": False},
    )
    refused(lambda: users.update_email(address("mailed"), other["email"], True, fail_on_conflict=True), 400, "E111127")
    refused(lambda: users.update_email(address("mailed"), "no address"), 400, "E011003")
    expect_fields(users.update_email(address("mailed"))["user"], {"email": "", "verifiedEmail": False})
    expect_fields(users.load(address("mailed"))["user"], {"email": "", "loginIds": [address("mailed")]})


@check("mgmt.user.update_phone: set, verified, emptied")
def _():
    new_user("called")
    expect_fields(users.update_phone(address("called"), "+1 555 555 0105", True)["user"], {"phone": "+15555550105", "verifiedPhone": True})
    expect_fields(users.update_phone(address("called"))["user"], {"phone": "", "verifiedPhone": False})
    refused(lambda: users.update_phone(address("called"), "no number"), 400, "E011003")


@check("mgmt.user.update_display_name, update_picture: absent names stay, empty ones go")
def _():
    new_user("named", display_name="Name", given_name="Given", middle_name="Middle", family_name="Family")
    after = users.update_display_name(address("named"), display_name="New", middle_name="")["user"]
    expect_fields(after, {"name": "New", "givenName": "Given", "middleName": "", "familyName": "Family"})
    expect_equal(users.update_picture(address("named"), "https://example.com/a.png")["user"]["picture"], "https://example.com/a.png")
    expect_equal(users.update_picture(address("named"))["user"]["picture"], "")


@check("mgmt.user.update_recovery_email, update_recovery_phone")
def _():
    made = new_user("recovered")
    for answer in (
        users.update_recovery_email(address("recovered"), "recovery@example.com", verified=True),
        users.update_recovery_phone(address("recovered"), "+15555550106", verified=True),
    ):
        expect_equal(answer["user"]["userId"], made["userId"])
    refused(lambda: users.update_recovery_email(address("recovered"), "no address"), 400, "E011003")


@check("mgmt.user.update_custom_attribute: texts, numbers, booleans")
def _():
    new_user("attributed")
    for key, value in (("note", "hello"), ("count", 7), ("flag", True)):
        expect_equal(users.update_custom_attribute(address("attributed"), key, value)["user"]["customAttributes"][key], value)
    expect_equal(users.load(address("attributed"))["user"]["customAttributes"], {"note": "hello", "count": 7, "flag": True})


@check("mgmt.user.create_custom_attribute, load_custom_attributes, delete_custom_attribute: values are checked")
def _():
    users.create_custom_attribute("tier", "Tier", "singleselect", required=False, options=["gold", "free"])
    users.create_custom_attribute("age", "Age", "number")
    defined = {one["name"]: one for one in users.load_custom_attributes()["data"]}
    expect_fields(defined["tier"], {"displayName": "Tier", "type": 4})
    expect_equal([option["value"] for option in defined["tier"]["options"]], ["gold", "free"])
    new_user("typed", custom_attributes={"tier": "gold", "age": 36})
    refused(lambda: users.update_custom_attribute(address("typed"), "tier", "silver"), 400, "E011003")
    refused(lambda: users.patch(address("typed"), custom_attributes={"age": "old"}), 400, "E011003")
    refused(lambda: users.create_custom_attribute("tier", "Tier", "string"), 400, "E112107")
    remaining = [one["name"] for one in users.delete_custom_attribute("tier")["data"]]
    expect("tier" not in remaining and "age" in remaining, "what remains")
    users.delete_custom_attribute("age")


@check("mgmt.user.set_roles, add_roles, remove_roles")
def _():
    for name in ("One py", "Two py"):
        mgmt.role.create(name)
    new_user("roles")
    expect_equal(users.set_roles(address("roles"), ["One py"])["user"]["roleNames"], ["One py"])
    expect_equal(sorted(users.add_roles(address("roles"), ["Two py"])["user"]["roleNames"]), ["One py", "Two py"])
    expect_equal(users.remove_roles(address("roles"), ["One py"])["user"]["roleNames"], ["Two py"])
    expect_equal(users.set_roles(address("roles"), [])["user"]["roleNames"], [])
    refused(lambda: users.add_roles(address("roles"), ["No such role"]), 404, "E111301")


@check("mgmt.user.add_tenant, remove_tenant, set_tenant_roles, add_tenant_roles, remove_tenant_roles")
def _():
    tenant_id = new_tenant("joined")
    for name in ("In one py", "In two py"):
        mgmt.role.create(name, tenant_id=tenant_id)
    new_user("joined")

    def roles_there(answer):
        return [sorted(one["roleNames"]) for one in answer["user"]["userTenants"] if one["tenantId"] == tenant_id]

    refused(lambda: users.add_tenant_roles(address("joined"), tenant_id, ["In one py"]), 400, "E112104")
    expect_equal(roles_there(users.add_tenant(address("joined"), tenant_id)), [[]])
    expect_equal(roles_there(users.set_tenant_roles(address("joined"), tenant_id, ["In one py"])), [["In one py"]])
    expect_equal(roles_there(users.add_tenant_roles(address("joined"), tenant_id, ["In two py"])), [["In one py", "In two py"]])
    expect_equal(roles_there(users.remove_tenant_roles(address("joined"), tenant_id, ["In one py"])), [["In two py"]])
    expect_equal(users.load(address("joined"))["user"]["roleNames"], [])
    expect_equal(roles_there(users.remove_tenant(address("joined"), tenant_id)), [])
    refused(lambda: users.add_tenant(address("joined"), "none-py"), 404, "E111401")


@check("mgmt.user.list_passkeys, remove_all_passkeys, remove_totp_seed, list_trusted_devices: a user without any")
def _():
    new_user("factorless")
    expect_equal(users.list_passkeys(address("factorless"))["passkeys"], [])
    expect_equal(users.list_trusted_devices([address("factorless")])["devices"], [])
    users.remove_all_passkeys(address("factorless"))
    users.remove_totp_seed(address("factorless"))
    users.remove_trusted_device(address("factorless"), ["no-such-device"])
    refused(lambda: users.list_passkeys(address("nobody")), 404, "E112102")
    refused(lambda: users.delete_passkey(address("factorless"), "no-such-passkey"), 404, "E112106")
