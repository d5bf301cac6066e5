"""The commits of a branch with the trailers that say what each carries out, for holding them against the trail."""

from __future__ import annotations

import msgspec

from .baselines import TRAIL, TRAILER
from .git import EMAIL, Git

_FIELDS = 4


class Made(msgspec.Struct, frozen=True):
    """A commit: whose it says it is, and what its trailers name. They prove nothing by themselves."""

    sha: str
    mail: str
    decision: str
    trail: str

    @property
    def ours(self) -> bool:
        return self.mail == EMAIL


async def history(git: Git, head: str) -> dict[str, Made]:
    """All that `head` has, by their ids; nothing for "". Raises GitError."""
    if not head:
        return {}
    trailers = (f"%(trailers:key={key},valueonly,separator=%x2C)" for key in (TRAILER, TRAIL))
    form = "%x00".join(("%H", "%ae", *trailers))
    parts = (await git.run("log", "-z", f"--format={form}", head)).decode(errors="replace").split("\0")
    found = (Made(*parts[at : at + _FIELDS]) for at in range(0, len(parts) - 1, _FIELDS))
    return {one.sha: one for one in found}
