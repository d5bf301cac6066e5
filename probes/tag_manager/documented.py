"""What Google documents of the parts of a version: the keys that are read of them, and no other.

What a part has beside its parameters is compared by a digest. A key that Google adds to all triggers would be a change
of each, so those that are compared are named here, as the discovery document has them, against which the tests hold
them. Where a part is, and when it was written, is not read.
"""

from __future__ import annotations

from typing import Final

_EACH: Final = ("name", "notes", "type", "parameter", "tagManagerUrl")
# What a part has of its own, and is compared by a digest.
REST: Final = (
    "checkValidation", "continuousTimeMinMilliseconds", "eventName", "horizontalScrollPercentageList", "interval",
    "intervalSeconds", "limit", "maxTimerLengthSeconds", "selector", "totalTimeMinMilliseconds", "uniqueTriggerId",
    "verticalScrollPercentageList", "visibilitySelector", "visiblePercentageMax", "visiblePercentageMin", "waitForTags",
    "waitForTagsTimeout", "priority", "boundary", "childContainer", "typeRestriction",
)  # fmt: skip
_OF_TRIGGERS: Final = REST[: REST.index("priority")]
PARTS: Final[dict[str, tuple[str, ...]]] = {
    "tag": (
        *_EACH, "tagId", "blockingTriggerId", "consentSettings", "firingTriggerId", "liveOnly", "monitoringMetadata",
        "monitoringMetadataTagNameKey", "paused", "priority", "scheduleEndMs", "scheduleStartMs", "setupTag",
        "tagFiringOption", "teardownTag",
    ),
    "trigger": (*_EACH, "triggerId", "autoEventFilter", "customEventFilter", "filter", *_OF_TRIGGERS),
    "variable": (
        *_EACH, "variableId", "disablingTriggerId", "enablingTriggerId", "formatValue", "scheduleEndMs",
        "scheduleStartMs",
    ),
    "client": (*_EACH, "clientId", "priority"),
    "transformation": (*_EACH, "transformationId"),
    "gtagConfig": ("type", "parameter", "tagManagerUrl", "gtagConfigId"),
    "zone": ("name", "notes", "tagManagerUrl", "zoneId", "boundary", "childContainer", "typeRestriction"),
}  # fmt: skip
# Keys of what is inside of a part: parameters, conditions, consent, order of tags, formats, zones.
INSIDE: Final = frozenset(
    {"key", "value", "type", "list", "map", "isWeakReference", "parameter", "consentStatus", "consentType", "tagName",
     "stopOnSetupFailure", "stopTeardownOnFailure", "caseConversionType", "convertFalseToValue", "convertNullToValue",
     "convertToBoolean", "convertToNumber", "convertTrueToValue", "convertUndefinedToValue", "condition",
     "customEvaluationTriggerId", "nickname", "publicId", "enable", "whitelistedTypeId"}
)  # fmt: skip
# What a workspace may change.
CHANGED: Final = ("tag", "trigger", "variable", "folder", "client", "transformation", "zone", "customTemplate",
                  "builtInVariable", "gtagConfig")  # fmt: skip
