"""Request options that writes share: dryRun, fieldManager, fieldValidation, force."""

from __future__ import annotations

from fairlead.devcluster import errors as err
from fairlead.devcluster.errors import FieldError
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.request import Request, parse_duration

_VALIDATION = ('""', '"Ignore"', '"Strict"', '"Warn"')
_POLICIES = ('"Foreground"', '"Background"', '"Orphan"', '"nil"')


def check_write_options(request: Request, kind: str) -> None:
    """Refuse wrong options with 422 before anything is done."""
    problems: list[FieldError] = []
    dry_run = request.query.get("dryRun")
    if dry_run is not None and any(value != "All" for value in dry_run):
        problems.append(_dry_run_problem(dry_run))
    manager = request.param("fieldManager")
    if len(manager.encode()) > 128:
        problems.append(err.too_long("fieldManager", 128))
    elif any(not sign.isprintable() for sign in manager):
        problems.append(
            err.invalid_value(
                "fieldManager",
                f'"{manager}"',
                "should only contain printable characters",
            )
        )
    validation = request.param("fieldValidation")
    if validation not in {"", "Ignore", "Strict", "Warn"}:
        problems.append(
            err.not_supported("fieldValidation", f'"{validation}"', _VALIDATION)
        )
    if problems:
        raise err.invalid("meta.k8s.io", kind, "", problems)


def _dry_run_problem(values: list[str]) -> FieldError:
    shown = ", ".join(f'"{value}"' for value in values)
    return err.not_supported("dryRun", f"[]string{{{shown}}}", ('"All"',))


def check_apply_options(request: Request, *, applying: bool) -> None:
    """Check what apply needs and other patches may not have."""
    problems: list[FieldError] = []
    if applying and not request.param("fieldManager"):
        problems.append(err.required("fieldManager", "is required for apply patch"))
    if not applying and "force" in request.query:
        problems.append(
            err.forbidden_field("force", "may not be specified for non-apply patch")
        )
    if problems:
        raise err.invalid("meta.k8s.io", "PatchOptions", "", problems)


def manager_name(request: Request) -> str:
    """Return who a write is attributed to."""
    agent = request.header("user-agent").partition("/")[0].strip()
    return request.param("fieldManager") or agent[:128] or "unknown"


def check_timeout(request: Request) -> float | None:
    """Return the `timeout` parameter in seconds; 400 when it is no duration."""
    text = request.param("timeout")
    return parse_duration(text) if text else None


def check_delete_options(options: JsonObject) -> None:
    """Refuse wrong DeleteOptions with 422."""
    problems: list[FieldError] = []
    policy = options.get("propagationPolicy")
    if policy is not None and policy not in {"Foreground", "Background", "Orphan"}:
        problems.append(
            err.not_supported("propagationPolicy", f'"{policy}"', _POLICIES)
        )
    if policy is not None and options.get("orphanDependents") is not None:
        problems.append(
            err.invalid_value(
                "propagationPolicy",
                f'"{policy}"',
                "orphanDependents and deletionPropagation cannot be both set",
            )
        )
    dry_run = options.get("dryRun")
    if dry_run and any(value != "All" for value in dry_run):
        problems.append(_dry_run_problem([str(value) for value in dry_run]))
    grace = options.get("gracePeriodSeconds")
    if grace is not None and grace < 0 and grace != -1:
        problems.append(
            err.invalid_value(
                "gracePeriodSeconds", str(grace), "must be greater than or equal to 0"
            )
        )
    if problems:
        raise err.invalid("meta.k8s.io", "DeleteOptions", "", problems)
