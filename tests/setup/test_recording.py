"""driftline new-vendor --from an integration that has a vendor file: its answers are recorded, and scrubbed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
import yaml

from monitor.demo import cast
from monitor.setup.derived import Underivable, derived
from monitor.setup.shape import names
from monitor.setup.wording import wording
from probes.kit import registry
from probes.kit.registry import look_in, vendors
from probes.simulated.recorded import Recorded
from probes.testing import suite
from probes.testing.rules import RULES

from .conftest import Driftline, Now, answering
from .planted import CANARY, Planted
from .test_new_vendor import held_by

BESIDE: dict[str, dict[str, Any]] = {  # of vendors that the example stack does not have; {at}: where the account is
    "account-engagement": {"my_domain": "example", "business_unit": "0UvB0000000Example", "login": "{at}"},
    "airflow": {}, "klaviyo": {}, "strapi": {},
    "dynamics": {"host": "example.crm.dynamics.com", "tenant": "northwind.example.com", "login": "{at}",
                 "tables": ["lead", "contact", "account"]},
    "sfmc": {"subdomain": "mcexample", "mid": "510001234", "login": "{at}", "soap": "{at}"},
    "tag-manager": {"account": "600700", "login": "{at}"},
}  # fmt: skip
UNPLAYED = ("stensul", "warehouse", "zapier")  # attested, and a database


def entries() -> dict[str, dict[str, Any]]:
    """Vendor, credentials and options of each system that has a simulated account."""
    files = {file.stem: file for folder in cast.folders("full") for file in folder.glob("integrations/*.yaml")}
    found = {name: yaml.safe_load(file.read_text()) for name, file in files.items() if name not in UNPLAYED}
    for vendor, options in BESIDE.items():
        scheme, how = next(iter(vendors()[vendor].schemes.items()))
        fields = {field: f"${{env:BESIDE_{vendor.replace('-', '_')}_{field}}}" for field in how.fields}
        found[vendor] = {"vendor": vendor, "credentials": {"scheme": scheme, **fields}, "options": options}
    return found


ENTRIES = entries()
# What answers in a way of its own: composites, SOAP, GraphQL, statements, several hosts, one row that others hang on, a
# coded identity. All accounts are recorded by `make proofs`.
OWN_WAYS = {"salesforce-prod", "sfmc", "shopify-store", "google-ads", "eloqua-emea", "jira-marketing", "segment-prod",
            "marketo-legacy", "ga4-web", "n8n-automations", "contentful-web", "bynder-dam"}  # fmt: skip
NAMES = tuple(name if name in OWN_WAYS else pytest.param(name, marks=pytest.mark.proof) for name in ENTRIES)
PARTS = {name: cast.Part(name, entry) for name, entry in ENTRIES.items()}


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    return cast.made_up(PARTS.values())


@pytest.fixture(scope="module")
def accounts(known: dict[str, str]) -> dict[str, Planted]:
    return {name: Planted(part.account(Now(), known).app, vendors()[part.vendor]) for name, part in PARTS.items()}


@pytest.fixture(scope="module")
def at(accounts: dict[str, Planted]) -> Iterator[dict[str, str]]:
    with answering(dict(accounts)) as found:
        yield found


@pytest.fixture
def configured(
    stack: Path, known: dict[str, str], at: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    owner = next(iter(yaml.safe_load((stack / "config" / "people.yaml").read_text())["teams"]))
    for name, entry in ENTRIES.items():
        said = {**entry.get("options", {}), **dict.fromkeys(cast.addresses(entry["vendor"]), at[name])}
        options = {field: at[name] if value == "{at}" else value for field, value in said.items()}
        own = {"vendor": entry["vendor"], "credentials": entry["credentials"], "options": options,
               "environment": "production", "class": "production", "tier": 2, "owner": owner, "base": at[name],
               "allow_private": True}  # fmt: skip
        (stack / "config" / "integrations" / f"{name}.yaml").write_text(yaml.safe_dump(own))


def texts(value: Any) -> Iterator[str]:
    """Every value of an answer that could tell something."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) > 5:
        yield str(value)


