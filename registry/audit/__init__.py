"""The auditor: follows a log from its first entry, and finds out whether the registry keeps its own law.

For every entry: is it written in the one form, signed by whom it says, by keys and postings that stand at that very
place of the log; is it new; does it build on the states that it names; and is its effect what the law makes of its
facts.  For every map head: are the map's root and number of leaves those of the states that follow from the entries.
Whatever the log has signed and does not hold stops the auditor on that log for ever, with the evidence kept.

Invariants:

- it needs no database and believes none: an import-linter contract keeps it to ``domain``, ``registry.log``, and the
  pure parts of this floor;
- it reads no clock; the same entries always give the same answer;
- what it keeps (``Ledger``) was shown to be part of a tree that the log has signed, before it was kept;
- its memory is bounded: what grows with the log is in one SQLite file.

Deliberately absent: trust in anything that the registry computed, and a way to go on after a condemnation.
"""
