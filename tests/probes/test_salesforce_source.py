"""Files of a Salesforce DX project as places of an org. Each place is spelled as the vendor file reads it."""

from __future__ import annotations

import pytest

from probes.salesforce.source import NO_METADATA, Mapped, mapped

MAIN = "force-app/main/default"
LEAD = f"{MAIN}/objects/Lead"


def of(path: str, before: bytes | None = None, after: bytes | None = b"<x/>", *using: str) -> Mapped:
    return mapped(path, before, after, lambda name: using if name == "Regions" else ())


def doc(root: str, *parts: str) -> bytes:
    lines = [f'<{root} xmlns="http://soap.sforce.com/2006/04/metadata">', *parts]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return (head + "\n    ".join(lines) + f"\n</{root}>\n").encode()


@pytest.mark.parametrize(
    ("path", "places"),
    [
        (f"{LEAD}/fields/Topic__c.field-meta.xml", "field/Lead/Topic__c"),
        (f"{MAIN}/objects/Activity/fields/Kind__c.field-meta.xml", "field/Task/Kind__c field/Event/Kind__c"),
        (f"{LEAD}/recordTypes/Partner.recordType-meta.xml", "schema/Lead.recordtypes/Partner"),
        (
            f"{LEAD}/validationRules/Must.validationRule-meta.xml",
            "automation/Lead.validation-rules/Must",
        ),
        (f"{MAIN}/objects/Visit__c/Visit__c.object-meta.xml", "schema/objects/Visit__c"),
        ("objects/Visit__c/Visit__c.object-meta.xml", "schema/objects/Visit__c"),
        (f"{MAIN}/flows/Lead_Router.flow-meta.xml", "automation/flows/Lead_Router"),
        (f"{MAIN}/flows/Lead_Router-12.flow-meta.xml", "automation/flows/Lead_Router"),
        (f"{MAIN}/flowDefinitions/Lead_Router.flowDefinition-meta.xml", "automation/flows/Lead_Router"),
        (f"{MAIN}/triggers/LeadTrigger.trigger", "automation/triggers/LeadTrigger"),
        (f"{MAIN}/triggers/LeadTrigger.trigger-meta.xml", "automation/triggers/LeadTrigger"),
        (f"{MAIN}/email/Sales/Welcome.email", "template/email-templates/Welcome"),
        (f"{MAIN}/email/Sales/Welcome.email-meta.xml", "template/email-templates/Welcome"),
        (f"{MAIN}/permissionsetgroups/Sales.permissionsetgroup-meta.xml", "permission/permission-set-groups/Sales"),
        (f"{MAIN}/permissionsets/CRM.permissionset-meta.xml", "permission/*permission*/CRM"),
        (f"{MAIN}/permissionsets/CRM/objectSettings/Lead.objectSettings-meta.xml", "permission/*permission*/CRM"),
        (f"{MAIN}/profiles/Admin.profile-meta.xml", "permission/*permission*/profile:System Administrator"),
        (f"{MAIN}/profiles/Custom%3A Sales.profile-meta.xml", "permission/*permission*/profile:Custom: Sales"),
        (f"{MAIN}/profiles/Vertrieb Süd.profile-meta.xml", "permission/*permission*/profile:Vertrieb Süd"),
        (f"{MAIN}/standardValueSets/LeadStatus.standardValueSet-meta.xml", "field/Lead/Status"),
        (f"{MAIN}/standardValueSets/Industry.standardValueSet-meta.xml", "field/Account/Industry field/Lead/Industry"),
    ],
)
def test_a_file_that_came_or_went_stands_for_what_is_read(path: str, places: str) -> None:
    found = of(path)
    assert found == of(path, b"<x/>", None), "what goes is at the same place"
    assert " ".join(found.places) == places and found.why == ""


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("README.md", NO_METADATA),
        ("sfdx-project.json", NO_METADATA),
        (f"{MAIN}/classes/A.cls", NO_METADATA),
        (f"{MAIN}/layouts/Lead-Lead Layout.layout-meta.xml", "layout is not read"),
        (f"{LEAD}/listViews/All.listView-meta.xml", "listView is not read"),
        (f"{LEAD}/fields/Odd.webLink-meta.xml", "webLink is not read"),
        ("src/objects/Lead.object", "it is in metadata format; convert the project to source format"),
        ("manifest/destructiveChanges.xml",
         "what a manifest takes away is not looked up; name it by a pattern of your own"),
        (f"{MAIN}/standardValueSets/Unheard.standardValueSet-meta.xml",
         "it is not known which field has the values of Unheard"),
        (f"{MAIN}/globalValueSets/Other.globalValueSet-meta.xml",
         "no field of this project takes its values from Other"),
    ],
)  # fmt: skip
def test_what_stands_for_nothing_that_is_read_says_why(path: str, why: str) -> None:
    assert of(path) == Mapped((), why)


