"""The audit trail."""

from datetime import datetime, timedelta, timezone

from harness import address, check, client, expect, expect_equal, expect_fields, mgmt, new_tenant, new_user, refused, sign_up

audit = mgmt.audit


def actions(**query):
    return [record["action"] for record in audit.search(**query)["audits"]]


@check("mgmt.audit.search: who did what to a user, and by which method")
def _():
    login_id, _, _ = sign_up("audited-py")
    refused(lambda: client.password.sign_in(login_id, "not the password"), 401, "E062903")
    mgmt.user.update_display_name(login_id, "Audited")
    user_id = mgmt.user.load(login_id)["user"]["userId"]
    everything = ["LoginFailed", "LoginSucceed", "UserCreated", "UserModified"]
    expect_equal(sorted(set(actions(user_ids=[user_id])) & set(everything)), everything)
    expect_equal(sorted(set(actions(login_ids=[login_id.upper()])) & set(everything)), everything)
    [failed] = audit.search(user_ids=[user_id], actions=["LoginFailed"])["audits"]
    wanted = {"userId": user_id, "loginIds": [login_id], "method": "password", "device": "Unknown"}
    expect_fields(failed, {**wanted, "remoteAddress": "127.0.0.1", "tenants": [], "geo": ""})
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    expect(abs(now - failed["occurred"]) < timedelta(minutes=1), f"{failed['occurred']} is now")
    expect("LoginFailed" not in actions(user_ids=[user_id], excluded_actions=["LoginFailed"]), "left out")
    expect_equal(actions(user_ids=[user_id], methods=["totp"]), [])
    expect_equal(set(actions(user_ids=[user_id], methods=["password"], actions=everything)), {"LoginFailed", "LoginSucceed", "UserCreated"})
    expect_equal(actions(user_ids=[user_id], devices=["Mobile"]), [])
    expect_equal(actions(user_ids=[user_id], remote_addresses=["192.0.2.1"]), [])
    expect_equal(actions(user_ids=[user_id], geos=["US"]), [])
    expect("LoginFailed" in actions(text=login_id), "found by a text")


@check("mgmt.audit.search: from, to")
def _():
    user_id = new_user("audited-then")["userId"]
    now = datetime.now(timezone.utc)
    hour = timedelta(hours=1)
    expect_equal(actions(user_ids=[user_id], from_ts=now - hour, to_ts=now + hour), ["UserCreated"])
    expect_equal(actions(user_ids=[user_id], from_ts=now - 2 * hour, to_ts=now - hour), [])
    expect_equal(actions(user_ids=[user_id], from_ts=now + hour, to_ts=now + 2 * hour), [])
    refused(lambda: audit.search(from_ts=now - timedelta(days=800)), 400, "E011003")


@check("mgmt.audit.create_event, and search for it")
def _():
    tenant_id = new_tenant("audited")
    user_id = new_user("audited-own")["userId"]
    audit.create_event("pencil.created.py", "warn", "someone", tenant_id, user_id, {"color": "red", "lengths": [1, 2]})
    audit.create_event("pencil.sharpened.py", "info", "someone", tenant_id)
    [made] = audit.search(actions=["pencil.created.py"])["audits"]
    wanted = {"userId": user_id, "tenants": [tenant_id], "data": {"color": "red", "lengths": [1, 2]}}
    expect_fields(made, {**wanted, "loginIds": [address("audited-own")]})
    expect_equal(actions(tenants=[tenant_id], actions=["pencil.sharpened.py"]), ["pencil.sharpened.py"])
    expect("pencil.created.py" in actions(tenants=[tenant_id], no_tenants=True), "in the tenant or in none")
    expect_equal(actions(tenants=["nowhere-py"], actions=["pencil.created.py"]), [])
    refused(lambda: audit.create_event("UserDeleted", "info", "someone", tenant_id), 400, "E011004")
    refused(lambda: audit.create_event("pencil.broken.py", "fatal", "someone", tenant_id), 400, "E011003")
