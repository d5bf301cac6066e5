"""How decisions reach the branch of the baselines repository: the `git:` part of driftline.yaml."""

from __future__ import annotations

from typing import Literal

from .types import Model, Reference, Text, Url

APIS = {"github": "https://api.github.com", "gitlab": "https://gitlab.com/api/v4"}


class Forge(Model):
    """Where pull requests (on GitLab: merge requests) are opened. `kind`: whose API it speaks; `project`: owner/name on
    GitHub, the full path on GitLab; `token`: a GitHub token that may read and write contents and pull requests of this
    one repository, or a GitLab project access token of the role Developer with the scope api; `api`: the address of the
    API, where it is not github.com's or gitlab.com's own (GitHub Enterprise: https://host/api/v3, GitLab:
    https://host/api/v4); `allow_private`: the address may be on a private network, or without TLS; `proxy`: an egress
    proxy; `ca_file`: a private CA, as PEM."""

    kind: Literal["github", "gitlab"]
    project: Text
    token: Reference
    api: Url = ""
    allow_private: bool = False
    proxy: Url | None = None
    ca_file: str | None = None

    @property
    def address(self) -> str:
        return self.api or APIS[self.kind]


class Ssh(Model):
    """How a remote is reached over ssh, where the user's own ssh configuration does not say it. `key`: the file of the
    private key, without a passphrase; `known_hosts`: the file with the public key of the server, which must be in it.
    Both relative to the folder that holds config/."""

    key: Text
    known_hosts: Text


class Git(Model):
    """How decisions reach the branch. `mode`: `commit` pushes each to it, `propose` opens a pull request of each
    integration and takes its merge for the approval; `forge`: where, for `propose`; `ssh`: the key to reach the
    repository with; `protected`: that the branch takes nothing that two people have not reviewed, so that what is
    pushed there needs no second person here."""

    mode: Literal["commit", "propose"] = "commit"
    forge: Forge | None = None
    ssh: Ssh | None = None
    protected: bool = False
