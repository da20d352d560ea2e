"""The record on paper: an extract of the record of rights as a PDF/A-3, with its title proof attached.

- ``sheet`` decides what the page says, in English and in the language of the record.
- ``extract.typ`` decides how it looks, and ``press`` prints it.
- ``code`` is what the press signs for the QR code: the record in so few words that paper can carry them.
- ``attachment`` takes the proof out of an extract again, for whoever verifies one.

The same document, proof and time give the same bytes.  What stands in a record is data to the printer and never
markup; a character that no font has stops the printing, so that no name ever appears with an empty box in it.
Nothing here reads a clock, a database or the network, and nothing seals the PDF.
"""

from projections.paper.attachment import (
    NoProofAttached,
    ProofTooLarge,
    SeveralProofsAttached,
    UnreadablePdf,
    attached_proof,
)
from projections.paper.code import signed_code
from projections.paper.press import MAP_PIXELS, Unprintable, extract

__all__ = [
    "MAP_PIXELS",
    "NoProofAttached",
    "ProofTooLarge",
    "SeveralProofsAttached",
    "Unprintable",
    "UnreadablePdf",
    "attached_proof",
    "extract",
    "signed_code",
]
