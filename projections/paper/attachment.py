"""The title proof, taken out of an extract that somebody presents.

The file may come from anybody, so its size is bounded before it is read and every fault of it is a
``VerificationError``.  Whether the proof holds is for ``registry.verify`` to say: what is printed on the page
around it proves nothing.
"""

from __future__ import annotations

import io

from pypdf import Configuration, PdfReader, apply_configuration
from pypdf.errors import LimitReachedError
from pypdf.generic import EmbeddedFile

from domain.errors import VerificationError

PROOF_NAME = "title-proof.json"
MAX_PDF = 20 << 20  # bytes; an extract has about 100 kB, a sealed one with its certificates 150 kB
MAX_PROOF = 4 << 20  # bytes; a proof with long histories has some hundred kB

# A few kB may claim to unpack to gigabytes: nothing that we unpack is larger than a proof, and no program is started.
_BOUNDS = Configuration(
    zlib_maximum_output_length=MAX_PROOF,
    lzw_maximum_output_length=MAX_PROOF,
    run_length_maximum_output_length=MAX_PROOF,
    brotli_maximum_output_length=MAX_PROOF,
    stream_decoding_work_maximum_length=2 * MAX_PROOF,
    jbig2dec_binary=None,
)


class UnreadablePdf(VerificationError):
    """The file is no PDF, is damaged, is locked with a password, or is larger than any extract."""

    code = "unreadable-pdf"


class NoProofAttached(VerificationError):
    """The PDF bears no title proof: it may be a print or a scan, or no extract of ours."""

    code = "no-proof-attached"


class SeveralProofsAttached(VerificationError):
    """More than one attachment calls itself the title proof, so it is not clear which one is meant."""

    code = "several-proofs-attached"


class ProofTooLarge(VerificationError):
    """The attachment is larger than any title proof."""

    code = "proof-too-large"


def attached_proof(pdf: bytes) -> bytes:
    """The bytes of the one attachment named ``title-proof.json``.

    Raises:
        UnreadablePdf, NoProofAttached, SeveralProofsAttached, ProofTooLarge: each says what to do.
    """
    if len(pdf) > MAX_PDF:
        raise UnreadablePdf(
            f"the file has {len(pdf)} bytes, and an extract has at most {MAX_PDF}",
            remedy="Send the extract as the registry gave it, without other papers.",
        )
    try:
        with apply_configuration(_BOUNDS):
            found = [file.content for file in _named_as_proof(pdf)]
    except LimitReachedError as error:
        raise _too_large() from error
    except Exception as error:  # pypdf fails in many ways on files that were made to break it
        raise UnreadablePdf(
            f"the file cannot be read as a PDF: {str(error)[:120] or type(error).__name__}",
            remedy="Send the PDF file that the registry gave, not a scan or a photograph of it.",
        ) from error
    if not found:
        raise NoProofAttached(
            f"the PDF has no attachment {PROOF_NAME}: a print, a scan or a page saved anew loses it",
            remedy="Send the PDF file that the registry gave, or fetch the proof of the parcel from the registry.",
        )
    if len(found) > 1:
        raise SeveralProofsAttached(
            f"the PDF has {len(found)} attachments named {PROOF_NAME}, and an extract has one",
            remedy="Send each extract as a file of its own.",
        )
    if len(found[0]) > MAX_PROOF:
        raise _too_large()
    return found[0]


def _named_as_proof(pdf: bytes) -> list[EmbeddedFile]:
    reader = PdfReader(io.BytesIO(pdf), strict=True)
    return [file for file in reader.attachment_list if PROOF_NAME in (file.name, file.alternative_name)]


def _too_large() -> ProofTooLarge:
    return ProofTooLarge(
        f"the attachment holds more than the {MAX_PROOF} bytes that a title proof can have",
        remedy="Ask the registry for a fresh extract.",
    )
