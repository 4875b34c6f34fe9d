"""How often each channel of a bench is told anew."""

from bench.base.channel import Channels
from bench.base.time import NS_PER_S
from bench.config.channels import is_commanded
from bench.config.rig import Rig
from bench.layout.can import BenchCan


def updates_s(rig: Rig, channels: Channels, can: BenchCan) -> dict[str, float]:
    """Seconds between two values, by channel, where that is known: of the analyzer its measurement interval, of other
    instruments how often they are asked, of frames their cycle."""
    asked, found = rig.asked_by_link, {}
    for name in channels.names:
        part = name.partition(".")[0]
        if part in asked and not is_commanded(name):
            found[name] = rig.analyzer.update if asked[part] is rig.analyzer else asked[part].poll
    for receive in can.receives:
        message = can.tables.messages[receive.message]
        for signal in can.tables.signals[message["first"] : message["last"]]:
            found[channels.names[int(signal["channel"])]] = receive.period_ns / NS_PER_S
    return found
