from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.panels.denials import Denial
from bot.panels.errors import Denied
from bot.panels.wire_service_rows import RejectedRow, RowFault
from bot.panels.wire_services import CatalogueDecoder, ServicesAnswer, decode_services
from bot.wire.reading import Malformed
from bot.wire.reasons import LostReason

ROW = {
    "service": 1,
    "name": "Followers",
    "type": "Default",
    "category": "First",
    "rate": "0.90",
    "min": "50",
    "max": "10000",
    "refill": True,
}


def decode(*rows: object) -> ServicesAnswer:
    return decode_services(json.dumps(rows).encode(), "panel")


def one(**fields: object):
    answer = decode(ROW | fields)
    assert answer.rejected == ()
    return answer.services[0]


def without(*names: str) -> dict[str, object]:
    return {name: value for name, value in ROW.items() if name not in names}


def rejected(row: object) -> RejectedRow:
    answer = decode(row)
    assert answer.services == ()
    (found,) = answer.rejected
    return found


# How panels write the same thing (each is a deviation seen in use).


@pytest.mark.parametrize("service", [7, "7"])
def test_the_id_is_a_number_or_a_string(service):
    assert one(service=service).id == "7"


def test_the_id_is_named_service_id():
    assert decode(without("service") | {"serviceId": 7}).services[0].id == "7"


@pytest.mark.parametrize(
    ("written", "rate"),
    [('"0.90"', "0.90"), ("0.9", "0.9"), ("1.10", "1.10"), ("8", "8"), ('" 0.5 "', "0.5"), ("1e-7", "1E-7")],
)
def test_the_rate_is_kept_exactly_as_written(written, rate):
    body = json.dumps([ROW]).replace('"0.90"', written).encode()
    assert str(decode_services(body, "panel").services[0].rate) == rate


def test_a_rate_per_thousand_beside_a_rate_per_unit_is_the_one_meant():
    assert one(rate="0.0009", rate1K="0.90").rate == Decimal("0.90")


def test_limits_are_numbers_or_strings():
    service = one(min=50, max="10000")
    assert (service.minimum, service.maximum) == (50, 10000)


@pytest.mark.parametrize("written", ["Custom Comments", "custom_comments", "Custom_comments", " custom  comments "])
def test_all_spellings_of_a_type_are_one(written):
    assert one(type=written).type == "custom comments"


@pytest.mark.parametrize("row", [without("type"), ROW | {"type": None}, ROW | {"type": ""}])
def test_a_missing_type_is_the_ordinary_one(row):
    assert decode(row).services[0].type == "default"


def test_an_unknown_type_is_decoded_all_the_same():
    assert one(type="Auto Likes").type == "auto likes"


@pytest.mark.parametrize("limits", [{}, {"min": None, "max": ""}, {"min": "1", "max": "1"}])
def test_a_package_needs_no_limits(limits):
    service = decode(without("min", "max") | {"type": "Package"} | limits).services[0]
    assert (service.minimum, service.maximum) == (1, 1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (True, True),
        (False, False),
        ("1", True),
        ("0", False),
        (1, True),
        (0, False),
        (None, None),
        ("", None),
        ("false", False),
        ("30 дней", True),
        ("Lifetime", True),
        ([], None),
    ],
)
def test_refill_flags_and_texts(written, meant):
    assert one(refill=written).refill is meant


@pytest.mark.parametrize(("written", "meant"), [("1", True), ("no", False), ("maybe", None), (None, None)])
def test_cancel_and_dripfeed_flags(written, meant):
    service = one(cancel=written, dripfeed=written)
    assert (service.cancel, service.dripfeed) == (meant, meant)


def test_what_a_panel_does_not_say_is_not_known():
    service = decode(without("refill")).services[0]
    assert (service.refill, service.cancel, service.dripfeed, service.description) == (None, None, None, "")


@pytest.mark.parametrize("field", ["desc", "description"])
def test_the_description_has_two_names(field):
    assert one(**{field: "Starts <b>soon</b>\r\nKeeps"}).description == "Starts <b>soon</b>\nKeeps"


def test_of_two_descriptions_the_longer_name_wins():
    assert one(desc="short", description="long").description == "long"


def test_fields_of_other_dialects_are_passed_over():
    assert one(platform="x", average_time=5, name_lang={"en": "y"}, currency="USD", enabled=True) == one()


def test_texts_are_cleaned_and_capped():
    service = one(name="\u202eVerified\u0000 name " + "n" * 300, category=" a\n b ", description="d" * 2000)
    assert service.name == ("Verified name " + "n" * 300)[:199] + "…"
    assert service.category == "a b"
    assert len(service.description) == 1000


def test_a_zero_or_negative_rate_and_crossed_limits_are_for_the_shop_to_judge():
    service = one(rate="-1", min="10", max="5")
    assert (service.rate, service.minimum, service.maximum) == (Decimal(-1), 10, 5)


