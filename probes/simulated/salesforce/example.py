"""Builds the example org out of `content`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import automations, content, settings, tables, wire
from .org import RIGHTS, Org

HOUR = 3600.0
DAY = 86400.0


def build(org: Org, now: float) -> None:
    """Fills an empty org with the example company as it stands at `now`."""
    for table in tables.TABLES:
        if not tables.TABLES[table].tooling:
            org.add_object(table, tables.TABLES[table].prefix, tables.fields(table).values())
    for name, (prefix, lines, types) in content.OBJECTS.items():
        made = [content.read_field(line) for line in lines.strip().splitlines()]
        audit = content.audit_fields(owner=name not in content.TWINS)
        org.add_object(name, prefix, [*audit, *made], types.split("|") if types else ())
    org.add_row("Organization", Name="Example Industrial Supply", OrganizationType="Enterprise Edition",
                InstanceName="DEU128", TimeZoneSidKey="Europe/Berlin", DefaultLocaleSidKey="en_US",
                LanguageLocaleKey="en_US", FiscalYearStartMonth=1, Country="DE")  # fmt: skip
    _people(org, now)
    for name, (label, powers, objects, fields, assigned) in content.SETS.items():
        row = org.add_row("PermissionSet", Name=name, Label=label, Type="Regular", IsCustom=True, **_powers(powers))
        grant(org, row["Id"], objects, fields)
        for person in assigned:
            org.add_row("PermissionSetAssignment", AssigneeId=org.row("User", Username=person)["Id"],
                        PermissionSetId=row["Id"], IsActive=True)  # fmt: skip
    for name, (title, members) in content.GROUPS.items():
        group = org.add_row("PermissionSetGroup", DeveloperName=name, MasterLabel=title, Status="Updated")
        for member in members:
            org.add_row("PermissionSetGroupComponent", PermissionSetGroupId=group["Id"],
                        PermissionSetId=org.row("PermissionSet", Name=member)["Id"])  # fmt: skip
    _work(org, now)
    _automations(org)
    settings.build(org)


def _powers(names: str) -> dict[str, Any]:
    return {f"Permissions{name}": True for name in names.split()}


def grant(org: Org, parent: str, objects: str, fields: str) -> None:
    """Rows of object and field permissions out of `Lead:rce *:r` and `Lead.*:re *:r`."""
    named = [name for name in content.OBJECTS if name not in content.TWINS]
    for part in objects.split():
        name, _, rights = part.partition(":")
        for object in named if name == "*" else [name]:
            held = {f"Permissions{RIGHTS[letter]}": True for letter in rights}
            org.add_row("ObjectPermissions", ParentId=parent, SobjectType=object, **held)
    for part in fields.split():
        pattern, _, rights = part.partition(":")
        object, _, name = pattern.partition(".")
        for each in named if object == "*" else [object]:
            chosen = org.objects[each]["fields"].values()
            grant_fields(org, parent, each, [f["name"] for f in chosen if name in ("", "*", f["name"])], rights)


def grant_fields(org: Org, parent: str, object: str, names: Iterable[str], rights: str) -> None:
    """Field permissions, for the fields that can have them; a formula can only be read."""
    for name in names:
        entry = org.objects[object]["fields"][name]
        if entry["permissionable"]:
            edit = "e" in rights and not entry["calculated"]
            org.add_row("FieldPermissions", ParentId=parent, SobjectType=object, Field=f"{object}.{name}",
                        PermissionsRead=True, PermissionsEdit=edit)  # fmt: skip


def _people(org: Org, now: float) -> None:
    licences = {name: org.add_row("UserLicense", Name=name, MasterLabel=name, Status="Active", TotalLicenses=25)["Id"]
                for name in ("Salesforce", "Salesforce Integration")}  # fmt: skip
    for name, above in content.ROLES:
        org.add_row("UserRole", Name=name, DeveloperName=name.replace(" ", "_"),
                    ParentRoleId=org.row("UserRole", Name=above)["Id"] if above else None)  # fmt: skip
    owned = {"System Administrator": ("*:rced", "*:re"), "Marketing User": ("Lead:rce Campaign:rce Contact:r",
             "Lead.*:re Campaign.*:re Contact.*:r"), "Sales User": ("Lead:rce Account:rce Contact:rce Opportunity:rce",
             "Lead.*:re Account.*:re Contact.*:re Opportunity.*:re")}  # fmt: skip
    for name, (licence, powers) in content.PROFILES.items():
        profile = org.add_row(
            "Profile", Name=name, UserType="Standard", UserLicenseId=licences[licence], **_powers(powers)
        )
        row = org.add_row("PermissionSet", Name=f"X{profile['Id']}", Label=profile["Id"], Type="Profile",
                          IsOwnedByProfile=True, ProfileId=profile["Id"], LicenseId=licences[licence],
                          **_powers(powers))  # fmt: skip
        grant(org, row["Id"], *owned.get(name, ("", "")))
    for number, (mailbox, profile_name, role, active) in enumerate(content.USERS):
        add_user(org, mailbox, profile_name, role, active, now - HOUR * (number + 1))


def add_user(org: Org, mailbox: str, profile: str, role: str, active: bool, seen: float | None) -> None:
    """A user with the assignment of the profile's own set that the platform adds."""
    name = mailbox.partition("@")[0]
    profile_row = org.row("Profile", Name=profile)
    user = org.add_row(
        "User", Username=mailbox, Name=name, LastName=name, Email=mailbox, Alias=name[:8], IsActive=active,
        ProfileId=profile_row["Id"], UserRoleId=org.row("UserRole", Name=role)["Id"] if role else None,
        UserType="Standard", LastLoginDate=wire.stamp(seen) if active and seen else None,
        TimeZoneSidKey="Europe/Berlin",
        LocaleSidKey="en_US", LanguageLocaleKey="en_US", EmailEncodingKey="UTF-8",
    )  # fmt: skip
    org.add_row("PermissionSetAssignment", AssigneeId=user["Id"], IsActive=True,
                PermissionSetId=org.row("PermissionSet", ProfileId=profile_row["Id"])["Id"])  # fmt: skip
    if user["LastLoginDate"]:
        org.add_row("LoginHistory", UserId=user["Id"], LoginTime=user["LastLoginDate"], LoginType="Application",
                    Status="Success", Application="Browser")  # fmt: skip


