"""For the fork server alone, which loads this last: it ends at once when its server is gone.

Left to itself the interpreter takes every loaded module apart first, which lasts longer than an orphan may.
"""

import atexit
import os

atexit.register(os._exit, 0)
