"""A person's checkout of the stack's repository, read only: which files a range of commits, or what is staged, changes.

The caller's GIT_* environment counts here: a hook is run with the index of the commit that is being made.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from .git import GitError

EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the tree of nothing, which git knows by itself
Changed = tuple[str, bytes | None, bytes | None]  # path, before, after


class Checkout:
    """Raises GitError where `folder` is in no repository."""

    def __init__(self, folder: Path) -> None:
        self.root = Path(_git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n"))

    def staged(self) -> Iterator[Changed]:
        """What the next commit changes."""
        return self._changes("--cached", self._commit("HEAD", missing=EMPTY))

    def between(self, base: str, head: str) -> Iterator[Changed]:
        """What bringing `head` into `base` changes: since the commit that both have, as a forge shows it."""
        one, other = self._commit(base), self._commit(head)
        found = _git(self.root, "merge-base", one, other, ok=(0, 1)).decode().split()
        return self._changes(found[0] if found else one, other)

    def straight(self, base: str, head: str) -> Iterator[Changed]:
        """What is another in `head` than in `base`, whichever came first: also what going back takes away."""
        return self._changes(self._commit(base), self._commit(head))

    def naming(self, text: str, commit: str, end: str) -> tuple[str, ...]:
        """The paths with that end whose files have this text."""
        commit = self._commit(commit)
        found = _git(self.root, "grep", "-l", "-z", "-F", "-e", text, commit, "--", f"*{end}", ok=(0, 1))
        named = found.decode("utf-8", "surrogateescape").split("\0")
        return tuple(one.partition(":")[2] for one in named if one)

    def _changes(self, *asked: str) -> Iterator[Changed]:
        listed = _git(self.root, "diff", "--raw", "-z", "--no-renames", "--no-ext-diff", "--no-abbrev", *asked)
        parts = listed.decode("utf-8", "surrogateescape").split("\0")
        found = [(path, *about.split()[2:4]) for about, path in zip(parts[::2], parts[1::2], strict=False)]
        ids = sorted({id for _, *pair in found for id in pair if id.strip("0")})
        blobs = dict(zip(ids, self._blobs(ids), strict=True))
        for path, before, after in found:
            yield path, blobs.get(before), blobs.get(after)

    def _blobs(self, ids: Sequence[str]) -> Iterator[bytes | None]:
        """Each in its turn, out of one process; None for what is no blob, such as a submodule."""
        out = _git(self.root, "cat-file", "--batch", stdin="".join(f"{id}\n" for id in ids).encode())
        at = 0
        for _ in ids:
            end = out.index(b"\n", at)
            about = out[at:end].split()
            at = end + 1
            if len(about) != 3:
                yield None
                continue
            size = int(about[2])
            yield out[at : at + size] if about[1] == b"blob" else None
            at += size + 1

    def _commit(self, name: str, missing: str = "") -> str:
        """Raises GitError for a name of none, unless it may be missing."""
        found = _git(self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", ok=(0, 1))
        if not found and not missing:
            raise GitError("rev-parse", f"there is no commit {name!r} here; in CI, fetch the whole history first")
        return found.decode().strip() or missing


def _git(folder: Path, *arguments: str, ok: Sequence[int] = (0,), stdin: bytes = b"") -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], input=stdin, capture_output=True, check=False)
    except FileNotFoundError:
        raise GitError(arguments[0], "the program git is not installed, or not on PATH") from None
    if done.returncode not in ok:
        raise GitError(arguments[0], done.stderr.decode(errors="replace"))
    return done.stdout
