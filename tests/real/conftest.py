"""One real Directus, WordPress and PostgreSQL for a test run, with what the tests change in them.

Where one cannot be installed or started its tests are skipped by name; where CI is set they fail instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest

from tests.probes.kit.proxy import Authority
from tests.real import wordpress
from tests.real.directus import Server, Unavailable
from tests.real.postgres import Postgres

WEAK_TOKEN = "token-of-a-plain-role"  # of a server that lives as long as the tests


@pytest.fixture(scope="session")
def directus() -> Iterator[Server]:
    """A running server: a collection `leads`, a role and policy `Sales` that may read it, a user of that role."""
    try:
        server = Server().__enter__()
    except Unavailable as error:
        _without("Directus", error)
    try:
        _furnish(server)
        yield server
    finally:
        server.stop()


CAMPAIGNS = """
add_action( 'init', function () {{
    register_post_type( 'campaign', array( 'label' => 'Campaigns', 'public' => true, 'show_in_rest' => true,
        'supports' => array( 'title', 'custom-fields' ), 'rewrite' => false ) );
    register_taxonomy( 'region', 'campaign', array( 'label' => 'Regions', 'show_in_rest' => true ) );
    foreach ( array( {meta} ) as $name => $type ) {{
        register_post_meta( 'campaign', $name, array( 'type' => $type, 'single' => true, 'show_in_rest' => true ) );
    }}
}} );
{more}
"""  # what a developer's must-use plugin registers


class Account(msgspec.Struct):
    """One who may sign in to the site: the login, the WordPress id, an application password."""

    login: str
    id: int
    password: str


class Cms(msgspec.Struct):
    """The running site with its people. `deploy` replaces the plugin that registers the type `campaign`."""

    site: wordpress.Site
    admin: Account
    editor: Account

    def deploy(self, more: str = "", **meta: str) -> None:
        fields = meta or {"utm_source": "string", "budget": "integer"}
        listed = ", ".join(f"'{name}' => '{type}'" for name, type in fields.items())
        self.site.plugin(CAMPAIGNS.format(meta=listed, more=more))

    def role(self, role: str) -> None:
        """Gives the editor another role, by the form of Users > Edit."""
        name = self.editor.login
        fields = {"action": "update", "user_id": str(self.editor.id), "nickname": name, "pass1": "", "pass2": "",
                  "email": f"{name}@example.com", "display_name": name, "role": role}  # fmt: skip
        self.site.submit(f"/wp-admin/user-edit.php?user_id={self.editor.id}", fields)


@pytest.fixture(scope="session")
def cms() -> Iterator[Cms]:
    """A running WordPress: a type `campaign` with meta, a taxonomy `region`, its administrator and an editor."""
    try:
        site = wordpress.Site().__enter__()
    except wordpress.Unavailable as error:
        _without("WordPress", error)
    try:
        editor = site.user("editor-01", "editor")
        found = Cms(site, Account("admin", 1, site.application_password(1)),
                    Account("editor-01", editor, site.application_password(editor)))  # fmt: skip
        found.deploy()
        yield found
    finally:
        site.stop()


def _without(name: str, error: Exception) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"the real {name} may not be skipped here: {error}", pytrace=False)
    pytest.skip(f"no real {name}: {error}")


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who has signed the certificate that PostgreSQL shows."""
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.server()
    return made


@pytest.fixture(scope="session")
def postgres(certified: Authority) -> Iterator[Postgres]:
    """A running server with an empty database and the users `driftline` and `sealed`, the second by TLS alone."""
    try:
        server = Postgres(str(Path(certified.ca_file).with_name("server.pem"))).__enter__()
    except Unavailable as error:
        _without("PostgreSQL", error)
    try:
        for user in ("driftline", "sealed"):
            server.run(f"CREATE ROLE {user} LOGIN PASSWORD '{WEAK_TOKEN}'")
        yield server
    finally:
        server.__exit__(None, None, None)


def _furnish(server: Server) -> None:
    choices = [{"text": "New", "value": "new"}, {"text": "Qualified", "value": "qualified"}]
    server.post(
        "/collections",
        {
            "collection": "leads",
            "schema": {},
            "meta": {"note": "People who may buy"},
            "fields": [
                {"field": "id", "type": "integer", "schema": {"is_primary_key": True, "has_auto_increment": True}},
                {"field": "email", "type": "string", "schema": {"max_length": 120}, "meta": {"interface": "input"}},
                {"field": "status", "type": "string", "schema": {}, "meta": {"options": {"choices": choices}}},
            ],
        },
    )
    policy = server.post("/policies", {"name": "Sales", "admin_access": False, "app_access": True})["id"]
    role = server.post("/roles", {"name": "Sales"})["id"]
    server.post("/access", {"role": role, "policy": policy})
    server.post("/permissions", {"policy": policy, "collection": "leads", "action": "read", "fields": ["*"]})
    server.post(
        "/users", {"email": "sales-01@example.com", "password": WEAK_TOKEN[::-1], "role": role, "token": WEAK_TOKEN}
    )
