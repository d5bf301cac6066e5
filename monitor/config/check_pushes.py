"""What an integration's file says of pushes, held against its vendor and the table of schemes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .document import Document, KeyPath, keyed
from .explain import shown_value

if TYPE_CHECKING:
    from probes.kit.listing import Vendor


def pushes(document: Document, vendor: Vendor) -> None:
    """Adds what is wrong to the document."""
    for path, words in (*_hook(document, vendor), *_status(document)):
        document.add(path, words)


def _hook(document: Document, vendor: Vendor) -> Iterator[tuple[KeyPath, str]]:
    from probes.kit.hooks import SCHEMES

    if not any(isinstance(value, dict) for _, value in document.find("hook")):
        return
    path: KeyPath = ("hook", "scheme")
    scheme = next((text for _, text in document.texts(*path)), None)
    if scheme is None and not vendor.hook:
        yield path, f"expected how {vendor.title} signs ({', '.join(SCHEMES)}), found no such key"
    elif scheme is not None and scheme not in SCHEMES:
        yield path, f"expected a way to sign ({', '.join(SCHEMES)}), found {shown_value(path, scheme)}"


def _status(document: Document) -> Iterator[tuple[KeyPath, str]]:
    for path, status in document.find("status"):
        if not isinstance(status, dict):
            return
        if ("page" in status) == ("instance" in status):
            found = "both" if "page" in status else "neither"
            yield path, f"expected the address of a `page`, or an `instance` of Salesforce, found {found}"
        if "instance" in status and status.get("components"):
            yield (*path, "components"), "expected it beside `page` alone: an instance is told of as a whole"
        page, private = status.get("page"), status.get("allow_private") is True
        if isinstance(page, str) and page.startswith("http://") and not private:
            yield (*path, "page"), "expected https://, or allow_private: true beside it"


def attested(document: Document, name: str) -> Vendor | None:
    """The vendor that the `attested:` block declares. Adds what is wrong with it."""
    from probes.attested import NAME, AttestedInvalid, build, specs

    block = next((block for _, block in document.find("attested") if block is not None), None)
    if name != NAME:
        document.add(("attested",), "expected it with `vendor: attested` alone, found it beside another vendor")
    elif not isinstance(block, dict):
        document.add(("attested",), "expected which lists are attested, found no such key")
    elif isinstance(lists := block.get("lists"), list) and all(isinstance(one, dict) for one in lists):
        try:
            return build(specs(lists))
        except AttestedInvalid as error:
            for problem in error.problems:
                where, _, words = problem.partition(": ")
                document.add(keyed(where), words)
    return None
