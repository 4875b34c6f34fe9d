"""Generated pages say what the code says now."""

import re
from pathlib import Path

import generate
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\(([^)#\s]+)?(?:#([^)\s]+))?\)")


def test_reference_and_house_are_up_to_date() -> None:
    stale = [name for name, text in generate.pages().items() if (ROOT / name).read_text() != text]
    assert not stale, f"{', '.join(stale)}: run `python docs/generate.py`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in _LINK.findall(page.read_text()):
        if target.startswith("http"):
            continue
        place = (page.parent / target).resolve() if target else page
        assert place.exists(), f"{target} does not exist"
        if anchor:
            titles = re.findall(r"^#+ (.+)$", place.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text()
    assert all(path.name in listed for path in folder.glob("0*.md"))


def test_every_dependency_has_its_line() -> None:
    import tomllib

    told = (ROOT / "docs" / "decisions" / "0007-dependencies.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [
        re.split(r"[><=]", text)[0] for text in (*project["dependencies"], *project["optional-dependencies"]["test"])
    ]
    assert not [name for name in names if name not in told]
