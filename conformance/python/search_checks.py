"""The search for users, and their sign-ins."""

import time

from descope import AssociatedTenant
from descope.management.common import Sort
from harness import PASSWORD, address, check, client, expect, expect_equal, mgmt, new_tenant, new_user, refused, sign_up

users = mgmt.user


def names(answer):
    return [user["loginIds"][0].removesuffix("-py@example.com") for user in answer["users"]]


def found(**query):
    return sorted(names(users.search_all(**query)))


@check("mgmt.user.search_all: by every filter")
def _():
    tenant_id = new_tenant("search")
    for name, where in (("Found py", None), ("Found there py", tenant_id), ("Found there too py", tenant_id)):
        mgmt.role.create(name, tenant_id=where)
    started = int(time.time() * 1000)
    new_user("sought-1", phone="+15555550110", display_name="Sought One", role_names=["Found py"], custom_attributes={"mark": "sought-py"})
    new_user("sought-2", status="enabled", user_tenants=[AssociatedTenant(tenant_id, ["Found there py"])])
    both = AssociatedTenant(tenant_id, ["Found there py", "Found there too py"])
    third = new_user("sought-3", status="disabled", user_tenants=[both], custom_attributes={"mark": "other"})
    users.create_test_user(address("sought-test"), user_tenants=[AssociatedTenant(tenant_id)])
    expect_equal(found(login_ids=[address("sought-1"), address("nobody")]), ["sought-1"])
    expect_equal(found(user_ids=[third["userId"]]), ["sought-3"])
    expect_equal(found(emails=[address("sought-2")]), ["sought-2"])
    expect_equal(found(phones=["+1 555 555 0110"]), ["sought-1"])
    expect_equal(found(role_names=["Found py"]), ["sought-1"])
    expect_equal(found(tenant_ids=[tenant_id]), ["sought-2", "sought-3"])
    expect_equal(found(tenant_ids=[tenant_id], statuses=["disabled", "expired"]), ["sought-3"])
    expect_equal(found(tenant_ids=[tenant_id], with_test_user=True), ["sought-2", "sought-3", "sought-test"])
    expect_equal(found(tenant_ids=[tenant_id], test_users_only=True), ["sought-test"])
    expect_equal(found(custom_attributes={"mark": "sought-py"}), ["sought-1"])
    expect_equal(found(text="sought-2"), ["sought-2"])
    expect_equal(found(text="sought one"), ["sought-1"])
    expect_equal(found(sso_app_ids=["app"]), [])
    there, too = "Found there py", "Found there too py"
    expect_equal(found(tenant_role_names={tenant_id: {"values": [there, too], "and": True}}), ["sought-3"])
    expect_equal(found(tenant_role_names={tenant_id: {"values": [there, too], "and": False}}), ["sought-2", "sought-3"])
    role_id = next(role["id"] for role in mgmt.role.load_all()["roles"] if role["name"] == too)
    expect_equal(found(tenant_role_ids={tenant_id: {"values": [role_id], "and": False}}), ["sought-3"])
    expect_equal(
        found(tenant_ids=[tenant_id], from_created_time=started - 2000, to_created_time=started + 600_000), ["sought-2", "sought-3"]
    )
    expect_equal(found(tenant_ids=[tenant_id], from_modified_time=started + 600_000), [])
    expect_equal(found(tenant_ids=[tenant_id], to_modified_time=started - 600_000), [])


@check("mgmt.user.search_all: sort, pages, total")
def _():
    tenant_id = new_tenant("pages")
    for name in ("c", "a", "b"):
        new_user(f"page-{name}", display_name=name.upper(), user_tenants=[AssociatedTenant(tenant_id)])

    def page(desc, **query):
        return users.search_all(tenant_ids=[tenant_id], sort=[Sort("name", desc)], **query)

    expect_equal(names(page(False)), ["page-a", "page-b", "page-c"])
    expect_equal(names(page(True)), ["page-c", "page-b", "page-a"])
    second = page(False, limit=2, page=1)
    expect_equal((names(second), second["total"]), (["page-c"], 3))
    refused(lambda: users.search_all(limit=1_000_000), 400, "E011003")
    refused(lambda: users.search_all(sort=[Sort("no such field")]), 400, "E011003")


@check("mgmt.user.search_all_test_users, delete_all_test_users: none but test users")
def _():
    tenant_id = new_tenant("tests")
    users.create_test_user(address("tested"), user_tenants=[AssociatedTenant(tenant_id)], display_name="Tested")
    new_user("untested", user_tenants=[AssociatedTenant(tenant_id)])
    expect_equal(users.load(address("tested"))["user"]["test"], True)
    expect_equal(names(users.search_all_test_users(tenant_ids=[tenant_id])), ["tested"])
    expect_equal(names(users.search_all_test_users(text="untested")), [])
    users.delete_all_test_users()
    expect_equal(users.search_all_test_users()["total"], 0)
    expect_equal(found(tenant_ids=[tenant_id], with_test_user=True), ["untested"])


@check("mgmt.user.history: the sign-ins of several users")
def _():
    logins = [sign_up(f"history-{number}-py")[0] for number in (1, 2)]
    client.password.sign_in(logins[0], PASSWORD)
    ids = [users.load(login_id)["user"]["userId"] for login_id in logins]
    entries = users.history(ids)
    expect_equal(sorted(entry["userId"] for entry in entries), sorted([ids[0], ids[0], ids[1]]))
    expect(all(isinstance(entry["loginTime"], int) for entry in entries), "loginTime")
    expect(all(entry["ip"] == "127.0.0.1" for entry in entries), "ip")
    expect_equal(users.history(["U000000000000000000000000000"]), [])
