"""No file over 400 lines: a longer one no longer holds one idea. Made files are not for reading."""

import subprocess
import sys
from pathlib import Path

MOST = 400
MADE = ("requirements/", "docs/reference/", "features/codes/data/")
"""Locked versions, pages written by `make docs`, code lists of publications."""
MADE_ENDS = (".schema.json",)


def main() -> int:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    names = [n for n in listed.stdout.splitlines() if Path(n).is_file()]
    own = [n for n in names if not n.startswith(MADE) and not n.endswith(MADE_ENDS)]
    lines = {name: len(Path(name).read_bytes().splitlines()) for name in own}
    over = {name: count for name, count in lines.items() if count > MOST}
    for name, count in sorted(over.items()):
        print(f"{name}: {count} lines, more than {MOST}: split it by idea", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
