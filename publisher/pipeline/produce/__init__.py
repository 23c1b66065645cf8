"""Edition to message: each entry of `send:` becomes one send with its words, checked before anyone gets them.

`entry` makes one entry's message and writes nothing: `plan`, `preview` and the send all come here. It is made from what
`brief` gathers, with the pictures of `cards` (shown beside a link) and `uploads` (handed to the network); `reach` says
whether readers could follow it to us. `shelf` has what people add: the note, inserts, pictures of their own. `doors`
are a mail's ways to our own pages. `act` makes all of an edition and writes it down in one transaction; `anew` renders
what it wrote again, for a correction.
"""

from publisher.pipeline.produce.act import products_of, record, remake
from publisher.pipeline.produce.anew import Anew, render_anew
from publisher.pipeline.produce.brief import brief_of, preview_values
from publisher.pipeline.produce.doors import LINK, LINKS, PAST, Doors, uncounted
from publisher.pipeline.produce.entry import Produced, Studio, failed, produce_all, produce_entry
from publisher.pipeline.produce.reach import is_reachable
from publisher.pipeline.produce.shelf import Shelf

__all__ = [
    "LINK",
    "LINKS",
    "PAST",
    "Anew",
    "Doors",
    "Produced",
    "Shelf",
    "Studio",
    "brief_of",
    "failed",
    "is_reachable",
    "preview_values",
    "produce_all",
    "produce_entry",
    "products_of",
    "record",
    "remake",
    "render_anew",
    "uncounted",
]
