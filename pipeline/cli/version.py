"""The answer to `crossdomain --version`."""

import pipeline
from pipeline.monitoring.record import code_version


def version() -> str:
    """Return the version and, of a checkout, its commit, and whether files of it were changed."""
    said = f"crossdomain {pipeline.__version__}"
    commit, dirty = code_version()
    return f"{said} (commit {commit}{', with changes' if dirty else ''})" if commit else said
