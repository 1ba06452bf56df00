"""The costliest input of each type that we know, and every form that it is sent to."""

import time
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

from pyramid.registry import Registry

from authsite.resources.site_map import endpoints
from authsite.web.form_pages import FormPage
from authsite.web.forms import SiteForm

#: Bytes of a body, almost as many as a form may have.
BODY = 62_000
#: Characters of a header or a path, almost as many as production.ini allows.
HEADER = 30_000


def _marks(length: int) -> str:
    """Return combining marks in falling order of their class: sorting them is quadratic."""
    by_class = {unicodedata.combining(chr(code)): chr(code) for code in range(0x300, 0x900)}
    classes = sorted(filter(None, by_class), reverse=True)
    return "a" + "".join(by_class[each] * (length // len(classes)) for each in classes)


#: Values of a field, as they stand in a body. Each is the worst for a parser, a regular expression,
#: normalization or the strength meter.
INPUTS: dict[str, bytes] = {
    "marks": _marks(BODY // 2 - 2000).encode(),
    "few marks": quote_plus(_marks(990)).encode(),
    "semicolons": b";" * BODY,
    "ampersands": b"&" * BODY,
    "fields": b"&a=b" * 900,
    "percent signs": b"%" * BODY,
    "percent-encoded letters": b"%41" * (BODY // 3),
    "equals signs": b"=" * BODY,
    "malformed UTF-8": b"\xff\xc3(" * (BODY // 3),
    "deep path": b"/" + b"a/../" * (BODY // 5),
    "path": quote_plus("/" + "a/b?" * 499).encode(),
    "spaces": b"+" * BODY,
    "invisible characters": quote("\u200b" * (BODY // 9)).encode(),
    "few invisible characters": quote("\u200b" * 999 + "a").encode(),
    "full-width characters": "\uff20\uff0e".encode() * (BODY // 6),
    "brackets": b"%3C" * (BODY // 3),
    "substitutions": quote_plus("4@8({[<3691!|0$5+7%2" * 6).encode(),
    "dots": b"a." * 120 + b"%40example.com",
    "quotes": b"%22" * 120 + b"%40example.com",
    "punycode": quote_plus("a@" + ".".join(["xn--" + "9" * 55] * 4)).encode(),
    "letters of a domain": quote_plus("a@" + "\u00fc" * 250).encode(),
    "encoded words": quote_plus("=?q?" * 60 + "@example.com").encode(),
}

_PART = b'--b\r\nContent-Disposition: form-data; name="email"%s\r\n\r\nx\r\n--b--\r\n'
#: Bodies of several parts, with the ways to say where a part begins.
MULTIPART: list[tuple[str, bytes]] = [
    ("multipart/form-data; boundary=b", _PART % (b";" * BODY)),
    ("multipart/form-data; boundary=b", _PART % (b'"' + b";" * BODY)),
    ("multipart/form-data; boundary = b", _PART % (b";" * BODY)),
    ("multipart/form-data; xboundary=A; boundary=b", _PART % (b";" * BODY)),
    ('multipart/form-data; x="boundary=A"; boundary=b', _PART % (b";" * BODY)),
    ("Multipart/Form-Data; boundary=b", _PART % (b";\r\n " * (BODY // 4))),
    (
        "multipart/form-data; boundary=o",
        b"--o\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        + _PART % (b";" * BODY)
        + b"\r\n--o--\r\n",
    ),
]


class PostedForm(NamedTuple):
    """A form that the site takes: the URL with placeholders, and the names of its fields."""

    url: str
    permission: str
    fields: tuple[str, ...]


def forms_of(registry: Registry) -> list[PostedForm]:
    """Return every form that is sent by POST, found by its view."""
    pages = {f"{each.__module__}.{each.__qualname__}": each for each in _subclasses(FormPage)}
    every_field = sorted({name for form in _subclasses(SiteForm) for name in form()._fields})

    def fields_of(view: str) -> tuple[str, ...]:
        page = pages.get(view.rpartition(".")[0])
        if page is None:  # a button
            return ()
        form = getattr(page, "form_type", None)  # otherwise chosen for each request
        return tuple(form()._fields if form else every_field)

    return [
        PostedForm(each.url, each.permission, fields_of(each.view))
        for each in endpoints(registry)
        if each.method == "POST"
    ]


def _subclasses(base: Any) -> Iterator[Any]:
    for each in base.__subclasses__():
        if each.__module__.startswith("authsite."):
            yield each
        yield from _subclasses(each)


def cpu_seconds(send: Callable[[], Any], *, bound: float) -> float:
    """Return the CPU time of the process; what exceeds the bound is repeated twice, for noise."""
    for _ in range(3):
        before = time.process_time()
        send()
        seconds = time.process_time() - before
        if seconds < bound:
            break
    return seconds