def test_a_mark_and_blanks_before_the_list_are_forgiven():
    assert decode_services(b"\xef\xbb\xbf\r\n " + json.dumps([ROW]).encode(), "panel").services


def test_json_is_read_with_its_escapes():
    assert one(name="Abonn\u00e9s \U0001f680").name == "Abonnés 🚀"


# What is not believed.


@pytest.mark.parametrize(
    ("row", "service_id", "reason"),
    [
        (7, None, RowFault.UNREADABLE),
        (None, None, RowFault.UNREADABLE),
        ([ROW], None, RowFault.UNREADABLE),
        ({}, None, RowFault.ID),
        (ROW | {"service": 0}, None, RowFault.ID),
        (ROW | {"service": -1}, None, RowFault.ID),
        (ROW | {"service": True}, None, RowFault.ID),
        (ROW | {"service": 1.5}, None, RowFault.ID),
        (ROW | {"service": "1,2"}, None, RowFault.ID),
        (ROW | {"service": {}}, None, RowFault.ID),
        (ROW | {"name": ""}, "1", RowFault.NAME),
        (ROW | {"name": "\u200b\u202e"}, "1", RowFault.NAME),
        (ROW | {"name": None}, "1", RowFault.NAME),
        (without("rate"), "1", RowFault.RATE),
        (ROW | {"rate": None}, "1", RowFault.RATE),
        (ROW | {"rate": ""}, "1", RowFault.RATE),
        (ROW | {"rate": "free"}, "1", RowFault.RATE),
        (ROW | {"rate": "NaN"}, "1", RowFault.RATE),
        (ROW | {"rate": "0,90"}, "1", RowFault.RATE),
        (ROW | {"rate": "１"}, "1", RowFault.RATE),
        (ROW | {"rate": True}, "1", RowFault.RATE),
        (ROW | {"rate": [1]}, "1", RowFault.RATE),
        (without("min"), "1", RowFault.LIMITS),
        (ROW | {"min": "-5"}, "1", RowFault.LIMITS),
        (ROW | {"max": "many"}, "1", RowFault.LIMITS),
        (ROW | {"max": 10.5}, "1", RowFault.LIMITS),
        (ROW | {"max": True}, "1", RowFault.LIMITS),
        (ROW | {"max": "9" * 30}, "1", RowFault.LIMITS),
    ],
)
def test_a_row_that_cannot_be_believed_is_left_out_by_name(row, service_id, reason):
    assert rejected(row) == RejectedRow(service_id, reason)


def test_a_bad_row_leaves_the_others_alone():
    answer = decode(ROW, {"service": 2}, ROW | {"service": 3})
    assert [service.id for service in answer.services] == ["1", "3"]
    assert answer.rejected == (RejectedRow("2", RowFault.NAME),)


def test_of_two_rows_with_the_same_terms_the_first_stays():
    answer = decode(ROW, ROW | {"category": "Second"})
    assert [service.category for service in answer.services] == ["First"]
    assert answer.rejected == ()


@pytest.mark.parametrize("other", [{"rate": "0.10"}, {"min": "1"}, {"max": "1"}, {"type": "Package"}])
def test_of_two_rows_with_different_terms_neither_is_believed(other):
    answer = decode(ROW, ROW | other, ROW | {"service": 2})
    assert [service.id for service in answer.services] == ["2"]
    assert answer.rejected == (RejectedRow("1", RowFault.DUPLICATE),)


def test_an_empty_list_is_an_empty_catalogue():
    assert decode() == ServicesAnswer(())


def test_one_scripts_empty_catalogue_is_an_object():
    assert decode_services(b'{"status":"success","data":"Empty Data"}', "panel") == ServicesAnswer(())


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b'{"error":"Invalid API key"}', Denial.KEY, "Invalid API key"),
        (b'{"error":"Whatever","status":"101"}', Denial.UNRECOGNISED, "Whatever"),
        ('{"status":"error","msg":"Hệ thống đang bảo trì!"}'.encode(), Denial.MAINTENANCE, "Hệ thống đang bảo trì!"),
    ],
)
def test_a_refusal_in_place_of_the_catalogue(body, kind, text):
    with pytest.raises(Denied) as caught:
        decode_services(body, "panel")
    assert (caught.value.kind, caught.value.text) == (kind, text)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", LostReason.EMPTY),
        (b"null", LostReason.SHAPE),
        (b"5", LostReason.SHAPE),
        (b"{}", LostReason.SHAPE),
        (b'{"data":[]}', LostReason.SHAPE),
        (b'{"a":"' + b"x" * 70_000 + b'"}', LostReason.SHAPE),
        (b"<html>", LostReason.NOT_JSON),
        (b"[{]", LostReason.NOT_JSON),
        (b'[{"service":1}', LostReason.NOT_JSON),
        (b"[NaN]", LostReason.NOT_JSON),
        (b"[" * 100_000, LostReason.NOT_JSON),
    ],
)
def test_what_is_no_catalogue_is_refused_by_name(body, reason):
    with pytest.raises(Malformed) as caught:
        decode_services(body, "panel")
    assert caught.value.reason is reason


