"""Projections: the record as read, on screen, on the map and on paper.

Invariants:

- Everything here follows from the published log, the openings and the shapes; all of it can be dropped and built again.
- A page of the log is applied exactly once: states, views and position are one transaction.
- A document is a function of the states as they stand: following for years and rebuilding give the same bytes.
- What the log only commits to is opened for what the state makes public (holders' names) and for nothing else.

Deliberately absent: rules of law (what is in the log has happened), signatures (the sequencer and every auditor check
them), and anything that a view would have to remember beside its tables.
"""
