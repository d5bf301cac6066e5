"""Forms and views of the simulated environment, as rows of SystemForm and SavedQuery.

Written from the table references, the schema of form XML and the documentation of FetchXML
(MicrosoftDocs/powerapps-docs).
"""

from __future__ import annotations

from typing import Any

from probes.simulated.desk import Wire


def forms() -> list[Wire]:
    scripted = (
        '<formLibraries><Library name="nw_/leads.js" libraryUniqueId="{lib-1}" /></formLibraries><events>'
        '<event name="onload" application="false" active="false"><Handlers><Handler functionName="not-for-git" '
        'libraryName="nw_/leads.js" handlerUniqueId="{h-1}" enabled="true" parameters="" /></Handlers></event></events>'
    )
    return [
        _form(
            "form-1", "Lead", "lead", 2, _controls("fullname", "emailaddress1", "nw_region") + scripted, managed=True
        ),
        _form("form-2", "Quick: contact", "contact", 7, _controls("fullname", "emailaddress1")),
        _form("form-3", "Card", "lead", 11, _controls("fullname"), managed=True, fixed=True),
        _form("form-4", "Case", "incident", 2, _controls("title")),
        {**_form("form-5", "Old", "account", 6, ""), "formxml": None, "formactivationstate": 0},
    ]


def views(at: str) -> list[Wire]:
    query = (
        '<fetch version="1.0" mapping="logical"><entity name="lead"><attribute name="fullname" /><attribute '
        'name="leadid" /><order attribute="createdon" descending="true" /><filter type="and"><condition '
        'attribute="nw_region" operator="eq" value="not-for-git" /><condition entityname="boss" '
        'attribute="nw_consent" operator="eq" value="1" /></filter><link-entity name="contact" from="contactid" '
        'to="parentcontactid" link-type="outer" alias="boss"><attribute name="emailaddress1" /></link-entity>'
        "</entity></fetch>"
    )
    plain = '<fetch><entity name="contact"><attribute name="fullname" /></entity></fetch>'
    return [
        _view("view-1", "Leads of a region", "lead", 0, query, ["fullname", "boss.emailaddress1"], at),
        _view("view-2", "Find contacts", "contact", 4, plain, ["fullname"], at, managed=True),
        _view("view-3", "Look up leads", "lead", 64, plain, ["fullname"], at, managed=True, fixed=True),
        _view("view-4", "Cases", "incident", 0, plain, ["title"], at),
    ]


def _controls(*columns: str) -> str:
    cells = "".join(
        f'<cell id="{{cell-{name}}}"><labels><label description="{name}" languagecode="1033" /></labels>'
        f'<control id="{name}" classid="{{4273EDBD-AC1D-40d3-9FB2-095C621B552D}}" datafieldname="{name}" /></cell>'
        for name in columns
    )
    return (
        f'<tabs><tab id="{{t}}"><columns><column width="100%"><sections><section id="{{s}}"><rows><row>{cells}'
        '<cell id="{grid}"><control id="notes" classid="{06375649-c143-495e-a496-c962e5b4488e}" /></cell></row></rows>'
        "</section></sections></column></columns></tab></tabs>"
    )


def _customizable(fixed: bool) -> Wire:
    return {"Value": not fixed, "CanBeChanged": not fixed, "ManagedPropertyLogicalName": "iscustomizable"}


def _form(id: str, name: str, table: str, type: int, xml: str, managed: bool = False, fixed: bool = False) -> Wire:
    return {
        "formid": id, "name": name, "description": "As agreed", "objecttypecode": table, "type": type,
        "formactivationstate": 1, "formpresentation": 1, "isdefault": type == 2, "ismanaged": managed,
        "iscustomizable": _customizable(fixed), "canbedeleted": _customizable(fixed), "componentstate": 0,
        "formxml": f"<form>{xml}</form>", "formjson": "not-for-git", "introducedversion": "5.0.0.0", "version": 1,
        "isdesktopenabled": False, "istabletenabled": False, "isairmerged": False, "uniquename": None,
        "publishedon": "2026-01-01T00:00:00Z", "versionnumber": 1201, "_ancestorformid_value": None,
        "_organizationid_value": "org-northwind-01", "formidunique": f"unique-{id}", "solutionid": "sol-1",
    }  # fmt: skip


def _view(id: str, name: str, table: str, type: int, query: str, cells: list[str], at: str,
          managed: bool = False, fixed: bool = False) -> Wire:  # fmt: skip
    told: dict[str, Any] = {
        "savedqueryid": id, "name": name, "description": "As agreed", "returnedtypecode": table, "querytype": type,
        "statecode": 0, "statuscode": 1, "isdefault": type == 0, "isquickfindquery": type == 4, "ismanaged": managed,
        "iscustomizable": _customizable(fixed), "canbedeleted": _customizable(fixed), "componentstate": 0,
        "fetchxml": query, "layoutjson": None, "columnsetxml": None, "conditionalformatting": None, "iscustom": True,
        "advancedgroupby": None, "offlinesqlquery": None, "queryappusage": None, "queryapi": "", "isprivate": False,
        "isuserdefined": False, "introducedversion": "5.0.0.0", "createdon": at, "modifiedon": at, "versionnumber": 7,
        "_organizationid_value": "org-northwind-01", "savedqueryidunique": f"unique-{id}", "solutionid": "sol-1",
    }  # fmt: skip
    shown = "".join(f'<cell name="{cell}" width="150" />' for cell in cells)
    told["layoutxml"] = (
        f'<grid name="resultset" object="4" jump="fullname" select="1" icon="1" preview="1"><row name="result" '
        f'id="{table}id">{shown}</row></grid>'
    )
    return told
