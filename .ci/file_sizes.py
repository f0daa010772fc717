"""No Python file over 400 lines: a longer one no longer holds one idea."""

import subprocess
import sys
from pathlib import Path

MOST = 400


def main() -> int:
    command = ["git", "ls-files", "*.py"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    names = [Path(name) for name in listed.stdout.split() if Path(name).exists()]
    lines = {str(name): len(name.read_text().splitlines()) for name in names}
    over = {name: count for name, count in lines.items() if count > MOST}
    for name, count in sorted(over.items()):
        print(f"{name}: {count} lines, more than {MOST}: split it by idea", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
