"""An answer in XML with stand-ins: nothing stays of it but what the vendor file names."""

from __future__ import annotations

import pytest

from monitor.setup.markup import marked_up, restood
from monitor.setup.scrub import Stand
from probes.kit.contract import Malformed

KNOWN = frozenset({"Results", "Name", "Active", "Note", "Role"})


def made(inside: str, head: str = "") -> str:
    raw = f'<?xml version="1.0"?>{head}<s:Envelope xmlns:s="http://www.w3.org/x"><s:Body>{inside}</s:Body></s:Envelope>'
    assert marked_up(raw.encode())
    return restood(raw.encode(), Stand({"Admin"}), KNOWN).partition("<s:Body>")[2].partition("</s:Body>")[0]


@pytest.mark.parametrize(
    ("inside", "stays"),
    [
        ("<Name>kanarie7</Name>", "<Name>text-1</Name>"),
        ("<Name> Admin </Name><Active>true</Active>", "<Name>Admin</Name><Active>true</Active>"),
        ("<Name>a &lt; b &amp; kanarie7</Name>", "<Name>text-1</Name>"),
        ("<Name><![CDATA[<kanarie7>]]></Name>", "<Name>text-1</Name>"),
        ("<Name>jane@kanarie7.example</Name>", "<Name>person1@example.com</Name>"),
        ("<kanarie7>1</kanarie7><Name/>", "<Name></Name>"),
        ("<Own>kanarie7<Name>kanarie7</Name>kanarie7</Own><Name>Admin</Name>", "<Name>Admin</Name>"),
        ("<!-- kanarie7 --><?kanarie7 kanarie7?><Name/>", "<Name></Name>"),
        ('<Results own="kanarie7" xsi:nil="true" xsi:type="kanarie7"/>',
         '<Results xsi:nil="true" xsi:type="text-1"></Results>'),
        ('<Results xmlns="https://kanarie7.example/a"/>', '<Results xmlns="https://example.com/1"></Results>'),
        ("<Results>kanarie7<Role>Admin</Role>kanarie7</Results>",
         "<Results>text-1<Role>Admin</Role>text-1</Results>"),
    ],
)  # fmt: skip
def test_what_the_vendor_file_does_not_name_is_a_stand_in_or_gone(inside: str, stays: str) -> None:
    assert made(inside) == stays


def test_what_is_no_answer_in_xml_is_malformed_without_a_word_of_it() -> None:
    for raw in ("<html><p>kanarie7</p></html>", "<Envelope><Name>kanarie7", "<kanarie7>"):
        with pytest.raises(Malformed) as caught:
            restood(raw.encode(), Stand(()), KNOWN)
        assert "kanarie7" not in str(caught.value)
    with pytest.raises(Malformed, match="a document type"):
        made("<Name>&k;</Name>", '<!DOCTYPE s [<!ENTITY k "kanarie7">]>')
