"""A vendor file written out: a description as the text of a Python file that a person goes on with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from probes.kit.contract import Kind
from probes.rest import RestSpec

WIDE: Final = 116
BEARER: Final = {"Authorization": "Bearer {token}"}
TODO: Final = "Say here how a person gets it."
HEAD: Final = '''"""{title}. {docs}

Least grants: say here which rights the credential needs, and where a person gives them.

Where the facts are from: say here on which pages each path and key was read, and what is not verified.
"""

from __future__ import annotations

{imports}

VENDOR = Vendor(
{body}
)  # fmt: skip
'''


def source(name: str, spec: RestSpec, base: str, unseen: Sequence[Kind], exempt: Mapping[str, str]) -> str:
    """The file. `base`: of the vendor, or with {options.x}. `unseen`: kinds that no listing gives."""
    called, _ = scheme_of(spec)
    scheme = f"bearer({_text(TODO)})" if called == "token" else _scheme(spec)
    body = [
        f"name={_text(name)}", f"title={_text(spec.title)}", f"docs={_text(spec.docs)}", f"base={_text(base)}",
        f"hosts={_tuple(spec.hosts)}", f'schemes={{{_text(called)}: {scheme}}}',
    ]  # fmt: skip
    if spec.options or "{options." in base:
        named = {**({"url": ""} if "{options.url}" in base else {}), **spec.options}
        made = ", ".join(f"{_text(key)}: {_option(key, value)}" for key, value in named.items())
        body.append(f"options={{{made}}}")
    if _declared(spec.errors):
        body.append(f"errors={_made(spec.errors, 1)}")
    if _declared(spec.limit) != {"key": "{host}"}:
        body.append(f'limits={{"default": {_made(spec.limit, 1)}}}')
    if spec.quota is not None:
        body.append(f"quota={_made(spec.quota, 1)}")
    if spec.identity is not None:
        body.append(f"identity={_made(spec.identity, 1)}.read")
    if spec.identity is None or not spec.identity.grants:
        why = "say here why a credential that may do less is refused, or name kinds in silent of the identity"
        body += ["grants_told=False", f"weaker={_text(why)}"]
    body += [f"{word}={_value(said, 1)}" for word in ("reads", "grants", "sunset") if (said := getattr(spec, word))]
    if unseen:
        why = "say here where a person looks instead, or read it"
        body.append(f"unseen={_packed('{', [f'Kind.{kind.name}: {_text(why)}' for kind in unseen], '}', 1)}")
    if exempt:
        body.append(f"exempt={_value(dict(exempt), 1)}")
    listings = "".join(f"        {_made(one, 2)},\n" for one in spec.listings)
    text = "\n".join(f"    {line}," for line in body) + f"\n    listings=(\n{listings}    ),"
    return HEAD.format(title=prose(spec.title), docs=prose(spec.docs), body=text, imports=_imports(text))


def scheme_of(spec: RestSpec) -> tuple[str, tuple[str, ...]]:
    """What its way to sign in is called, and the fields of a credential for it."""
    bearer = spec.auth.style == "header" and spec.auth.headers == BEARER
    return "token" if bearer else spec.auth.style, spec.auth.fields


def prose(said: str) -> str:
    """Inside a docstring: one line that ends nothing and hides nothing."""
    plain = "".join(char if char.isprintable() else " " for char in said)
    return " ".join(plain.replace("\\", "/").replace('"', "'").split())


_HOMES: Final = {
    "probes.kit.auth": ("Scheme", "bearer"), "probes.kit.contract": ("Kind",), "probes.kit.errors": ("Errors",),
    "probes.kit.limiter": ("Limit", "Quota"), "probes.kit.listing": ("Listing", "OptionSpec", "Vendor", "View", "keep"),
    "probes.kit.paging": ("Paging",), "probes.rest": ("AuthSpec", "IdentitySpec"),
}  # fmt: skip


def _imports(text: str) -> str:
    lines = []
    for home, names in _HOMES.items():
        if used := [name for name in names if name == "Vendor" or f"{name}(" in text or f"{name}." in text]:
            lines.append(f"from {home} import {', '.join(used)}")
    return "\n".join(lines)


def _scheme(spec: RestSpec) -> str:
    return f"Scheme(fields={_tuple(spec.auth.fields)}, build={_made(spec.auth, 2)}.build, note={_text(TODO)})"


def _option(name: str, value: Any) -> str:
    """Without its value, which names the account that it was read of."""
    empty = type(value)() if isinstance(value, list | dict | str) else None
    says = "address of the server" if name == "url" else f"say here what {name} is"
    return f"OptionSpec(default={_value(empty, 2)}, says={_text(says)})"


def _declared(model: BaseModel) -> dict[str, Any]:
    """What a declaration says that is not said by its default."""
    plain = type(model).model_fields
    return {name: value for name in plain if (value := getattr(model, name)) != plain[name].get_default(
        call_default_factory=True)}  # fmt: skip


def _made(model: BaseModel, deep: int) -> str:
    said = [f"{name}={_named(name, value, deep + 1)}" for name, value in _order(model)]
    return _packed(f"{type(model).__name__}(", said, ")", deep)


def _order(model: BaseModel) -> list[tuple[str, Any]]:
    """As a reader wants it: what it is called and what it is of, then where it is, then what is read."""
    said = _declared(model)
    first = [name for name in ("name", "kind", "for_each", "path", "records", "key", "id") if name in said]
    rest = [name for name in said if name not in first and name != "also"]
    last = ["also"] if "also" in said else []
    return [(name, said[name]) for name in (*first, *rest, *last)]


def _named(name: str, value: Any, deep: int) -> str:
    if name == "facts":
        same = " ".join(fact for fact, path in value.items() if fact == path)
        other = {fact: path for fact, path in value.items() if fact != path}
        given = [*([_text(same)] if same else []), *(f"{fact}={_text(path)}" for fact, path in other.items())]
        return _packed("keep(", given, ")", deep)
    return _value(value, deep)


def _value(value: Any, deep: int) -> str:
    if isinstance(value, Kind):
        return f"Kind.{value.name}"
    if isinstance(value, BaseModel):
        return _made(value, deep)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple):
        return _packed("(", [_value(one, deep + 1) for one in value], ",)" if len(value) == 1 else ")", deep)
    if isinstance(value, Mapping):
        return _packed("{", [f"{_value(key, deep)}: {_value(one, deep + 1)}" for key, one in value.items()], "}", deep)
    if isinstance(value, list):
        return _packed("[", [_value(one, deep + 1) for one in value], "]", deep)
    return repr(value)


def _packed(opens: str, parts: Sequence[str], closes: str, deep: int) -> str:
    """On one line where it fits, else as many parts to a line as fit."""
    whole = f"{opens}{', '.join(parts)}{closes}"
    if len(whole) + 4 * deep + 12 <= WIDE and "\n" not in whole:
        return whole
    indent = " " * 4 * (deep + 1)
    lines, line = [], indent
    for part in parts:
        if line.strip() and len(line) + len(part.partition("\n")[0]) + 2 > WIDE:
            lines.append(line.rstrip())
            line = indent
        line += f"{part}, "
        if "\n" in part:
            lines.append(line.rstrip())
            line = indent
    lines.append(line.rstrip())
    return f"{opens}\n" + "\n".join(one for one in lines if one) + f"\n{' ' * 4 * deep}{closes.lstrip(',')}"


def _tuple(words: Sequence[str]) -> str:
    return _value(tuple(words), 1)


def _text(said: str) -> str:
    return json.dumps(said, ensure_ascii=False) if said.isprintable() else repr(said)
