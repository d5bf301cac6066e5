"""Rows of Marketing Cloud with all that answers of a real account have."""

from __future__ import annotations

from typing import Any, Final

Wire = dict[str, Any]
MID: Final = 510001234
AT: Final = {"CreatedDate": "2025-02-03T06:56:27.927", "ModifiedDate": "2026-04-21T06:56:27.927"}
WHEN: Final = {"createdDate": "2025-02-03T06:56:27.927", "modifiedDate": "2026-04-21T06:56:27.927"}


def extension(id: str, key: str, name: str, *, sendable: bool = False, keeps: int = 0) -> Wire:
    link = (
        {
            "SendableDataExtensionField": {"PartnerKey": None, "ObjectID": None, "Name": "ContactKey"},
            "SendableSubscriberField": {"Name": "_SubscriberKey"},
        }
        if sendable
        else {}
    )
    return {
        "PartnerKey": None,
        **AT,
        "ObjectID": id,
        "CustomerKey": key,
        "Name": name,
        "Description": f"{name}, every night",
        "IsSendable": sendable,
        "IsTestable": sendable,
        **link,
        "DataRetentionPeriodLength": keeps,
        "DataRetentionPeriodUnitOfMeasure": 5,
        "RowBasedRetention": False,
        "ResetRetentionPeriodOnImport": False,
        "DeleteAtEndOfRetentionPeriod": bool(keeps),
        "RetainUntil": "",
        "CategoryID": 2,
    }


def field(
    key: str,
    name: str,
    kind: str,
    length: int = 0,
    *,
    required: bool = False,
    primary: bool = False,
    default: str = "",
    at: int = 0,
) -> Wire:
    return {
        "PartnerKey": None,
        "ObjectID": f"f-{key}-{name}".lower(),
        "CustomerKey": f"[{key}].[{name}]",
        "Name": name,
        "Scale": 2 if kind == "Decimal" else 0,
        "DefaultValue": default,
        "MaxLength": length or None,
        "IsRequired": required,
        "Ordinal": at,
        "IsPrimaryKey": primary,
        "FieldType": kind,
        "DataExtension": {"PartnerKey": None, "ObjectID": None, "CustomerKey": key},
    }


def role(key: str, name: str, *, own: bool = False) -> Wire:
    return {
        "PartnerKey": None,
        **AT,
        "ObjectID": f"r-{key}".lower(),
        "CustomerKey": key,
        "Name": name,
        "Description": name,
        "IsSystemDefined": not own,
    }


def user(id: int, mail: str, roles: list[str], *, api: bool = False, active: bool = True) -> Wire:
    """The second role of everybody is the one that single rights hang on: it is private to the user."""
    held = [
        {
            "Client": {"ID": MID},
            "PartnerKey": None,
            **AT,
            "ObjectID": f"r-{one}".lower(),
            "CustomerKey": one,
            "Name": one.replace("_", " ").title(),
            "IsPrivate": False,
            "IsSystemDefined": True,
        }
        for one in roles
    ]
    own = {
        "Client": {"ID": MID},
        "PartnerKey": None,
        **AT,
        "ObjectID": f"r-{id}",
        "CustomerKey": f"own-{id}",
        "Name": f"Individual role for {mail}",
        "IsPrivate": True,
        "IsSystemDefined": False,
    }
    return {
        "Client": {"ID": MID, "ModifiedBy": id},
        "PartnerKey": None,
        **AT,
        "ID": id,
        "ObjectID": None,
        "CustomerKey": f"user-{id}",
        "AccountUserID": id,
        "UserID": mail,
        "Name": "Role Mailbox",
        "Email": mail,
        "MustChangePassword": False,
        "ActiveFlag": active,
        "Delete": 0,
        "LastSuccessfulLogin": "2026-05-25T09:07:52.743",
        "IsAPIUser": api,
        "NotificationEmailAddress": mail,
        "IsLocked": False,
        "DefaultBusinessUnit": MID,
        "Locale": {"PartnerKey": None, "ObjectID": None, "LocaleCode": "en-US"},
        "TimeZone": {"PartnerKey": None, "ID": 5, "ObjectID": None, "Name": "(GMT+01:00) Amsterdam, Berlin"},
        "DefaultBusinessUnitObject": {"PartnerKey": None, "ID": MID, "ObjectID": None, "AccountType": "None"},
        "Roles": {"Role": [*held, own]},
    }


def automation(id: str, key: str, status: str, steps: list[list[Wire]], recur: str = "") -> Wire:
    plan = (
        {
            "schedule": {
                "id": f"s-{id}",
                "typeId": 3,
                "startDate": "2025-02-03T00:00:00",
                "endDate": "2079-06-06T00:00:00",
                "scheduledTime": "0001-01-01T07:00:00",
                "rangeTypeId": 0,
                "occurrences": 0,
                "icalRecur": recur,
                "pattern": "<Pattern><PatternType>0</PatternType><DayInterval>1</DayInterval></Pattern>",
                "timezoneName": "W. Europe Standard Time",
                "scheduleStatus": "paused" if "Paused" in status else "scheduled",
                "timezoneId": 5,
            }
        }
        if recur
        else {}
    )
    numbered = [{"id": f"{id}-{at}", "name": "", "step": at, "activities": step} for at, step in enumerate(steps, 1)]
    return {
        "id": id,
        "name": key.replace("_", " "),
        "description": "every night",
        "key": key,
        "typeId": 1,
        "type": "scheduled" if recur else "triggered",
        "statusId": 6,
        "status": status,
        "categoryId": 290937,
        **plan,
        "steps": numbered,
    }


def activity(id: str, name: str, kind: int, at: int, target: str = "") -> Wire:
    to = (
        {
            "targetDataExtensions": [
                {"id": f"de-{target}", "name": target, "key": target, "description": "", "rowCount": 4211}
            ]
        }
        if target
        else {}
    )
    return {"id": id, "name": name, "activityObjectId": f"o-{id}", "objectTypeId": kind, "displayOrder": at, **to}


def journey(id: str, key: str, status: str, version: int, kind: str = "Multistep") -> Wire:
    return {
        "id": id,
        "key": key,
        "name": key.replace("_", " "),
        "lastPublishedDate": "0001-01-01T00:00:00",
        "description": "",
        "version": version,
        "workflowApiVersion": 1,
        **WHEN,
        "goals": [],
        "exits": [],
        "notifiers": [],
        "stats": {
            "currentPopulation": 12,
            "cumulativePopulation": 400,
            "metGoal": 0,
            "metExitCriteria": 0,
            "goalPerformance": 0,
        },
        "entryMode": "MultipleEntries",
        "definitionType": kind,
        "channel": "email" if kind != "Multistep" else "",
        "defaults": {"email": ['{{Event.DEAudience-1."Email"}}'], "properties": {}},
        "metaData": {},
        "executionMode": "Production",
        "categoryId": 6298,
        "status": status,
        "definitionId": f"d-{key}",
        "scheduledStatus": "Draft",
    }


def query(key: str, target: str, text: str) -> Wire:
    return {
        "queryDefinitionId": f"q-{key}",
        "name": key.replace("_", " "),
        "key": key,
        "description": "",
        "queryText": text,
        "targetName": target,
        "targetKey": target,
        "targetId": f"de-{target}",
        "targetDescription": "",
        **WHEN,
        "targetUpdateTypeId": 0,
        "targetUpdateTypeName": "Overwrite",
        "categoryId": 999,
        "isFrozen": False,
    }


def load(key: str, target: str, fields: list[tuple[str, str]]) -> Wire:
    return {
        "allowErrors": True,
        "customerKey": key,
        **WHEN,
        "dateFormatLocale": "en-US",
        "deleteFile": False,
        "description": "",
        "destinationObjectId": f"de-{target}",
        "destinationId": 0,
        "destinationObjectTypeId": 310,
        "fieldMappings": [{"sourceFieldName": one, "destinationFieldName": to} for one, to in fields],
        "fieldMappingType": "ManualMap" if fields else "InferFromColumnHeadings",
        "fileNamingPattern": "leads.csv",
        "fileTransferLocationId": "l-1",
        "fileType": "CSV",
        "filter": "",
        "hasColumnHeader": True,
        "importDefinitionId": f"i-{key}",
        "isOrderedImport": True,
        "isSequential": True,
        "maxFileAgeHours": 0,
        "maxImportFrequencyHours": 0,
        "maxFileAgeScheduleOffsetHours": 0,
        "name": key.replace("_", " "),
        "sendEmailNotification": False,
        "standardQuotedStrings": True,
        "subscriberImportTypeId": 255,
        "updateTypeId": 0,
        "fileTransferLocationTypeId": 0,
    }


def event(key: str, kind: str, target: str) -> Wire:
    return {
        "id": f"e-{key}",
        "type": kind,
        "name": key.replace("_", " "),
        "description": "",
        **WHEN,
        "createdBy": 700301950,
        "modifiedBy": 700301950,
        "mode": "Production",
        "eventDefinitionKey": key,
        "dataExtensionId": f"de-{target}",
        "dataExtensionName": target,
        "sourceApplicationExtensionId": "x-1",
        "filterDefinitionTemplate": "",
        "iconUrl": "/images/icon-data-extension.svg",
        "arguments": {"criteria": "", "eventDefinitionKey": key},
        "configurationArguments": {"unconfigured": False},
        "metaData": {"criteriaDescription": ""},
        "interactionCount": 1,
        "isVisibleInPicker": False,
        "isPlatformObject": False,
        "category": "Audience",
        "publishedInteractionCount": 1,
        "disableDEDataLogging": False,
    }
