"""schemathesis, all of its checks, over the API as it is served: a real listener, a real engine, simulated accounts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from .conftest import Served

SEED = 20261122
HERE = Path(__file__).parent
PROGRAM = Path(sys.executable).parent / "schemathesis"
# The newest event comes at once; the next one only when something happens.
CONFIG = """\
hooks = "{hooks}"
warnings = {{ fail-on = ["unresolvable_reference", "missing_deserializer", "method_not_allowed"] }}
max-stream-events = 1
request-timeout = 30.0
[generation]
deterministic = true
database = "none"
[phases.stateful.generation]
max-examples = {sequences}
[phases.stateful]
max-steps = 6
# 412 is the refusal of what was looked at too long ago, whatever else is wrong with the request.
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 415, 422, 428, 429]
[dictionaries.integrations]
values = ["salesforce-prod", "hubspot-prod"]
[dictionaries.findings]
values = {findings}
[[operations]]
include-operation-id = ["get_integrations_name", "post_integrations_name_poll"]
parameters = {{ "path.name" = {{ dictionary = "integrations", probability = 0.7 }} }}
[[operations]]
include-operation-id = "get_findings_prefix"
parameters = {{ "path.prefix" = {{ dictionary = "findings", probability = 0.7 }} }}
"""


async def run(served: Served, folder: Path, examples: int, sequences: int, **environment: str) -> tuple[int, str]:
    """Its exit code and what it printed."""
    config = folder / "schemathesis.toml"
    ids = json.dumps(list(served.world.engine.ledger.findings))
    config.write_text(CONFIG.format(sequences=sequences, findings=ids, hooks=HERE / "sparing.py"))
    process = await asyncio.create_subprocess_exec(
        str(PROGRAM), "--config-file", str(config), "run", f"{served.url}/api/v1/openapi.json",
        "--header", f"Authorization: Bearer {served.token}", "--checks", "all", "--max-examples", str(examples),
        "--seed", str(SEED), "--continue-on-failure", "--no-color", "--no-shrink",
        cwd=folder, env={**os.environ, "COLUMNS": "200", **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


def held(code: int, said: str) -> None:
    """A token that opens nothing would make all else say nothing. 403 is fine: some take a signed-in person."""
    assert code == 0, said[-12000:]
    assert "401 Unauthorized" not in said, said[-12000:]
    told = re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", said)
    assert told is not None and len(set(told.groups())) == 1, said[-12000:]


async def test_what_the_description_says_holds(served: Served, tmp_path: Path) -> None:
    code, said = await run(served, tmp_path, 3, 10, ONE_OF_EACH="1")
    held(code, said)


@pytest.mark.proof
async def test_what_the_description_says_holds_for_long(served: Served, tmp_path: Path) -> None:
    code, said = await run(served, tmp_path, 200, 200)
    held(code, said)
