"""What pyproject.toml cannot say: a wheel carries ``dbc/`` and ``test_plans/`` inside the package ``bench``.

In a clone they stand beside it, where people look for them; ``bench.config.search`` knows both places.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

_DATA = {"dbc": "*.dbc", "test_plans": "*.yaml"}


class BuildWithData(build_py):
    """Copies the data folders into the built package; an editable installation needs no copy."""

    def run(self) -> None:
        """Build, then add the data."""
        super().run()
        if not self.editable_mode:
            for source, target in self._pairs():
                target.parent.mkdir(parents=True, exist_ok=True)
                self.copy_file(str(source), str(target))

    def get_output_mapping(self) -> dict[str, str]:
        """Target -> source of everything built."""
        own = {} if self.editable_mode else {str(target): str(source) for source, target in self._pairs()}
        return {**super().get_output_mapping(), **own}

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Every file built."""
        own = [] if self.editable_mode else [str(target) for _, target in self._pairs()]
        return [*super().get_outputs(include_bytecode), *own]

    def _pairs(self) -> list[tuple[Path, Path]]:
        return [
            (source, Path(self.build_lib) / "bench" / folder / source.name)
            for folder, pattern in _DATA.items()
            for source in sorted(Path(folder).glob(pattern))
        ]


setup(cmdclass={"build_py": BuildWithData})
