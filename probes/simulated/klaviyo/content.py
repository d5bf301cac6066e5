"""What the simulated account of Klaviyo asks in its forms, and the bulk jobs that keep its catalog, as the vendor's
OpenAPI has them: a definition is versions of steps of columns of rows of blocks."""

from __future__ import annotations

from typing import Any, Final

from probes.simulated.desk import Wire

JOBS: Final = {
    **{f"catalog-{thing}-bulk-{verb}-jobs": ("catalogs", f"catalog-{thing}-bulk-{verb}-job")
       for thing in ("item", "variant", "category") for verb in ("create", "update", "delete")},
    **{f"profile-suppression-bulk-{verb}-jobs": ("subscriptions", f"profile-suppression-bulk-{verb}-job")
       for verb in ("create", "delete")},
}  # fmt: skip


def definition(list_id: str) -> Wire:
    """Two versions of one form: the second asks for the region too."""

    def block(kind: str, **properties: Any) -> Wire:
        return {"id": f"b-{kind}", "type": kind, "styles": {"color": "#fff"}, "properties": properties}

    def version(id: int, *blocks: Wire) -> Wire:
        done = {"type": "next_step", "submit": True, "properties": {"list_id": list_id}}
        submit = {**block("button", label="Send"), "action": done}
        columns = [{"id": "c1", "rows": [{"id": f"r{n}", "blocks": [one]} for n, one in enumerate((*blocks, submit))]}]
        return {"id": id, "name": "A", "status": "live", "triggers": [], "steps": [{"id": "s1", "columns": columns}]}

    mail = block("email", label="Your e-mail", required=True, placeholder="not-for-git")
    region = block("dropdown", label="Region", property_name="region", required=False,
                   options=[{"label": "Europe", "value": "EMEA"}, {"label": "Americas", "value": "AMER"}])  # fmt: skip
    return {"versions": [version(1, mail, block("html_text", content="<p>not-for-git</p>")), version(2, mail, region)]}


def universal() -> Wire:
    return {"content_type": "block", "type": "text", "data": {"content": "<p>not-for-git</p>", "styles": {}}}


def job(at: str, **more: Any) -> Wire:
    return {"status": "complete", "created_at": at, "total_count": 12, "completed_count": 12, "completed_at": at,
            **more}  # fmt: skip
