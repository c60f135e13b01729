"""Permissions and roles, of the project and of tenants."""

from harness import address, check, expect, expect_equal, expect_fields, mgmt, new_tenant, new_user, refused

roles = mgmt.role
permissions = mgmt.permission


def role_named(name, tenant_id=""):
    return next(role for role in roles.load_all()["roles"] if role["name"] == name and role["tenantId"] == tenant_id)


def permission_named(name):
    return next((one for one in permissions.load_all()["permissions"] if one["name"] == name), None)


@check("mgmt.permission.create, load_all, update, update_by_id: roles follow a new name")
def _():
    permissions.create("Read books py", "Reads")
    expect_fields(permission_named("Read books py"), {"description": "Reads", "systemDefault": False})
    roles.create("Librarian py", permission_names=["Read books py"])
    permissions.update("Read books py", "Read all py", "Reads all")
    expect_equal(role_named("Librarian py")["permissionNames"], ["Read all py"])
    permissions.update_by_id(permission_named("Read all py")["id"], "Read more py")
    expect_fields(permission_named("Read more py"), {"description": ""})
    refused(lambda: permissions.create("Read more py"), 400, "E111202")
    refused(lambda: permissions.update("No such py", "New"), 404, "E111201")
    built_in = next(one for one in permissions.load_all()["permissions"] if one["systemDefault"])
    refused(lambda: permissions.update(built_in["name"], "Mine"), 400, "E111203")


@check("mgmt.permission.create_batch, update_batch, delete_batch, delete_batch_by_ids, delete, delete_by_id")
def _():
    names = [f"Batch {number} py" for number in range(1, 7)]
    permissions.create_batch([{"name": name, "description": "made at once"} for name in names])
    permissions.update_batch(
        [
            {"name": names[0], "newName": "Batch one py", "description": "changed"},
            {"id": permission_named(names[1])["id"], "newName": "Batch two py"},
        ]
    )
    expect_equal(permission_named("Batch one py")["description"], "changed")
    expect(permission_named(names[1]) is None and permission_named("Batch two py"), "renamed by its ID")
    refused(lambda: permissions.create_batch([{"name": "Batch new py"}, {"name": names[2]}]), 400, "E111202")
    expect(permission_named("Batch new py") is None, "all or none")
    permissions.delete_batch(["Batch one py", "Batch two py"])
    permissions.delete_batch_by_ids([permission_named(name)["id"] for name in names[2:4]])
    permissions.delete(names[4])
    permissions.delete_by_id(permission_named(names[5])["id"])
    expect_equal([one["name"] for one in permissions.load_all()["permissions"] if one["name"].startswith("Batch")], [])
    refused(lambda: permissions.delete(names[4]), 404, "E111201")


@check("mgmt.role.create, load_all: of the project and of a tenant, defaults given to new users")
def _():
    permissions.create("Write books py")
    tenant_id = new_tenant("roles")
    roles.create("Author py", "Writes", ["Write books py"])
    roles.create("Author py", "Writes there", ["Write books py"], tenant_id=tenant_id, private=True)
    expect_fields(
        role_named("Author py"), {"description": "Writes", "permissionNames": ["Write books py"], "default": False, "private": False}
    )
    expect_fields(role_named("Author py", tenant_id), {"description": "Writes there", "private": True})
    expect(isinstance(role_named("Author py")["createdTime"], int), "createdTime")
    roles.create("Everybody py", default=True)
    expect_equal(new_user("default-role")["roleNames"], ["Everybody py"])
    roles.update("Everybody py", "Everybody py", default=False)
    expect_equal(new_user("no-default-role")["roleNames"], [])
    refused(lambda: roles.create("Author py"), 400, "E111302")
    refused(lambda: roles.create("Other py", permission_names=["No such py"]), 404, "E111201")
    refused(lambda: roles.create("Other py", tenant_id="none-py"), 404, "E111401")


@check("mgmt.role.update, update_by_id: who holds it keeps it")
def _():
    roles.create("Draft py", "Before")
    new_user("drafter", role_names=["Draft py"])
    roles.update("Draft py", "Final py", "After")
    expect_fields(role_named("Final py"), {"description": "After", "permissionNames": []})
    roles.update_by_id(role_named("Final py")["id"], "Last py")
    expect_equal(mgmt.user.load(address("drafter"))["user"]["roleNames"], ["Last py"])
    refused(lambda: roles.update("No such py", "New"), 404, "E111301")


@check("mgmt.role.create_batch, update_batch, delete_batch, delete_batch_by_ids, delete, delete_by_id")
def _():
    tenant_id = new_tenant("role-batch")
    names = [f"Shelf {number} py" for number in range(1, 6)]
    roles.create_batch([{"name": name, "description": "made at once"} for name in names])
    roles.create_batch([{"name": "Shelf there py", "tenantId": tenant_id}, {"name": "Shelf there too py", "tenantId": tenant_id}])
    roles.update_batch([{"name": names[0], "newName": "Shelf one py"}, {"id": role_named(names[1])["id"], "newName": "Shelf two py"}])
    expect(role_named("Shelf one py") and role_named("Shelf two py"), "renamed")
    roles.delete_batch(["Shelf one py", {"name": "Shelf two py"}])
    roles.delete_batch_by_ids([role_named(names[2])["id"]])
    roles.delete(names[3])
    roles.delete_by_id(role_named(names[4])["id"])
    roles.delete_batch(["Shelf there py"], tenant_id)
    roles.delete("Shelf there too py", tenant_id)
    expect_equal([role["name"] for role in roles.load_all()["roles"] if role["name"].startswith("Shelf")], [])
    refused(lambda: roles.delete(names[3]), 404, "E111301")


@check("mgmt.role.search")
def _():
    tenant_id = new_tenant("role-search")
    permissions.create("Search py")
    roles.create("Seeker py", permission_names=["Search py"])
    roles.create("Seeker there py", permission_names=["Search py"], tenant_id=tenant_id)

    def names(**query):
        return sorted(role["name"] for role in roles.search(**query)["roles"])

    expect_equal(names(role_names=["Seeker py"]), ["Seeker py"])
    expect_equal(names(role_name_like="SEEKER"), ["Seeker py", "Seeker there py"])
    expect_equal(names(permission_names=["Search py"]), ["Seeker py", "Seeker there py"])
    expect_equal(names(tenant_ids=[tenant_id]), ["Seeker there py"])
    expect_equal(names(role_ids=[role_named("Seeker py")["id"]]), ["Seeker py"])
    both = names(tenant_ids=[tenant_id], include_project_roles=True)
    expect("Seeker py" in both and "Seeker there py" in both, "with those of the project")
    expect_equal(names(role_names=["No such py"]), [])
