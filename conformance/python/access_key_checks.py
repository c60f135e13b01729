"""Access keys, and their exchange for session tokens."""

import time

from descope import AccessKeyLoginOptions, AssociatedTenant
from harness import address, check, client, expect, expect_equal, expect_fields, mgmt, new_tenant, new_user, refused

keys = mgmt.access_key


@check("mgmt.access_key, exchange_access_key")
def _():
    made = keys.create(name="AK1", custom_claims={"k1": "v1"}, description="hey", permitted_ips=["127.0.0.1", "::1"])
    key_id = made["key"]["id"]
    expect(made["key"]["description"] == "hey" and made["key"]["permittedIps"] == ["127.0.0.1", "::1"], "the key")
    response = client.exchange_access_key(made["cleartext"], login_options=AccessKeyLoginOptions(custom_claims={"n": 1}))
    token = response["sessionToken"]
    expect(token["k1"] == "v1" and token["nsec"] == {"n": 1}, "claims")
    expect(response["keyId"] == key_id, "the key's ID")
    keys.update(id=key_id, name="ABA", description=None)
    expect(keys.load(key_id)["key"]["description"] == "hey", "a description that is not sent stays")
    expect(key_id in [key["id"] for key in keys.search_all_access_keys()["keys"]], "search")
    keys.deactivate(key_id)
    refused(lambda: client.exchange_access_key(made["cleartext"]), 401, "E062803")
    keys.activate(key_id)
    keys.delete(key_id)
    refused(lambda: keys.load(key_id), 404, "E111501")


@check("mgmt.access_key.create, load: roles and tenants of a key are in its tokens")
def _():
    tenant_id = new_tenant("keyed")
    mgmt.permission.create("Build py")
    mgmt.role.create("Builder py", permission_names=["Build py"])
    mgmt.role.create("Builder there py", permission_names=["Build py"], tenant_id=tenant_id)
    expires = int(time.time()) + 3600
    made = keys.create(
        "builder",
        expire_time=expires,
        role_names=["Builder py"],
        key_tenants=[AssociatedTenant(tenant_id, ["Builder there py"])],
        custom_attributes={"team": "red"},
    )
    expect_equal(keys.load(made["key"]["id"])["key"], made["key"])
    expect_fields(
        made["key"],
        {"roleNames": ["Builder py"], "expireTime": expires, "status": "active", "customAttributes": {"team": "red"}, "boundUserId": ""},
    )
    expect_equal([(one["tenantId"], one["roleNames"]) for one in made["key"]["keyTenants"]], [(tenant_id, ["Builder there py"])])
    session = client.exchange_access_key(made["cleartext"], login_options=AccessKeyLoginOptions(selected_tenant=tenant_id))
    expect(client.validate_roles(session, ["Builder py"]), "the role of the project")
    expect(client.validate_tenant_permissions(session, tenant_id, ["Build py"]), "the permission in the tenant")
    expect_equal(session["sessionToken"]["dct"], tenant_id)
    refused(lambda: keys.create("roleless", role_names=["No such role"]), 404, "E111301")
    refused(lambda: keys.create(""), 400, "E011003")


@check("mgmt.access_key.create, search_all_access_keys: a key bound to a user speaks for the user")
def _():
    user_id = new_user("bound")["userId"]
    made = keys.create("bound", user_id=user_id, custom_attributes={"mark": "bound-py"})
    expect_equal(made["key"]["boundUserId"], user_id)
    expect_equal(client.exchange_access_key(made["cleartext"])["sessionToken"]["sub"], user_id)
    for found in (
        keys.search_all_access_keys(bound_user_id=user_id),
        keys.search_all_access_keys(custom_attributes={"mark": "bound-py"}),
    ):
        expect_equal([key["id"] for key in found["keys"]], [made["key"]["id"]])
    expect_equal(keys.search_all_access_keys(["none-py"])["keys"], [])
    mgmt.user.deactivate(address("bound"))
    refused(lambda: client.exchange_access_key(made["cleartext"]), 401, "E062803")


@check("mgmt.access_key.update: claims, networks, attributes")
def _():
    key_id = keys.create("before", permitted_ips=["127.0.0.1"])["key"]["id"]
    keys.update(key_id, "after", "described", {"k": 1}, ["10.0.0.0/8"], {"team": "blue"})
    changed = {
        "name": "after",
        "description": "described",
        "customClaims": {"k": 1},
        "permittedIps": ["10.0.0.0/8"],
        "customAttributes": {"team": "blue"},
    }
    expect_fields(keys.load(key_id)["key"], changed)
    refused(lambda: keys.update("AK0", "after"), 404, "E111501")


@check("mgmt.access_key.rotate, activate_batch, deactivate_batch, delete_batch")
def _():
    one, two = keys.create("one"), keys.create("two")
    ids = [one["key"]["id"], two["key"]["id"]]
    rotated = keys.rotate(ids[0])
    refused(lambda: client.exchange_access_key(one["cleartext"]), 401, "E062803")
    client.exchange_access_key(rotated["cleartext"])
    keys.deactivate_batch(ids)
    refused(lambda: client.exchange_access_key(two["cleartext"]), 401, "E062803")
    keys.activate_batch(ids)
    client.exchange_access_key(two["cleartext"])
    keys.delete_batch(ids)
    refused(lambda: client.exchange_access_key(two["cleartext"]), 401, "E062803")
    refused(lambda: keys.delete_batch(ids), 404, "E111501")
