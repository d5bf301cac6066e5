"""A whole configuration: what it gives when it is right, and every mistake with its place when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import ConfigError, load
from monitor.core.graph import End, FieldMap, Override
from monitor.core.model import Level
from probes.kit.registry import vendors

from .stacks import FILES, stack

CRM = FILES["integrations/crm.yaml"]
SERVICE = FILES["driftline.yaml"]
OIDC = (
    "server:\n  auth: {mode: oidc, roles: {ops: admin}, "
    "oidc: {issuer: 'https://login.example.com/realms/acme', client_id: d, client_secret: '${env:S}'}}\n"
)
LIST = "{name: zaps, kind: automation, key: id, facts: [label]}"
ATTESTED = f"""\
vendor: attested
owner: ops
credentials: {{scheme: none}}
attested:
  lists:
    - {LIST}
"""
FLOWS = FILES["flows.yaml"]
CANARY = "canary-5up3rs3cr3t"


def problems(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_a_valid_stack_gives_the_words_of_the_core(tmp_path: Path) -> None:
    config = load(
        stack(
            tmp_path,
            rules="overrides:\n  - {rule: field.*, pattern: crm/field/*, level: info, reason: nobody reads them}\n",
        )
    )
    assert config.stack == "acme"
    assert config.state == tmp_path / "var"
    assert config.repository == str(tmp_path)
    assert config.service.poll.every == 900.0
    crm = config.integrations["crm"]
    assert (crm.name, crm.vendor, crm.class_, crm.owner, crm.tier) == ("crm", "salesforce", "production", "ops", 2)
    assert {name: str(field) for name, field in crm.credentials.fields.items()} == {
        "client_id": "${env:CRM_ID}",
        "client_secret": "${file:secrets/crm}",
    }
    (flow,) = config.flows
    assert (flow.source, flow.target) == (End("crm", "Lead"), End("crm", "Contact"))
    assert config.overrides == (Override("field.*", "crm/field/*", Level.INFO, "nobody reads them"),)


def test_the_words_of_a_value_map_are_text_when_quoted(tmp_path: Path) -> None:
    flows = FLOWS.replace("{yes: no}", "{yes: no, 1: '2'}")
    (flow,) = load(stack(tmp_path, flows=flows)).flows
    assert flow.fields == (FieldMap("Email", "Email", {"yes": "no", "1": "2"}),)


def test_people_rules_flows_and_integrations_may_be_absent(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "driftline.yaml").write_text(SERVICE)
    config = load(tmp_path / "config")
    assert (config.integrations, config.flows, config.people.teams) == ({}, (), {})


def test_the_first_matching_watch_rule_counts_and_review_is_what_none_matches(tmp_path: Path) -> None:
    watch = "watch:\n  - {kind: field, scope: Lead, level: review}\n  - {scope: '*History', level: off}\n"
    watch += "  - {kind: field, level: record}\n"
    crm = load(stack(tmp_path, integrations__crm=CRM + watch)).integrations["crm"]
    levels = [crm.level(*place) for place in (("field", "Lead"), ("schema", "LeadHistory"), ("field", "Case"))]
    assert [*levels, crm.level("permission", "users")] == ["review", "off", "record", "review"]


def test_comments_and_order_do_not_change_the_digest_and_words_do(tmp_path: Path) -> None:
    first = load(stack(tmp_path / "a")).digest
    same = load(stack(tmp_path / "b", driftline="# hello\nstack: {name: 'acme'}\n")).digest
    other = load(stack(tmp_path / "c", driftline=SERVICE.replace("acme", "emca"))).digest
    assert first == same != other


def test_all_mistakes_of_all_files_are_told_at_once_in_order(tmp_path: Path) -> None:
    found = problems(
        stack(
            tmp_path,
            driftline="stack: {name: acme}\npoll: {every: 5 minutes, width: many}\nbogus: 1\n",
            people="teams: {ops: [a]}\n",
            integrations__crm=CRM.replace("owner: ops", "owner: nobody\ntier: 9"),
        )
    )
    assert [line.split(":")[0] + ":" + line.split(":")[1] for line in found] == [
        "driftline.yaml:2",
        "driftline.yaml:2",
        "driftline.yaml:3",
        "integrations/crm.yaml:2",
        "integrations/crm.yaml:3",
        "people.yaml:1",
    ]


MISTAKES = [
    # -- the service
    ({"driftline": ""}, "driftline.yaml: stack: expected a value, found no such key"),
    ({"driftline": "- a\n"}, "driftline.yaml:1: expected a mapping of keys, found a list of 1"),
    (
        {"driftline": SERVICE + "servr: {}\n"},
        "driftline.yaml:3: servr: expected one of stack, server, egress, state, baselines, git, review, profile, poll, "
        "brake, policy, retention, alerts, notify, reports, fleet, token_keys, found an unknown key "
        "(did you mean server?)",
    ),
    (
        {"driftline": "stack:\n  name: Acme Inc\n"},
        "driftline.yaml:2: stack.name: expected a name of lower-case letters, digits and dashes, at most 63 long, "
        "found 'Acme Inc'",
    ),
    (
        {"driftline": SERVICE + "state: 5\n"},
        "driftline.yaml:3: state: expected text that is not empty (put it in quotes), found 5",
    ),
    (
        {"driftline": SERVICE + "poll:\n  every: 90\n"},
        "driftline.yaml:4: poll.every: expected a duration such as 45s, 5m, 1h30m or 14d, found 90",
    ),
    (
        {"driftline": SERVICE + "poll: {every: 0m}\n"},
        "driftline.yaml:3: poll.every: expected a duration longer than nothing, found '0m'",
    ),
    (
        {"driftline": SERVICE + "poll: {confirm_after: 5m}\n"},
        "driftline.yaml:3: poll.confirm_after: expected at most 1m, found '5m'",
    ),
    (
        {"driftline": SERVICE + "poll: {jitter: 2}\n"},
        "driftline.yaml:3: poll.jitter: expected at most 1, found 2",
    ),
    (
        {"driftline": SERVICE + "brake: {share: 0.0}\n"},
        "driftline.yaml:3: brake.share: expected more than 0, found 0.0",
    ),
    (
        {"driftline": SERVICE + "profile: loose\n"},
        "driftline.yaml:3: profile: expected strict, standard or quiet, found 'loose'",
    ),
    (
        {"driftline": SERVICE + "server: {listen: localhost}\n"},
        "driftline.yaml:3: server.listen: expected an address and port such as 127.0.0.1:9731 or [::1]:9731, "
        "found 'localhost'",
    ),
    (
        {"driftline": SERVICE + "server: {listen: 'example.com:80'}\n"},
        "driftline.yaml:3: server.listen: expected a numeric address (or localhost) and port, such as 0.0.0.0:9731, "
        "found 'example.com:80'",
    ),
    (
        {"driftline": SERVICE + "server:\n  listen: 0.0.0.0:9731\n"},
        "driftline.yaml:4: server.listen: expected a loopback address while server.auth.mode is none, "
        "found '0.0.0.0:9731': set mode to tokens",
    ),
    (
        {"driftline": SERVICE + "server:\n  metrics: 127.0.0.1:9731\n"},
        "driftline.yaml:4: server.metrics: expected another address than server.listen, found '127.0.0.1:9731'",
    ),
    (
        {"driftline": SERVICE + "server: {external_url: ftp://x}\n"},
        "driftline.yaml:3: server.external_url: expected an address such as https://example.com, found 'ftp://x'",
    ),
    (
        {"driftline": SERVICE + "server:\n  auth: {mode: proxy, default_role: viewer}\n"},
        "driftline.yaml:4: server.auth.mode: expected server.auth.peers beside it: the addresses whose header is",
    ),
    (
        {"driftline": SERVICE + "server:\n  auth: {mode: proxy, peers: [10.0.0.0/8]}\n"},
        "driftline.yaml:4: server.auth.mode: expected server.auth.roles beside it: without them nobody may come in",
    ),
    (
        {"driftline": SERVICE + "server:\n  auth: {mode: oidc, roles: {ops: admin}}\n"},
        "driftline.yaml:4: server.auth.mode: expected server.auth.oidc beside it: the provider that signs people in",
    ),
    (
        {"driftline": SERVICE + OIDC.replace("${env:S}", "s3cret")},
        "driftline.yaml:4: server.auth.oidc.client_secret: expected a reference such as ${env:NAME}",
    ),
    (
        {"driftline": SERVICE + "server:\n  auth: {peers: [0.0.0.0/0]}\n"},
        "driftline.yaml:4: server.auth.peers[0]: expected the addresses of the proxies (",
    ),
    (
        {"driftline": SERVICE + "server:\n  auth: {peers: [proxy.example.com]}\n"},
        "driftline.yaml:4: server.auth.peers[0]: expected an address or network such as 127.0.0.1 or 10.0.0.0/8",
    ),
    (
        {"driftline": SERVICE + "server:\n  auth: {header: Authorization}\n"},
        "driftline.yaml:4: server.auth.header: expected the name of a header that says who somebody is",
    ),
    (
        {"driftline": SERVICE + "server:\n  auth: {teams: {g: sales}}\n"},
        "driftline.yaml:4: server.auth.teams.g: expected a team of people.yaml (ops), found 'sales'",
    ),
    (
        {"driftline": SERVICE + "server:\n  auth: {roles: {g: scrape}}\n"},
        "driftline.yaml:4: server.auth.roles.g: expected viewer, reviewer or admin, found 'scrape'",
    ),
    (
        {"driftline": SERVICE + "baselines: {path: ../elsewhere}\n"},
        "driftline.yaml:3: baselines.path: expected a folder inside the repository, found '../elsewhere'",
    ),
    # -- an integration
    (
        {"integrations__crm": CRM.replace("salesforce", "salesfroce")},
        "integrations/crm.yaml:1: vendor: expected a known vendor "
        f"({', '.join(sorted({*vendors(), 'attested', 'rest'}))}), found 'salesfroce'",
    ),
    (
        {"integrations__crm": CRM.replace("owner: ops", "owner: sales")},
        "integrations/crm.yaml:2: owner: expected a team of people.yaml (ops), found 'sales'",
    ),
    (
        {"integrations__crm": CRM.replace("{my_domain: acme}", "{my_domain: acme, my_dmain: a}")},
        "integrations/crm.yaml:3: options.my_dmain: expected an option of salesforce (my_domain), found another name",
    ),
    (
        {"integrations__crm": CRM.replace("client_credentials", "password")},
        "integrations/crm.yaml:5: credentials.scheme: expected a way to log in that the vendor has "
        "(client_credentials, jwt, refresh_token), found text of 8 characters",
    ),
    (
        {"integrations__crm": CRM.replace("  client_id: ${env:CRM_ID}\n", "")},
        "integrations/crm.yaml:4: credentials.client_id: expected a value, which scheme client_credentials needs, "
        "found no such key",
    ),
    (
        {"integrations__crm": CRM + "  token: ${env:T}\n"},
        "integrations/crm.yaml:8: credentials.token: expected one of client_id, client_secret, found an unknown key",
    ),
    (
        {"integrations__crm": CRM + "title: ${env:T}\n"},
        "integrations/crm.yaml:8: title: expected a plain value, found a reference to a secret "
        "(only credentials, token_keys, server.metrics_token, server.auth.oidc.client_secret, "
        "git.forge.token, alerts.alertmanager.password, alerts.alertmanager.token, alerts.alertmanager.headers, "
        "notify.targets, hook.secret, fleet.stacks take one)",
    ),
    (
        {"integrations__crm": CRM + "schedule:\n  listings:\n    feilds: 5m\n"},
        "integrations/crm.yaml:10: schedule.listings.feilds: expected a listing of salesforce (",
    ),
    (
        {"integrations__crm": CRM + "watch:\n  - {kind: fields, level: off}\n"},
        "integrations/crm.yaml:9: watch[0].kind: expected schema, field, permission, sync, automation, template, "
        "platform or *, found 'fields'",
    ),
    (
        {"integrations__crm": CRM + "renamed_from: crm\n"},
        "integrations/crm.yaml:8: renamed_from: expected the name of an integration that is gone, "
        "found 'crm', still there",
    ),
    (
        {"integrations__crm": CRM + "rest: {}\n"},
        "integrations/crm.yaml:8: rest: expected it with `vendor: rest` alone, found it beside another vendor",
    ),
    (
        {"integrations__crm": CRM.replace("options: {my_domain: acme}\n", "")},
        "integrations/crm.yaml:1: options.my_domain: expected ",
    ),
    # -- the rest
    (
        {"people": FILES["people.yaml"] + "    escalation: bosses\n"},
        "people.yaml:4: teams.ops.escalation: expected a team of this file (ops), found 'bosses'",
    ),
    (
        {"rules": "overrides:\n  - {pattern: cmr/field/*, level: info, reason: x}\n"},
        "rules.yaml:2: overrides[0].pattern: expected a pattern that begins with an integration (crm), found 'cmr'",
    ),
    (
        {"rules": "overrides:\n  - {pattern: Lead, level: info, reason: x}\n"},
        "rules.yaml:2: overrides[0].pattern: expected integration/kind/scope/key/fact, with * for any text, "
        "found 'Lead'",
    ),
    (
        {"rules": "overrides:\n  - {pattern: '*', level: info, reason: ''}\n"},
        "rules.yaml:2: overrides[0].reason: expected text that is not empty, found ''",
    ),
    (
        {"flows": FLOWS.replace("scope: Contact}", "}")},
        "flows.yaml:5: flows[0].to: expected `scope`, an object of an integration that is read here, found none",
    ),
    (
        {"flows": FLOWS.replace("from: Email, to: Email", "from: Email")},
        "flows.yaml:7: flows[0].fields[0]: expected `to`, a field of an integration that is read here, found none",
    ),
    (
        {"flows": FLOWS.replace("to: {integration: crm", "to: {integration: erp")},
        "flows.yaml:5: flows[0].to.integration: expected an integration of integrations/ (or a system of elsewhere) "
        "(crm), found 'erp'",
    ),
    (
        {
            "flows": FLOWS.replace(
                "definitions: []", "definitions:\n  - {name: a, meaning: b}\n  - {name: a, meaning: c}"
            )
        },
        "flows.yaml:10: definitions[1].name: expected each once, found 'a' again (first on line 9)",
    ),
    # -- systems without an API
    (
        {"integrations__crm": "vendor: attested\nowner: ops\ncredentials: {scheme: none}\n"},
        "integrations/crm.yaml:1: attested: expected which lists are attested, found no such key",
    ),
    (
        {"integrations__crm": CRM + f"attested: {{lists: [{LIST}]}}\n"},
        "integrations/crm.yaml:8: attested: expected it with `vendor: attested` alone, found it beside another vendor",
    ),
    (
        {"integrations__crm": ATTESTED.replace("name: zaps", "name: Zaps")},
        "integrations/crm.yaml:6: attested.lists[0].name: expected what fits",
    ),
    (
        {"integrations__crm": ATTESTED.replace("facts: [label]", "facts: [colour]")},
        "integrations/crm.yaml:6: attested.lists[0]: 'colour' is no fact of automation",
    ),
    (
        {"integrations__crm": ATTESTED.replace("key: id", "key: the id")},
        "integrations/crm.yaml:6: attested.lists[0].key: 'the id' is no name of a column",
    ),
    (
        {"integrations__crm": ATTESTED.replace("kind: automation", "kind: zap")},
        "integrations/crm.yaml:6: attested.lists[0].kind: expected 'schema', 'field'",
    ),
    (
        {"integrations__crm": ATTESTED + "  within: 10s\n"},
        "integrations/crm.yaml:7: attested.within: expected ",
    ),
    ({"flows": "flows: &x []\n"}, "flows.yaml:1: expected no anchors, found &x: write the value out"),
    # -- what it also makes unknown in other files is no mistake there
    ({"people": "teams: [ops]\n"}, "people.yaml:1: teams: expected a mapping of keys, found a list of 1"),
    ({"people": "\tteams: {}\n"}, "people.yaml:1: not YAML"),
    ({"integrations__crm": "\tvendor: x\n"}, "integrations/crm.yaml:1: not YAML"),
    (
        {"people2": ""},
        "people2.yaml: expected one of driftline.yaml, people.yaml, rules.yaml, flows.yaml, flows-confirmed.yaml, or a",
    ),
]


@pytest.mark.parametrize(("files", "words"), MISTAKES, ids=[words.partition(": expected")[0] for _, words in MISTAKES])
def test_one_mistake_is_one_sentence_at_its_place(files: dict[str, str], words: str, tmp_path: Path) -> None:
    (found,) = problems(stack(tmp_path, **files))
    assert found.startswith(words)


def test_a_folder_without_a_configuration_says_how_to_make_one(tmp_path: Path) -> None:
    assert "new-stack" in problems(tmp_path / "absent")[0]
    (tmp_path / "x.yaml").write_text("")
    assert problems(tmp_path)[0].startswith("driftline.yaml: expected this file")


def test_a_file_that_would_be_passed_over_by_its_ending_is_a_mistake(tmp_path: Path) -> None:
    folder = stack(tmp_path)
    (folder / "integrations" / "erp.yml").write_text("")
    assert "integrations/erp.yml: expected a name ending in .yaml, found .yml: rename it" in problems(folder)


def test_an_integration_in_a_deeper_folder_is_a_mistake(tmp_path: Path) -> None:
    folder = stack(tmp_path, integrations__eu__crm=CRM)
    assert problems(folder) == [
        "integrations/eu: expected the files of integrations in integrations/ itself, found a folder"
    ]


def test_paths_count_from_the_folder_that_holds_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stack(tmp_path / "real", driftline=SERVICE + "baselines: {repository: ../other}\n")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "config").symlink_to(folder)
    monkeypatch.chdir(tmp_path / "linked")
    config = load(Path("config"))
    assert (config.state, config.repository) == (tmp_path / "linked" / "var", str(tmp_path / "other"))


@pytest.mark.parametrize(
    "address", ["git@git.example.com:a/b.git", "ssh://git@git.example.com/b.git", "https://x/b.git"]
)
def test_a_repository_may_be_an_address(address: str, tmp_path: Path) -> None:
    config = load(stack(tmp_path, driftline=SERVICE + f"baselines: {{repository: '{address}'}}\n"))
    assert config.repository == address


def test_editors_leavings_and_notes_are_passed_over(tmp_path: Path) -> None:
    folder = stack(tmp_path)
    before = load(folder)
    for name in (".driftline.yaml.swp", "driftline.yaml~", "README.md", "integrations/.#crm.yaml"):
        (folder / name).write_text("not: [yaml")
    assert load(folder).digest == before.digest


def test_two_integrations_cannot_have_one_name_or_one_past(tmp_path: Path) -> None:
    twin = CRM + "name: crm\nrenamed_from: old\n"
    found = problems(stack(tmp_path, integrations__crm=CRM + "renamed_from: old\n", integrations__twin=twin))
    assert "integrations/twin.yaml:8: name: expected a name of its own, found 'crm', which crm.yaml has too" in found
    assert any("integrations/twin.yaml:9: renamed_from: expected a name that one" in line for line in found)


def test_an_in_house_system_is_checked_by_its_own_block(tmp_path: Path) -> None:
    text = "vendor: rest\nowner: ops\ncredentials: {scheme: header, token: '${env:T}'}\n"
    text += "rest:\n  listings:\n    - {pth: /x}\n"
    found = problems(stack(tmp_path, integrations__crm=text))
    assert any(line.startswith("integrations/crm.yaml:6: rest.listings[0].pth: is an unknown key") for line in found)


@pytest.mark.parametrize(
    "files",
    [
        {"integrations__crm": CRM.replace("${env:CRM_ID}", CANARY)},
        {"integrations__crm": CRM.replace("${env:CRM_ID}", f"[{CANARY}]")},
        {"integrations__crm": CRM.replace("${env:CRM_ID}", f"Bearer ${{env:X}}{CANARY}")},
        {"integrations__crm": CRM.replace("scheme: client_credentials", f"scheme: {CANARY}")},
        {"integrations__crm": CRM + f"api_key: {CANARY}\n"},
        {"integrations__crm": CRM + f"base: https://user:{CANARY}@example.com\n"},
        {"integrations__crm": CRM + f"proxy: http://user:{CANARY}@example.com\n"},
        {"integrations__crm": CRM + f"allow_private: {CANARY * 3}\n"},
        {"driftline": SERVICE + f"baselines: {{repository: 'https://user:{CANARY}@git.example.com/x.git'}}\n"},
        {"driftline": SERVICE + f"token_keys: [{CANARY}]\n"},
        {"driftline": SERVICE + f"token_keys: {CANARY}\n"},
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(files: dict[str, str], tmp_path: Path) -> None:
    folder = stack(tmp_path, **files)
    with pytest.raises(ConfigError) as caught:
        load(folder)
    assert CANARY not in str(caught.value) + repr(caught.value.problems)
    assert caught.value.__cause__ is None


FORGE = "{kind: github, project: acme/stack, token: '${env:FORGE}'}"


def test_a_forge_is_where_proposals_go_and_its_token_is_a_reference(tmp_path: Path) -> None:
    assert load(stack(tmp_path / "a")).service.git.mode == "commit"
    config = load(stack(tmp_path / "b", driftline=SERVICE + f"git: {{mode: propose, forge: {FORGE}}}\n"))
    forge = config.service.git.forge
    assert forge is not None
    assert (forge.address, str(forge.token)) == ("https://api.github.com", "${env:FORGE}")
    lab = FORGE.replace("github, project: acme/stack", "gitlab, project: acme/web/stack")
    config = load(stack(tmp_path / "c", driftline=SERVICE + f"git: {{forge: {lab}}}\n"))
    assert config.service.git.forge is not None
    assert config.service.git.forge.address == "https://gitlab.com/api/v4"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("git: {mode: propose}", "git.forge: expected where pull requests are opened, found no such key"),
        (
            f"baselines: {{push: false}}\ngit: {{mode: propose, forge: {FORGE}}}",
            "baselines.push: expected true while git.mode is propose, found false",
        ),
        (f"git: {{forge: {FORGE.replace('acme/stack', 'a/b/c')}}}", "expected owner/name, as in the address of the"),
        (f"git: {{forge: {FORGE.replace('github', 'gitlab').replace('acme/', '')}}}", "expected group/name, the proj"),
        (f"git: {{forge: {FORGE[:-1]}, api: 'http://forge.example.com'}}}}", "expected https://, or allow_private"),
        (f"git: {{forge: {FORGE.replace('${env:FORGE}', CANARY)}}}", "never the secret itself"),
    ],
)
def test_what_a_proposal_needs_is_said(text: str, said: str, tmp_path: Path) -> None:
    (found,) = problems(stack(tmp_path, driftline=SERVICE + text + "\n"))
    assert said in found and CANARY not in found


def test_which_facts_take_two_people(tmp_path: Path) -> None:
    said = SERVICE + "server: {auth: {mode: tokens}}\n"
    said += "review:\n  owners_decide: true\n  lapse: 2d\n  four_eyes:\n    - {kind: permission}\n"
    said += "    - {integration: crm, scope: 'Lead*', level: breaking}\n    - {integration: 'c*', security: true}\n"
    review = load(stack(tmp_path, driftline=said)).service.review
    assert (review.owners_decide, review.lapse, len(review.four_eyes)) == (True, 172_800.0, 3)
    assert (review.four_eyes[1].scope, review.four_eyes[1].level, review.four_eyes[0].level) == (
        "Lead*", "breaking", "info",
    )  # fmt: skip


@pytest.mark.parametrize("mode", ["", "server: {auth: {mode: none}}\n"])
def test_two_people_who_cannot_be_told_apart_are_a_mistake(mode: str, tmp_path: Path) -> None:
    said = SERVICE + mode + "review:\n  four_eyes: [{kind: field}, {kind: permission}]\n  owners_decide: true\n"
    eyes, owners = problems(stack(tmp_path, driftline=said))
    assert "review.four_eyes: expected people who sign in, found server.auth.mode none" in eyes
    assert "no two people can be told apart: set it to tokens, oidc or proxy" in eyes
    assert "review.owners_decide" in owners and "nobody acts for a team" in owners


def test_an_entry_that_names_what_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    said = (
        SERVICE + "review:\n  lapse: 5m\n  four_eyes:\n    - {integration: crn}\n    - {kind: fields, levels: info}\n"
    )
    found = problems(stack(tmp_path, driftline=said))
    assert any("integration: expected an integration of integrations/" in one and "crn" in one for one in found)
    assert any("review.lapse" in one for one in found)
    assert any("four_eyes[1].kind" in one or "four_eyes.1.kind" in one for one in found)


def test_a_provider_is_told_its_secret_by_reference(tmp_path: Path) -> None:
    config = load(stack(tmp_path, driftline=SERVICE + OIDC))
    asked = config.service.server.auth.oidc
    assert asked is not None and asked.issuer == "https://login.example.com/realms/acme"
    assert str(asked.client_secret) == "${env:S}"


def test_a_hook_names_how_it_is_signed_where_the_vendor_file_does_not(tmp_path: Path) -> None:
    def said(hook: str) -> list[str]:
        return [one for one in problems(stack(tmp_path, integrations__crm=CRM + hook)) if "hook" in one]

    (bare,) = said("hook: {secret: '${env:HOOK}'}\n")
    assert "hook.scheme: expected how Salesforce signs (hubspot-v3, shopify," in bare
    (unknown,) = said("hook: {secret: '${env:HOOK}', scheme: none-such}\n")
    assert "expected a way to sign" in unknown and "none-such" in unknown
    (shown,) = said(f"hook: {{secret: {CANARY}, scheme: github}}\n")
    assert "expected a reference" in shown and CANARY not in shown
    good = stack(tmp_path, integrations__crm=CRM + "hook: {secret: '${env:HOOK}', scheme: github}\n")
    hook = load(good).integrations["crm"].hook
    assert hook is not None and (str(hook.secret), hook.scheme) == ("${env:HOOK}", "github")


@pytest.mark.parametrize(
    ("status", "wrong"),
    [
        ("{}", "status: expected the address of a `page`, or an `instance` of Salesforce, found neither"),
        ("{page: 'https://a.example', instance: NA1}", "found both"),
        ("{instance: NA1, components: [x]}", "status.components: expected it beside `page` alone"),
        ("{page: 'http://a.example'}", "status.page: expected https://"),
        ("{page: 'https://a.example', every: 10s}", "status.every: expected"),
    ],
)
def test_a_status_page_is_named_in_one_way(tmp_path: Path, status: str, wrong: str) -> None:
    (found,) = problems(stack(tmp_path, integrations__crm=f"{CRM}status: {status}\n"))
    assert wrong in found


def test_a_status_page_may_name_parts_or_an_instance(tmp_path: Path) -> None:
    for status in ("{page: 'https://a.example', components: [CRM API]}", "{instance: DEU46, every: 10m}"):
        assert load(stack(tmp_path, integrations__crm=f"{CRM}status: {status}\n")).integrations["crm"].status
