"""Columns of the setup objects that a monitor asks by SOQL: name, type and, after >, what a reference points to.

The names are those of the vendor's object reference and tooling API guide. `?` marks a column that may be null.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple

from .wire import Wire, field, system, words


class Table(NamedTuple):
    """`tooling`: only /tooling/query knows it. `needs`: the power without which a user does not see it. `virtual`: made
    of metadata as it is asked for, so that only equality is understood and no answer has a second page. `owned`: whose
    rows only their owner sees, and who may view all data."""

    prefix: str
    columns: str
    tooling: bool = False
    needs: str = ""
    virtual: bool = False
    owned: bool = False


SETUP: Final = "ViewSetup"
POWERS: Final = str.split(
    "ApiEnabled ViewSetup ViewAllData ModifyAllData ManageUsers ManageInternalUsers ManageRoles ViewRoles"
    " AssignPermissionSets ManageProfilesPermissionsets CustomizeApplication AuthorApex ManageSharing ManageIpAddresses"
    " ManageLoginAccessPolicies ManagePasswordPolicies ManageEncryptionKeys ViewEncryptedData ViewEventLogFiles"
    " DataExport ExportReport RunReports ManageReportsInPubFolders ViewAllUsers ApiUserOnly BulkApiHardDelete"
    " PasswordNeverExpires TwoFactorApi ForceTwoFactor ConvertLeads ImportLeads TransferAnyLead EditReadonlyFields"
    " ManageInteraction RunFlow InstallPackaging ManageCustomPermissions ModifyMetadata ResetPasswords"
    " ViewDataCategories ManageCategories SendExternalEmailAvailable"
)
_POWER_COLUMNS: Final = " ".join(f"Permissions{name}:boolean" for name in POWERS)
SCOPES: Final = ("API", "REFRESH_TOKEN", "OPENID", "FULL", "WEB", "CHATTER_API", "PARDOT_API", "CDP_API")
_SCOPE_COLUMNS: Final = " ".join(f"OauthScopes{name}:boolean" for name in SCOPES)
_TRACKED: Final = (
    "CreatedDate:datetime CreatedById:reference>User LastModifiedDate:datetime LastModifiedById:reference>User"
)

TABLES: Final[dict[str, Table]] = {
    "User": Table("005", "Id:id Username:string Name:string FirstName:string? LastName:string Email:email Alias:string"
        " IsActive:boolean ProfileId:reference>Profile UserRoleId:reference>UserRole? UserType:picklist"
        " LastLoginDate:datetime? TimeZoneSidKey:picklist LocaleSidKey:picklist LanguageLocaleKey:picklist"
        " EmailEncodingKey:picklist FederationIdentifier:string? Department:string? ManagerId:reference>User?"
        f" SystemModstamp:datetime {_TRACKED}"),
    "Profile": Table("00e",
                     "Id:id Name:string UserType:picklist Description:string? UserLicenseId:reference>UserLicense"
        f" {_POWER_COLUMNS} SystemModstamp:datetime {_TRACKED}"),
    "UserLicense": Table("100", "Id:id Name:string MasterLabel:string LicenseDefinitionKey:string Status:picklist"
        " TotalLicenses:int UsedLicenses:int"),
    "UserRole": Table("00E", "Id:id Name:string DeveloperName:string ParentRoleId:reference>UserRole?"
        " RollupDescription:string? OpportunityAccessForAccountOwner:picklist PortalType:picklist?"
        " SystemModstamp:datetime LastModifiedDate:datetime"),
    "PermissionSet": Table("0PS", "Id:id Name:string Label:string Description:string? IsOwnedByProfile:boolean"
        " ProfileId:reference>Profile? NamespacePrefix:string? Type:picklist IsCustom:boolean"
        " HasActivationRequired:boolean LicenseId:reference>UserLicense?"
        " PermissionSetGroupId:reference>PermissionSetGroup?"
        f" {_POWER_COLUMNS} SystemModstamp:datetime {_TRACKED}"),
    "PermissionSetGroup": Table("0PG",
                                "Id:id DeveloperName:string MasterLabel:string Description:string? Status:picklist"
        f" NamespacePrefix:string? HasActivationRequired:boolean SystemModstamp:datetime {_TRACKED}"),
    "PermissionSetGroupComponent": Table("0PM", "Id:id PermissionSetGroupId:reference>PermissionSetGroup"
        " PermissionSetId:reference>PermissionSet SystemModstamp:datetime"),
    "PermissionSetAssignment": Table("0Pa", "Id:id AssigneeId:reference>User PermissionSetId:reference>PermissionSet"
        " PermissionSetGroupId:reference>PermissionSetGroup? ExpirationDate:datetime? IsActive:boolean"
        " IsRevoked:boolean SystemModstamp:datetime"),
    "ObjectPermissions": Table("110", "Id:id ParentId:reference>PermissionSet SobjectType:picklist"
        " PermissionsRead:boolean PermissionsCreate:boolean PermissionsEdit:boolean PermissionsDelete:boolean"
        " PermissionsViewAllRecords:boolean PermissionsModifyAllRecords:boolean PermissionsViewAllFields:boolean"
        f" SystemModstamp:datetime {_TRACKED}", needs=SETUP),
    "FieldPermissions": Table("01k", "Id:id ParentId:reference>PermissionSet SobjectType:picklist Field:picklist"
        " PermissionsRead:boolean PermissionsEdit:boolean SystemModstamp:datetime", needs=SETUP),
    "AsyncApexJob": Table("707", "Id:id JobType:picklist Status:picklist NumberOfErrors:int JobItemsProcessed:int"
        " TotalJobItems:int ExtendedStatus:string? CreatedDate:datetime CreatedById:reference>User"
        " CompletedDate:datetime? ApexClassId:reference>ApexClass"
        " MethodName:string? CronTriggerId:reference>CronTrigger?"),
    "ApexClass": Table("01p", "Id:id Name:string NamespacePrefix:string? Status:picklist ApiVersion:double"
        f" IsValid:boolean LengthWithoutComments:int SystemModstamp:datetime {_TRACKED}"),
    "ApexTrigger": Table("01q", "Id:id Name:string NamespacePrefix:string? TableEnumOrId:picklist Status:picklist"
        " ApiVersion:double IsValid:boolean UsageBeforeInsert:boolean UsageAfterInsert:boolean"
        f" UsageBeforeUpdate:boolean"
        f" UsageAfterUpdate:boolean UsageBeforeDelete:boolean UsageAfterDelete:boolean SystemModstamp:datetime"
        f" {_TRACKED}"),
    "CronTrigger": Table("08e", "Id:id CronJobDetailId:reference>CronJobDetail State:picklist CronExpression:string"
        " NextFireTime:datetime? PreviousFireTime:datetime? StartTime:datetime EndTime:datetime? TimesTriggered:int"
        " TimeZoneSidKey:picklist OwnerId:reference>User CreatedDate:datetime CreatedById:reference>User"),
    "CronJobDetail": Table("08a", "Id:id Name:string JobType:picklist"),
    "Organization": Table("00D", "Id:id Name:string OrganizationType:picklist IsSandbox:boolean InstanceName:string"
        " NamespacePrefix:string? TrialExpirationDate:datetime? TimeZoneSidKey:picklist DefaultLocaleSidKey:picklist"
        " LanguageLocaleKey:picklist FiscalYearStartMonth:int Country:string? PrimaryContact:string?"
        " CreatedDate:datetime"),
    "SetupAuditTrail": Table("0Ym", "Id:id Action:string Section:string? Display:string? DelegateUser:string?"
        " CreatedDate:datetime CreatedById:reference>User ResponsibleNamespacePrefix:string?", needs=SETUP),
    "LoginHistory": Table("0Ya", "Id:id UserId:reference>User LoginTime:datetime LoginType:picklist Status:string"
        " Application:string? SourceIp:string? ApiType:string? ApiVersion:string?"),
    "FlowDefinitionView": Table("3dd", "Id:id DurableId:string ApiName:string Label:string Description:string?"
        " ProcessType:picklist TriggerType:picklist? TriggerObjectOrEventLabel:string?"
        " TriggerObjectOrEventId:string? RecordTriggerType:picklist? IsActive:boolean ActiveVersionId:string?"
        " LatestVersionId:string? VersionNumber:int? NamespacePrefix:string? Builder:string? ManageableState:picklist?"
        " IsTemplate:boolean IsOutOfDate:boolean LastModifiedBy:string? LastModifiedDate:datetime"),
    "EmailTemplate": Table("00X", "Id:id DeveloperName:string Name:string FolderId:reference>Folder FolderName:string?"
        " IsActive:boolean Subject:string? TemplateType:picklist TemplateStyle:picklist Encoding:picklist"
        f" Description:string? NamespacePrefix:string? UiType:picklist TimesUsed:int? LastUsedDate:datetime?"
        f" OwnerId:reference>User SystemModstamp:datetime {_TRACKED}"),
    "Folder": Table("00l", "Id:id Name:string DeveloperName:string Type:picklist AccessType:picklist"),
    "RecordType": Table("012", "Id:id Name:string DeveloperName:string SobjectType:picklist IsActive:boolean"
        " Description:string? NamespacePrefix:string? BusinessProcessId:string?"),
    "AssignmentRule": Table("01Q", "Id:id Name:string? SobjectType:picklist? Active:boolean"
        f" SystemModstamp:datetime {_TRACKED}"),
    "DuplicateRule": Table("0Bm", "Id:id DeveloperName:string Language:picklist? MasterLabel:string"
        " NamespacePrefix:string? SobjectType:picklist SobjectSubtype:picklist IsActive:boolean"
        f" LastViewedDate:datetime? SystemModstamp:datetime {_TRACKED}", needs=SETUP),
    "ConnectedApplication": Table("0H4", "Id:id Name:string OptionsAllowAdminApprovedUsersOnly:boolean"
        " OptionsHasSessionLevelPolicy:boolean OptionsIsInternal:boolean OptionsRefreshTokenValidityMetric:boolean"
        " RefreshTokenValidityPeriod:int? MobileSessionTimeout:picklist? PinLength:picklist? UvidTimeout:picklist?"
        f" MobileStartUrl:url? StartUrl:url? SystemModstamp:datetime {_TRACKED}", needs=SETUP),
    "ExternalClientApplication": Table("0xI", "Id:id DeveloperName:string Language:picklist? MasterLabel:string"
        " NamespacePrefix:string? Description:string? ContactEmail:email? ContactPhone:phone? IconUrl:url? LogoUrl:url?"
        f" DistributionState:picklist IsProtected:boolean SystemModstamp:datetime {_TRACKED}", needs=SETUP),
    "ExtlClntAppOauthSettings": Table("0zV", "Id:id DeveloperName:string MasterLabel:string"
        " ExternalClientApplicationId:reference>ExternalClientApplication SingleLogoutUrl:url?"
        f" {_SCOPE_COLUMNS} SystemModstamp:datetime {_TRACKED}", needs=SETUP),
    "ExtlClntAppOauthPlcyCnfg": Table("0zX", "Id:id DeveloperName:string MasterLabel:string"
        " ExternalClientApplicationId:reference>ExternalClientApplication PermittedUsersPolicyType:picklist"
        " IpRelaxationPolicyType:picklist RefreshTokenPolicyType:picklist RefreshTokenValidityPeriod:int?"
        " RefreshTokenValidityUnit:picklist? RequiredSessionLevel:picklist? SessionTimeoutInMinutes:int?"
        " IsClientCredentialsFlowEnabled:boolean ClientCredentialsFlowUser:string? IsTokenExchangeFlowEnabled:boolean"
        f" IsGuestCodeCredFlowEnabled:boolean SystemModstamp:datetime {_TRACKED}", needs=SETUP),
    "MatchingRule": Table("0JD", "Id:id DeveloperName:string Language:picklist? MasterLabel:string"
        " NamespacePrefix:string? SobjectType:picklist SobjectSubtype:picklist RuleStatus:picklist"
        " BooleanFilter:string? Description:string? MatchEngine:picklist?"
        f" SystemModstamp:datetime {_TRACKED}", needs=SETUP),
    "MatchingRuleItem": Table("0JE", "Id:id MatchingRuleId:reference>MatchingRule Field:picklist"
        " MatchingMethod:picklist BlankValueBehavior:picklist SortOrder:int"
        f" SystemModstamp:datetime {_TRACKED}", needs=SETUP),
    "FlowInterview": Table("0Fo", "Id:id Name:string InterviewLabel:string? InterviewStatus:picklist"
        " CurrentElement:string? PauseLabel:string? WasPausedFromScreen:boolean Guid:string? Error:textarea?"
        f" FlowVersionViewId:string? OwnerId:reference>User SystemModstamp:datetime {_TRACKED}",
        needs="RunFlow", owned=True),
    "EntityDefinition": Table("4ie", "Id:id DurableId:string QualifiedApiName:string DeveloperName:string Label:string"
        " PluralLabel:string KeyPrefix:string? NamespacePrefix:string? IsCustomizable:boolean IsQueryable:boolean"
        " InternalSharingModel:picklist ExternalSharingModel:picklist LastModifiedDate:datetime?", virtual=True),
    "FieldDefinition": Table("4fe", "Id:id DurableId:string QualifiedApiName:string DeveloperName:string Label:string"
        " DataType:string EntityDefinitionId:reference>EntityDefinition Description:string? BusinessOwnerId:string?"
        " BusinessStatus:picklist? SecurityClassification:picklist? ComplianceGroup:picklist? IsIndexed:boolean"
        " IsFieldHistoryTracked:boolean NamespacePrefix:string? LastModifiedDate:datetime?",
        needs=SETUP, virtual=True),
    "Flow": Table("301", "Id:id DefinitionId:string MasterLabel:string Description:string? VersionNumber:int"
        " Status:picklist ProcessType:picklist ApiVersion:double RunInMode:picklist? ManageableState:picklist?"
        f" IsTemplate:boolean Metadata:complexvalue? FullName:string {_TRACKED}", tooling=True),
    "ValidationRule": Table("03d", "Id:id ValidationName:string Active:boolean Description:string? ErrorMessage:string"
        " ErrorDisplayField:string? EntityDefinitionId:reference>EntityDefinition NamespacePrefix:string?"
        f" Metadata:complexvalue? FullName:string {_TRACKED}", tooling=True),
    "WorkflowRule": Table("01Q", "Id:id Name:string TableEnumOrId:picklist NamespacePrefix:string?"
        f" ManageableState:picklist? Metadata:complexvalue? FullName:string {_TRACKED}", tooling=True),
    "WorkflowFieldUpdate": Table("04Y", "Id:id Name:string SourceTableEnumOrId:picklist LiteralValue:string?"
        " LookupValueId:string? ManageableState:picklist? NamespacePrefix:string?"
        " EntityDefinitionId:reference>EntityDefinition FieldDefinitionId:reference>FieldDefinition"
        f" Metadata:complexvalue? FullName:string {_TRACKED}", tooling=True),
    "InstalledSubscriberPackage": Table("0A3", "Id:id SubscriberPackageId:reference>SubscriberPackage"
        " SubscriberPackageVersionId:reference>SubscriberPackageVersion MinPackageVersionId:string?", tooling=True),
    "SubscriberPackage": Table("033", "Id:id Name:string NamespacePrefix:string? Description:string?"
        " IsPackageValid:boolean", tooling=True),
    "SubscriberPackageVersion": Table("04t", "Id:id Name:string MajorVersion:int MinorVersion:int PatchVersion:int"
        " BuildNumber:int SubscriberPackageId:reference>SubscriberPackage IsBeta:boolean IsManaged:boolean",
        tooling=True),
}  # fmt: skip

RELATIONS: Final = {"ParentRoleId": "ParentRole", "ParentId": "Parent"}


def relation(column: str) -> str:
    """ProfileId -> Profile: how SOQL names the way to the referenced row."""
    return RELATIONS.get(column, column.removesuffix("Id"))


@cache
def columns(table: str) -> Mapping[str, tuple[str, str, bool]]:
    """column -> (type, table it refers to or "", may be null)."""
    out: dict[str, tuple[str, str, bool]] = {}
    for part in TABLES[table].columns.split():
        name, _, rest = part.partition(":")
        nullable, rest = rest.endswith("?"), rest.removesuffix("?")
        type, _, target = rest.partition(">")
        out[name] = (type, target, nullable)
    return MappingProxyType(out)


@cache
def relations(table: str) -> Mapping[str, tuple[str, str]]:
    """relationship -> (column that holds the id, table it leads to)."""
    made = columns(table).items()
    return MappingProxyType({relation(name): (name, target) for name, (_, target, _) in made if target})


def fields(table: str) -> dict[str, Wire]:
    """The describe fields of a setup object: the same generator as for every other object."""
    out: dict[str, Wire] = {}
    for name, (type, target, nullable) in columns(table).items():
        keys: Wire = {"nillable": nullable, "permissionable": False, "label": words(name)}
        if target:
            keys |= {"referenceTo": [target], "relationshipName": relation(name)}
        out[name] = system(name, "id") if name == "Id" else field(name, type, **keys)
    return out
