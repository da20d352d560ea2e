"""One mutation type is one file here; ``domain.catalogue`` discovers them.

Each is read top to bottom as a clerk asks: what it is, the application, the rules, what it records, ``decide``,
``apply``, the words in the record, and worked examples.  Files that start with ``_`` are shared pieces, not types.
"""
