"""What pyproject.toml cannot say: the console that npm built goes into the wheel, and the README's
links lead to the repository from wherever it is shown.
"""

import re
from pathlib import Path
from shutil import copytree

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
CONSOLE = ROOT / "console" / "dist"
REPOSITORY = "https://github.com/facesvc/facesvc"
LINK = re.compile(r"(!?)(\[[^\]]*\])\((?!https?://|#)([^)\s]+)\)")


class BuildWithConsole(build_py):
    """Without `make console` before, the wheel's gateway serves no pages."""

    def run(self) -> None:
        """Build the packages, then add the pages."""
        super().run()
        if (CONSOLE / "index.html").is_file() and not self.editable_mode:
            copytree(CONSOLE, Path(self.build_lib, "gateway", "console"), dirs_exist_ok=True)


def readme() -> str:
    """Return the README, whose own links are those of a checkout."""

    def moved(link: re.Match[str]) -> str:
        kind = "raw" if link[1] else "tree" if link[3].endswith("/") else "blob"
        return f"{link[1]}{link[2]}({REPOSITORY}/{kind}/main/{link[3]})"

    return LINK.sub(moved, (ROOT / "README.md").read_text(encoding="utf-8"))


setup(
    cmdclass={"build_py": BuildWithConsole},
    long_description=readme(),
    long_description_content_type="text/markdown",
)
