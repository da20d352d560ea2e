"""The operations on the cadastral map: what would become of the shapes; nothing is recorded and nothing decided here.

- ``sweep`` divides by area or share, from one side to the other; ``field_book`` reads the surveyor's notes as a line.
- ``given`` takes parts that somebody has drawn; ``strip`` cuts a road through many parcels at once.
- ``merging`` makes one parcel of several; ``shared_edge`` moves the boundary between two.
- ``corners`` numbers the corners of a parcel and measures its sides, for field books and sketches.

All take and give canonical bytes.  What they give fills what they took: parts meet corner by corner, and the outer
boundary stays where it was to within the storage grid.
"""