def _work(org: Org, now: float) -> None:
    admin = org.row("User", Username="admin-01@example.com")["Id"]
    for name in content.JOBS:
        apex = org.add_row("ApexClass", Name=name, Status="Active", ApiVersion=66.0, IsValid=True)
        for ago in (3, 2, 1):
            at = now - ago * DAY / 24
            org.add_row("AsyncApexJob", at, JobType="BatchApex", Status="Completed", JobItemsProcessed=40,
                        TotalJobItems=40,
                        CreatedById=admin, CompletedDate=wire.stamp(at + 90), ApexClassId=apex["Id"])  # fmt: skip
    for name, expression in content.CRONS:
        detail = org.add_row("CronJobDetail", Name=name, JobType="7")
        org.add_row("CronTrigger", CronJobDetailId=detail["Id"], State="WAITING", CronExpression=expression,
                    PreviousFireTime=wire.stamp(now - HOUR), NextFireTime=wire.stamp(now + HOUR), TimesTriggered=120,
                    TimeZoneSidKey="Europe/Berlin", OwnerId=admin, CreatedById=admin)  # fmt: skip


def _automations(org: Org) -> None:
    told = automations.metadata()
    for number, flow in enumerate(content.FLOWS):
        version = wire.identifier("301", number + 1)
        org.add_row("Flow", Id=version, DefinitionId=wire.identifier("300", number + 1), MasterLabel=flow["Label"],
                    VersionNumber=3, Status="Active", ProcessType=flow["ProcessType"], ApiVersion=66.0,
                    Metadata=told[flow["ApiName"]], FullName=f"{flow['ApiName']}-3")  # fmt: skip
        org.add_row("FlowDefinitionView", DurableId=flow["ApiName"], IsActive=True, ActiveVersionId=version,
                    LatestVersionId=version, VersionNumber=3, Builder="Flow Builder", LastModifiedBy="admin-01",
                    **flow)  # fmt: skip
    for object, name, formula, message, at in content.RULES:
        meta = {"active": True, "description": None, "errorConditionFormula": formula, "errorDisplayField": at,
                "errorMessage": message, "shouldEvaluateOnClient": None, "urls": None}  # fmt: skip
        org.add_row("ValidationRule", ValidationName=name, Active=True, ErrorMessage=message, ErrorDisplayField=at,
                    EntityDefinitionId=object, Metadata=meta, FullName=f"{object}.{name}")  # fmt: skip
    for name, object in content.TRIGGERS:
        org.add_row("ApexTrigger", Name=name, TableEnumOrId=object, Status="Active", ApiVersion=66.0, IsValid=True,
                    UsageBeforeInsert=True, UsageBeforeUpdate=True)  # fmt: skip
    for object, name in content.ASSIGNMENT:
        org.add_row("AssignmentRule", Name=name, SobjectType=object, Active=True)
    for object, name in content.DUPLICATES:
        org.add_row("DuplicateRule", DeveloperName=name, Language="en_US", MasterLabel=name.replace("_", " "),
                    SobjectType=object, SobjectSubtype="None", IsActive=True)  # fmt: skip
    for space, name, (major, minor, patch, build) in content.PACKAGES:
        package = org.add_row("SubscriberPackage", Name=name, NamespacePrefix=space, IsPackageValid=True)
        held = org.add_row("SubscriberPackageVersion", Name=f"{name} {major}.{minor}", MajorVersion=major,
                           MinorVersion=minor, PatchVersion=patch, BuildNumber=build, IsManaged=True,
                           SubscriberPackageId=package["Id"])  # fmt: skip
        org.add_row("InstalledSubscriberPackage", SubscriberPackageId=package["Id"],
                    SubscriberPackageVersionId=held["Id"], MinPackageVersionId=held["Id"])  # fmt: skip
    for name, folder, subject in content.TEMPLATES:
        made = org.add_row(
            "Folder", Name=folder, DeveloperName=folder.replace(" ", "_"), Type="Email", AccessType="Public"
        )
        org.add_row("EmailTemplate", DeveloperName=name, Name=name.replace("_", " "), FolderId=made["Id"],
                    FolderName=folder,
                    IsActive=True, Subject=subject, TemplateType="custom", TemplateStyle="none", Encoding="UTF-8",
                    UiType="Aloha", OwnerId=org.row("User", Username="campaign-desk@example.com")["Id"])  # fmt: skip
