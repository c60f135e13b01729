"""The life of users over the management API."""

from descope import AssociatedTenant
from descope.management.user import UserObj
from descope.management.user_pwd import UserPassword, UserPasswordBcrypt
from harness import (
    BASE_URL,
    BCRYPT_OF_PASSWORD,
    OTHER_PASSWORD,
    PASSWORD,
    address,
    check,
    client,
    expect,
    expect_equal,
    expect_fields,
    link_token,
    mgmt,
    new_tenant,
    new_user,
    refused,
    sign_up,
)

users = mgmt.user


@check("mgmt.user.create, load, load_by_user_id: every field comes back")
def _():
    mgmt.permission.create("Write py")
    mgmt.role.create("Editor py", permission_names=["Write py"])
    tenant_id = new_tenant("created")
    made = users.create(
        "created-py",
        email=address("created"),
        phone="+1-555-555-0101",
        display_name="Ada Lovelace",
        given_name="Ada",
        middle_name="King",
        family_name="Lovelace",
        role_names=["Editor py"],
        user_tenants=[AssociatedTenant(tenant_id, ["Editor py"])],
        picture="https://example.com/ada.png",
        custom_attributes={"plan": "gold", "seats": 3},
        verified_email=True,
        verified_phone=False,
        additional_login_ids=["created-too-py"],
    )["user"]
    expect_fields(
        made,
        {
            **{"loginIds": ["created-py", "created-too-py"], "email": address("created"), "phone": "+15555550101"},
            **{"name": "Ada Lovelace", "givenName": "Ada", "middleName": "King", "familyName": "Lovelace"},
            **{"picture": "https://example.com/ada.png", "customAttributes": {"plan": "gold", "seats": 3}},
            **{"verifiedEmail": True, "verifiedPhone": False, "status": "invited", "test": False, "password": False},
            **{"roleNames": ["Editor py"]},
        },
    )
    expect_equal(
        [(one["tenantId"], one["tenantName"], one["roleNames"]) for one in made["userTenants"]], [(tenant_id, "created", ["Editor py"])]
    )
    expect(isinstance(made["createdTime"], int), "createdTime")
    for loaded in (
        users.load("created-py"),
        users.load("created-too-py"),
        users.load_by_user_id(made["userId"]),
        users.load(made["userId"]),
    ):
        expect_equal(loaded["user"], made)


@check("mgmt.user.create: an address as login ID is the address; a login ID that is taken")
def _():
    made = new_user("plain")
    expect_fields(made, {"email": address("plain"), "verifiedEmail": True, "status": "invited", "phone": "", "name": ""})
    expect_fields(new_user("enabled", status="enabled"), {"status": "enabled"})
    refused(lambda: new_user("plain"), 400, "E062107")
    refused(lambda: new_user("roleless", role_names=["No such role"]), 404, "E111301")
    refused(lambda: new_user("tenantless", user_tenants=[AssociatedTenant("none-py")]), 404, "E111401")


@check("mgmt.user.load: nobody")
def _():
    refused(lambda: users.load(address("nobody")), 404, "E112102")
    refused(lambda: users.load_by_user_id("U000000000000000000000000000"), 404, "E112102")


@check("mgmt.user.load_users: those that are there, in order")
def _():
    ids = [new_user(name)["userId"] for name in ("many-1", "many-2")]
    found = users.load_users([ids[1], "U000000000000000000000000000", ids[0]], include_invalid_users=False)["users"]
    expect_equal([user["userId"] for user in found], [ids[1], ids[0]])


@check("mgmt.user.invite: the link of the mail signs in and ends the invitation")
def _():
    invited = users.invite(address("invited"), invite_url=f"{BASE_URL}/app/welcome", send_mail=True, display_name="Ada")["user"]
    expect_equal(invited["status"], "invited")
    session = client.magiclink.verify(link_token(address("invited"), "user.invite"))
    expect_equal((session["userId"], session["firstSeen"]), (invited["userId"], True))
    expect_equal(users.load(address("invited"))["user"]["status"], "enabled")
    refused(lambda: users.invite(address("invited")), 400, "E062107")


