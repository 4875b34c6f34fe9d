"""Progress for eyes: one live panel on a terminal, plain lines elsewhere, nothing for machines."""

from typing import TYPE_CHECKING, Protocol

from bench.base.time import clock_text, ns, seconds
from bench.cli.story import Story
from bench.cli.terminal import clean, note

if TYPE_CHECKING:
    from rich.console import RenderableType

_LINE_PERIOD_S = 5.0


class Screen(Protocol):
    """Shows where a run is."""

    def update(self, story: Story, t_ns: int, wall_s: float) -> None:
        """Show ``story`` at run time ``t_ns``, ``wall_s`` after the start. ``story.news`` is what is new."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Nothing:
    """For machines."""

    def update(self, story: Story, t_ns: int, wall_s: float) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Lines:
    """For logs: at most one line in a few seconds, and each change of state."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def update(self, story: Story, t_ns: int, wall_s: float) -> None:
        """A line when it is time, or when something other than a point has happened."""
        points = [news for news in story.news if news.text.startswith("point ")]
        due = wall_s >= self._next_s
        for news in story.news:
            if due and points and news is points[-1]:
                self._next_s = wall_s + _LINE_PERIOD_S
                note(f"[{clock_text(news.t_ns)}] {news.text}; {_eta(story, t_ns, wall_s)}")
            elif news not in points or "flagged" in news.text:
                note(f"[{clock_text(news.t_ns)}] {news.text}")

    def close(self) -> None:
        """Nothing."""


class Live:
    """For a terminal: a bar and one line below it, in place."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._console = Console(stderr=True)
        self._live = RichLive(console=self._console, auto_refresh=False, transient=True)
        self._started = False

    def update(self, story: Story, t_ns: int, wall_s: float) -> None:
        """Draw anew."""
        if not self._started:
            self._live.start()
            self._started = True
        self._live.update(self._panel(story, t_ns, wall_s), refresh=True)

    def close(self) -> None:
        """Take the panel away."""
        if self._started:
            self._live.stop()

    def _panel(self, story: Story, t_ns: int, wall_s: float) -> "RenderableType":
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        share = story.share_done(t_ns)
        points = f"  point {min(story.taken + story.done + 1, story.points)} of {story.points}" if story.points else ""
        begun = f"{share:.0%}" if share is not None else "preparing"
        flagged = f"  {story.flagged} flagged" if story.flagged else ""
        eta = f"  last {story.last_eta:.2%}" if story.last_eta is not None else ""
        bar = ProgressBar(total=1.0, completed=share or 0.0, width=32)
        grid = Table.grid(padding=(0, 1))
        grid.add_row(bar, Text(f"{begun}{points}{flagged}{eta}", style="bold"), Text(clean(story.state), style="cyan"))
        pace = f"{speed_up(t_ns, wall_s):.0f} times real time"
        line = f"{clock_text(t_ns)} h of bench time, {pace}, {_eta(story, t_ns, wall_s)}"
        outer = Table.grid()
        outer.add_row(grid)
        outer.add_row(Text(line, style="dim"))
        return outer


def speed_up(t_ns: int, wall_s: float) -> float:
    """Run time over wall time."""
    return seconds(t_ns) / max(wall_s, 1e-3)


def _eta(story: Story, t_ns: int, wall_s: float) -> str:
    if story.stopping or story.share_done(t_ns) is None:
        return "done soon" if story.stopping else "done in --"
    return f"done in {clock_text(ns(story.remaining_s(t_ns) / max(speed_up(t_ns, wall_s), 1e-6)))}"
