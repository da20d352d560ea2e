"""One mutation type is one file here; ``domain.catalogue`` discovers them.

Each is read top to bottom as a clerk asks: what it is, the application, the rules, what it records, ``decide``,
``apply``, the words in the record, and worked examples.  Files that start with ``_`` are shared pieces, not types.

To add a type:

1. Copy the smallest whole one, ``tests/domain/toy/crop_noted.py``, to a file here with the name of the act.  Its
   docstring says in the first line what the act is, then what it changes and what it leaves as it stands.  ``TYPE`` is
   the name that stands in the log for ever: a type whose facts change gets another file with ``/2``, and the old one
   stays.
2. ``PROCEDURE`` says who applies with which papers, who verifies, who decides, and the class of notice; ``domain.kit``
   explains each member.  An applicant or a paper that no type had yet needs a row with its words in
   ``domain/states/generic/papers.toml``.  Where a state lets other officers sign, ``[[signs]]`` in its ``posts.toml``
   says so (``domain.signing``).
3. ``Application`` is the form.  The types of its fields say what may be written there: ``domain.form`` reads it, and
   the OpenAPI document follows.  A person is a ``Party`` and is sealed; a holder whom the record knows is a
   ``PartyRef``; what the office numbers is ``issued(...)``.
4. A rule is a sentence that must hold, with its source and its remedy.  Begin with ``STANDING`` and
   ``NOTHING_BARS[nature]``, take what ``_conveyance``, ``_people``, ``_charges``, ``_orders`` and ``_parcels`` have,
   and write what is left.  Cite the Act and the section; what is our own says ``Landlog``.  A figure of law is
   ``law.figure(name)``, a dated row in ``domain/states/*/figures.toml``, never a number here.  What was found goes into
   ``Broken("{given} of {needed}", given=1, needed=2)``; each new sentence joins the catalogues of ``domain/languages``.
5. ``Event`` holds what ``apply`` needs and no name in the clear, for an auditor recomputes the effect from it.
   ``decide`` checks the rules and makes the event; ``apply`` turns it into states and refuses nothing.  Both are pure.
6. ``WORDING`` is the sentence of the record in five languages; ``terms`` fills its places.
7. ``EXAMPLES``: one for each way in which the act is allowed, and each rule of its own refused at least once.

``pytest tests/domain -k NAME`` runs the examples and asks of the type what holds for all: units stay whole, area is
conserved, the same order twice changes nothing, every word exists.  ``landlog handbook --type NAME`` prints it as
people will read it; the address, the form, the page and the course of its cases appear without another edit.
"""
