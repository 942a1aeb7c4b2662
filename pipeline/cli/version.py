"""What `crossdomain --version` says."""

import subprocess
from pathlib import Path

import pipeline


def version() -> str:
    """Return the version and, of a checkout, its commit, and whether files of it were changed."""
    root = Path(pipeline.__file__).parents[1]
    said = f"crossdomain {pipeline.__version__}"
    if not (root / ".git").exists():
        return said
    commit = git(root, "rev-parse", "--short", "HEAD")
    changed = ", with changes" if git(root, "status", "--porcelain", "--", "pipeline") else ""
    return f"{said} (commit {commit}{changed})" if commit else said


def git(root: Path, *arguments: str) -> str:
    """Return what a git command prints; nothing where it fails or there is no git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
