"""Shapes: how they are written, measured, read from map files, divided, checked and drawn.

What holds here:
- a stored shape is a valid polygon on the grid of 1e-9 degree, and has exactly one spelling in bytes (``shapes``);
- what was drawn and what was recorded are two facts; this package compares them and changes neither;
- a shape is changed only by a rule that is written in ``README.md``, and each change is reported with its amount.

Deliberately absent: any word on who holds land, any clock, any table but the one in ``sql/gis.sql``.
"""
