"""The base of everything that is read from a file, and how a validator tells several mistakes at once."""

from collections.abc import Iterable, Iterator
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from bench.config.yaml_tree import Path

Finding = tuple[Path, str]
"""A mistake: where (keys and indices from the place of the validator), and what with its remedy."""


class FileModel(BaseModel):
    """A frozen model that refuses unknown keys, infinities and NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)

    def rules(self) -> Iterator[Finding]:
        """What must hold between the fields of this model; yields each breach as (path, message)."""
        yield from ()

    @model_validator(mode="after")
    def _obey_rules(self) -> Self:
        several(self.rules())
        return self


def several(findings: Iterable[Finding]) -> None:
    """Raise all ``findings`` as one validation error; ``bench.config.located`` takes them apart again."""
    found = tuple(findings)
    if found:
        text = "; ".join(message for _, message in found)
        raise PydanticCustomError("several", "{text}", {"text": text, "findings": found})


def in_file(info: Any) -> bool:
    """Whether the value under validation comes from a file, where a bare number has no unit."""
    return bool(info.context and info.context.get("file"))
