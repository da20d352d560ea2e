"""Cells of holders as real registers hold them: what is taken, and what is marked instead of guessed."""

from __future__ import annotations

from fractions import Fraction

import pytest

from domain.errors import BadInput
from gis.holders import (
    CELL_CUT,
    FEWER_THAN_KHATAS,
    NAME_DAMAGED,
    NOBODY_NAMED,
    PLACEHOLDER,
    ProposedHolder,
    read_holders,
)
from gis.mapping import UnitColumns

pytestmark = pytest.mark.quick

COLUMNS = UnitColumns(
    holders="Pattadar N",
    holders_separator=",",
    relation_separator=" / ",
    placeholders=("ఖాతా దారుని పేరు",),
)
ASHA, RAVI = ProposedHolder(name="ఆశ", relation="రామ"), ProposedHolder(name="రవి", relation="పెద్ద ఈశ్వర")


@pytest.mark.parametrize(
    ("cell", "khatas", "holders", "flags"),
    [
        ("ఆశ / రామ,రవి / పెద్ద  ఈశ్వర", 2, (ASHA, RAVI), ()),
        ("ఆశ / రామ, రవి / పెద్ద ఈశ్వర ,", 1, (ASHA, RAVI), ()),
        ("ఆశ / రామ", 2, (ASHA,), (FEWER_THAN_KHATAS,)),
        ("ఆశ / రామ,రవి / పె\ufffd", 2, (ASHA,), (CELL_CUT, FEWER_THAN_KHATAS)),
        ("ఆశ / రా\ufffd", 1, (), (CELL_CUT, NOBODY_NAMED)),
        ("ఆ\ufffdశ / రామ,రవి / పెద్ద ఈశ్వర", 2, (RAVI,), (NAME_DAMAGED, FEWER_THAN_KHATAS)),
        ("ఖాతా  దారుని పేరు", 1, (), (PLACEHOLDER, NOBODY_NAMED)),
        ("/ రామ", 1, (), (PLACEHOLDER, NOBODY_NAMED)),
        ("ఆశ / ఖాతా దారుని పేరు", 1, (ProposedHolder(name="ఆశ", share=Fraction(1)),), ()),
        ("ఆశ\u202e / రామ", 1, (), (NAME_DAMAGED, NOBODY_NAMED)),
        ("Ram S/o Shyam", 1, (ProposedHolder(name="Ram S/o Shyam", share=Fraction(1)),), ()),
        (None, 1, (), (NOBODY_NAMED,)),
    ],
)
def test_a_cell_of_holders_is_read_as_it_stands(
    cell: str | None, khatas: int, holders: tuple[ProposedHolder, ...], flags: tuple[str, ...]
) -> None:
    read = read_holders(cell, None, khatas, COLUMNS)
    assert (read.holders, read.flags) == (holders, flags)


def test_a_cell_that_fills_the_table_to_the_last_letter_has_lost_its_end() -> None:
    full = "ఆశ / రామ," + "ర" * 76 + " / శ"  # of 254 bytes: another letter would not have fitted
    assert len(full.encode()) == 253
    assert read_holders(full, None, 1, COLUMNS).flags == (CELL_CUT,)
    assert read_holders(full + "ర" * 3, None, 1, COLUMNS).flags == ()


def test_a_name_is_kept_in_one_normal_form_whatever_the_file_holds() -> None:
    in_two_parts, composed = "\u0928\u093c", "\u0929"  # the letter nnna
    assert read_holders(in_two_parts, None, 1, COLUMNS).holders[0].name == composed


def test_a_sole_holder_holds_the_whole_and_several_hold_what_is_not_determined() -> None:
    assert [h.share for h in read_holders("ఆశ", None, 1, COLUMNS).holders] == [Fraction(1)]
    assert [h.share for h in read_holders("ఆశ,రవి", None, 1, COLUMNS).holders] == [None, None]


def test_stated_shares_are_taken_in_order() -> None:
    shares = [h.share for h in read_holders("ఆశ,రవి", "1/3,2/3", 1, COLUMNS).holders]
    assert shares == [Fraction(1, 3), Fraction(2, 3)]


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ("1/3,1/3", "add up to 2/3, not to one"),
        ("1", "2 holders are named and 1 shares"),
        ("1/2,half", "not a share"),
    ],
)
def test_shares_that_cannot_be_true_are_refused(shares: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_holders("ఆశ,రవి", shares, 1, COLUMNS)


def test_no_share_is_taken_where_the_list_of_holders_is_not_whole() -> None:
    read = read_holders("ఆశ,ర\ufffd", "1/2,1/2", 1, COLUMNS)
    assert [h.share for h in read.holders] == [None]
