"""What Braze documents of the messages of a campaign or a step, by channel, and of conversions.

https://www.braze.com/docs/api/endpoints/export/campaigns/get_campaign_details

A message is compared by a digest. A key that Braze adds to all e-mails would be a change of each, so those that are
compared are named here. As given are texts, and what has keys of the customer's own: key-value pairs and headers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probes.kit.values import known

PLAIN: Final = (
    "channel", "name", "type", "title", "subject", "body", "from", "reply_to",
    "alert", "action", "image_url", "large_image_url",  # push
    "amp_body", "preheader", "custom_plain_text", "should_inline_css", "should_whitespace_header",  # e-mail
    "url", "method",  # webhook
    "subscription_group_id", "template_name", "template_language_code", "header_variables", "body_variables",
    "button_variables", "layout", "header_text", "body_text", "footer_text",  # SMS and WhatsApp
    "extras", "headers", "email_headers",  # the customer's own
)  # fmt: skip
INSIDE: Final = {
    "data": frozenset({"pages", "header", "text", "choices", "choice_id", "custom_attribute_key",
                       "custom_attribute_value", "deleted"}),
    "buttons": frozenset({"text"}),
}  # fmt: skip
CONVERSION: Final = frozenset({"type", "window", "product", "custom_event_name", "app_ids"})


def documented(messages: Any) -> dict[str, Any] | None:
    """Messages by the ids of their variants; null where there are none."""
    if not isinstance(messages, Mapping):
        return None
    return {id: _message(one) for id, one in messages.items() if isinstance(one, Mapping)}


def _message(one: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: one[name] for name in PLAIN if name in one}
    return plain | {name: known(one[name], names) for name, names in INSIDE.items() if name in one}
