"""The page that says why a sign-in failed, for applications without a sign-in page of their own."""

from __future__ import annotations

from html import escape

from fairlead.auth.flow import Problem

__all__ = ["make_problem_page"]

TEXTS: dict[Problem, str] = {
    "denied": "The identity provider did not let you in.",
    "expired": "This sign-in was begun too long ago, or in another browser.",
    "failed": "The answer of the identity provider is not good. The server's log says why.",
    "unavailable": "The identity provider cannot be reached just now.",
}


def make_problem_page(problem: Problem, again: str) -> bytes:
    """A page without scripts."""
    return f"""<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Not signed in</title>
<style>body{{font:16px/1.5 system-ui;max-width:30rem;margin:20vh auto;padding:0 1rem;
color-scheme:light dark}}</style>
<h1>Not signed in</h1><p>{TEXTS[problem]}</p><p><a href="{escape(again)}">Try again</a></p>
""".encode()
