"""The grammar of expressions, by recursive descent; nothing is ever executed.

::

    truth      = both {"or" both}
    both       = denied {"and" denied}
    denied     = "not" denied | comparison
    comparison = sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]
    sum        = product {("+" | "-") product}
    product    = signed {("*" | "/") signed}
    signed     = ("-" | "+") signed | atom
    atom       = number [unit] | channel | parameter | ("abs" | "min" | "max") "(" sum {"," sum} ")" | "(" truth ")"
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from bench.base.units import Unit, UnitError, parse_any
from bench.config import expression_tree as tree
from bench.config.channels import ALL_NAMES, find_channel
from bench.config.dimensions import (
    DimensionError,
    called,
    of_choice,
    of_difference,
    of_negative,
    of_product,
    of_quotient,
    of_sum,
)
from bench.config.expression_tokens import KEYWORDS, ExpressionError, Token, tokens
from bench.config.suggest import nearest, suggestion

T = TypeVar("T")
DEPTH_MAX = 32
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_FUNCTIONS = ("abs", "min", "max")
Figure = tuple[float, Unit]
"""A parameter of a plan: its value and unit."""


def parse_tree(text: str, parameters: Mapping[str, Figure]) -> tree.Node:
    """The tree of ``text``. Raises ``ExpressionError`` with the column."""
    parser = _Parser(tokens(text), parameters)
    found = parser.truth()
    parser.expect_end()
    return found


class _Parser:
    def __init__(self, found: list[Token], parameters: Mapping[str, Figure]) -> None:
        self._tokens = found
        self._place = 0
        self._depth = 0
        self._parameters = parameters

    @property
    def _now(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._now
        self._place += token.kind != "end"
        return token

    def _taken(self, *texts: str) -> Token | None:
        """The next token, if it is one of these."""
        return self._take() if self._now.kind in ("sign", "name") and self._now.text in texts else None

    def expect_end(self) -> None:
        """Nothing is left."""
        if self._now.kind != "end":
            raise _wrong(
                self._now, f"{_shown(self._now)} is too much here; write an operator before it, or leave it out"
            )

    def _deeper(self, parse: Callable[[], tree.Node], token: Token) -> tree.Node:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise _wrong(token, f"more than {DEPTH_MAX} levels are nested; write several conditions")
        found = parse()
        self._depth -= 1
        return found

    # --- truths ------------------------------------------------------------------------------------------------------
    def truth(self) -> tree.Node:
        return self._joined("or", lambda: self._joined("and", self._denied))

    def _joined(self, operator: str, part: Callable[[], tree.Node]) -> tree.Node:
        first, begin = self._now, part()
        if self._now.text != operator:
            return begin
        parts = [_truth(begin, first, operator)]
        while self._taken(operator):
            after = self._now
            parts.append(_truth(part(), after, operator))
        return tree.Joined(operator, tuple(parts))

    def _denied(self) -> tree.Node:
        if word := self._taken("not"):
            after = self._now
            return tree.Not(_truth(self._deeper(self._denied, word), after, "not"))
        return self._comparison()

    def _comparison(self) -> tree.Node:
        first, left = self._now, self._sum()
        sign = self._taken(*_COMPARISONS)
        if sign is None:
            return left
        after, right = self._now, self._sum()
        if again := self._taken(*_COMPARISONS):
            raise _wrong(again, "a chain of comparisons; write 'a < b and b < c'")
        pair = _number(left, first), _number(right, after)
        _checked(sign, of_choice, pair[0].unit, pair[1].unit)
        if sign.text in ("==", "!=") and not _states(*pair):
            raise _wrong(
                sign, f"{sign.text!r} is for states and flags against a number; write '>=' or '<=' for quantities"
            )
        return tree.Comparison(sign.text, *pair)

    # --- numbers -----------------------------------------------------------------------------------------------------
    def _sum(self) -> tree.Node:
        first, left = self._now, self._product()
        while sign := self._taken("+", "-"):
            after, right = self._now, self._product()
            a, b = _number(left, first), _number(right, after)
            rule = of_sum if sign.text == "+" else of_difference
            left = tree.Arithmetic(sign.text, a, b, _checked(sign, rule, a.unit, b.unit))
        return left

    def _product(self) -> tree.Node:
        first, left = self._now, self._signed()
        while sign := self._taken("*", "/"):
            after, right = self._now, self._signed()
            a, b = _number(left, first), _number(right, after)
            rule = of_product if sign.text == "*" else of_quotient
            left = tree.Arithmetic(sign.text, a, b, *_checked(sign, rule, a.unit, b.unit))
        return left

    def _signed(self) -> tree.Node:
        sign = self._taken("-", "+")
        if sign is None:
            return self._atom()
        if self._now.kind == "number":  # -5 °C is a temperature, while the negative of one is nothing
            return _literal(self._take(), sign.text)
        after = self._now
        part = _number(self._deeper(self._signed, sign), after)
        unit = _checked(sign, of_negative, part.unit)
        return part if sign.text == "+" else tree.Arithmetic("*", tree.Literal(-1.0, Unit.ONE), part, unit)

    def _atom(self) -> tree.Node:
        token = self._take()
        if token.kind == "number":
            return _literal(token)
        if token.text == "(":
            found = self._deeper(self.truth, token)
            self._close(token)
            return found
        if token.kind == "name" and token.text not in KEYWORDS:
            return self._called(token) if self._now.text == "(" else self._named(token)
        raise _wrong(token, f"{_shown(token)} stands where a channel, a quantity or '(' is expected")

    def _close(self, opened: Token) -> None:
        if not self._taken(")"):
            raise _wrong(self._now, f"the bracket of column {opened.column} is not closed; write ')'")

    def _called(self, name: Token) -> tree.Node:
        if name.text not in _FUNCTIONS:
            raise _wrong(name, f"there is no function {name.text!r}; {suggestion(name.text, _FUNCTIONS)}")
        opened = self._take()
        arguments = [self._argument(name)]
        while self._taken(","):
            arguments.append(self._argument(name))
        self._close(opened)
        if (len(arguments) == 1) != (name.text == "abs"):
            raise _wrong(name, f"{name.text} takes {'one number' if name.text == 'abs' else 'two numbers or more'}")
        unit = arguments[0].unit
        for other in arguments[1:]:
            unit = _checked(name, of_choice, unit, other.unit)
        if name.text == "abs":
            unit = _checked(name, of_negative, unit)
        return tree.Chosen(name.text, tuple(arguments), unit)

    def _argument(self, name: Token) -> tree.Number:
        first = self._now
        return _number(self._deeper(self._sum, name), first)

    def _named(self, name: Token) -> tree.Node:
        if name.text in self._parameters:
            return tree.Literal(*self._parameters[name.text])
        if channel := find_channel(name.text):
            return tree.OfChannel(channel.name, channel.unit)
        if name.text in _FUNCTIONS:
            raise _wrong(name, f"{name.text} is a function; write '{name.text}(...)'")
        raise _wrong(name, self._unknown(name.text))

    def _unknown(self, name: str) -> str:
        if "." in name:
            return f"channel {name!r} is not known; {suggestion(name, ALL_NAMES)}"
        known = (*self._parameters, *_FUNCTIONS, *KEYWORDS, *ALL_NAMES)
        remedy = (
            nearest(name, known) or "write a channel such as 'coolant.temp_in', or declare it a parameter of the plan"
        )
        return f"{name!r} is not known; {remedy}"


def _literal(token: Token, sign: str = "") -> tree.Literal:
    try:
        return tree.Literal(*parse_any(sign + token.text))
    except UnitError as error:
        raise _wrong(token, str(error)) from None


def _checked(token: Token, rule: Callable[..., T], *units: Unit) -> T:
    try:
        return rule(*units)
    except DimensionError as error:
        raise _wrong(token, str(error)) from None


def _states(left: tree.Number, right: tree.Number) -> bool:
    sides = {type(left), type(right)}
    return sides == {tree.OfChannel, tree.Literal} and left.unit is Unit.ONE


def _truth(node: tree.Node, token: Token, word: str) -> tree.Truth:
    if isinstance(node, tree.Comparison | tree.Joined | tree.Not):
        return node
    raise _wrong(token, f"{word!r} joins comparisons, and this is {called(node.unit)}; compare it, as in 'x > 8 K'")


def _number(node: tree.Node, token: Token) -> tree.Number:
    if isinstance(node, tree.Comparison | tree.Joined | tree.Not):
        raise _wrong(token, "this is true or false, and a quantity is expected here; compare quantities only")
    return node


def _wrong(token: Token, message: str) -> ExpressionError:
    return ExpressionError(token.column, message)


def _shown(token: Token) -> str:
    return "the end" if token.kind == "end" else repr(token.text)
