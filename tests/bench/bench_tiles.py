"""What a tile and a bbox cost, beside PostGIS alone and beside MapServer, all over the same table of 200,000 parcels.

Everything is asked in turns by the same client: the bare ``ST_AsMVT`` over a prepared statement, which is the limit
of any server on PostGIS; our counter under uvicorn with one process; and MapServer as a FastCGI process, where it is
installed (apt-get install cgi-mapserver).  CPU is that of the server's process and of its database connections
(psutil) for each request, nothing is cached.  The aims: a tile at most 1.0 times MapServer's and 1.2 times the bare
query, features of a bbox at most 1.0 times MapServer's WFS, and a past day at most 1.5 times today.
"""

from __future__ import annotations

import http.client
import os
import random
import shutil
import socket
import statistics
import struct
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psutil
import psycopg2
import pytest
from sqlalchemy.engine import make_url

from registry.cluster import Cluster
from tests.api.world import World
from tests.bench.bench_read import OURS, serving

pytestmark = pytest.mark.bench

COLUMNS, ROWS = 448, 450
SIDE = 0.00045  # degrees: fields of 45 by 50 metres
TILES = 150
BOXES = 150
ROUNDS = 5
BARE_AT_MOST, MAPSERVER_AT_MOST, PAST_AT_MOST = 1.2, 1.0, 1.5
MAPSERV = next(
    (p for p in (shutil.which("mapserv"), "/usr/lib/cgi-bin/mapserv") if p and Path(p).exists()), None
)

# Corners are shared by neighbours and set a little off the grid, and so is the middle of each side: 9 vertices.
FILL = f"""
create function pg_temp.corner(i numeric, j numeric) returns text language sql immutable as $$
  select format('%s %s', round(78 + i * {SIDE} + {SIDE / 6} * sin((i * 12.9898 + j * 78.233)::float8)::numeric, 9),
                         round(25 + j * {SIDE} + {SIDE / 6} * sin((i * 39.346 + j * 11.135)::float8)::numeric, 9)) $$;
insert into gis.parcel (parcel_id, version, label, village, status, class, use, area_m2, drawn_m2, hash, geom,
                        geom_3857, valid_from, from_date)
select '700001-' || lpad(n::text, 6, '0'), 1, n::text, '700001', 'active', 'private',
       (array['irrigated', 'dry', 'orchard'])[n % 3 + 1], 2000, 2000, sha256(n::text::bytea), st_multi(g),
       st_transform(st_multi(g), 3857), n, '2026-01-01'
  from (select row_number() over () as n, st_geomfromtext('POLYGON((' || concat_ws(',',
            pg_temp.corner(i, j), pg_temp.corner(i + .5, j), pg_temp.corner(i + 1, j), pg_temp.corner(i + 1, j + .5),
            pg_temp.corner(i + 1, j + 1), pg_temp.corner(i + .5, j + 1), pg_temp.corner(i, j + 1),
            pg_temp.corner(i, j + .5), pg_temp.corner(i, j)) || '))', 4326) as g
          from generate_series(0, {COLUMNS - 1}) i, generate_series(0, {ROWS - 1}) j) cells;
"""

MAPFILE = """
MAP
  NAME "bench"  EXTENT 8600000 2800000 8800000 3000000  UNITS METERS  SIZE 256 256
  PROJECTION "init=epsg:3857" END
  WEB METADATA "ows_enable_request" "*" "ows_srs" "EPSG:4326 EPSG:3857" "wfs_getfeature_formatlist" "geojson"
    "wfs_onlineresource" "http://127.0.0.1/" END END
  OUTPUTFORMAT NAME "mvt" DRIVER MVT FORMATOPTION "EXTENT=4096" FORMATOPTION "EDGE_BUFFER=64" END
  OUTPUTFORMAT NAME "geojson" DRIVER "OGR/GEOJSON" MIMETYPE "application/json"
    FORMATOPTION "STORAGE=memory" FORMATOPTION "FORM=simple" END
  LAYER NAME "parcels" TYPE POLYGON STATUS ON CONNECTIONTYPE POSTGIS CONNECTION "{dsn}"
    DATA "geom_3857 from (select parcel_id, label, geom_3857 from gis.parcel where valid_to is null) t
      using unique parcel_id using srid=3857"
    PROCESSING "CLOSE_CONNECTION=DEFER"  TEMPLATE "x"
    PROJECTION "init=epsg:3857" END
    METADATA "gml_include_items" "parcel_id,label" "wfs_title" "parcels" "gml_featureid" "parcel_id" END
  END
  LAYER NAME "features" TYPE POLYGON STATUS ON CONNECTIONTYPE POSTGIS CONNECTION "{dsn}"
    DATA "geom from (select parcel_id, label, village, class, use, area_m2, drawn_m2, from_date, to_date, geom
      from gis.parcel where valid_to is null) t using unique parcel_id using srid=4326"
    PROCESSING "CLOSE_CONNECTION=DEFER"  TEMPLATE "x"
    PROJECTION "init=epsg:4326" END
    METADATA "gml_include_items" "all" "wfs_title" "features" "gml_featureid" "parcel_id" END
  END
END
"""

