"""Users of another system."""

import json

from harness import BCRYPT_OF_PASSWORD, PASSWORD, address, check, client, expect, expect_equal, expect_fields, mgmt, refused

users = mgmt.user


def auth0(name, **facts):
    return {"user_id": name, "email": address(name), "email_verified": True, "name": name.title(), **facts}


def file_of(*records):
    return json.dumps(records).encode()


@check("mgmt.user.import_users: with hashes, and told what was not taken")
def _():
    broken = {"algorithm": "unheard of", "hash": {"value": "x"}}
    content = file_of(auth0("moved", password_hash=BCRYPT_OF_PASSWORD), auth0("unmoved", custom_password_hash=broken))
    dry = users.import_users("auth0", content, dryrun=True)
    expect_equal([user["loginIds"][0] for user in dry["users"]], [address("moved")])
    refused(lambda: users.load(address("moved")), 404, "E112102")
    answer = users.import_users("auth0", content)
    expect_equal([user["loginIds"][0] for user in answer["users"]], [address("moved")])
    [failure] = answer["failures"]
    expect(failure["user"] == address("unmoved") and "custom_password_hash" in failure["reason"], "the failure")
    wanted = {"name": "Moved", "email": address("moved"), "verifiedEmail": True, "status": "enabled", "password": True}
    expect_fields(users.load(address("moved"))["user"], wanted)
    client.password.sign_in(address("moved"), PASSWORD)
    again = users.import_users("auth0", content)
    expect_equal(again["users"], [])


@check("mgmt.user.import_users: hashes in a file of their own")
def _():
    exported = json.dumps({"user_id": "auth0|apart", "email": address("apart"), "email_verified": True})
    hashes = json.dumps({"_id": {"$oid": "apart"}, "email": address("apart"), "passwordHash": BCRYPT_OF_PASSWORD})
    answer = users.import_users("auth0", exported.encode(), hashes.encode())
    expect_equal(answer["failures"], [])
    client.password.sign_in(address("apart"), PASSWORD)


@check("mgmt.user.import_users: refusals")
def _():
    refused(lambda: users.import_users("elsewhere", file_of(auth0("a"))), 400, "E011004")
    refused(lambda: users.import_users("auth0"), 400, "E011004")
    refused(lambda: users.import_users("auth0", b'[{"email": '), 400, "E112150")
