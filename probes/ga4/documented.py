"""What Google documents of conditions at any depth: the keys that are compared of them, and no other.

The schemas are AudienceFilterClause, GroupingRule, MatchingCondition, ParameterMutation, SubpropertyEventFilterClause
and ExpandedDataSetFilterExpression of the discovery document v1alpha. A key that Google adds is then no change of each.
"""

from __future__ import annotations

from typing import Final

AUDIENCE: Final = (
    "clauseType simpleFilter sequenceFilter scope sequenceMaximumDuration sequenceSteps constraintDuration"
    " immediatelyFollows filterExpression andGroup orGroup notExpression filterExpressions dimensionOrMetricFilter"
    " eventFilter eventName eventParameterFilterExpression atAnyPointInTime inAnyNDayPeriod fieldName betweenFilter"
    " fromValue toValue doubleValue int64Value inListFilter values caseSensitive numericFilter operation value"
    " stringFilter matchType"
)
CHANNEL: Final = (
    "displayName expression andGroup orGroup notExpression filterExpressions filter fieldName inListFilter values"
    " stringFilter matchType value"
)
CONDITIONS: Final = "known(eventConditions, 'field comparisonType value negated')"
MUTATIONS: Final = "known(parameterMutations, 'parameter parameterValue')"
EXPANDED: Final = (
    "andGroup filterExpressions notExpression filter fieldName inListFilter values stringFilter matchType value"
    " caseSensitive"
)
# Parameters of an event, as custom dimensions and metrics of its scope are called, in whichever property.
ASKED: Final = "eventConditions[].join('', ['*/EVENT/', field])"
SET: Final = "parameterMutations[].join('', ['*/EVENT/', parameter])"
SENT: Final = (
    "filterClauseType filterExpression orGroup filterExpressions notExpression filterCondition fieldName nullFilter"
    " stringFilter matchType value caseSensitive"
)
