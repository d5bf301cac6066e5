"""Superset's lists with all their pages, and what its datasets and their columns are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probes.kit.api import Answer, Ask, Client, listed
from probes.kit.coded import each, made, once
from probes.kit.contract import Malformed
from probes.kit.listing import Fetch, Row

SIZE: Final = 100
MOST: Final = 200  # pages of a list


async def whole(api: Client, path: str) -> list[Any]:
    """All rows of a list. Raises Malformed where they are not as many as it counts."""
    rows: list[Any] = []
    for page in range(MOST):
        answer = await api.ask(Ask(path, {"q": f"(page:{page},page_size:{SIZE})"}))
        found, count = answer.value("result"), answer.value("count")
        if not isinstance(found, list) or not isinstance(count, int):
            raise Malformed(f"{path} has no result and count")
        rows += found
        if not found or len(rows) >= count:
            break
    if len(rows) != count:
        raise Malformed(f"{path}: {len(rows)} rows of {count}", code="short")
    return rows


def every(path: str) -> Fetch:
    """A list with all its pages."""

    @once
    async def fetch(api: Client) -> Answer:
        return made({"result": await whole(api, path)})

    return fetch


@each
async def parts(api: Client, parent: Row) -> Answer:
    """The columns and metrics of a dataset."""
    told = (await api.ask(Ask(f"/api/v1/dataset/{parent['id']}"))).value("result")
    return made({"rows": columns(told)})


def columns(dataset: Any) -> list[dict[str, Any]]:
    """The columns and metrics of a dataset. Raises Malformed where it has no such lists."""
    plain = [{**one, "key": one["column_name"], "what": one.get("type_generic")} for one in listed(dataset, "columns")]
    metrics = [
        {**one, "key": "metric." + one["metric_name"], "what": "metric", "group": "metrics"}
        for one in listed(dataset, "metrics")
    ]
    return plain + metrics


async def datasets(api: Client) -> dict[int, str]:
    """What datasets are called, by their ids: as the listing of datasets has it, and as scopes of fields are."""
    return {one["id"]: _called(one) for one in await whole(api, "/api/v1/dataset/")}


def _called(dataset: Mapping[str, Any]) -> str:
    parts = (dataset["database"]["database_name"], dataset.get("schema") or "default", dataset["table_name"])
    return "/".join(str(part).replace("%", "%25").replace("/", "%2F") for part in parts)
