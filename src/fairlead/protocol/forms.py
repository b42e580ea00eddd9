"""Multipart forms, read as strictly as tRPC's own server reads them.

Its reader is the Fetch API's `formData()`, which takes what browsers send and little else: each
part begins with `form-data; name="..."`, quotes and line breaks in names travel as `%22`, `%0D`
and `%0A`, and there is neither a preamble nor an epilogue. General readers take more, and leave
those escapes as they are.
"""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass

from fairlead.errors import TRPCError
from fairlead.uploads import FormData, UploadedFile

__all__ = ["parse_form"]

_BOUNDARY = re.compile(
    r';[ \t]*boundary=(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))', re.IGNORECASE
)
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*([^\r\n]*)\r\n")
_DISPOSITION = re.compile(
    rb'form-data; name="([^"\r\n]*)"(?:; filename="([^"\r\n]*)")?', re.DOTALL
)
_ESCAPES = {b"%0a": b"\n", b"%0d": b"\r", b"%22": b'"'}
_ESCAPE = re.compile(b"|".join(_ESCAPES), re.IGNORECASE)
_LINE = b"\r\n"


@dataclass(slots=True)
class _Head:
    """What the headers of a part say."""

    name: str | None = None
    filename: str | None = None
    content_type: str = "text/plain"
    is_base64: bool = False


class _BrokenFormError(ValueError):
    """It is no form; says why."""


def parse_form(body: bytes, content_type: str, bound: int | None) -> FormData:
    """A multipart form of at most `bound` fields.

    Raises:
        TRPCError: BAD_REQUEST, it is none; PAYLOAD_TOO_LARGE, at the bound.
    """
    entries: list[tuple[str, str | UploadedFile]] = []
    try:
        mark = b"--" + _find_boundary(content_type)
        position = _skip_lines(body)
        end = _find_end(body, mark)
        while position != end:
            position = _expect(body, position, mark)
            position = _expect(body, position, _LINE)
            if bound is not None and len(entries) == bound:
                raise TRPCError(
                    "PAYLOAD_TOO_LARGE", f"The form has more than {bound} fields"
                )
            head, position = _read_head(body, position)
            stop = body.find(_LINE + mark, position)
            if stop < 0:
                raise _BrokenFormError("a part has no end")
            entries.append(_make_entry(head, body[position:stop]))
            position = stop + len(_LINE)
    except _BrokenFormError as error:
        # In the words that tRPC's clients see.
        raise TRPCError(
            "BAD_REQUEST", "Failed to parse body as FormData.", cause=error
        ) from error
    return FormData(tuple(entries))


def _find_boundary(content_type: str) -> bytes:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise _BrokenFormError("the content-type names no boundary")
    quoted, plain = found.groups()
    return (plain or re.sub(r"\\(.)", r"\1", quoted)).encode("latin-1", "replace")


def _skip_lines(body: bytes) -> int:
    position = 0
    while body.startswith(_LINE, position):
        position += len(_LINE)
    return position


def _find_end(body: bytes, mark: bytes) -> int:
    """Where the last boundary begins: nothing but line breaks may follow it."""
    size = len(body)
    while size > 1 and body[size - 2 : size] == _LINE:
        size -= 2
    closing = mark + b"--"
    if not body[:size].endswith(closing):
        raise _BrokenFormError("it does not end with its last boundary")
    return size - len(closing)


def _expect(body: bytes, position: int, text: bytes) -> int:
    if not body.startswith(text, position):
        raise _BrokenFormError(f"no {text!r} at byte {position}")
    return position + len(text)


def _read_head(body: bytes, position: int) -> tuple[_Head, int]:
    head = _Head()
    while not body.startswith(_LINE, position):
        found = _HEADER.match(body, position)
        if found is None:
            raise _BrokenFormError(f"no header at byte {position}")
        _take_header(head, found[1].lower(), found[2])
        position = found.end()
    if head.name is None:
        raise _BrokenFormError("a part has no name")
    return head, position + len(_LINE)


def _take_header(head: _Head, name: bytes, value: bytes) -> None:
    if name == b"content-disposition":
        found = _DISPOSITION.fullmatch(value)
        if found is None:
            raise _BrokenFormError(f"{value!r} names no field")
        head.name = _read_name(found[1])
        head.filename = None if found[2] is None else _read_name(found[2])
    elif name == b"content-type":
        given = value.rstrip(b" \t").decode("latin-1")
        head.content_type = given.lower() if given.isascii() else ""
    elif name == b"content-transfer-encoding":
        head.is_base64 = value.rstrip(b" \t") == b"base64"


def _read_name(raw: bytes) -> str:
    if b"%" in raw:
        raw = _ESCAPE.sub(lambda found: _ESCAPES[found[0].lower()], raw)
    return raw.decode("utf-8", "replace")


def _make_entry(head: _Head, data: bytes) -> tuple[str, str | UploadedFile]:
    if head.is_base64:
        data = _decode_base64(data)
    name = head.name or ""
    if head.filename is None:
        return name, data.decode("utf-8", "replace")
    return name, UploadedFile(
        filename=head.filename, content_type=head.content_type, data=data
    )


def _decode_base64(data: bytes) -> bytes:
    """Leniently, as JavaScript does: what is no base64 is skipped, padding may be missing."""
    letters = re.sub(
        rb"[^A-Za-z0-9+/]", b"", data.translate(bytes.maketrans(b"-_", b"+/"))
    )
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return b64decode(letters + b"=" * (-len(letters) % 4))
