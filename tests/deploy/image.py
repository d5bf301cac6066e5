"""The image of deploy/Dockerfile, built by buildah on a Debian base that debootstrap made, and run by runc.

runc is the runtime under Docker and containerd. What it is given follows the image's own configuration (user, command,
environment, folder), with what a careful host adds: a root that nobody can write to, no capabilities, no new
privileges. The network is the machine's, so that the test's accounts on loopback are in reach.

The base is made once and kept in build/container; the image is built anew from the sources as they are.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
KEPT: Final = ROOT / "build" / "container"
BASE: Final = "localhost/driftline-base:bookworm"
IMAGE: Final = "localhost/driftline:proof"
HOSTS: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf")  # how this machine reaches what it installs from


class Unavailable(Exception):
    """It cannot be built or run here; the message says what is missing and how to get it."""


def wanted() -> None:
    """Raises Unavailable."""
    if platform.system() != "Linux" or os.geteuid() != 0:
        raise Unavailable("building and running the image takes root on Linux")
    for name in ("buildah", "runc", "debootstrap"):
        if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            raise Unavailable(f"{name} is not installed: apt-get install {name}")


def run(*arguments: str, seconds: float = 900) -> str:
    """What the program said on standard output. Raises AssertionError with all it said when it ended badly."""
    settings = KEPT / "storage.conf"
    (KEPT / "run").mkdir(parents=True, exist_ok=True)
    settings.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{KEPT}/graph"\nrunroot = "{KEPT}/run"\n')
    there = {**os.environ, "CONTAINERS_STORAGE_CONF": str(settings), "XDG_RUNTIME_DIR": str(KEPT / "run")}
    done = subprocess.run(arguments, cwd=ROOT, env=there, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout.strip()


def base() -> None:
    """A Debian with Python, in place of the image that the Dockerfile names, which no registry of packages has."""
    if BASE in run("buildah", "images", "--format", "{{.Name}}:{{.Tag}}").splitlines():
        return
    root = KEPT / "base"
    shutil.rmtree(root, ignore_errors=True)
    run("debootstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates", "bookworm", str(root))
    container = run("buildah", "from", "scratch")
    run("buildah", "add", "-q", container, str(root), "/")
    run("buildah", "commit", "-q", "--rm", container, BASE)
    shutil.rmtree(root)


def build() -> dict[str, Any]:
    """The image's configuration."""
    there = [f"--volume={path}:{path}:ro" for path in HOSTS if Path(path).is_file()]
    run(
        "buildah", "bud", "--isolation=chroot", "--format=docker", "--pull-never", "--timestamp=0", *there,
        f"--build-arg=BASE={BASE}", "--build-arg=REVISION=proof", f"--tag={IMAGE}", "--file=deploy/Dockerfile", ".",
    )  # fmt: skip
    found: dict[str, Any] = json.loads(run("buildah", "inspect", "--type=image", IMAGE))["Docker"]["config"]
    return found


class Image:
    """The built image, its files laid out at `root`. Containers of it run one at a time."""

    def __init__(self) -> None:
        base()
        self.config = build()
        self.container = run("buildah", "from", "--pull-never", IMAGE)
        self.root = Path(run("buildah", "mount", self.container))

    def bundle(self, folder: Path, data: Path, environment: Sequence[str] = (), command: Sequence[str] = ()) -> Path:
        """What runc runs: the image's own user, command and folder; `data` is its volume."""
        user, group = (int(one) for one in self.config["User"].split(":"))
        folder.mkdir()
        run("runc", "spec", "--bundle", str(folder))
        spec = json.loads((folder / "config.json").read_text())
        spec["root"] = {"path": str(self.root), "readonly": True}
        spec["process"] |= {
            "terminal": False,
            "user": {"uid": user, "gid": group},
            "args": [*self.config["Entrypoint"], *(command or self.config["Cmd"])],
            "env": [*self.config["Env"], *environment],
            "cwd": self.config["WorkingDir"],
            "noNewPrivileges": True,
            "capabilities": {},
        }
        (volume,) = self.config["Volumes"]
        spec["mounts"] += [
            {"destination": volume, "type": "bind", "source": str(data), "options": ["rbind", "rw", "nosuid", "nodev"]},
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777"]},
        ]
        kept = [one for one in spec["linux"]["namespaces"] if one["type"] != "network"]
        spec["linux"]["namespaces"] = kept
        (folder / "config.json").write_text(json.dumps(spec))
        for one in (data, *data.rglob("*")):
            os.chown(one, user, group, follow_symlinks=False)
        return folder

    def remove(self) -> None:
        run("buildah", "rm", self.container)
        run("buildah", "rmi", IMAGE)


def inside(name: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a program in a running container, as its user."""
    return subprocess.run(["runc", "exec", name, *command], capture_output=True, text=True, check=False, timeout=60)
