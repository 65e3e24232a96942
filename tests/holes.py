"""Known holes of everything in constraints.txt, as pip-audit knows them; it needs the network.

Where its data cannot be reached, it says so and ends well: tests/known_holes.toml is checked by the suite in any case.

Usage: python tests/holes.py
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> int:
    command = ["pip_audit", "--requirement", str(ROOT / "constraints.txt"), "--no-deps", "--disable-pip"]
    done = subprocess.run(
        [sys.executable, "-m", *command, "--format", "json", "--progress-spinner", "off"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        found = []
    looked_up = [each for each in found if "vulns" in each]
    if not looked_up:
        print("pip-audit cannot reach its data here; tests/known_holes.toml is what was checked")
        return 0
    holes = [(each, hole) for each in looked_up for hole in each["vulns"]]
    for each, hole in holes:
        print(f"{each['name']} {each['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'none'}")
    print(f"{len(looked_up)} of {len(found)} packages looked up, {len(holes)} holes")
    return int(bool(holes))


if __name__ == "__main__":
    sys.exit(main())
