"""CQL2 text read into the nodes of CQL2 JSON (OGC 21-065r2): the part of the language that filters may use.

Written here and not borrowed: the parser of the ``cql2`` library dies of a stack overflow on a kilobyte of minus
signs, and takes time that doubles with every second open bracket, both before a line of ours has run.  This one
reads each token once, looks one token ahead, and nests to a fixed depth.

    condition  = term { OR term }        term = factor { AND factor }       factor = [NOT] ( "(" condition ")" | test )
    test       = name ( = | <> | < | <= | > | >= ) value
               | name [NOT] LIKE text | name [NOT] BETWEEN value AND value | name [NOT] IN "(" value {, value} ")"
               | name IS [NOT] NULL     | S_... "(" name , shape ")"         | T_... "(" name , value ")"
    value      = text | number | TRUE | FALSE | DATE "(" text ")" | TIMESTAMP "(" text ")"
    shape      = a WKT of the six simple kinds | BBOX "(" number , number , number , number ")"
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import shapely
import shapely.geometry

from domain.errors import BadInput

MAX_DEPTH = 12
SHAPES = ("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON")

Node = dict[str, Any]

_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<number>[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|'(?P<text>(?:[^']|'')*)'"
    r"|\"(?P<quoted>[^\"]+)\""
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_.:]*)"
    r"|(?P<sign><=|>=|<>|[=<>(),])"
    r")"
)
_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_KEYWORDS = frozenset({"AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL", "TRUE", "FALSE"})


class _Token(NamedTuple):
    kind: str  # number, text, name (quoted), word, sign, end
    value: str
    start: int
    stop: int

    @property
    def upper(self) -> str:
        """What a keyword or a sign reads as; empty for text and quoted names."""
        return self.value.upper() if self.kind in ("word", "sign") else ""


def parse(text: str) -> Node:
    """The condition as a CQL2 JSON node.

    Raises:
        BadInput: saying at which character the text stops making sense, and what was expected there.

    >>> parse("label = '101/2' AND NOT area_m2 < 40")["op"]
    'and'
    """
    reader = _Reader(text)
    node = reader.condition(0)
    if reader.now.kind != "end":
        raise reader.wrong("AND, OR or the end")
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0

    @property
    def now(self) -> _Token:
        return self._tokens[self._at]

    def condition(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise _bad(f"the filter is nested deeper than {MAX_DEPTH}")
        return self._chain("OR", lambda: self._chain("AND", lambda: self._factor(depth)))

    def wrong(self, expected: str) -> BadInput:
        """What is told of the token at hand, where another was expected."""
        token = self.now
        found = (
            f"there is {self._text[token.start : token.stop][:30]!r}" if token.kind != "end" else "it ends"
        )
        return _bad(f"at character {token.start + 1} of the filter {found} where {expected} is expected")

    def _chain(self, word: str, part: Any) -> Node:
        parts = [part()]
        while self._take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else {"op": word.lower(), "args": parts}

    def _factor(self, depth: int) -> Node:
        if self._take("NOT"):
            return {"op": "not", "args": [self._bracket(depth) or self._test()]}
        return self._bracket(depth) or self._test()

    def _bracket(self, depth: int) -> Node | None:
        if not self._take("("):
            return None
        inner = self.condition(depth + 1)
        self._need(")")
        return inner

    def _test(self) -> Node:
        token = self.now
        if token.kind == "word" and re.match(r"[STA]_", token.upper) and self._ahead() == "(":
            return self._function()
        name = {"property": self._name()}
        for sign in _COMPARISONS:
            if self._take(sign):
                return {"op": sign, "args": [name, self._value()]}
        if self._take("IS"):
            negated = self._take("NOT")
            self._need("NULL")
            return _unless(negated, {"op": "isNull", "args": [name]})
        negated = self._take("NOT")
        if self._take("LIKE"):
            return _unless(negated, {"op": "like", "args": [name, self._value()]})
        if self._take("BETWEEN"):
            low = self._value()
            self._need("AND")
            return _unless(negated, {"op": "between", "args": [name, low, self._value()]})
        if self._take("IN"):
            self._need("(")
            listed = self._listed()
            return _unless(negated, {"op": "in", "args": [name, listed]})
        raise self.wrong("a comparison, LIKE, BETWEEN, IN or IS NULL")

    def _function(self) -> Node:
        op = self.now.value.lower()
        self._at += 1
        self._need("(")
        name = {"property": self._name()}
        self._need(",")
        value = self._shape() if op.startswith("s_") else self._value()
        self._need(")")
        return {"op": op, "args": [name, value]}

    def _name(self) -> str:
        token = self.now
        if token.kind == "name" or (
            token.kind == "word" and token.upper not in _KEYWORDS and self._ahead() != "("
        ):
            self._at += 1
            return token.value
        raise self.wrong("the name of a property")

    def _value(self) -> Any:
        token = self.now
        if token.kind == "text":
            self._at += 1
            return token.value.replace("''", "'")
        if token.kind == "number":
            self._at += 1
            return _number(token.value)
        for word, value in (("TRUE", True), ("FALSE", False)):
            if self._take(word):
                return value
        if token.upper in ("DATE", "TIMESTAMP"):
            self._at += 1
            self._need("(")
            day = self._value()
            self._need(")")
            return {token.value.lower(): day}
        raise self.wrong("a text in 'quotes', a number or DATE('2026-11-21')")

    def _listed(self) -> list[Any]:
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._need(")")
        return values

    def _shape(self) -> Node:
        first = self.now
        if first.upper != "BBOX" and first.upper not in SHAPES:
            raise self.wrong("a shape such as POINT(77.7 15.8), POLYGON((...)) or BBOX(...)")
        self._at += 1
        if first.upper == "BBOX":
            self._need("(")
            return {"bbox": self._listed()}
        depth = 0
        while depth or self.now.value == "(":
            token = self.now
            far = token.kind == "number" and not abs(float(token.value)) < 1e12
            if far or (token.kind != "number" and token.value not in ("(", ")", ",")):
                raise self.wrong("a coordinate")
            depth += {"(": 1, ")": -1}.get(token.value, 0)
            self._at += 1
        return _geojson(self._text[first.start : self._tokens[self._at - 1].stop])

    def _ahead(self) -> str:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)].upper

    def _take(self, word: str) -> bool:
        if self.now.upper != word:
            return False
        self._at += 1
        return True

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise self.wrong(word)


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            word = text[at:].split(maxsplit=1)[0][:20]
            raise _bad(f"character {at + 1} of the filter begins nothing that can be read: {word!r}")
        kind = match.lastgroup
        start = match.end() - len(match[0].lstrip())
        tokens.append(_Token("name" if kind == "quoted" else kind, match[kind], start, match.end()))
        at = match.end()
    return [*tokens, _Token("end", "", end, end)]


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"[-+]?[0-9]{1,18}", text) else float(text)


def _geojson(wkt: str) -> Node:
    try:
        shape = shapely.from_wkt(wkt)
    except shapely.errors.ShapelyError:
        raise _bad(f"{wkt[:60]!r} is not a shape in WKT") from None
    return dict(shapely.geometry.mapping(shape))


def _unless(negated: bool, node: Node) -> Node:
    return {"op": "not", "args": [node]} if negated else node


def _bad(message: str) -> BadInput:
    return BadInput(
        message,
        field="filter",
        remedy="Write CQL2, such as: label = '101/2' AND area_m2 > 4000.",
    )
