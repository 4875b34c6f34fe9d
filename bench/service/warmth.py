"""A run that need not wait until its analyzer is warm, since somebody says that it is."""

from dataclasses import replace

from bench.service.preparation import Prepared


def said_warm(prepared: Prepared) -> Prepared:
    """``prepared``, not waiting for the analyzer's warm-up time; the journal has whose word that was."""
    context = prepared.blueprint.context
    warm = replace(context, bench=replace(context.bench, said_warm=True))
    return replace(prepared, blueprint=replace(prepared.blueprint, context=warm))