# Saying something about canceling.


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([ROW], False),
        ([ROW | {"cancel": False}], True),
        ([ROW, ROW | {"service": 2, "cancel": None}], True),
        ([ROW | {"name": 'The "cancel": word'}], False),
        ([ROW | {"name": "cancel"}], False),
    ],
)
def test_whether_a_catalogue_names_canceling(rows, names):
    assert decode(*rows).names_cancel is names


# Decoding the same panel again.


def test_rows_that_did_not_change_keep_their_service():
    decoder = CatalogueDecoder("panel")
    first = decoder.decode(json.dumps([ROW, ROW | {"service": 2}]).encode())
    second = decoder.decode(json.dumps([ROW, ROW | {"service": 2, "rate": "1"}]).encode())
    assert second.services[0] is first.services[0]
    assert second.services[1].rate == Decimal(1)


def test_secrets_are_looked_for_in_new_rows_only():
    decoder = CatalogueDecoder("panel")
    asked: list[bytes] = []

    def cleaner(written: bytes) -> Callable[[str, int], str]:
        asked.append(written)
        return lambda text, limit: text.replace("s3cret", "[key]")[:limit]

    leaked = ROW | {"service": 2, "name": "Likes s3cret"}
    assert decoder.decode(json.dumps([ROW, leaked]).encode(), cleaner).services[1].name == "Likes [key]"
    again = decoder.decode(json.dumps([ROW, leaked, ROW | {"service": 3, "name": "s3cret"}]).encode(), cleaner)
    assert [service.name for service in again.services[1:]] == ["Likes [key]", "[key]"]
    assert b"s3cret" in asked[0]
    assert (b'"service": 2' in asked[1], b'"service": 3' in asked[1]) == (False, True)


def test_rejected_rows_are_reported_every_time():
    decoder = CatalogueDecoder("panel")
    body = json.dumps([ROW, {"service": 2}]).encode()
    assert decoder.decode(body) == decoder.decode(body)


def test_what_a_panel_dropped_is_forgotten():
    decoder = CatalogueDecoder("panel")
    decoder.decode(json.dumps([ROW, ROW | {"service": 2}]).encode())
    assert [service.id for service in decoder.decode(json.dumps([ROW]).encode()).services] == ["1"]


@given(st.lists(st.sampled_from([ROW, ROW | {"service": 2}, ROW | {"rate": "2"}, {"service": 3}, None]), max_size=8))
def test_decoding_again_is_decoding_anew(rows):
    decoder = CatalogueDecoder("panel")
    decoder.decode(json.dumps([ROW, ROW | {"service": 9}]).encode())
    body = json.dumps(rows).encode()
    assert decoder.decode(body) == decode_services(body, "panel")


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


@given(st.lists(st.dictionaries(st.sampled_from([*ROW, "cancel", "desc", "rate1K", "serviceId"]), _VALUES), max_size=5))
def test_whatever_a_row_holds_it_is_believed_or_rejected(rows):
    answer = decode_services(json.dumps(rows).encode(), "panel")
    for service in answer.services:
        assert service.rate.is_finite()
        assert service.minimum >= 0
        assert service.name


def test_a_description_keeps_its_lines_and_a_long_name_says_that_it_goes_on() -> None:
    row = {
        "service": 1, "name": "do not order a second time on the same link " * 9, "type": "Default", "category": "c",
        "rate": "1", "min": 1, "max": 2, "desc": "Start: 0-1 h<br>Speed:  1K\nRefill: 30 days",
    }  # fmt: skip
    [service] = decode_services(json.dumps([row]).encode(), "p").services
    assert service.description == "Start: 0-1 h\nSpeed: 1K\nRefill: 30 days"
    assert service.name.endswith(" link…") or service.name.endswith("…")
    assert len(service.name) <= 200
    assert service.name[:-1].split()[-1] in ["do", "not", "order", "a", "second", "time", "on", "the", "same", "link"]


@pytest.mark.parametrize("row", [b"0", b"{}", b'{"service":1}', b"[]", b'""', b"{},0,0,0,0"])
def test_a_catalogue_of_absurdly_many_rows_is_refused_before_its_rows_are_made(row: bytes) -> None:
    body = b"[" + b",".join([row] * 300_000) + b"]"
    tracemalloc.start()
    try:
        with pytest.raises(Malformed) as malformed:
            decode_services(body, "panel")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert malformed.value.reason is LostReason.TOO_LARGE
    assert peak < 10_000_000


@pytest.mark.parametrize("field", ["name", "type", "category", "rate", "service", "x"])
def test_a_row_that_is_not_utf8_is_left_out_and_the_others_are_read(field: str) -> None:
    broken = json.dumps({**ROW, field: "MARK"}).encode().replace(b"MARK", b"\xda")
    answer = decode_services(b"[" + broken + b"," + json.dumps({**ROW, "service": 2}).encode() + b"]", "panel")
    assert "2" in {service.id for service in answer.services}
