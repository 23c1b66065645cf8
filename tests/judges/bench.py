"""The judges, in the order of the report's columns."""

from tests.judges.markup import HTML_VALIDATE, NU
from tests.judges.screens import AXE
from tests.judges.spam import SPAMASSASSIN
from tests.judges.structure import SIZE, STRUCTURE
from tests.judges.support import HTML_CHECK

JUDGES = (SIZE, AXE, HTML_VALIDATE, NU, HTML_CHECK, SPAMASSASSIN, STRUCTURE)
