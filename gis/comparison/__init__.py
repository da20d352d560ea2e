"""A newer map of a registered village, compared with the record and never pasted over it.

- ``plots``: a parcel as one of the two maps shows it.
- ``overlay``: what land the two maps have in common, parcel by parcel.
- ``rules``: what became of every parcel, by its number, its recorded extent, its shape and its neighbours; ``kinds``
  lists what may have, ``wording`` says it.
- ``kin``: which parcels hang together, and which of old and new ones share land.
- ``holding``: whom the newer map names as holders where the record names others.
- ``fitting``: parts of a divided parcel, set into the boundary that is registered.
- ``proposals``: each change as a case that an officer may file, with what the map does not tell left open.
- ``drawing`` and ``report``: what an officer looks at.
- ``resurvey``: a village measured anew, planned as orders that one case carries out.

A recorded extent that stands and a number that stays outweigh a drawing: such a parcel keeps its registered shape,
however the newer map draws it.  Nothing here changes the record; what is not understood is told and left alone.
"""
