"""The check-up behind `natalis doctor`: every dependency looked at, each with what to do when it is not well.

`examination.py` is the list of what is looked at. Each other file looks at one dependency: it asks an adapter what it
finds, and a pure function judges that.
"""

from natalis.runtime.checkup.examination import check_up
from natalis.runtime.checkup.finding import Finding, State

__all__ = ["Finding", "State", "check_up"]