@check("mgmt.user.invite_batch: passwords, hashes, statuses; one that is refused fails no other")
def _():
    tenant_id = new_tenant("batch")
    answer = users.invite_batch(
        [
            UserObj(address("batch-text"), password=UserPassword(cleartext=PASSWORD), status="enabled", given_name="Grace"),
            UserObj(address("batch-hash"), password=UserPassword(hashed=UserPasswordBcrypt(BCRYPT_OF_PASSWORD))),
            UserObj("batch-py", email=address("batch"), user_tenants=[AssociatedTenant(tenant_id)], additional_login_ids=["batch-too-py"]),
            UserObj("batch-bad-py", email="no address"),
            UserObj("batch-roleless-py", role_names=["No such role"]),
        ],
        invite_url=f"{BASE_URL}/app/welcome",
        send_mail=False,
    )
    expect_equal([user["loginIds"][0] for user in answer["createdUsers"]], [address("batch-text"), address("batch-hash"), "batch-py"])
    expect_equal([user["status"] for user in answer["createdUsers"]], ["enabled", "invited", "invited"])
    expect_equal([failed["user"]["loginIds"] for failed in answer["failedUsers"]], [["batch-bad-py"], ["batch-roleless-py"]])
    expect(all(failed["failure"] for failed in answer["failedUsers"]), "why they failed")
    for name in ("batch-text", "batch-hash"):
        client.password.sign_in(address(name), PASSWORD)
        refused(lambda: client.password.sign_in(address(name), OTHER_PASSWORD), 401, "E062903")


@check("mgmt.user.update: what is not sent is emptied")
def _():
    mgmt.role.create("Updated py")
    made = new_user("updated", phone="+15555550102", display_name="Before", custom_attributes={"plan": "gold"}, role_names=["Updated py"])
    after = users.update(address("updated"), email=address("updated"), given_name="After", custom_attributes={"plan": "free"})["user"]
    expect_fields(after, {"phone": "", "name": "", "givenName": "After", "roleNames": [], "customAttributes": {"plan": "free"}})
    expect_fields(after, {"userId": made["userId"], "loginIds": [address("updated")], "email": address("updated")})
    expect_equal(users.load(made["userId"])["user"], after)
    refused(lambda: users.update(address("nobody")), 404, "E112102")


@check("mgmt.user.patch: only what is sent changes")
def _():
    mgmt.role.create("Patched py")
    new_user(
        "patched",
        display_name="Before",
        phone="+15555550103",
        verified_phone=False,
        role_names=["Patched py"],
        custom_attributes={"a": 1, "b": 2},
    )
    patched = users.patch(address("patched"), family_name="After", custom_attributes={"b": 3})["user"]
    expect_fields(patched, {"name": "Before", "familyName": "After", "phone": "+15555550103", "verifiedPhone": False})
    expect_fields(patched, {"roleNames": ["Patched py"], "customAttributes": {"a": 1, "b": 3}})
    patched = users.patch(address("patched"), phone="+15555550104", role_names=[], status="disabled")["user"]
    expect_fields(patched, {"phone": "+15555550104", "verifiedPhone": True, "roleNames": [], "status": "disabled"})
    expect_equal(users.load(address("patched"))["user"], patched)
    refused(lambda: users.patch(address("nobody"), display_name="X"), 404, "E112102")


@check("mgmt.user.patch_batch")
def _():
    new_user("patch-1", display_name="Before", family_name="Stays")
    answer = users.patch_batch([UserObj(address("patch-1"), display_name="After"), UserObj(address("nobody"), display_name="After")])
    expect_equal([(user["name"], user["familyName"]) for user in answer["patchedUsers"]], [("After", "Stays")])
    expect_equal([failed["user"]["loginIds"] for failed in answer["failedUsers"]], [[address("nobody")]])


@check("mgmt.user.delete, delete_by_user_id, delete_batch")
def _():
    made = {name: new_user(f"deleted-{name}")["userId"] for name in ("1", "2", "3", "4")}
    users.delete(address("deleted-1"))
    users.delete_by_user_id(made["2"])
    users.delete_batch([made["3"], made["4"]])
    for user_id in made.values():
        refused(lambda: users.load_by_user_id(user_id), 404, "E112102")
    refused(lambda: users.delete(address("deleted-1")), 404, "E112102")


@check("mgmt.user.logout_user, logout_user_by_user_id: every session ends")
def _():
    for name, log_out in (("logged-out-1", users.logout_user), ("logged-out-2", users.logout_user_by_user_id)):
        login_id, refresh, _ = sign_up(f"{name}-py")
        other = client.password.sign_in(login_id, PASSWORD)["refreshSessionToken"]["jwt"]
        log_out(login_id if log_out == users.logout_user else users.load(login_id)["user"]["userId"])
        for token in (refresh, other):
            refused(lambda: client.refresh_session(token), 401, "E064001")
    refused(lambda: users.logout_user(address("nobody")), 404, "E112102")
