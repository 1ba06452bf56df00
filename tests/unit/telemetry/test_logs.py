"""Log lines: one JSON object each, whatever a client sends."""

import json
import logging
import sys
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.response import Response

from authsite.http.headers import request_id, with_headers
from authsite.telemetry.logs import JsonFormatter


def logged(message: str, *args: object, **values: object) -> str:
    record = logging.LogRecord("authsite.views", logging.WARNING, "x.py", 1, message, args, None)
    vars(record).update(values)
    return JsonFormatter().format(record)


@pytest.mark.asvs("16.4.1")
@given(st.text())
def test_log_line_is_one_line_of_printable_ascii(text):
    """Clients can neither forge a line nor send control codes to a terminal."""
    line = logged("said %s", text)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"] == f"said {text}"


@pytest.mark.asvs("16.2.1", "16.2.2", "16.2.4")
def test_log_line_has_time_level_logger_and_message():
    line = json.loads(logged("sys_purge: %d gone", 7, created=1_900_000_000.5))
    assert line["level"] == "WARNING"
    assert line["logger"] == "authsite.views"
    assert line["message"] == "sys_purge: 7 gone"
    assert isinstance(line["process"], int)
    time = datetime.fromisoformat(line["time"])
    assert time.timestamp() == 1_900_000_000.5
    assert time.utcoffset() == timedelta(0)


@pytest.mark.asvs("16.1.1", "16.2.4")
@pytest.mark.parametrize(
    ("message", "event"),
    [
        ("sys_purge: %s gone", "sys_purge"),
        ("malicious_host: not a host of this site", "malicious_host"),
        ("sys_crash", "sys_crash"),
        ("Serving on %s", None),
        ("error: %s", None),
        ("%s", None),
        ("a sys_crash: %s", None),
        ("Sys_Crash: %s", None),
        ("_crash: %s", None),
        ("sys_cräsh: %s", None),
    ],
)
def test_event_is_read_from_the_format_only(message, event):
    """Text from a client is never taken for an event."""
    sent = ("sys_crash: a lie",) if "%" in message else ()
    assert json.loads(logged(message, *sent)).get("event") == event


def test_event_can_be_a_field_of_the_record():
    assert json.loads(logged("signed in", event="authn_login_success"))["event"] == (
        "authn_login_success"
    )
    assert "event" not in json.loads(logged({"sys_crash": 1}))


@pytest.mark.asvs("16.2.1")
def test_plain_fields_are_added_and_replace_nothing():
    given = {"kind": "sign_in", "attempts": 3, "took": 0.5, "known": True}
    line = json.loads(logged("x: y", **given))
    assert given.items() <= line.items()
    line = json.loads(logged("x: y", user={"secret": 1}, token=b"secret", nothing=None))
    assert not {"user", "token", "nothing"} & line.keys()
    lies = {"level": "DEBUG", "logger": "x", "time": "never", "request_id": "0", "exception": "no"}
    line = json.loads(logged("x: y", **lies))
    assert (line["level"], line["logger"]) == ("WARNING", "authsite.views")
    assert datetime.fromisoformat(line["time"])


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_number_unknown_to_json_is_omitted(number):
    line = logged("sys_purge: x", seconds=number, rows=7.5)
    assert "seconds" not in json.loads(line)
    assert json.loads(line)["rows"] == 7.5


@pytest.mark.asvs("16.2.1")
def test_request_id_is_logged_during_a_request_only():
    lines = []

    def answer(environ, router):
        lines.append(json.loads(logged("within")))
        lines.append({"request_id": request_id.get()})
        return Response()

    with_headers(answer, https=False)({}, None)
    assert lines[0]["request_id"] == lines[1]["request_id"] is not None
    assert "request_id" not in json.loads(logged("outside"))


@pytest.mark.asvs("16.3.4")
def test_traceback_is_logged_on_the_same_line():
    try:
        int("seven\nof nine")
    except ValueError:
        line = logged("sys_crash", exc_info=sys.exc_info())
    assert "\n" not in line
    exception = json.loads(line)["exception"]
    assert exception.startswith("Traceback")
    assert exception.endswith(r"'seven\nof nine'")
    assert "exception" not in json.loads(logged("all is well"))
