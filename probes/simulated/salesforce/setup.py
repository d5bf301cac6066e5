"""What an administrator can do to classifications, apps, rules and languages of a simulated org."""

from __future__ import annotations

from typing import Any

from probes.simulated.control import controlled

from . import settings
from .core import Core


class Setup(Core):
    """Settings beside objects, rights and automations."""

    @controlled
    def classify(self, object: str, name: str, **keys: Any) -> None:
        """What is said of a field, by columns of FieldDefinition; its describe stays as it is."""
        self._field(object, name)
        self.org.said[f"{object}.{name}"] = {**self.org.said.get(f"{object}.{name}", {}), **keys}
        said = f"Changed {', '.join(sorted(keys))} of {name} on {object}"
        self._changed("classify", "Custom Fields", said, [], object=object, name=name, **keys)

    @controlled
    def set_app(self, name: str, **keys: Any) -> None:
        """A policy of a connected app; one that is not there is made."""
        row = next((one for one in self.org.rows["ConnectedApplication"] if one["Name"] == name), None)
        row = row or self.org.add_row("ConnectedApplication", Name=name)
        row |= keys
        self._touch(row)
        self._changed("set_app", "Connected Apps", f"Changed connected app {name}", [], name=name, **keys)

    @controlled
    def set_client_app(self, name: str, scopes: str = "", **policy: Any) -> None:
        """OAuth scopes of an external client app, and columns of its policies."""
        app = self.org.row("ExternalClientApplication", DeveloperName=name)["Id"]
        if scopes:
            self.org.row("ExtlClntAppOauthSettings", ExternalClientApplicationId=app).update(settings.scopes(scopes))
        self.org.row("ExtlClntAppOauthPlcyCnfg", ExternalClientApplicationId=app).update(policy)
        said = f"Changed external client app {name}"
        self._changed("set_client_app", "External Client Apps", said, [], name=name, scopes=scopes, **policy)

    @controlled
    def set_matching(self, name: str, status: str = "Active", field: str = "") -> None:
        """A matching rule: on, off or in between, or by one more field."""
        row = self.org.row("MatchingRule", DeveloperName=name)
        row["RuleStatus"] = status
        if field:
            self.org.add_row("MatchingRuleItem", self.clock.now(), MatchingRuleId=row["Id"], Field=field,
                             MatchingMethod="Exact", BlankValueBehavior="NullNotAllowed", SortOrder=9)  # fmt: skip
        self._touch(row)
        said = f"Changed matching rule {name}"
        self._changed("set_matching", "Matching Rules", said, [], name=name, status=status, field=field)

    @controlled
    def set_workflow(self, object: str, name: str, **meta: Any) -> None:
        """Keys of a workflow rule's Metadata, such as active."""
        row = self.org.row("WorkflowRule", TableEnumOrId=object, Name=name)
        row["Metadata"] = {**row["Metadata"], **meta}
        self._touch(row)
        said = f"Changed workflow rule {name} for object: {object}"
        self._changed("set_workflow", "Workflow Rules", said, [], object=object, name=name)

    @controlled
    def interview(self, status: str = "Error", owner: str = "events-desk@example.com", ago: float = 60.0) -> None:
        """A flow was paused, or failed."""
        settings.interview(self.org, self.clock.now() - ago, status, owner)
        self.note("interview", status=status, owner=owner)

    @controlled
    def translate(self, language: str, **words: str) -> None:
        """Labels in another language: they are told to whoever has that language."""
        self.org.words[language] = {**self.org.words.get(language, {}), **words}
        self._changed("translate", "Translation Workbench", f"Changed translations of {language}", language=language)

    @controlled
    def speak(self, username: str, language: str) -> None:
        """A user chooses another language."""
        self.org.row("User", Username=username)["LanguageLocaleKey"] = language
        said = f"Changed language of {username}"
        self._changed("speak", "Manage Users", said, [], username=username, language=language)