# What any server on PostGIS would write.
BARE = """
prepare tile as select st_asmvt(t, 'parcels', 4096, 'shape') from (
  select st_asmvtgeom(geom_3857, e, 4096, 64, true) as shape, parcel_id, label
    from gis.parcel, (select st_tileenvelope($1, $2, $3) as e) box where geom_3857 && e and valid_to is null
) t"""

Ask = Callable[[str], bytes]


class Peer:
    """Something that answers, with the processes whose CPU it costs."""

    def __init__(self, name: str, ask: Ask, processes: Callable[[], Sequence[psutil.Process]]) -> None:
        self.name = name
        self._ask = ask
        self._processes = processes
        self.size = 0

    def cost(self, asked: Sequence[str]) -> float:
        """Milliseconds of CPU for each request."""
        before = self._cpu()
        self.size = sum(len(self._ask(path)) for path in asked) // len(asked)
        return (self._cpu() - before) / len(asked) * 1e3

    def _cpu(self) -> float:
        times = [process.cpu_times() for process in self._processes()]
        return sum(t.user + t.system for t in times)


@pytest.fixture(scope="module")
def place(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry's home, beside a database ``bench_tiles`` with 200,000 parcels on its map."""
    home = tmp_path_factory.mktemp("tiles") / "home"
    cluster.create_database("bench_tiles", template=template)
    urls = {"url": cluster.url("bench_tiles"), "reader_url": cluster.url("bench_tiles", "landlog_reader")}
    world = World.found(home, **urls)
    world.house.close()
    connection = psycopg2.connect(cluster.dsn("bench_tiles"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("vacuum analyze gis.parcel")
    connection.close()
    return home


def backends(cluster: Cluster, user: str, name: str) -> list[psutil.Process]:
    connection = psycopg2.connect(cluster.dsn("postgres"))
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select pid from pg_stat_activity where datname = 'bench_tiles' and usename = %s"
            " and application_name like %s",
            (user, name),
        )
        found = [psutil.Process(pid) for (pid,) in cursor.fetchall()]
    connection.close()
    return found


@contextmanager
def ours(cluster: Cluster, home: Path) -> Iterator[Peer]:
    urls = {
        "BENCH_URL": cluster.url("bench_tiles"),
        "BENCH_READER_URL": cluster.url("bench_tiles", "landlog_reader"),
        "BENCH_HOME": str(home),
    }
    program = home.parent / "ours.py"
    with serving(OURS, program, urls, database="bench_tiles", dsn=cluster.dsn("postgres")) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)

        def ask(path: str) -> bytes:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
            return body

        yield Peer(
            "landlog", ask, lambda: [server.process, *backends(cluster, "landlog_reader", "landlog-%")]
        )
        connection.close()


@contextmanager
def bare(cluster: Cluster) -> Iterator[Peer]:
    """PostGIS alone: the tile's own query, prepared, the process that asks it not counted."""
    connection = psycopg2.connect(cluster.dsn("bench_tiles"), application_name="bare", options="-c jit=off")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(BARE)

        def ask(path: str) -> bytes:
            zoom, row, column = path.split("/")[-3:]
            cursor.execute("execute tile (%s, %s, %s)", (int(zoom), int(column), int(row)))
            found = cursor.fetchone()
            assert found is not None
            return bytes(found[0])

        process = psutil.Process(connection.info.backend_pid)
        yield Peer("ST_AsMVT alone", ask, lambda: [process])
    connection.close()


@contextmanager
def mapserver(cluster: Cluster, directory: Path) -> Iterator[Peer]:
    """MapServer, spoken to in FastCGI without a web server between."""
    base = make_url(cluster.url("bench_tiles", "landlog_reader"))
    dsn = f"host={base.query['host']} user={base.username} dbname=bench_tiles application_name=mapserver"
    if port := base.query.get("port") or base.port:
        dsn += f" port={port}"
    (directory / "bench.map").write_text(MAPFILE.replace("{dsn}", dsn))
    (directory / "mapserver.conf").write_text(
        f'CONFIG ENV MS_MAP_PATTERN "." END MAPS "bench" "{directory}/bench.map" END END'
    )
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(directory / "mapserver.sock"))
    listening.listen(8)
    assert MAPSERV is not None
    environment = os.environ | {"MAPSERVER_CONFIG_FILE": str(directory / "mapserver.conf")}
    process = subprocess.Popen([MAPSERV], stdin=listening, stdout=subprocess.DEVNULL, env=environment)
    try:
        yield Peer(
            "MapServer",
            lambda query: fastcgi(directory / "mapserver.sock", f"map=bench&{query}"),
            lambda: [psutil.Process(process.pid), *backends(cluster, "landlog_reader", "mapserver")],
        )
    finally:
        process.kill()  # it ends at SIGTERM only when another request has come
        process.wait(10)
        listening.close()


