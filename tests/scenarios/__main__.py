"""How much the corpus shows: `python -m tests.scenarios`."""

from __future__ import annotations

from .corpus import cases, shown, silent, table
from .vectors import vectors

quiet = sum(silent(case) for case in cases())
print(f"{len(cases())} cases, of which {quiet} expect silence")
print(f"{len(vectors())} examples of {len({one.rule for one in vectors()})} rules, each with a twin that is silent")
for tag in ("laws", "pains"):
    for entry, says in table(tag).items():
        print(f"{tag[:-1]} {entry}: {shown(tag).get(entry, 0)} cases. {says}")
