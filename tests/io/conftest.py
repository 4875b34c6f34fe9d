"""Where the processes of one test meet."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Private, as the bench wants it, with a short name: that of a socket has a hundred characters at most."""
    made = Path(tmp_path_factory.mktemp("w"))
    made.chmod(0o700)
    return made


@pytest.fixture
def wire(folder: Path) -> Path:
    """Of a benchwire."""
    return folder
