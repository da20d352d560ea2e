"""Pages for people: the record in the state's words, on any telephone, with or without JavaScript.

Rendered on the server from templates: no script at all, one small style sheet, and a font of ours only where the
reader's machine has none.  Every page bears its language; there are no cookies, so the choice stands in the address.
"""
