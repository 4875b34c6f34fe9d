"""What the dynos of a bench can hold, and what they are asked for: the part of the plan check that looks at them."""

from bench.sequence.context import Context
from bench.sequence.step import Finding, Path

ONLY_ABSORB = "the brakes of this rig only absorb and cannot turn the unit"
_REMEDY = "ask for torque above 0, or take a rig with drives"


def dyno_findings(
    context: Context, speed_rpm: float, torque_nm: float, path: Path, names: tuple[str | int, str | int]
) -> list[Finding]:
    """Whether the dynos can hold an operating point of the motor; ``names``: keys of speed and torque in ``path``."""
    bench = context.bench
    shaft_rpm = context.flange_speed_rpm(speed_rpm)
    if shaft_rpm > bench.dyno_speed_max_rpm:
        told = f"{speed_rpm:g} rpm is {shaft_rpm:.0f} rpm at the flange"
        return [Finding((*path, names[0]), f"{told}; the dyno turns {bench.dyno_speed_max_rpm:g} rpm at most")]
    if bench.absorbing and torque_nm <= 0.0:
        return [Finding((*path, names[1]), driven(torque_nm))]
    if bench.absorbing and speed_rpm == 0.0:
        told = "a brake holds nothing at standstill"
        return [Finding((*path, names[0]), f"{told}; ask for a speed, or take a rig with drives")]
    shaft_nm = abs(torque_nm) * bench.shaft_ratio / len(context.roles.flanges)
    most_nm = bench.dyno_torque_nm(shaft_rpm)
    if shaft_nm > most_nm:
        told = f"{torque_nm:g} Nm is {shaft_nm:.0f} Nm at a flange"
        limit = f"the dyno holds {most_nm:.0f} Nm at {shaft_rpm:.0f} rpm at most"
        return [Finding((*path, names[1]), f"{told}; {limit}; lower it")]
    if shaft_nm > bench.flange_torque_nm:
        told = f"{torque_nm:g} Nm is {shaft_nm:.0f} Nm at a flange"
        return [Finding((*path, names[1]), f"{told}; it measures {bench.flange_torque_nm:g} Nm at most; lower it")]
    return _against_brake(context, speed_rpm, torque_nm, (*path, names[1])) if bench.absorbing else []


def driven(torque_nm: float) -> str:
    """Why a brake cannot do a point at which the unit would have to be turned."""
    return f"{torque_nm:g} Nm {'regenerates' if torque_nm < 0.0 else 'is drag'}: {ONLY_ABSORB}; {_REMEDY}"


def _against_brake(context: Context, speed_rpm: float, torque_nm: float, place: Path) -> list[Finding]:
    """The unit must turn itself and the brake: what its own drag takes away, the twin knows."""
    expected = context.twin.predict(speed_rpm, torque_nm)
    if sum(expected[f"{flange}.torque"] for flange in context.roles.flanges) > 0.0:
        return []
    told = f"{torque_nm:g} Nm do not keep the unit at {speed_rpm:g} rpm"
    return [Finding(place, f"{told}: its own drag takes more, and a brake adds nothing; raise it")]
