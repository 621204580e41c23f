"""What pyproject.toml cannot say: the console that npm built goes into the wheel."""

from pathlib import Path
from shutil import copytree

from setuptools import setup
from setuptools.command.build_py import build_py

CONSOLE = Path(__file__).resolve().parent / "console" / "dist"


class BuildWithConsole(build_py):
    """Without `make console` before, the wheel's gateway serves no pages."""

    def run(self) -> None:
        """Build the packages, then add the pages."""
        super().run()
        if (CONSOLE / "index.html").is_file() and not self.editable_mode:
            copytree(CONSOLE, Path(self.build_lib, "gateway", "console"), dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithConsole})
