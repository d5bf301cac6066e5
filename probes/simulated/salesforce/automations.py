"""What the example org's flows do, as the tooling API gives the Metadata of a version.

The record of a version has the columns of the tooling object Flow (Tooling API reference, "Flow"). The keys of its
Metadata are those of the metadata type Flow (Metadata API developer guide, "Flow"): each list of elements is there,
empty where the flow has none of them. The guides show no whole answer: which other keys come as null is a guess.
"""

from __future__ import annotations

from typing import Any, Final

from .wire import Wire

_LISTS: Final = str.split(
    "actionCalls apexPluginCalls assignments choices collectionProcessors constants customErrors decisions"
    " dynamicChoiceSets formulas loops recordCreates recordDeletes recordLookups recordRollbacks recordUpdates screens"
    " stages steps subflows textTemplates transforms variables waits"
)


def _value(**given: Any) -> Wire:
    kinds = ("apexValue", "booleanValue", "dateTimeValue", "dateValue", "elementReference", "formulaDataType",
             "formulaExpression", "numberValue", "setupReference", "sobjectValue", "stringValue")  # fmt: skip
    return {**dict.fromkeys(kinds), **given}


def _filter(field: str, operator: str, **value: Any) -> Wire:
    return {"field": field, "operator": operator, "processMetadataValues": [], "value": _value(**value)}


def _assign(field: str, **value: Any) -> Wire:
    return {"field": field, "processMetadataValues": [], "value": _value(**value)}


def _update(name: str, assigned: list[Wire], object: str | None = None, filters: list[Wire] | None = None) -> Wire:
    return {
        "connector": None, "description": None, "elementSubtype": None, "faultConnector": None,
        "filterLogic": "and" if filters else None, "filters": filters or [], "inputAssignments": assigned,
        "inputReference": None if object else "$Record", "label": name.replace("_", " "), "locationX": 176,
        "locationY": 335, "name": name, "object": object, "processMetadataValues": [],
    }  # fmt: skip


def _flow(label: str, trigger: str, object: str | None, filters: list[Wire], **elements: list[Wire]) -> Wire:
    first = next((one["name"] for some in elements.values() for one in some), None)
    start: Wire = {
        "connector": {"isGoTo": None, "processMetadataValues": [], "targetReference": first}, "filterFormula": None,
        "filterLogic": "and" if filters else None, "filters": filters, "locationX": 50, "locationY": 0,
        "object": object, "processMetadataValues": [], "scheduledPaths": [], "triggerType": trigger,
    }  # fmt: skip
    return {
        **{name: elements.get(name, []) for name in _LISTS}, "apiVersion": 66.0, "description": None,
        "environments": "Default", "interviewLabel": f"{label} {{!$Flow.CurrentDateTime}}", "label": label,
        "processMetadataValues": [], "processType": "AutoLaunchedFlow", "runInMode": None, "start": start,
        "startElementReference": None, "status": "Active", "triggerOrder": None, "urls": None,
    }  # fmt: skip


def metadata() -> dict[str, Wire]:
    """By the flow's API name; made anew, since a control may change it."""
    lookup = {
        "assignNullValuesIfNoRecordsFound": False, "connector": None, "faultConnector": None, "filterLogic": "and",
        "filters": [_filter("Attended__c", "EqualTo", booleanValue=True)], "getFirstRecordOnly": False,
        "label": "Get Visitors", "limit": None, "locationX": 176, "locationY": 134, "name": "Get_Visitors",
        "object": "Event_Registration__c", "outputAssignments": [], "outputReference": None,
        "processMetadataValues": [], "queriedFields": ["Id", "Event_Name__c"], "sortField": None, "sortOrder": None,
        "storeOutputAutomatically": True,
    }  # fmt: skip
    return {
        "Lead_Assignment": _flow(
            "Lead Assignment", "RecordAfterSave", "Lead", [_filter("Region__c", "IsNull", booleanValue=False)],
            recordUpdates=[_update("Set_Rating", [_assign("Rating", stringValue="Warm")])],
        ),
        "Consent_Withdrawal": _flow(
            "Consent Withdrawal", "RecordAfterSave", "Consent_Record__c",
            [_filter("Withdrawn_At__c", "IsNull", booleanValue=False)],
            recordUpdates=[_update("Take_Consent", [_assign("Marketing_Consent__c", booleanValue=False)], "Lead",
                                   [_filter("Id", "EqualTo", elementReference="$Record.Lead__c")])],
        ),
        "Event_Follow_Up": _flow("Event Follow Up", "Scheduled", None, [], recordLookups=[lookup]),
    }  # fmt: skip