def fastcgi(address: Path, query: str) -> bytes:
    """The body of one answer (FastCGI 1.0: BEGIN_REQUEST, PARAMS, STDIN; then STDOUT until END_REQUEST)."""
    parameters = {"REQUEST_METHOD": "GET", "QUERY_STRING": query, "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
                  "SCRIPT_NAME": "/mapserv", "SERVER_PROTOCOL": "HTTP/1.1", "CONTENT_LENGTH": ""}  # fmt: skip
    packed = b"".join(_length(k) + _length(v) + k.encode() + v.encode() for k, v in parameters.items())
    output = b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(address))
        connection.sendall(
            _record(1, struct.pack("!HB5x", 1, 0)) + _record(4, packed) + _record(4, b"") + _record(5, b"")
        )
        stream = connection.makefile("rb")
        while True:
            _, kind, _, size, padding, _ = struct.unpack("!BBHHBB", stream.read(8))
            content = stream.read(size + padding)[:size]
            if kind == 3:
                break
            if kind == 6:
                output += content
    head, _, body = output.partition(b"\r\n\r\n")
    assert b"text/html" not in head, output[:1000]
    assert b"Exception" not in body[:400], output[:1000]
    return body


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def _length(text: str) -> bytes:
    size = len(text.encode())
    return bytes([size]) if size < 128 else struct.pack("!I", size | 1 << 31)


def some_tiles(seed: int) -> list[tuple[int, int, int]]:
    """(zoom, row, column) of tiles within the map, half of them at zoom 15, a quarter each at 16 and 17."""
    import math

    dice = random.Random(seed)
    tiles = []
    for n in range(TILES):
        zoom = (15, 16, 15, 17)[n % 4]
        lon = 78 + dice.uniform(0.1, 0.9) * COLUMNS * SIDE
        lat = 25 + dice.uniform(0.1, 0.9) * ROWS * SIDE
        column = int((lon + 180) / 360 * 2**zoom)
        row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
        tiles.append((zoom, row, column))
    return tiles


def some_boxes(seed: int) -> list[tuple[float, float, float, float]]:
    """Boxes over some sixty parcels each."""
    dice = random.Random(seed)
    boxes = []
    for _ in range(BOXES):
        west = 78 + dice.uniform(0.1, 0.9) * COLUMNS * SIDE
        south = 25 + dice.uniform(0.1, 0.9) * ROWS * SIDE
        boxes.append((west, south, west + 6.7 * SIDE, south + 6.7 * SIDE))
    return boxes


def rounds(legs: Sequence[tuple[Peer, Sequence[str]]]) -> dict[str, list[float]]:
    """Each leg in turn, again and again; milliseconds by leg."""
    for peer, asked in legs:
        peer.cost(asked[:20])  # warm
    found: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for number, (peer, asked) in enumerate(legs):
            found.setdefault(f"{number} {peer.name}", []).append(peer.cost(asked))
    return found


