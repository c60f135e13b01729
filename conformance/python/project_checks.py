"""The project itself: its name and tags, copies of it, and its configuration as files."""

from descope import DescopeClient
from harness import BASE_URL, PROJECT_ID, check, expect, expect_equal, expect_fields, mgmt, refused

project = mgmt.project


def listed():
    return next(one for one in project.list_projects()["projects"] if one["id"] == PROJECT_ID)


@check("mgmt.project.update_name, update_tags, list_projects")
def _():
    before = listed()
    project.update_name("Renamed py")
    project.update_tags(["blue", "green"])
    expect_fields(listed(), {"name": "Renamed py", "tags": ["blue", "green"], "environment": ""})
    project.update_tags([])
    project.update_name(before["name"])
    expect_equal(listed()["tags"], [])
    refused(lambda: project.update_name(""), 400, "E011003")


@check("mgmt.project.clone, delete: a copy with the same roles, and without it")
def _():
    mgmt.role.create("Cloned py", "comes along")
    made = project.clone("Copy py", "production", ["copy"])
    expect_fields(made, {"projectName": "Copy py", "environment": "production", "tags": ["copy"]})
    copy = DescopeClient(project_id=made["projectId"], base_url=BASE_URL, management_key=made["managementKey"]).mgmt
    expect("Cloned py" in [role["name"] for role in copy.role.load_all()["roles"]], "roles come along")
    expect_equal([one["name"] for one in copy.project.list_projects()["projects"]], ["Copy py"])
    copy.project.delete()
    refused(copy.project.list_projects, 401, "E011010")


@check("mgmt.project.export_snapshot, validate_snapshot, import_snapshot: into another project")
def _():
    mgmt.permission.create("Snapshot py")
    mgmt.role.create("Snapped py", permission_names=["Snapshot py"])
    files = project.export_snapshot()["files"]
    made = project.clone("Target py")
    target = DescopeClient(project_id=made["projectId"], base_url=BASE_URL, management_key=made["managementKey"]).mgmt
    target.role.delete("Snapped py")
    found = target.project.validate_snapshot(files)
    expect_equal((found["ok"], found["failures"]), (True, []))
    target.project.import_snapshot(files, excludes=["settings"])
    snapped = next(role for role in target.role.load_all()["roles"] if role["name"] == "Snapped py")
    expect_equal(snapped["permissionNames"], ["Snapshot py"])
    expect_equal(target.project.validate_snapshot({"roles.json": "no roles"})["ok"], False)
    target.project.delete()


@check("mgmt.project.export_project, import_project: the older names")
def _():
    files = project.export_project()
    expect("settings.json" in files, "files by name")
    project.import_project(files)
    expect_equal(project.export_project(), files)
