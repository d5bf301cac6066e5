"""Which permission sets tell of a system that nobody monitors, how surely, and what it is called."""

from __future__ import annotations

import pytest

from monitor.core.readers import Reader, outside, robots

VENDORS = {"salesforce", "hubspot", "rest"}


def reader(name: str, *, label: str = "", fields: int = 2, among: int = 10, alone: bool | None = True) -> Reader:
    return Reader(name, label, frozenset(f"f{n}" for n in range(fields)), among, alone)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Hightouch_Integration", "hightouch"),
        ("GoogleAds_API_Read_Only", "googleads"),
        ("Google_Ads_Sync", "google-ads"),
        ("ZoomInfoConnector", "zoominfo"),
        ("acme__Salesforce_Reader", "acme"),
        ("Forest_Access", "forest"),
    ],
)
def test_the_system_is_called_what_the_set_names_beside_what_it_is_for(name: str, called: str) -> None:
    (found,) = outside([reader(name)], "salesforce", VENDORS, "Lead")
    assert (found.name, found.sure) == (called, True)
    assert found.evidence == (
        f"{name} may read 2 of the 10 fields of Lead that need a right, and may change nothing",
        "all who have it sign in through the API alone",
    )


@pytest.mark.parametrize(
    ("one", "sure", "last"),
    [
        (reader("Integration_Read_Only"), False, "all who have it sign in through the API alone"),
        (reader("Hightouch_Integration", alone=None), False, "nothing tells who has it"),
        (reader("Hightouch_Integration", alone=False), False, "may change nothing"),
        (reader("Hightouch", label="Hightouch Sync", alone=False), False, "may change nothing"),
    ],
)
def test_a_name_or_holders_alone_are_less_sure(one: Reader, sure: bool, last: str) -> None:
    (found,) = outside([one], "salesforce", VENDORS, "Lead")
    assert found.sure is sure and found.evidence[-1].endswith(last)
    assert found.name in ("hightouch", "integration-read-only")


@pytest.mark.parametrize(
    "one",
    [
        reader("Finance_View", alone=False),  # people
        reader("Finance_View", alone=None),
        reader("Everything_Sync", fields=6),  # not made for these fields
        reader("Nothing_Sync", fields=0),
        reader("HubSpot_Integration"),  # is monitored here
        reader("Sync_2", label="Hub Spot"),
    ],
)
def test_what_says_nothing_of_a_system_outside_is_left(one: Reader) -> None:
    assert list(outside([one], "salesforce", VENDORS, "Lead")) == []


def test_only_who_signs_in_through_the_api_alone_is_a_machine() -> None:
    users = {
        "a": {"active": True, "profile": "Machines"}, "b": {"active": True, "profile": "People"},
        "c": {"active": False, "profile": "People"},
    }  # fmt: skip
    machines = {"profile:Machines"}
    assert robots(["a", "c"], users, machines) is True
    assert robots(["a", "b"], users, machines) is False
    assert robots(["c"], users, machines) is None and robots([], users, machines) is None
    assert robots(["unknown"], users, machines) is None
