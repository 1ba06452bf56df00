"""Decoding the lines of a file, also as spreadsheets write them."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from authsite.importing.errors import UnusableSource

#: Bytes, so that a file of another kind does not fill the memory.
MAX_LINE = 1024 * 1024
#: What the operator can name: UTF, and the code pages of Windows and of old computers of Apple.
ENCODINGS = (
    *("utf-8", "utf-16-le", "utf-16-be"),
    *(f"cp{number}" for number in (1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258)),
    *("cp932", "cp936", "cp949", "cp950", "mac-roman"),
)
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
#: How files of spreadsheets begin: ZIP archives, and the files of before 2007.
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def decode_lines(file: BinaryIO, encoding: str | None = None) -> Iterator[str]:
    r"""Yield the lines, each with a `\n` however it ends; raise `UnusableSource`.

    A byte order mark names the encoding; without it, it is `encoding` or UTF-8. Bytes that cannot
    be decoded affect their own line only.
    """
    raw = file.readline(MAX_LINE)
    codec = _find_mark(raw) or encoding or _expect_utf_8(raw)
    decoder = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder(codec)("replace"), translate=True
    )
    number, size = 0, 0
    pieces: list[str] = []
    while raw:
        pieces.append(decoder.decode(raw))
        size += len(raw)
        if "\n" in pieces[-1]:
            *lines, rest = "".join(pieces).split("\n")
            yield from (f"{line}\n" for line in lines)
            number, size, pieces = number + len(lines), len(rest), [rest]
        if size >= MAX_LINE:
            raise UnusableSource(f"line {number + 1} is longer than {MAX_LINE} bytes")
        raw = file.readline(MAX_LINE)
    last = "".join([*pieces, decoder.decode(b"", final=True)])
    if last:
        yield last


def _find_mark(start: bytes) -> str | None:
    return next((codec for mark, codec in _MARKS.items() if start.startswith(mark)), None)


def _expect_utf_8(start: bytes) -> str:
    """Return UTF-8; raise `UnusableSource` if this is the first line of something else."""
    if start.startswith(_SPREADSHEETS):
        raise UnusableSource("this is a file of a spreadsheet: save it as CSV UTF-8")
    if b"\0" in start:
        raise UnusableSource("this is not UTF-8. UTF-16 without a mark needs --encoding utf-16-le")
    return "utf-8"
