"""What an integration's file says of pushes, held against its vendor and the table of schemes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .document import Document, KeyPath
from .explain import shown_value

if TYPE_CHECKING:
    from probes.kit.listing import Vendor


def pushes(document: Document, vendor: Vendor) -> None:
    """Adds what is wrong to the document."""
    for path, words in _hook(document, vendor):
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
