"""The forms of names in files."""

from typing import Annotated

from pydantic import Field

NAME_FORM = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"
"""A name becomes part of file names: no separators, no leading dot, at most 64 characters."""

Name = Annotated[str, Field(pattern=NAME_FORM)]
PartName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Reference = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f]+$")]
"""The name of a file of the bench, or a path to one (``bench.config.search``)."""
