"""A small valid stack to spoil, one mistake at a time."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "driftline.yaml": "stack:\n  name: acme\n",
    "people.yaml": "teams:\n  ops:\n    contact: ops@example.com\n",
    "integrations/crm.yaml": (
        "vendor: salesforce\n"
        "owner: ops\n"
        "options: {my_domain: acme}\n"
        "credentials:\n"
        "  scheme: client_credentials\n"
        "  client_id: ${env:CRM_ID}\n"
        "  client_secret: ${file:secrets/crm}\n"
    ),
    "flows.yaml": (
        "flows:\n"
        "  - id: self\n"
        "    owner: ops\n"
        "    from: {integration: crm, scope: Lead}\n"
        "    to: {integration: crm, scope: Contact}\n"
        "    fields:\n"
        "      - {from: Email, to: Email, values: {yes: no}}\n"
        "definitions: []\n"
    ),
}


def stack(root: Path, **files: str) -> Path:
    """Writes the stack, `files` in place of its own; gives the configuration folder. Double underscores are slashes."""
    folder = root / "config"
    named = {f"{name.replace('__', '/')}.yaml": text for name, text in files.items()}
    for name, text in {**FILES, **named}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder
