"""Rows in the shape that Oracle's Swagger (2026.08.07) and reference give them, with all that they have."""

from __future__ import annotations

from typing import Any, Final

Wire = dict[str, Any]
MADE: Final = "-2208970800"  # 1900-01-01, which standard fields have
BORN: Final = "1764201600"
USER: Final = "41"  # the numeric login id under which Eloqua names people in its marks


def asset(kind: str, id: str, name: str, /, **more: Any) -> Wire:
    """A row with the marks that every asset has; given ones win."""
    marks = {"createdBy": USER, "createdAt": BORN, "updatedBy": USER, "updatedAt": BORN}
    return {"type": kind, "id": id, "name": name, "depth": "complete", **marks, **more}


def contact_field(id: str, internal: str, name: str, data: str, display: str, /, **more: Any) -> Wire:
    own = {"createdBy": "", "createdAt": MADE} if more.get("isStandard") == "true" else {}
    return asset(
        "ContactField", id, name, internalName=internal, dataType=data, displayType=display,
        **{"isReadOnly": "false", "isRequired": "false", "isStandard": "false", "showTrustedVisitorsOnly": "false",
           "isPhoneValidationRequired": "false", "updateType": "always", **own, **more},
    )  # fmt: skip


def bulk_field(name: str, internal: str, data: str, statement: str, uri: str, *, unique: bool = False) -> Wire:
    return {
        "name": name, "internalName": internal, "dataType": data, "hasReadOnlyConstraint": False,
        "hasNotNullConstraint": False, "hasUniquenessConstraint": unique, "statement": statement, "uri": uri,
        "createdAt": "1900-01-01T05:00:00.0000000Z", "updatedAt": "1900-01-01T05:00:00.0000000Z",
    }  # fmt: skip


def option_list(id: str, name: str, *values: str) -> Wire:
    options = [{"type": "Option", "displayName": value.title(), "value": value} for value in values]
    return asset(
        "OptionList", id, name, elements=[{"type": "Option", "displayName": "-- Select --", "value": ""}, *options]
    )


def custom_field(id: str, internal: str, name: str, data: str, display: str, **more: Any) -> Wire:
    return {"type": "CustomObjectField", "id": id, "internalName": internal, "name": name, "dataType": data,
            "displayType": display, "depth": "complete", **more}  # fmt: skip


def group(id: str, name: str, acronym: str, *, fixed: bool = False) -> Wire:
    return asset("SecurityGroup", id, name, acronym=acronym, description=f"{name} of the example company",
                 isReadOnly=str(fixed).lower(), isEffective="true")  # fmt: skip


def user(id: str, login: str, mail: str, groups: list[str], capabilities: list[str], disabled: str = "false") -> Wire:
    return asset(
        "User", id, login, loginName=login, emailAddress=mail, firstName="Role", lastName="Mailbox",
        isDisabled=disabled, isDeleted="false", ssoOnly="false", passwordExpires="true", capabilities=capabilities,
        betaAccess=["NewEmailEditor"],
        securityGroups=groups, crmUserNames={"type": "crmUserNames", "SFDCUserName": mail},
        interfacePermissions=[{"type": "InterfacePermission", "interfaceCode": "contacts", "name": "Contacts",
                               "nestedInterfacePermissions": [{"type": "InterfacePermission", "name": "Fields",
                                                               "interfaceCode": "contactFields"}]}],
        productPermissions=[{"type": "ProductPermission", "productCode": "Engage"}],
        typePermissions=[{"type": "TypePermission", "objectType": "Campaign",
                          "permissions": {"type": "TypePermissions", "create": "true", "delete": "false"}}],
        preferences={"type": "UserPreferences", "timezoneId": "33"},
    )  # fmt: skip


def step(id: str, kind: str, name: str, to: str = "", /, yes: str = "", no: str = "", **more: Any) -> Wire:
    ways = [{"type": "CampaignOutputTerminal", "id": f"9{id}{way}", "connectedId": one,
             "connectedType": "CampaignElement", "terminalType": way}
            for way, one in (("out", to), ("yes", yes), ("no", no)) if one]  # fmt: skip
    return {"type": kind, "id": id, "name": name, "memberCount": "12", "memberErrorCount": "0", "outputTerminals": ways,
            "position": {"type": "Position", "x": "17", "y": "14"}, **more}  # fmt: skip


def campaign(id: str, name: str, category: str, elements: list[Wire], **more: Any) -> Wire:
    """`category`: contact for one of several steps, emailMarketing for one that is sent once."""
    return asset(
        "Campaign", id, name, campaignCategory=category, isEmailMarketingCampaign=str(category != "contact").lower(),
        elements=elements,
        **{"currentStatus": "Draft", "description": "", "startAt": BORN, "endAt": "1795737600", "runAsUserId": USER,
           "campaignType": "Nurture", "product": "", "region": "EMEA", "actualCost": "0.00", "budgetedCost": "0.00",
           "isReadOnly": "false", "isIncludedInROI": "true", "isMemberAllowedReEntry": "false",
           "isSyncedWithCRM": "false", "crmId": "", "memberCount": "1204", "fieldValues": [], "badgeId": "3",
           "permissions": ["Retrieve"], "folderId": "17", **more},
    )  # fmt: skip


def form(id: str, name: str, fields: list[tuple[str, str, str]], status: str = "Draft") -> Wire:
    """`fields`: form field id, HTML name, id of the contact field that a submission writes."""
    elements = [{"type": "FormField", "id": one, "name": html.title(), "htmlName": html, "dataType": "text",
                 "displayType": "text", "createdFromContactFieldId": to} for one, html, to in fields]  # fmt: skip
    mappings = [{"type": "FormFieldUpdateMapping", "sourceFormFieldId": one, "targetEntityFieldId": to,
                 "updateType": "always"} for one, _, to in fields]  # fmt: skip
    save = {"type": "FormStepCreateUpdateContactFromFormField", "id": f"{id}1", "name": "Update contacts",
            "execute": "always", "hasValidationIssue": "false", "keyFieldId": "100001",
            "mappings": mappings}  # fmt: skip
    thank = {"type": "FormStepRedirectToWebPage", "id": f"{id}2", "name": "Thank you", "execute": "always"}
    return asset("Form", id, name, htmlName=name.lower().replace(" ", "-"), currentStatus=status, archived="false",
                 isHidden="false", isResponsive="true", isFormSpamProtectionEnabled="true", elements=elements,
                 processingType="internallyHosted", processingSteps=[save, thank], html="<form>…</form>")  # fmt: skip