def test_a_global_value_set_stands_for_the_fields_that_use_it() -> None:
    path = f"{MAIN}/globalValueSets/Regions.globalValueSet-meta.xml"
    found = of(path, None, b"<x/>", f"{LEAD}/fields/Region__c.field-meta.xml",
               f"{MAIN}/objects/Visit__c/fields/Where__c.field-meta.xml")  # fmt: skip
    assert found.places == ("field/Lead/Region__c", "field/Visit__c/Where__c")


def test_of_a_field_only_what_describe_shows_counts() -> None:
    path = f"{LEAD}/fields/Topic__c.field-meta.xml"
    before = doc("CustomField", "<label>Topic</label>", "<description>a</description>")
    assert of(path, before, doc("CustomField", "<label>Theme</label>", "<description>b</description>")).places
    told = of(path, before, doc("CustomField", "<label>Topic</label>", "<description>b</description>"))
    assert told == Mapped((), "description of it is read once a day, too late for a plan")
    feed = doc("CustomField", "<label>Topic</label>", "<trackFeedHistory>true</trackFeedHistory>")
    assert of(path, before, feed) == Mapped((), "description, trackFeedHistory of it are not read")
    assert of(path, before, before.replace(b"    ", b"\t")) == Mapped((), "only its layout changed")


def test_of_an_object_its_labels_and_its_name_field_count() -> None:
    path = f"{MAIN}/objects/Visit__c/Visit__c.object-meta.xml"
    before = doc("CustomObject", "<label>Visit</label>", "<sharingModel>Read</sharingModel>")
    assert of(path, before, before.replace(b"Visit<", b"Call<")) == Mapped(("schema/objects/Visit__c",))
    assert of(path, before, before.replace(b"Read<", b"Private<")) == Mapped((), "sharingModel of it is not read")
    named = doc("CustomObject", "<label>Visit</label>", "<nameField><label>No</label></nameField>",
                "<sharingModel>Read</sharingModel>")  # fmt: skip
    assert of(path, before, named) == Mapped(("field/Visit__c/Name",))


def test_of_rights_exactly_those_that_changed_count() -> None:
    lead = "<objectPermissions><allowRead>true</allowRead><object>Lead</object></objectPermissions>"
    field = "<fieldPermissions><editable>true</editable><field>Lead.Score__c</field></fieldPermissions>"
    power = "<userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>"
    page = "<pageAccesses><apexPage>P</apexPage></pageAccesses>"
    before = doc("PermissionSet", lead, field)
    path = f"{MAIN}/permissionsets/CRM.permissionset-meta.xml"
    assert of(path, before, doc("PermissionSet", lead, field.replace("true", "false"))).places == (
        "permission/Lead.field-permissions/CRM/Score__c",
    )
    assert of(path, before, doc("PermissionSet", field)).places == ("permission/Lead.object-permissions/CRM",)
    assert of(path, before, doc("PermissionSet", lead, field, power, page)) == Mapped(
        ("permission/permission-sets/CRM",), "pageAccesses of it is not read"
    )
    profile = f"{MAIN}/profiles/A%2FB.profile-meta.xml"
    assert of(profile, doc("Profile"), doc("Profile", lead, power)).places == (
        "permission/Lead.object-permissions/profile:A%2FB", "permission/permission-sets/profile:A/B",
    )  # fmt: skip


@pytest.mark.parametrize("raw", [b"<broken", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])
def test_what_cannot_be_read_counts_as_a_whole(raw: bytes) -> None:
    path = f"{MAIN}/permissionsets/CRM.permissionset-meta.xml"
    assert of(path, raw, doc("PermissionSet")).places == ("permission/*permission*/CRM",)
