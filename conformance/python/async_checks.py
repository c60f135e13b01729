"""The asynchronous client, which sends what the other sends by another library."""

import asyncio

from descope import AuthException, DescopeClientAsync
from harness import BASE_URL, MANAGEMENT_KEY, PROJECT_ID, address, check, expect, expect_equal


@check("DescopeClientAsync: users, sessions, refusals")
def _():
    asyncio.run(act())


async def act():
    login_id = address("awaited")
    async with DescopeClientAsync(project_id=PROJECT_ID, base_url=BASE_URL, management_key=MANAGEMENT_KEY) as client:
        users = client.mgmt.user
        await users.create(login_id, display_name="Awaited")
        expect_equal((await users.load(login_id))["user"]["name"], "Awaited")
        session = await client.magiclink.verify(await users.generate_embedded_link(login_id))
        expect_equal((await client.validate_session(session["sessionToken"]["jwt"]))["sub"], session["userId"])
        refresh = session["refreshSessionToken"]["jwt"]
        expect_equal((await client.me(refresh))["loginIds"], [login_id])
        await client.refresh_session(refresh)
        await users.delete(login_id)
        try:
            await users.load(login_id)
        except AuthException as error:
            expect_equal(error.status_code, 404)
            expect("E112102" in error.error_message, "the code")
            return
    raise AssertionError("not refused")
