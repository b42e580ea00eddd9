"""What `lazy_reports` tells of its imports."""

IMPORTS: list[str] = []