def ratio(mine: Sequence[float], theirs: Sequence[float]) -> float:
    return statistics.median(m / t for m, t in zip(mine, theirs, strict=True))


def test_a_tile_beside_postgis_alone_and_mapserver(cluster: Cluster, place: Path, tmp_path: Path) -> None:
    tiles = some_tiles(1)
    here = "/ogc/collections/parcels/tiles/WebMercatorQuad"
    paths = [f"{here}/{z}/{row}/{column}" for z, row, column in tiles]
    past = [f"{path}?datetime=2026-06-01" for path in paths]
    theirs = [
        urlencode({"mode": "tile", "tilemode": "gmap", "tile": f"{column} {row} {z}", "layers": "parcels",
                   "map.imagetype": "mvt"}) for z, row, column in tiles
    ]  # fmt: skip
    with bare(cluster) as limit, ours(cluster, place) as counter, _perhaps(cluster, tmp_path) as peer:
        legs = [(limit, paths), (counter, paths), (counter, past), *([(peer, theirs)] if peer else [])]
        costs = list(rounds(legs).values())
        _tell("ST_AsMVT alone", costs[0], limit.size)
        _tell("landlog, a tile", costs[1], counter.size)
        _tell("landlog, a tile of a past day", costs[2], counter.size)
        beside_bare, beside_today = ratio(costs[1], costs[0]), ratio(costs[2], costs[1])
        print(f"ratio to ST_AsMVT alone {beside_bare:.2f} (at most {BARE_AT_MOST})")
        print(f"ratio of a past day to today {beside_today:.2f} (at most {PAST_AT_MOST})")
        if peer:
            _tell("MapServer, a tile", costs[3], peer.size)
            beside_peer = ratio(costs[1], costs[3])
            print(f"ratio to MapServer {beside_peer:.2f} (at most {MAPSERVER_AT_MOST})")
            assert beside_peer <= MAPSERVER_AT_MOST
    assert beside_bare <= BARE_AT_MOST
    assert beside_today <= PAST_AT_MOST


def test_the_features_of_a_bbox_beside_mapserver(cluster: Cluster, place: Path, tmp_path: Path) -> None:
    boxes = [",".join(f"{v:.7f}" for v in box) for box in some_boxes(2)]
    paths = [f"/ogc/collections/parcels/items?limit=1000&bbox={box}" for box in boxes]
    past = [f"{path}&datetime=2026-06-01" for path in paths]
    theirs = [
        urlencode({"SERVICE": "WFS", "VERSION": "1.0.0", "REQUEST": "GetFeature", "TYPENAME": "features",
                   "OUTPUTFORMAT": "geojson", "BBOX": box}) for box in boxes
    ]  # fmt: skip
    with ours(cluster, place) as counter, _perhaps(cluster, tmp_path) as peer:
        legs = [(counter, paths), (counter, past), *([(peer, theirs)] if peer else [])]
        costs = list(rounds(legs).values())
        _tell("landlog, features of a bbox", costs[0], counter.size)
        _tell("landlog, features of a past day", costs[1], counter.size)
        beside_today = ratio(costs[1], costs[0])
        print(f"ratio of a past day to today {beside_today:.2f} (at most {PAST_AT_MOST})")
        if peer:
            _tell("MapServer WFS, features of a bbox", costs[2], peer.size)
            beside_peer = ratio(costs[0], costs[2])
            print(f"ratio to MapServer {beside_peer:.2f} (at most {MAPSERVER_AT_MOST})")
            assert beside_peer <= MAPSERVER_AT_MOST
    assert beside_today <= PAST_AT_MOST


@contextmanager
def _perhaps(cluster: Cluster, directory: Path) -> Iterator[Peer | None]:
    if MAPSERV is None:
        print("MapServer is not installed (apt-get install cgi-mapserver): it is left out of the comparison")
        yield None
        return
    with mapserver(cluster, directory) as peer:
        yield peer


def _tell(name: str, figures: Sequence[float], size: int) -> None:
    print(f"{name:38} {statistics.median(figures):8.2f} ms CPU a request {size:8} bytes")
