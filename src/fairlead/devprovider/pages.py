"""The pages of the provider: choose a persona; say what went wrong. No scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import urlencode

from fairlead.devprovider.personas import Persona

__all__ = ["make_choice", "make_message"]

_STYLE = """
:root { color-scheme: light dark; --line: #d9dee7; --soft: #5b6575; --bg: #f6f7f9; --card: #fff;
  --ink: #131a26; --accent: #2f5bea }
@media (prefers-color-scheme: dark) { :root { --line: #2b3342; --soft: #9aa5b8; --bg: #0e131b;
  --card: #161d29; --ink: #e8ecf3; --accent: #8ba7ff } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--bg);
  color: var(--ink); font: 15px/1.45 system-ui, sans-serif; padding: 1rem }
main { width: 100%; max-width: 25rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 14px; padding: 1.75rem }
h1 { font-size: 1.2rem; margin: 0 0 .25rem }
p { margin: 0 0 1.25rem; color: var(--soft) }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem }
a { display: flex; gap: .75rem; align-items: center; padding: .7rem .8rem; color: inherit;
  text-decoration: none; border: 1px solid var(--line); border-radius: 10px }
a:hover, a:focus-visible { border-color: var(--accent); outline: 2px solid transparent }
a:focus-visible { outline-color: var(--accent) }
i { flex: none; width: 2.25rem; height: 2.25rem; border-radius: 50%; display: grid;
  place-items: center; background: color-mix(in srgb, var(--accent) 15%, transparent);
  color: var(--accent); font-style: normal; font-weight: 600; font-size: .8rem }
b { display: block; font-weight: 600 } small { color: var(--soft) }
"""


def _make_page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><main>{body}</main>"
    )


def make_choice(personas: Iterable[Persona], query: Mapping[str, str]) -> str:
    """One link per persona; each leads on with the same request."""
    items = "".join(_make_item(persona, query) for persona in personas)
    return _make_page(
        "Sign in",
        "<h1>Sign in as</h1><p>Development personas of this machine. Their rights are RBAC "
        f"objects of the cluster.</p><ul>{items}</ul>",
    )


def _make_item(persona: Persona, query: Mapping[str, str]) -> str:
    target = urlencode({**query, "login_hint": persona.name})
    initials = "".join(word[0] for word in persona.display_name.split()[:2]).upper()
    return (
        f'<li><a href="/authorize?{escape(target)}"><i aria-hidden="true">{escape(initials)}</i>'
        f"<span><b>{escape(persona.display_name)}</b>"
        f"<small>{escape(persona.name)}: {escape(persona.description)}</small></span></a></li>"
    )


def make_message(title: str, text: str) -> str:
    """A page that says one thing."""
    return _make_page(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>")
