"""The demonstration tehsil: three villages that exist nowhere, drawn and written by our own code.

``generate`` makes them from a seed, the same bytes each time; ``landlog demo`` loads them through the
import path that real villages take. The modules, in the order a surveyor and a lekhpal would work:

- ``ground``: the lie of the land: village limits, stream, roads, cart tracks, ponds, habitation;
- ``fields``: blocks of land between those divided into fields, and all of it joined into one exact coverage;
- ``names``: people and their families, in Devanagari and in Roman letters;
- ``holdings``: who holds which field: khatas, shares, classes of land, public land;
- ``tehsil``: khasra numbers, recorded areas, and the village files.

What the package promises, and its tests check:

- No real person, village or boundary is in it. The village codes (999101 to 999103) and the office
  (99/901/9001) lie outside the Local Government Directory, and the land lies in the open sea of the Bay of
  Bengal, so that no map can put a demonstration record upon somebody's field.
- Neighbours share their boundaries vertex for vertex, also across the limits of a village.
- Stated shares of a khata add up to one; some joint khatas state none, as real ones do.

It knows nothing of orders, keys or the database, and ``mapping.toml`` beside it is an ordinary mapping file.
"""
