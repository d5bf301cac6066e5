"""The keys of Klaviyo's nested documents, as the OpenAPI of this revision has them and the tests hold against it.

A key that Klaviyo adds to each condition would be a change of every segment and flow, so that documents are compared by
the keys that are named here.
"""

from __future__ import annotations

from typing import Final

# Of a segment's definition, and of whom a flow takes.
CONDITIONS: Final = (
    "can_receive_marketing channel completion_window_seconds condition_groups conditions consent consent_status "
    "country_code date dimension end field filter filters group_ids in_region is_member measurement measurement_filter "
    "method metric_exists metric_filters metric_id object_type_id object_type_relationship_id operator percentage "
    "permission postal_code predicted_channel property property_id quantity reachable_status region start steps "
    "subscription timeframe_filter type unit value"
)
TRIGGER: Final = (
    "audience condition_groups conditions currency_type custom_object_label custom_object_property_id date "
    "date_field_type date_profile_property end field filter id inventory_count metric_id object_type_id "
    "object_type_relationship_id operator price_drop_amount_unit price_drop_amount_value product_level quantity "
    "recurrence_frequency start timedelta_unit_before_date timedelta_value_before_date timeframe_days timezone "
    "trigger_days trigger_filter trigger_time type unit value"
)
# Of the metrics that a metric of the account's own sums.
SUMMED: Final = "filter metric_filters metric_id operator property type value value_property"
# Of where the properties and relationships of a custom object come from.
PROPERTY: Final = "data_path id id_path source source_id type value"
RELATIONSHIP: Final = (
    "id_path identifier_type path related_id_path related_id_paths relationship_id source source_id type "
    "update_strategy"
)
# Of a tracking parameter.
PARAMETER: Final = "campaign flow type value"
