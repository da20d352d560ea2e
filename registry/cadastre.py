"""What the office asks of the cadastre: are these bytes shapes, and what do they measure against the land around."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import shapely

from domain.errors import BadInput, NotFound
from domain.languages import Phrase
from domain.survey import Survey
from gis import shapes, survey
from registry.datastore import Datastore

MAX_NEIGHBOURS = 500


class OwnShapes(dict[str, bytes]):
    """Shapes that ``gis.shapes.canonical_bytes`` has written in this process: they need not be read back."""


class Cadastre:
    """The shapes that the registry holds, by digest, and the current map around a parcel."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def checked(self, given: Mapping[str, bytes], *, own: bool = False) -> dict[str, bytes]:
        """The shapes, once each is seen to be canonical and to bear its digest; ``own`` are canonical (``OwnShapes``).

        Raises:
            BadInput: naming the shape that is not what it is called.
        """
        for digest, body in given.items():
            if shapes.geometry_hash(body) != digest:
                raise BadInput(
                    Phrase(
                        "the shape sent as {digest} has another SHA-256: {value}",
                        digest=digest,
                        value=shapes.geometry_hash(body),
                    ),
                    field="shapes",
                    remedy="Send the canonical bytes exactly as they were hashed.",
                )
        if given and not own:
            shapes.from_bytes_many(list(given.values()))
        return dict(given)

    def survey(
        self, parcel: str, parent: str, children: Sequence[str], *, given: Mapping[str, bytes]
    ) -> Survey:
        """``survey_all`` of the children of one parcel, ``parent`` being the digest of its shape."""
        return self.survey_all({parcel: parent}, children, given=given)

    def survey_all(
        self, parents: Mapping[str, str], children: Sequence[str], *, given: Mapping[str, bytes]
    ) -> Survey:
        """Measures the children (digests) against their parents' shapes and the parcels that touch them.

        ``parents`` are digests by parcel; none when a parcel without a map is among them.

        Raises:
            NotFound: for a child whose shape neither came with the order nor is held already.
        """
        wanted = [*parents.values(), *(c for c in children if c not in given)]
        known = {**self.bodies(wanted), **self.checked(given)}
        _refuse_absent([c for c in children if c not in known])
        bodies = [known[digest] for digest in parents.values()]
        around = self.neighbours(list(parents), bodies) if bodies else []
        return survey.examine_all(bodies, [known[c] for c in children], around)

    def bodies(self, digests: Sequence[str]) -> dict[str, bytes]:
        """The canonical bytes of the shapes held under these digests."""
        with self._datastore.cursor() as cursor:
            cursor.execute(
                "select hash, body from gis.shape where hash = any(%s::bytea[])",
                ([base64.b64decode(d) for d in digests],),
            )
            return {base64.b64encode(h).decode(): bytes(body) for h, body in cursor}

    def check_held(self, digests: Sequence[str]) -> None:
        """
        Raises:
            NotFound: naming the first shape that is not held: a record never names a shape that nobody has.
        """
        if digests:
            held = self.bodies(digests)
            _refuse_absent([digest for digest in digests if digest not in held])

    def neighbours(self, parcels: Sequence[str], bodies: Sequence[bytes]) -> list[bytes]:
        """The shapes on today's map whose extent meets that of the parcels together."""
        west, south, east, north = shapely.total_bounds(shapes.from_bytes_many(bodies)).tolist()
        with self._datastore.cursor() as cursor:
            cursor.execute(
                "select s.body from gis.parcel p join gis.shape s using (hash)"
                " where p.valid_to is null and p.parcel_id <> all(%s)"
                " and p.geom && st_makeenvelope(%s, %s, %s, %s, 4326) order by p.parcel_id limit %s",
                (list(parcels), west, south, east, north, MAX_NEIGHBOURS),
            )
            return [bytes(row[0]) for row in cursor]


def _refuse_absent(digests: Sequence[str]) -> None:
    if digests:
        raise NotFound(
            Phrase("the shape {digest} is not here", digest=digests[0]),
            field="shapes",
            remedy="Send the canonical geometry bytes of every child along with the application.",
        )
