"""Map files and tables as rows, read page by page, their shapes in longitude and latitude.

- ``recognise``: the format by the first bytes, before anything is parsed; ``bounds``: how much a file may hold.
- ``gdal``: GeoJSON, GeoPackage and Shapefile, after ``geojson``, ``geopackage`` and ``shapefile`` have looked at what
  GDAL would take silently.
- ``topojson``, ``kml``, ``dxf`` with ``sheet``, ``csv_table``: read here.  GDAL drops a TopoJSON row without a shape,
  makes a layer of every KML folder, and multiplies a DXF block a thousand million times.
- ``systems``: reference systems; ``joined``: a table beside the map; ``source``: all of it behind ``open_source``.

Only files on this disk are opened, and nothing that a file names is followed: no link, no entity, no further file.
Cells come out as the text that stands in the file; what a row means is decided in ``gis.rows``.
"""

from gis.readers.source import PAGE, Source, SourceRow, open_source

__all__ = ["PAGE", "Source", "SourceRow", "open_source"]
