"""The law of the record: values, mutation types and the pure function from events to states.

Invariants of this package:

- It imports only Python's standard library, so the record can be replayed and audited in twenty years.
- Nothing here reads a clock, draws a random number, opens a file that is not law, or talks to a database.
- ``decide`` may refuse, with every finding at once; ``apply`` never does: what is recorded has happened.
- Numbers are exact: shares are fractions, recorded areas are decimals; there is no float anywhere.

Deliberately absent: names of holders (events carry salted commitments), geometry (events carry its hash).
"""
