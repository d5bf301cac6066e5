"""A real provider of sign-ins for the tests: oidc-provider, certified by the OpenID Foundation, as a process on a free
loopback port, and a browser that walks through its pages.

What is pinned stands with hashes in tests/real/oidc/package-lock.json; Node comes from npm too, since the release of
oidc-provider that is kept up asks for a newer one than Debian has. `python -m tests.real.provider` installs it.
"""

from __future__ import annotations

import fcntl
import json
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urljoin

import httpx
from joserfc.jwk import ECKey, RSAKey

from tests.e2e.serving import free_port, until

from .directus import HANGS, Unavailable

SOURCE = Path(__file__).parent / "oidc"
FOLDER = Path(__file__).resolve().parents[2] / "build" / "oidc"
_NODE = {"x86_64": "x64", "aarch64": "arm64"}


def install(folder: Path = FOLDER) -> Path:
    """Installs what the lock pins, unless it is there. Gives the folder. Raises Unavailable."""
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is missing: install Node.js with npm (Debian: apt-get install nodejs npm).")
    folder.mkdir(parents=True, exist_ok=True)
    lock = (SOURCE / "package-lock.json").read_text()
    with (folder / "install.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        stamp = folder / "installed"
        if not stamp.is_file() or stamp.read_text() != lock:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCE / name, folder)
            quiet = ["--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run([npm, "ci", *quiet], cwd=folder, capture_output=True, text=True, timeout=HANGS)
            if done.returncode:
                raise Unavailable(f"`npm ci` in {folder} ended with {done.returncode}:\n{done.stderr[-1000:]}")
            stamp.write_text(lock)
    shutil.copy(SOURCE / "provider.mjs", folder)
    return folder


def keys() -> list[Any]:
    """Two fresh private keys, of two kinds."""
    made = (RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}), ECKey.generate_key("P-256", {"use": "sig"}))
    for key in made:
        key.ensure_kid()
    return [dict(key.as_dict(private=True)) for key in made]


class RealProvider:
    """`with RealProvider(accounts, back) as provider:`. It knows one client, `driftline` with the secret `SECRET`,
    whose answers go to `back`. `stop` and `start` again with other `keys` is a provider that turned its keys."""

    SECRET = "of the tests: +/&="

    def __init__(
        self, accounts: Mapping[str, Any], back: str, *, out: str = "", in_id_token: bool = True, port: int = 0
    ) -> None:
        self.accounts, self.back, self.out, self.in_id_token = dict(accounts), back, out, in_id_token
        self.port = port or free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.keys = keys()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> RealProvider:
        folder = install()
        machine = _NODE.get(platform.machine(), "")
        node = folder / "node_modules" / f"node-linux-{machine}" / "bin" / "node"
        if not node.is_file():
            raise Unavailable(f"the provider is tested on Linux (x86_64, aarch64), not on {platform.machine()}.")
        client = {
            "client_id": "driftline", "client_secret": self.SECRET, "redirect_uris": [self.back],
            "post_logout_redirect_uris": [self.out] if self.out else [], "grant_types": ["authorization_code"],
            "response_types": ["code"],
        }  # fmt: skip
        told = {
            "issuer": self.issuer, "port": self.port, "clients": [client], "accounts": self.accounts,
            "keys": self.keys, "inIdToken": self.in_id_token,
        }  # fmt: skip
        self._process = subprocess.Popen(
            [str(node), "provider.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.close()
        assert "listening" in self._process.stdout.readline(), "the provider did not start"
        until(lambda: httpx.get(f"{self.issuer}/jwks", trust_env=False).is_success, 10, "the provider answers")
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def __enter__(self) -> RealProvider:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


async def walk(url: str, login: str, back: str) -> httpx.URL:
    """What a browser does at the provider: follows it there, signs in as `login`, agrees; gives the address that the
    provider then sends it to, which begins with `back`."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(url)
        for _ in range(20):
            if answer.is_redirect:
                to = httpx.URL(urljoin(str(answer.url), answer.headers["location"]))
                if str(to).startswith(back):
                    return to
                answer = await browser.get(to)
                continue
            assert answer.status_code == 200, answer.text[:2000]
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert form and prompt, answer.text[:2000]
            data = {"prompt": prompt[1], "login": login, "password": "any"}
            answer = await browser.post(urljoin(str(answer.url), unescape(form[1])), data=data)
    raise AssertionError("the provider never sent the browser back")


if __name__ == "__main__":
    try:
        print(f"The provider of identities is installed in {install()}")
    except Unavailable as error:
        sys.exit(str(error))