def held(file: Path) -> None:
    """The rules as the file's own test has them, without a process for each: `held_by` is that, below."""
    rules = suite(file)()
    for rule in RULES.keys() - registry.checked(file).exempt.keys():
        rules.test_rule(rule)
    rules.test_exemptions()


def told(own: set[str], said: Any) -> set[str]:
    """The values of an answer that do not stand in the vendor file, nor does each part of a path."""
    parted = {one: [part for part in re.split(r"[/.]", one) if not re.fullmatch(r"v?\d*", part)] for one in texts(said)}
    return {
        one for one, parts in parted.items() if one not in own and not (parts and all(part in own for part in parts))
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_vendor_begins_with_another_and_keeps_the_rules_on_what_an_account_answered(
    driftline: Driftline,
    accounts: dict[str, Planted],
    configured: None,
    known: dict[str, str],
    tmp_path: Path,
    name: str,
) -> None:
    done = driftline("new-vendor", "acme-two", "--from", name)
    assert done.code == 0, done.err
    assert "not read completely" not in done.err and "could not be read" not in done.err, done.err
    held(tmp_path / "vendors" / "acme_two.py")
    files = {path: path.read_text() for path in (tmp_path / "vendors").rglob("*") if path.suffix in (".py", ".json")}
    vendor = vendors()[PARTS[name].vendor]
    own = wording(vendor).words | names(vendor)  # which anybody can read
    values = told(own, accounts[name].said)
    secrets = {known[secret] for secret in PARTS[name].credentials.values()}
    assert len(values) > 10
    replies = "".join(text for path, text in files.items() if path.suffix == ".json")
    assert not [one for one in values if json.dumps(one) in replies], "a value of the account"
    within = [one for one in values if len(one) > 11 and one in replies and not any(one in word for word in own)]
    assert not within, "a value within another, or within an address"
    assert json.dumps(accounts[name].said).count(CANARY) > 30
    for text in files.values():
        assert CANARY not in text and "127.0.0.1" not in text and not [one for one in secrets if one in text]
    assert '"verified": Verified(),' in files[tmp_path / "vendors" / "acme_two.py"], "it is unproven"


def test_an_account_that_does_not_answer_writes_nothing(
    driftline: Driftline, configured: None, known: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for secret in PARTS["hightouch"].credentials.values():
        monkeypatch.setenv(secret, "another-secret-0123456789")
    done = driftline("new-vendor", "acme-two", "--from", "hightouch")
    assert done.code == 2 and "who the credential is could not be recorded: Expired" in done.err
    assert not (tmp_path / "vendors").exists() and "another-secret" not in done.err


def test_what_no_other_can_begin_with_says_why() -> None:
    with pytest.raises(Underivable, match=r"a database is asked.*begin without --from, and write SELECTs"):
        derived("acme", vendors()["sql"], Path())
    with pytest.raises(Underivable, match=r"it is attested.*begin without --from"):
        derived("acme", vendors()["hubspot"].model_copy(update={"name": "attested"}), Path())


Acme: TypeAlias = tuple[Path, list[str], dict[str, Any]]
OWN = '''"""Acme. https://acme.example.com/docs. Least grants: all."""

from probes.kit.auth import bearer
from probes.kit.contract import Kind
from probes.kit.errors import Errors
from probes.kit.listing import Listing, OptionSpec, Vendor, keep
from probes.rest import IdentitySpec

VENDOR = Vendor(
    name="acme", title="Acme", docs="https://acme.example.com/docs", base="https://api.acme.example.com",
    hosts=("acme.example.com",), schemes={"token": bearer("Settings > API > New token, read only")},
    identity=IdentitySpec(path="/me", account="org.id", grants="rights").read,
    options={"site": OptionSpec(says="the number of the site")}, errors=Errors(message="error"),
    listings=(
        Listing(name="objects", kind=Kind.SCHEMA, path="/objects", records="data", key="name", facts=keep("label"),
                always=("label",)),
        Listing(name="fields", kind=Kind.FIELD, for_each="objects", path="/objects/{parent.key}/fields",
                records="data", key="name", facts=keep("label type"), always=("type",)),
        Listing(name="people", kind=Kind.PERMISSION, path="/people", records="data", key="mail", person=True,
                params={"site": "{options.site}"}, facts=keep(profile="role"), always=("profile",)),
    ),
)
'''


@pytest.fixture
def acme(driftline: Driftline, stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Acme]:
    """The integration of an account that a vendor file of one's own reads, what it was asked, and what it says."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "acme.py").write_text(OWN)
    asked: list[str] = []
    said = {
        "/me": {"org": {"id": "kanarie7-12"}, "rights": ["kanarie7 right"]},
        "/objects": {"data": [{"name": f"kanarie7_{n}", "label": "of kanarie7"} for n in range(5)]},
        **{f"/objects/kanarie7_{n}/fields": {"data": [{"name": "kanarie7f", "label": "Kanarie7", "type": "kanarie7t"}]}
           for n in range(5)},
        "/people": {"data": [{"mail": f"{n}@kanarie7.example", "role": "kanarie7 boss"} for n in range(2)]},
    }  # fmt: skip

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        status = 403 if "error" in said[scope["path"]] else 200
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": json.dumps(said[scope["path"]]).encode()})

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ACME_TOKEN", "kanarie7-token-0123456789")
    owner = next(iter(yaml.safe_load((stack / "config" / "people.yaml").read_text())["teams"]))
    file = stack / "config" / "integrations" / "acme-prod.yaml"
    with answering({"acme": app}) as at:
        file.write_text(yaml.safe_dump({
            "vendor": "acme", "environment": "production", "class": "production", "tier": 2, "owner": owner,
            "options": {"site": 8_675_309}, "base": at["acme"], "allow_private": True,
            "credentials": {"scheme": "token", "token": "${env:ACME_TOKEN}"},
        }))  # fmt: skip
        yield file, asked, said
    look_in(None)


def written(folder: Path) -> str:
    return "".join(path.name + path.read_text() for path in folder.rglob("*acme_two.py")) + "".join(
        path.read_text() for path in folder.rglob("*.json")
    )


@pytest.mark.parametrize("into", ["vendors", "own"])
def test_a_vendor_begins_with_a_file_of_ones_own_from_another_folder_or_beside_it(
    driftline: Driftline, acme: Acme, tmp_path: Path, into: str
) -> None:
    done = driftline(
        "--vendors", str(tmp_path / "own"), "new-vendor", "acme-two", "--from", "acme-prod", "--into", into
    )
    assert done.code == 0 and "not" not in done.err.replace("was not recorded", "not"), done.err
    ran = held_by(tmp_path, into)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    text = written(tmp_path / into)
    assert "kanarie7" not in text.lower() and str(tmp_path) not in text


@pytest.mark.parametrize(
    ("watch", "left", "unasked"),
    [
        ([{"kind": "permission", "scope": "*", "level": "off"}], ["people"], {"/people"}),
        ([{"kind": "field", "scope": "kanarie7_[0-3]", "level": "off"}], [],
         {f"/objects/kanarie7_{n}/fields" for n in range(4)}),
        ([{"kind": "schema", "scope": "*", "level": "off"}], [], set()),
        ([{"kind": "schema", "scope": "*", "level": "off"}, {"kind": "field", "scope": "*", "level": "off"}],
         ["fields", "objects"], set()),
    ],
)  # fmt: skip
def test_what_the_watch_has_off_is_not_recorded_and_not_in_the_file(
    driftline: Driftline, acme: Acme, tmp_path: Path, watch: list[Any], left: list[str],
    unasked: set[str],
) -> None:  # fmt: skip
    file, asked, _ = acme
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "watch": watch}))
    done = driftline("--vendors", str(tmp_path / "own"), "new-vendor", "acme-two", "--from", "acme-prod")
    assert done.code == 0, done.err
    told = re.findall(r"driftline: (\w+) was not recorded \(its watch is off\)", " ".join(done.err.split()))
    assert sorted(told) == left, done.err
    assert not unasked & set(asked)
    assert all(f'"{name}",  # its watch is off' in written(tmp_path / "vendors") for name in left)
    ran = held_by(tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_was_recorded_is_said_to_the_request_that_is_most_like_it() -> None:
    told = Recorded([
        {"method": "GET", "path": "/a b/c", "params": {"page": 1}, "said": {"link": "{base}/next", "first": 1}},
        {"method": "GET", "path": "/a b/c", "params": {"page": 2, "live": True}, "said": {"second": [1, {"a": 1}]}},
        {"method": "POST", "path": "/q", "body": {"query": ["a"]}, "said": None},
        {"method": "POST", "path": "/f", "body": "plain", "said": []},
    ])  # fmt: skip

    def said(method: str, url: str, **more: Any) -> Any:
        answer = told.answer(httpx.Request(method, f"https://account.test{url}", **more), jumbled=True)
        return None if answer is None else (answer.status_code, answer.text)

    assert said("GET", "/a%20b/c?page=1") == (200, '{"first": 1, "link": "https://account.test/next"}')
    assert said("GET", "/a%20b/c?page=2&live=true") == (200, '{"second": [1, {"a": 1}]}')
    assert said("POST", "/q", json={"query": ["b"]}) == (204, "")
    assert said("POST", "/f", content=b"other") == said("POST", "/f", data={"a": "b"}) == (200, "[]")
    assert said("GET", "/nowhere") is None


def test_several_requests_in_one_are_each_answered_by_what_was_said_to_the_one_most_like_it() -> None:
    told = Recorded([
        {"method": "POST", "path": "/all", "body": {"asks": [{"id": "r0", "url": "/a"}, {"id": "r1", "url": "/b"}]},
         "said": {"answers": [{"id": "r1", "body": "of b"}, {"id": "r0", "body": "of a"}], "ok": True}},
        {"method": "POST", "path": "/all", "body": {"asks": [{"id": "r0", "url": "/c"}]},
         "said": {"answers": [{"id": "r0", "body": "of c"}], "ok": True}},
    ])  # fmt: skip

    def said(*urls: str) -> Any:
        body = {"asks": [{"id": f"n{number}", "url": url, "live": 1} for number, url in enumerate(urls)]}
        answer = told.answer(httpx.Request("POST", "https://account.test/all", json=body))
        return None if answer is None else [(one["id"], one["body"]) for one in answer.json()["answers"]]

    assert said("/b") == [("n0", "of b")]
    assert said("/c", "/a", "/b") == [("n0", "of c"), ("n1", "of a"), ("n2", "of b")]


@pytest.mark.parametrize(
    ("people", "shown"),
    [({"error": "not for jane of kanarie7"}, "it was denied"), ({"data": []}, "it has no rows in this account")],
)
def test_what_is_refused_or_empty_is_not_in_the_file_nor_a_word_of_why(
    driftline: Driftline, acme: Acme, tmp_path: Path, people: Any, shown: str
) -> None:
    acme[2]["/people"] = people
    done = driftline("--vendors", str(tmp_path / "own"), "new-vendor", "acme-two", "--from", "acme-prod")
    assert done.code == 0 and "driftline: people was not recorded (" in done.err, done.err
    text = written(tmp_path / "vendors")
    assert f'"people",  # {shown}' in text and "Kind.PERMISSION:" in text
    assert "kanarie7" not in text.lower() and "jane" not in text and "8675309" not in text and '"site": 88' in text
    ran = held_by(tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
