"""Starts what deploy/compose.yaml describes, with the machine's own programs in place of images, and says what it saw.

Run by tests/deploy/test_compose_runs.py in a network and a mount namespace of its own, which end with it. Each service
has a network namespace on one bridge, so its address is not loopback; its name stands in /etc/hosts; its root is the
machine's with a layer over it, read-only where the file says so; volumes, user, groups, command and environment are the
file's. What is not done: ports are not published (the bridge is asked directly), and Grafana is not a Debian package.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx

from tests.deploy.compose import DEPLOY, services

ROOT: Final = DEPLOY.parent
NET: Final = "10.231.0"
NAMES: Final = ("vendors", "stack", "driftline", "prometheus", "alertmanager")
PROGRAMS: Final = {"prometheus": "prometheus", "alertmanager": "prometheus-alertmanager"}
OURS: Final = "import sys; from monitor.cli import main; sys.argv[0] = 'driftline'; main()"
MINE, NOBODY = 10001, 65534  # the users of the images: ours, and that of the images of Prometheus
PUBLISHED: Final = "http://localhost:9731"  # what a person types


def sh(*arguments: str) -> str:
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def until(look: Callable[[], Any], seconds: float, what: str) -> Any:
    ends = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > ends:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.2)
    return found


class Service:
    def __init__(self, name: str, folder: Path, asked: Mapping[str, Any]) -> None:
        self.name, self.asked = name, asked
        self.ours = name not in PROGRAMS
        self.user = MINE if self.ours else NOBODY
        self.at = f"{NET}.{NAMES.index(name) + 2}"
        self.root, self.said = folder / name / "root", folder / f"{name}.log"
        self._network()
        self._files(folder)

    def _network(self) -> None:
        sh("ip", "netns", "add", self.name)
        sh("ip", "link", "add", f"v-{self.name[:10]}", "type", "veth", "peer", "name", "eth0", "netns", self.name)
        sh("ip", "link", "set", f"v-{self.name[:10]}", "master", "br0", "up")
        sh("ip", "-n", self.name, "addr", "add", f"{self.at}/24", "dev", "eth0")
        for link in ("eth0", "lo"):
            sh("ip", "-n", self.name, "link", "set", link, "up")

    def _files(self, folder: Path) -> None:
        upper, work = folder / self.name / "upper", folder / self.name / "work"
        mounts = [one.split(":") for one in self.asked.get("volumes", ())]
        targets = [Path(target) for _, target, *_ in mounts]
        for path in (self.root, upper / "etc", work, folder / "volumes"):
            path.mkdir(parents=True, exist_ok=True)
        names = "".join(f"{NET}.{number + 2} {name}\n" for number, name in enumerate(NAMES))
        (upper / "etc" / "hosts").write_text(f"127.0.0.1 localhost\n{names}")
        sources = []
        for (source, *_), target in zip(mounts, targets, strict=True):
            there = upper / target.relative_to("/")
            if source.startswith("."):
                sources.append((DEPLOY / source).resolve())
            else:
                sources.append(folder / "volumes" / source)
                if not sources[-1].exists():  # a new volume takes after the image's folder: ours is 0750
                    sources[-1].mkdir(mode=0o750)
                    os.chown(sources[-1], self.user, self.user)
            if sources[-1].is_dir():
                there.mkdir(parents=True, exist_ok=True)
            else:
                there.parent.mkdir(parents=True, exist_ok=True)
                there.touch()
        sh("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", str(self.root))
        for path in Path(sys.base_prefix).parents:  # Python may lie in a home that others may not enter: here they may
            there = Path(f"{self.root}{path}")
            there.chmod(there.stat().st_mode | 0o111)
        if self.asked.get("read_only"):
            sh("mount", "-o", "remount,bind,ro", str(self.root))
        sh("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", f"{self.root}/tmp")
        for path in ("/proc", "/dev", str(ROOT), str(Path(sys.prefix).resolve())):
            Path(f"{self.root}{path}").mkdir(parents=True, exist_ok=True)  # the checkout may lie under /tmp
            sh("mount", "--rbind", path, f"{self.root}{path}")
        for source, target, (*_, way) in zip(sources, targets, mounts, strict=True):
            sh("mount", "--bind", str(source), f"{self.root}{target}")
            if way == "ro":
                sh("mount", "-o", "remount,bind,ro", f"{self.root}{target}")

    def command(self, *arguments: str) -> list[str]:
        groups = ",".join(map(str, (self.user, *self.asked.get("group_add", ()))))
        program = [sys.executable, "-c", OURS] if self.ours else [PROGRAMS[self.name]]
        return [
            "ip", "netns", "exec", self.name, "chroot", str(self.root),
            "setpriv", f"--reuid={self.user}", f"--regid={self.user}", f"--groups={groups}", "--no-new-privs",
            "--bounding-set=-all", "--inh-caps=-all", "--",
            "env", "-i", f"PATH={os.environ['PATH']}", "HOME=/tmp", f"PYTHONPATH={ROOT}", "PYTHONDONTWRITEBYTECODE=1",
            *(f"{key}={value}" for key, value in self.asked.get("environment", {}).items()),
            *program, *(arguments or self.asked["command"]),
        ]  # fmt: skip

    def start(self) -> subprocess.Popen[bytes]:
        with self.said.open("ab") as out:
            return subprocess.Popen(self.command(), stdout=out, stderr=out)


def sign_in(link: str, at: str) -> list[int]:
    """Opens the link as a browser does, through the published address, twice. The answers of both."""
    said = []
    for _ in range(2):
        with httpx.Client(base_url=f"http://{at}:9731", headers={"host": "localhost:9731"}, trust_env=False) as web:
            said.append(web.get(link.removeprefix(PUBLISHED), headers={"accept": "text/html"}).status_code)
            form = {"token": link.rpartition("/")[2]}
            said.append(web.post("/sign-in", data=form, headers={"origin": PUBLISHED}).status_code)
            said.append(web.get("/api/v1/summary", headers={"cookie": cookies(web)}).status_code)
    return said


def cookies(web: httpx.Client) -> str:
    return "; ".join(f"{one.name}={one.value}" for one in web.cookies.jar)


def main(folder: Path) -> None:
    sh("mount", "-t", "tmpfs", "tmpfs", "/run")
    sh("ip", "link", "set", "lo", "up")
    sh("ip", "link", "add", "br0", "type", "bridge")
    sh("ip", "addr", "add", f"{NET}.1/24", "dev", "br0")
    sh("ip", "link", "set", "br0", "up")
    asked = services()
    made = {name: Service(name, folder, asked[name]) for name in NAMES}
    with ExitStack() as ended:

        def start(name: str) -> subprocess.Popen[bytes]:
            process = made[name].start()
            ended.callback(process.wait, 30)
            ended.callback(process.terminate)
            return process

        print(json.dumps(watch(made, start)))


def watch(made: Mapping[str, Service], start: Callable[[str], subprocess.Popen[bytes]]) -> dict[str, Any]:
    ours, watcher = made["driftline"].at, f"http://{made['prometheus'].at}:9090/api/v1"

    def get(url: str, **more: Any) -> httpx.Response | None:
        try:
            return httpx.get(url, trust_env=False, timeout=5, **more)
        except httpx.TransportError:
            return None

    start("vendors")
    until(lambda: "the vendors answer" in made["vendors"].said.read_text(), 60, "vendors")
    assert start("stack").wait(180) == 0, made["stack"].said.read_text()
    serving = start("driftline")
    until(lambda: '"event": "ready"' in made["driftline"].said.read_text(), 60, "driftline is ready")
    healthy = until(lambda: get(f"http://{ours}:9732/healthz"), 10, "healthz").status_code
    start("alertmanager"), start("prometheus")
    line = next(one for one in made["driftline"].said.read_text().splitlines() if "/sign-in/" in one)

    def up() -> Any:
        answer = get(f"{watcher}/query", params={"query": 'up{job="driftline"}'})
        found = answer.json()["data"]["result"] if answer is not None and answer.is_success else []
        return [value for one in found if (value := one["value"][1]) == "1"]

    seen = {"healthz": healthy, "signed": sign_in(json.loads(line)["at"], ours), "up": until(up, 60, "up is 1")}
    groups = until(lambda: get(f"{watcher}/rules"), 5, "rules").json()["data"]["groups"]
    seen["rules"] = sorted(Path(one["file"]).name for one in groups)
    seen["alertmanagers"] = [
        one["url"]
        for one in until(lambda: get(f"{watcher}/alertmanagers"), 5, "who is told").json()["data"][
            "activeAlertmanagers"
        ]
    ]
    seen["without"] = until(lambda: get(f"http://{ours}:9732/metrics"), 5, "metrics").status_code
    done = subprocess.run(made["vendors"].command("demo", "break", "2"), capture_output=True, text=True, check=False)
    seen["broke"] = [done.returncode, done.stdout + done.stderr]

    def told() -> Any:
        query = 'sum(driftline_finding_open{severity="breaking"}) > 0'
        found = until(lambda: get(f"{watcher}/query", params={"query": query}), 5, "a query").json()["data"]["result"]
        return found and float(found[0]["value"][1])

    def pushed() -> Any:
        answer = get(f"http://{made['alertmanager'].at}:9093/api/v2/alerts")
        found = answer.json() if answer is not None and answer.is_success else []
        return [one["labels"] for one in found if "finding" in one["annotations"]]

    seen["pushed"] = until(pushed, 150, "what was broken is an alert in Alertmanager")
    seen["breaking"] = until(told, 150, "what was broken is a metric in Prometheus")
    serving.terminate()
    seen["ended"] = serving.wait(20)
    return seen


if __name__ == "__main__":
    main(Path(sys.argv[1]))
