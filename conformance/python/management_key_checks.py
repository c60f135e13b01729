"""Management keys, and what a wrong one is told."""

from descope import DescopeClient, MgmtKeyProjectRole, MgmtKeyReBac, MgmtKeyStatus
from harness import BASE_URL, MANAGEMENT_KEY, PROJECT_ID, check, expect, expect_equal, expect_fields, mgmt, refused

keys = mgmt.management_key


def with_key(text):
    return DescopeClient(project_id=PROJECT_ID, base_url=BASE_URL, management_key=text).mgmt


@check("mgmt.management_key.create, load, search: the text is shown once")
def _():
    made = keys.create("CI py", MgmtKeyReBac(company_roles=["company-full-access"]), "nightly", 3600, ["127.0.0.0/8", "::1"])
    expect_fields(made["key"], {"name": "CI py", "description": "nightly", "status": "active", "permittedIps": ["127.0.0.0/8", "::1"]})
    expect_equal(made["key"]["expireTime"], made["key"]["createdTime"] + 3600)
    expect_equal(keys.load(made["key"]["id"])["key"], made["key"])
    expect(made["key"] in keys.search()["keys"], "search")
    with_key(made["cleartext"]).tenant.load_all()
    refused(lambda: keys.create("narrow py", MgmtKeyReBac(project_roles=[MgmtKeyProjectRole([PROJECT_ID], ["support"])])), 400, "E011004")


@check("mgmt.management_key.update, delete: switched off, on, and revoked")
def _():
    made = keys.create("switched py", MgmtKeyReBac())
    key_id, narrowed = made["key"]["id"], with_key(made["cleartext"])
    changed = keys.update(key_id, "renamed py", "described", [], MgmtKeyStatus.INACTIVE)["key"]
    expect_fields(changed, {"name": "renamed py", "description": "described", "status": "inactive"})
    refused(narrowed.tenant.load_all, 401, "E111119")
    keys.update(key_id, "renamed py", "", [], MgmtKeyStatus.ACTIVE)
    narrowed.tenant.load_all()
    expect_equal(keys.delete([key_id]), {"total": 1})
    refused(narrowed.tenant.load_all, 401, "E111119")
    refused(lambda: keys.load(key_id), 404, "E111601")


@check("mgmt: an unknown management key")
def _():
    stranger = with_key(f"{MANAGEMENT_KEY[:-3]}AAA")
    for call in (stranger.tenant.load_all, lambda: stranger.user.load("ada"), lambda: stranger.user.create("ada")):
        refused(call, 401, "E111119")


@check("mgmt.license.get")
def _():
    expect(mgmt.license.get()["rateLimitTier"].startswith("tier"), "the tier")
