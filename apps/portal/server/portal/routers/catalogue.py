"""Codebases and their branches."""

from __future__ import annotations

from fairlead.kube import ResourceRouter
from portal.resources import Codebase, CodebaseBranch


class Codebases(ResourceRouter[Codebase]):
    """Source repositories that the platform builds."""


class CodebaseBranches(ResourceRouter[CodebaseBranch]):
    """Branches of codebases."""
