"""Edition to message: each entry of `send:` becomes one send with its words, checked before anyone gets them.

`entry` makes one entry's message and writes nothing: `plan`, `preview` and the send all come here. It is made from what
`brief` gathers, with the pictures of `cards` (shown beside a link) and `uploads` (handed to the network); `reach` says
whether readers could follow it to us. `shelf` has what people add: the note, inserts, pictures of their own. `doors`
are a mail's ways to our own pages. `act` makes all of an edition and writes it down in one transaction; `agree` does so
with what somebody approved, `again` with what was held, and `anew` renders what it wrote again, for a correction.
"""

from publisher.pipeline.produce.act import Rendered, plain, products_of, record, record_all, render
from publisher.pipeline.produce.again import remake
from publisher.pipeline.produce.agree import agree
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
    "Rendered",
    "Shelf",
    "Studio",
    "agree",
    "brief_of",
    "failed",
    "is_reachable",
    "plain",
    "preview_values",
    "produce_all",
    "produce_entry",
    "products_of",
    "record",
    "record_all",
    "remake",
    "render",
    "render_anew",
    "uncounted",
]
