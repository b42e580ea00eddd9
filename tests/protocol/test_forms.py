"""Multipart forms, as browsers write them and as nobody should."""

from __future__ import annotations

import pytest

from fairlead import TRPCError
from fairlead.protocol.forms import parse_form
from fairlead.uploads import UploadedFile

TYPE = "multipart/form-data; boundary=XX"
FIELD = 'Content-Disposition: form-data; name="a"'


def make_part(head: str, body: str) -> str:
    return f"--XX\r\n{head}\r\n\r\n{body}\r\n"


def parse(*parts: str, end: str = "--XX--\r\n") -> object:
    return parse_form(("".join(parts) + end).encode(), TYPE, 3).entries


@pytest.mark.parametrize(
    ("part", "entry"),
    [
        (make_part(FIELD, "v"), ("a", "v")),
        (make_part(FIELD, "one\r\n--X\r\n"), ("a", "one\r\n--X\r\n")),
        (
            make_part('Content-Disposition: form-data; name="a%22%0D%0a"', ""),
            ('a"\r\n', ""),
        ),
        (make_part(FIELD + "\r\nContent-Transfer-Encoding: base64", "aGk"), ("a", "hi")),
        (
            make_part(FIELD + '; filename="C:\\x.txt"', "ü"),
            ("a", UploadedFile(filename="C:\\x.txt", content_type="text/plain", data="ü".encode())),
        ),
        (
            make_part(FIELD + '; filename=""\r\nContent-Type: TEXT/Html', ""),
            ("a", UploadedFile(filename="", content_type="text/html", data=b"")),
        ),
    ],
)  # fmt: skip
def test_a_part_is_a_text_or_a_file(part: str, entry: object) -> None:
    assert parse(part) == (entry,)


@pytest.mark.parametrize(
    "parts",
    [
        ("preamble\r\n", make_part(FIELD, "v")),
        (make_part(FIELD, "v").replace("\r\n", "\n"),),
        (make_part("Content-Disposition: form-data", "v"),),
        (make_part("Content-Disposition: form-data; name=a", "v"),),
        (make_part('Content-Disposition: attachment; name="a"', "v"),),
        (make_part(FIELD + "; filename*=UTF-8''x", "v"),),
        (make_part("X: y", "v"),),
        (make_part(FIELD, "v").removesuffix("\r\n"),),
    ],
)
def test_what_no_browser_writes_is_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(TRPCError, match="Failed to parse body as FormData") as caught:
        parse(*parts)

    assert caught.value.code == "BAD_REQUEST"


@pytest.mark.parametrize("end", ["", "--XX\r\n", "--XX--\r\nepilogue", "--XX-"])
def test_a_form_ends_with_its_last_boundary(end: str) -> None:
    with pytest.raises(TRPCError, match="Failed to parse body as FormData"):
        parse(make_part(FIELD, "v"), end=end)


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=YY"])
def test_the_content_type_names_the_boundary(boundary: str) -> None:
    body = (make_part(FIELD, "v") + "--XX--").encode()

    with pytest.raises(TRPCError, match="Failed to parse body as FormData"):
        parse_form(body, "multipart/form-data" + boundary, None)


@pytest.mark.parametrize("boundary", ['"XX"', "XX; charset=utf-8", "XX; boundary=YY"])
def test_the_boundary_may_be_quoted(boundary: str) -> None:
    body = (make_part(FIELD, "v") + "--XX--").encode()

    form = parse_form(body, f"Multipart/Form-Data; Boundary={boundary}", None)

    assert form.entries == (("a", "v"),)
