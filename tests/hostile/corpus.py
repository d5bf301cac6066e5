"""What somebody who may only name things at a vendor could write, to be read elsewhere as something else than a name.

Each begins with MARK, so that a test can tell that it arrived at all.
"""

from __future__ import annotations

from typing import Final

MARK: Final = "zq7"
_WRITTEN: Final = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)",
    "</title><svg onload=a()>",
    "<!--", "]]>", "javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "[x](javascript:alert(1))",
    "<!channel> <@U012AB3CD>", "@everyone @here", "<https://evil.example|ok>", "**bold** `code` | cell", "![x](//evil)",
    "{{7*7}} {% raw %} ${7*7}", "%n%s%x", "[red]red[/red] [link=https://evil.example]x[/link]", "[/]",
    "\x1b[31mred\x1b[0m", "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\", "\x9b31m", "\x07\x08\r",
    "\u202egnp.exe", "\u2066hidden\u2069", "zero\u200bwidth\ufeff", "p\u0430ypal", "line\u2028line\u2029",
    "a\nb\r\nc", "\n\nDriftline-Decision: forged\nDriftline-Trail: 1:forged", "a: b\n- c: &x *x", '{"a": "\\u0000"}',
    '"} 1\nforged_metric{a="', "back\\slash\\", "../../../etc/passwd", "x\r\nSet-Cookie: forged=1", "L" * 10_000,
)  # fmt: skip
# A spreadsheet looks at the first character alone.
FORMULAS: Final = ("=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1")
LABELS: Final = tuple(f"{MARK}{number} {text}" for number, text in enumerate(_WRITTEN)) + tuple(
    f"{text} {MARK}f{number}" for number, text in enumerate(FORMULAS)
)
