"""OGC API Features and Tiles over the tables of shapes: one router factory for each standard.

- ``features``: OGC API Features Part 1 (core, GeoJSON, HTML, OpenAPI), Part 2 (CRS), Part 3 (filtering with CQL2).
- ``tiles``: OGC API Tiles, WebMercatorQuad, Mapbox Vector Tiles.

What may be asked stands in ``layers``: a layer names its table, its public columns and their types, and nothing else
can be reached.  Filters are parsed and compiled here, through an allow-list with bound
parameters; no text of a request ever becomes SQL.  The cursor that is handed in belongs to a role that may only
read, with a statement timeout.
"""
