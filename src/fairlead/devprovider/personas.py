"""Who there is to sign in as."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

__all__ = ["PERSONAS", "Persona", "PersonasError", "read_personas"]


class PersonasError(Exception):
    """The file of personas is wrong."""


class Persona(BaseModel):
    """One ready user.

    Attributes:
        name: the user's name for authorization (`sub`).
        description: what may be expected of this persona, on the sign-in page.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    name: str = Field(pattern=r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$")
    display_name: str
    email: str | None = None
    groups: tuple[str, ...] = ()
    description: str = ""


PERSONAS = (
    Persona(
        name="admin",
        display_name="Ada Admin",
        email="ada@example.org",
        groups=("admins",),
        description="May do everything",
    ),
    Persona(
        name="developer",
        display_name="Dev Developer",
        email="dev@example.org",
        groups=("developers",),
        description="Changes what developers change",
    ),
    Persona(
        name="viewer",
        display_name="Vi Viewer",
        email="vi@example.org",
        groups=("viewers",),
        description="Only looks",
    ),
    Persona(
        name="nobody",
        display_name="No Body",
        description="Signed in, and without any right",
    ),
)

_list = TypeAdapter(list[Persona])


def read_personas(path: Path) -> tuple[Persona, ...]:
    """Personas of a YAML file: a list of `{name, displayName, email, groups, description}`.

    Raises:
        PersonasError: it cannot be read, or is not like that.
    """
    try:
        found = _list.validate_python(yaml.safe_load(path.read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise PersonasError(f"{path}: {error}") from error
    if not found or len({persona.name for persona in found}) != len(found):
        raise PersonasError(
            f"{path}: there must be personas, each with a name of its own"
        )
    return tuple(found)
